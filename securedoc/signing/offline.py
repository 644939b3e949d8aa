"""Puts a stand-in where pyHanko would load its network library, so that none is ever loaded."""

import sys
from types import ModuleType

NETWORK_LIBRARY = "aiohttp"


class NetworkRefusedError(RuntimeError):
    """Something tried to use a network library: a bug, never an answer to input."""


class _Refuser:
    """Any class of the network library: it may be named in annotations, and made by nobody."""

    def __init__(self, *_arguments: object, **_more: object) -> None:
        raise NetworkRefusedError("this program has no network")


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> type[_Refuser]:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Refuser


def install() -> None:
    """Take the library's place, unless something else has loaded it already.

    pyHanko imports it for time-stamp and revocation services that we never call: twelve megabytes
    of network code in a program for machines without one, and a third of the time `sign` starts in.
    """
    sys.modules.setdefault(NETWORK_LIBRARY, _StandIn(NETWORK_LIBRARY))
