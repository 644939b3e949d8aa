"""Where programs leave traces of what they opened: places, lists, files; nothing here knows the vault."""

from securedoc.system.traces.places import Sign
from securedoc.system.traces.session import Before, Trace, look, scan

__all__ = ("Before", "Sign", "Trace", "look", "scan")
