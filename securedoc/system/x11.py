"""Speaks to an X server, in a process of its own: `python -I -m securedoc.system.x11 clear|idle`.

The X library ends the process that uses it when the server goes away, and waits without end for one that
does not answer. Whoever has plaintext to shred must do neither.
"""

import ctypes
import sys
from typing import Final

_SELECTIONS: Final = (b"PRIMARY", b"SECONDARY", b"CLIPBOARD")
_CUT_BUFFERS: Final = 8
_NO_WINDOW: Final = 0
_NOW: Final = 0  # CurrentTime

CLEARED: Final = 0
NO_DISPLAY: Final = 3
HELD_AGAIN: Final = 4


class _IdleInfo(ctypes.Structure):
    """XScreenSaverInfo."""

    _fields_ = (
        ("window", ctypes.c_ulong),
        ("state", ctypes.c_int),
        ("kind", ctypes.c_int),
        ("til_or_since", ctypes.c_ulong),
        ("idle", ctypes.c_ulong),
        ("event_mask", ctypes.c_ulong),
    )


def main(argv: list[str]) -> int:
    """Do one thing and end with its code."""
    library = _library("X11")
    display = None if library is None else library.XOpenDisplay(None)
    if library is None or not display:
        return NO_DISPLAY
    return _clear(library, display) if argv == ["clear"] else _idle(library, display)


def _clear(x11: ctypes.CDLL, display: int) -> int:
    atoms = [x11.XInternAtom(display, name, 0) for name in _SELECTIONS]
    for atom in atoms:
        x11.XSetSelectionOwner(display, atom, _NO_WINDOW, _NOW)
    for number in range(_CUT_BUFFERS):
        x11.XStoreBuffer(display, b"", 0, number)
    x11.XSync(display, 0)
    # A program that keeps what others copied may take it up again at once.
    return HELD_AGAIN if any(x11.XGetSelectionOwner(display, atom) for atom in atoms) else CLEARED


def _idle(x11: ctypes.CDLL, display: int) -> int:
    screensaver = _library("Xss")
    if screensaver is None:
        return NO_DISPLAY
    info = _IdleInfo()
    if not screensaver.XScreenSaverQueryInfo(display, x11.XDefaultRootWindow(display), ctypes.byref(info)):
        return NO_DISPLAY
    sys.stdout.write(f"{info.idle}\n")
    return CLEARED


def _library(name: str) -> ctypes.CDLL | None:
    # By its version: whoever has only programs, and no compiler, has no other name for it.
    file = {"X11": "libX11.so.6", "Xss": "libXss.so.1"}[name]
    try:
        library = ctypes.CDLL(file)
    except OSError:
        return None
    if name == "X11":
        pointer, number = ctypes.c_void_p, ctypes.c_ulong
        library.XOpenDisplay.restype, library.XOpenDisplay.argtypes = pointer, [ctypes.c_char_p]
        library.XInternAtom.restype = number
        library.XInternAtom.argtypes = [pointer, ctypes.c_char_p, ctypes.c_int]
        library.XSetSelectionOwner.argtypes = [pointer, number, number, number]
        library.XGetSelectionOwner.restype = number
        library.XGetSelectionOwner.argtypes = [pointer, number]
        library.XStoreBuffer.argtypes = [pointer, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
        library.XSync.argtypes = [pointer, ctypes.c_int]
        library.XDefaultRootWindow.restype = number
        library.XDefaultRootWindow.argtypes = [pointer]
    else:
        library.XScreenSaverQueryInfo.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p]
    return library


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
