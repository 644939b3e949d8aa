"""Cut the power before each durable step in turn: the model of a crash that tests share."""

import os
from collections.abc import Callable, Iterator

import pytest

STEPS = ("fsync", "replace", "rename", "link", "unlink", "mkdir", "rmdir")


class PowerCut(BaseException):
    """Not an Exception: no `except Exception` may survive a power cut."""


def power_cuts(
    monkeypatch: pytest.MonkeyPatch, run: Callable[[], object], *, every: int = 1
) -> Iterator[int]:
    """Run `run` again and again, cutting power before step 1, 2, 3…; yield after each cut.

    `every` leaves steps out, for runs of hundreds of them: 1, 1 + every, 1 + 2 * every…

    The model stops the process at durable steps; it does not reorder writes that were not synced.
    Prepare the world anew between cuts: `run` starts from whatever the cut left.
    """
    cut = 1 - every
    while True:
        cut += every
        if not cut_before(cut, monkeypatch, run):
            return
        yield cut


def cut_before(cut: int, monkeypatch: pytest.MonkeyPatch, run: Callable[[], object]) -> bool:
    """Run `run`, cutting power before its step number `cut`; tell whether it came that far."""
    left = cut

    def guard(real: Callable[..., object]) -> Callable[..., object]:
        def step(*args: object, **options: object) -> object:
            nonlocal left
            left -= 1
            if left <= 0:  # and keep cutting: after a power cut nothing else runs
                raise PowerCut
            return real(*args, **options)

        return step

    with monkeypatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, guard(getattr(os, name)))
        try:
            run()
        except PowerCut:
            return True
    return False
