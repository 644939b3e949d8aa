"""No network library is loaded, and none could be used."""

import subprocess
import sys

import pytest

from securedoc.signing import offline

SIGN_AND_LOOK = """
import sys
from tests.support.signing import NOW, office
from securedoc.signing import verdict
sealed = office().sealed()
assert verdict.verify(sealed, office().trust, office().expected(sealed), NOW).judgement == "trusted"
network = {"aiohttp", "requests", "httpx", "urllib3", "http.client"}
print(sorted(name for name in sys.modules if name in network or name.startswith("aiohttp.")))
"""


def test_signing_and_verifying_load_no_network_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SIGN_AND_LOOK], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "['aiohttp']", "the stand-in, and nothing of the library behind it"


def test_the_stand_in_can_be_named_but_not_used() -> None:
    stand_in = offline._StandIn("aiohttp")

    assert isinstance(stand_in.ClientSession, type)
    with pytest.raises(offline.NetworkRefusedError):
        stand_in.ClientSession()
    with pytest.raises(AttributeError):
        _ = stand_in.__path__


def test_a_library_that_is_loaded_already_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = object()
    monkeypatch.setitem(sys.modules, offline.NETWORK_LIBRARY, loaded)

    offline.install()

    assert sys.modules[offline.NETWORK_LIBRARY] is loaded
