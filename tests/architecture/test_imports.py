"""Imports point down, each library has one door, and some are never imported."""

from pathlib import Path

import pytest

from tests.support.tree import MODULES, dotted, imports

LAYERS = [
    {"errors"},
    {"core"},
    {"formats", "crypto", "system"},
    {"policy", "keyring", "vault", "ledger", "documents", "signing", "reports"},
    {"office"},
    {"issuing", "editing", "backup", "audit", "printing", "tracing", "custody", "books", "witnessing"},
    {"issuing", "editing", "backup", "audit", "printing", "tracing", "destruction"},
    {"app"},
    {"cli", "locale"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
DOORS = {
    "asn1crypto": {"signing"},
    "click": {"cli"},
    "cryptography": {"crypto", "signing"},
    "ctypes": {"system"},
    "docx": {"documents"},
    "fontTools": {"documents"},
    "lxml": {"documents"},
    "par2": {"system.par2"},
    "PIL": {"documents", "signing"},
    "pkcs11": {"signing.tokenprocess"},
    "pyhanko": {"signing"},
    "pyhanko_certvalidator": {"signing"},
    "pypdf": {"documents", "signing"},
    "pypdfium2": {"documents.raster"},
    "shamir_mnemonic": {"keyring"},
    "sqlcipher3": {"ledger"},
    "subprocess": {"system.process"},
    "tomllib": {"policy"},
    "typst": {"documents"},
    "uharfbuzz": {"documents", "signing"},
    "watchdog": {"system.watch"},
    "xlsxwriter": {"documents.register_sheet"},
    "zxingcpp": {"documents.matrix"},
}
NEVER = {
    "aiohttp",
    "asyncio",
    "ftplib",
    "http",
    "imaplib",
    "marshal",
    "pickle",
    "random",
    "requests",
    "shelve",
    "smtplib",
    "socket",
    "socketserver",
    "sqlite3",
    "ssl",
    "urllib",
    "urllib3",
    "xmlrpc",
}


def _package(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_point_down(path: Path) -> None:
    here = _package(dotted(path))

    for name in imports(path):
        if name.startswith("securedoc.") and here:
            there = name.split(".")[1]
            if there not in RANK:
                continue  # a name that securedoc/__init__.py holds, such as __version__
            assert here == there or RANK[there] < RANK[here], f"{dotted(path)} must not import {name}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_each_library_has_one_door(path: Path) -> None:
    here = dotted(path)

    for name in imports(path):
        top = _package(name)
        assert top not in NEVER, f"{here} must not import {top}"
        doors = DOORS.get(top)
        if doors is not None:
            through = any(here == door or here.startswith(door + ".") for door in doors)
            assert through, f"{here} is not the door to {top}"


def test_every_package_has_its_place() -> None:
    packages = {_package(dotted(path)) for path in MODULES} - {""}

    assert packages <= set(RANK)
