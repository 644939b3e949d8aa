"""A bubblewrap sandbox for programs that show documents: no network, nothing writable but the workspace."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from securedoc.core.text import Message, message
from securedoc.system import files, process, terminal

# Hidden behind empty RAM: other people's files, other programs' sockets (a session bus can start programs
# outside), and sticks. The system's own directories stay readable.
_HIDDEN: Final = ("/tmp", "/var/tmp", "/run", "/home", "/root", "/media", "/mnt")  # noqa: S108 - hidden, not used
_TEMPORARY: Final = ("/tmp", "/var/tmp")  # noqa: S108 - see `temporary`
_X11: Final = Path("/tmp/.X11-unix")  # noqa: S108 - where X servers listen
_TIOCSTI: Final = Path("/proc/sys/dev/tty/legacy_tiocsti")
_PROBE_S: Final = 10.0
_FIRST_LINE_BYTES: Final = 256  # the kernel reads no more of `#!`
DISPLAY_VARIABLES: Final = ("DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR")


@functools.cache
def probe() -> Message | None:
    """Return what keeps the sandbox from working here, or None when it works."""
    if process.find("bwrap") is None:
        return message("bubblewrap is not installed: the editor is not confined")
    try:
        # /usr stands for a workspace: any directory that the mounts before it have not hidden.
        argv = wrap(["/bin/true"], workspace=Path("/usr"), hide=(), display={}, own_terminal=True)
        done = process.run(argv, cwd=Path("/"), timeout_s=_PROBE_S)
    except OSError as error:
        return _broken(error.strerror or "")
    if done.code != 0:
        return _broken(done.errors.decode("utf-8", "replace").strip())
    return None


def _broken(why: str) -> Message:
    return message(
        "bubblewrap does not work here ({why}): the editor is not confined", why=terminal.visible(why)
    )


def wrap(  # noqa: PLR0913 - each is one wall, or one door in it
    argv: Sequence[str],
    *,
    workspace: Path,
    hide: Sequence[Path],
    display: Mapping[str, str],
    own_terminal: bool,
    temporary: Path | None = None,
    read_only: Sequence[Path] = (),
) -> list[str]:
    """Return the command that runs `argv` in the sandbox, with `workspace` the only writable place.

    `hide` names directories that must not be seen at all; `display` holds the variables of the screen to
    show windows on; `own_terminal` cuts the program off from our terminal. `temporary`, a directory of the
    workspace, is what the program sees as /tmp: what it puts there is counted and shredded with the rest,
    and a second sandbox of the same workspace can talk to the first. `read_only` names directories of the
    workspace that may only be read.
    """
    bubblewrap = process.find("bwrap")
    if bubblewrap is None:
        raise RuntimeError("probe() said that there is no bubblewrap")
    words = [str(bubblewrap), "--unshare-all", "--die-with-parent", "--cap-drop", "ALL"]
    words += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    if own_terminal or _terminal_takes_keys():
        words.append("--new-session")
    hidden = [place for place in _HIDDEN if Path(place).is_dir()]
    for place in hidden:
        shared = temporary is not None and place in _TEMPORARY
        words += ["--bind", str(temporary), place] if shared else ["--tmpfs", place]
    for path in dict.fromkeys(_programs_own(argv, workspace)):
        words += ["--ro-bind", str(path), str(path)]
    for path in _sockets(display):
        words += ["--ro-bind-try", str(path), str(path)]
    for directory in hide:
        words += ["--tmpfs", str(directory)]
    words += ["--bind", str(workspace), str(workspace)]
    for directory in read_only:
        words += ["--ro-bind", str(directory), str(directory)]
    if temporary is not None:
        # Empty RAM that nobody counts would be a second place to write to.
        for place in (*(place for place in hidden if place not in _TEMPORARY), *map(str, hide)):
            words += ["--remount-ro", place]
    return [*words, "--chdir", str(workspace), "--", *argv]


_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache")


def wrap_bare(argv: Sequence[str], *, workspace: Path, temporary: Path, shown: Sequence[Path]) -> list[str]:
    """Return the command that runs `argv` where nothing is but the system's programs and what is named.

    For programs that show nothing to anybody: no home, no vault, no setting of the machine, no network.
    """
    bubblewrap = process.find("bwrap")
    if bubblewrap is None:
        raise RuntimeError("probe() said that there is no bubblewrap")
    words = [str(bubblewrap), "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    for path in dict.fromkeys((*_SYSTEM, *map(str, shown))):
        words += ["--ro-bind-try", path, path]
    words += ["--proc", "/proc", "--dev", "/dev", "--bind", str(temporary), "/tmp"]  # noqa: S108 - its own
    return [*words, "--bind", str(workspace), str(workspace), "--chdir", str(workspace), "--", *argv]


def _terminal_takes_keys() -> bool:
    # Older kernels let any program on a terminal type into it: after the editor, that would be our shell.
    try:
        return _TIOCSTI.read_text().strip() != "0"
    except OSError:
        return True


def _programs_own(argv: Sequence[str], workspace: Path) -> Iterator[Path]:
    """Yield what the program itself needs from the hidden places, for instance a script below /home."""
    for word in (*_interpreters(Path(argv[0])), *argv):
        path = Path(word)
        if not path.is_absolute() or path.is_relative_to(workspace) or not path.exists():
            continue
        for place in (path, path.resolve()):
            if any(place.is_relative_to(hidden) for hidden in _HIDDEN):
                yield _home_of(place)


def _home_of(path: Path) -> Path:
    if path.parent.name == "bin":
        return path.parent.parent  # a program's libraries are beside its bin
    return path if str(path.parent) in _HIDDEN else path.parent


def _interpreters(program: Path) -> tuple[str, ...]:
    try:
        with files.open_bounded(program.resolve()) as stream:
            line = stream.readline(_FIRST_LINE_BYTES)
    except OSError:
        return ()
    if not line.startswith(b"#!"):
        return ()
    return tuple(line[2:].decode("utf-8", "replace").split())


def _sockets(display: Mapping[str, str]) -> Iterator[Path]:
    if "DISPLAY" in display:
        yield _X11
    if "XAUTHORITY" in display:
        yield Path(display["XAUTHORITY"])
    if "WAYLAND_DISPLAY" in display:
        yield Path(display.get("XDG_RUNTIME_DIR", "/"), display["WAYLAND_DISPLAY"])
