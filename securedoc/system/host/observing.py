"""All checks of the machine, and the level of air gap that they add up to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from securedoc.core.findings import State
from securedoc.core.text import message
from securedoc.system.host import buses, history, memory, network, platform, spooling
from securedoc.system.host.reading import Check, Machine, Observation

CHECKS: Final[Mapping[str, Check]] = {
    **network.CHECKS,
    **history.CHECKS,
    **buses.CHECKS,
    **spooling.CHECKS,
    **memory.CHECKS,
    **platform.CHECKS,
}
# What shows that there is a connection now; any of them, and there is no air gap at all.
_CONNECTED: Final = ("host.N-06", "host.N-08")
_NO_HARDWARE: Final = ("host.N-01", "host.N-02", "host.N-03", "host.N-09", "host.N-11", "host.N-12")
_NO_DRIVER: Final = ("host.N-03", "host.N-09", "host.N-11", "host.N-12")
_SWITCHED_OFF: Final = ("host.N-04", "host.N-05", "host.N-10", "host.H-01", "host.H-02")


def observe(*, root: Path = Path("/")) -> tuple[Observation, ...]:
    """Make every check on the machine whose file tree is at `root`."""
    machine = Machine(root)
    return tuple(_observed(name, check, machine) for name, check in CHECKS.items())


def _observed(name: str, check: Check, machine: Machine) -> Observation:
    try:
        return check(machine)
    except (OSError, ValueError, IndexError) as error:
        # A file of /proc or /sys in a form that nobody has seen yet: not a pass, and not the end.
        detail = message("the machine's state has an unexpected form ({kind})", kind=type(error).__name__)
        return Observation(name, State.UNKNOWN, detail)


def air_gap_level(observations: Sequence[Observation]) -> int | None:
    """Return how far this machine is from any network: 0 the furthest, 3 merely unplugged; None connected.

    0 no network hardware, 1 hardware without driver, 2 switched off and never set up, 3 nothing
    connected at this moment. Nothing proves an air gap; what cannot be told counts against it.
    """
    states = {observation.check: observation.state for observation in observations}

    def all_pass(checks: tuple[str, ...]) -> bool:
        return all(states.get(check) is State.PASS for check in checks)

    if not all_pass(_CONNECTED):
        return None
    if all_pass(_NO_HARDWARE):
        return 0
    if all_pass(_NO_DRIVER):
        return 1
    return 2 if all_pass(_SWITCHED_OFF) else 3
