"""Passes on what a program says, as it may be shown: no control characters, and not without end."""

import codecs
import os
import select
import threading
from contextlib import suppress
from typing import Final

from securedoc.system import terminal

MOST_CHARACTERS: Final = 64 * 1024
"""Of one program; what it says beyond is read and dropped, so that it never waits for us."""
_PIPE_BYTES: Final = 64 * 1024
_LAST_WORDS_S: Final = 2.0


class Relay:
    """Reads what a program writes into a pipe and writes it, made harmless, to one of our descriptors."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._from, self.pipe = os.pipe2(os.O_CLOEXEC)
        """`pipe` is what the program is given; our copy is closed by `begin`."""
        self._ending, self._end = os.pipe2(os.O_CLOEXEC)
        self._left = MOST_CHARACTERS
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._thread = threading.Thread(target=self._pass_on, name="relay", daemon=True)

    @property
    def shortened(self) -> bool:
        """Whether it said more than was passed on."""
        return self._left <= 0

    def begin(self) -> None:
        """Pass on what comes, until nobody can write any more or `end`."""
        os.close(self.pipe)
        self._thread.start()

    def end(self) -> None:
        """Pass on what was said so far, and stop: what outlived the program may hold the pipe for ever."""
        os.close(self._end)
        self._thread.join(_LAST_WORDS_S)

    def abandon(self) -> None:
        """Close everything: the program was not started."""
        for descriptor in (self._from, self.pipe, self._ending, self._end):
            os.close(descriptor)

    def _pass_on(self) -> None:
        try:
            ending = False
            while True:
                wanted = [self._from] if ending else [self._from, self._ending]
                ready = select.select(wanted, [], [], 0 if ending else None)[0]
                if self._from in ready:
                    data = os.read(self._from, _PIPE_BYTES)
                    if not data:
                        return
                    self._say(self._decoder.decode(data))
                elif ending:
                    return
                ending = ending or self._ending in ready
        finally:
            os.close(self._from)
            os.close(self._ending)

    def _say(self, untrusted_text: str) -> None:
        if self._left <= 0:
            return
        text = untrusted_text[: self._left]
        self._left -= len(untrusted_text)
        safe = "\n".join(terminal.visible(line.replace("\t", " ")) for line in text.split("\n"))
        with suppress(OSError):  # nobody listens: no reason for the program to end
            left = memoryview(safe.encode())
            while left:
                left = left[os.write(self._to, left) :]
