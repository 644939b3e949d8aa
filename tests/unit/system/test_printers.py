"""What a print service answers is not believed before it is bounded."""

from pathlib import Path
from typing import Any

import pytest

from securedoc.errors import HostFailed, HostMissing, HostRefused
from securedoc.system import printers, process, spool
from securedoc.system.printers import JobState, PrintService, Watch
from securedoc.system.process import Finished
from tests.support.system import needs_root

SERVICE = PrintService(Path("/nonexistent/cups.sock"), Path("/nonexistent"))
HEAD = b'<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict><key>Tests</key><array><dict>'
TAIL = b"</dict></array></dict></plist>"


def answer(status: str, *groups: str) -> bytes:
    inner = "".join(f"<dict>{group}</dict>" for group in groups)
    text = (
        f"<key>StatusCode</key><string>{status}</string><key>ResponseAttributes</key><array>{inner}</array>"
    )
    return HEAD + text.encode() + TAIL


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> dict[str, Finished]:
    """Let programs of CUPS say what a test puts in here; those not named say nothing and fail."""
    said: dict[str, Finished] = {"lpstat": Finished(0, b"scheduler is running\n", b"")}

    def run(argv: Any, **_: Any) -> Finished:
        return said.get(Path(argv[0]).name, Finished(1, b"", b""))

    monkeypatch.setattr(process, "run", run)
    monkeypatch.setattr(process, "find", lambda name: Path("/usr/bin") / name)
    return said


def test_a_job_is_read_with_its_state_and_counts(says: dict[str, Finished]) -> None:
    group = (
        "<key>job-id</key><integer>7</integer><key>job-state</key><integer>5</integer>"
        "<key>job-impressions-completed</key><integer>3</integer><key>job-name</key><string>P-1</string>"
        "<key>job-printer-state-reasons</key><array><string>media-jam-error</string>"
        "<string>toner-low-warning</string><string>EVIL\x1b[2J</string></array>".replace("\x1b", "&#27;")
    )
    says["ipptool"] = Finished(0, answer("successful-ok", group.replace("&#27;", "?")), b"")

    job = Watch(SERVICE, "mau").look(7)

    assert (job.state, job.impressions, job.sheets, job.name) == (JobState.PROCESSING, 3, None, "P-1")
    assert job.jammed
    assert job.trouble == ("media-jam-error",)
    assert job.reasons == ("media-jam-error", "toner-low-warning")


@pytest.mark.parametrize("count", ["-4", "0", "99999999999"])
def test_a_count_that_is_none_is_not_taken_for_one(says: dict[str, Finished], count: str) -> None:
    group = (
        "<key>job-id</key><integer>7</integer><key>job-state</key><integer>9</integer>"
        f"<key>job-impressions-completed</key><integer>{count}</integer>"
    )
    says["ipptool"] = Finished(0, answer("successful-ok", group), b"")

    assert Watch(SERVICE, "mau").look(7).impressions is None


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"not xml",
        HEAD,
        HEAD + TAIL,
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><plist><string>&a;</string></plist>',
        b"<plist><dict><key>Tests</key><array/></dict></plist>",
        b"<plist><string>x</string></plist>",
        b"bplist00" + bytes(40),
    ],
)
def test_an_answer_that_is_none_says_that_the_service_does_not_answer(
    says: dict[str, Finished], output: bytes
) -> None:
    says["ipptool"] = Finished(1, output, b"")

    with pytest.raises(HostMissing, match="does not answer"):
        Watch(SERVICE, "mau").look(7)


def test_an_answer_without_end_is_refused(says: dict[str, Finished]) -> None:
    says["ipptool"] = Finished(0, HEAD + b" " * (3 * 1024 * 1024) + TAIL, b"")

    with pytest.raises(HostFailed, match="too much"):
        Watch(SERVICE, "mau").look(7)


def test_a_job_that_nobody_remembers_is_gone_and_not_printed(says: dict[str, Finished]) -> None:
    says["ipptool"] = Finished(0, answer("client-error-not-found"), b"")

    assert Watch(SERVICE, "mau").look(7).state is JobState.GONE


@pytest.mark.parametrize("name", ["", "-d", "--", "a b", "a/b", "a\nb", "x" * 200, "../x", "é"])
def test_what_is_no_name_of_a_queue_reaches_no_program(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "run", None)

    with pytest.raises(HostRefused):
        printers.device(SERVICE, name)


def test_a_title_is_an_identifier_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="identifier"):
        printers.send_held(SERVICE, "mau", "Trích yếu", b"", duplex=False, media="", limit_s=1)


def test_a_job_sent_to_another_queue_than_asked_is_not_ours(says: dict[str, Finished]) -> None:
    says["lp"] = Finished(0, b"request id is other-9 (0 file(s))\n", b"")

    with pytest.raises(HostFailed):
        printers.send_held(SERVICE, "mau", "P-1", b"", duplex=False, media="A4", limit_s=1)


# ---------------------------------------------------------------- the spool


def configured(root: Path, service: str, files: str = "") -> Path:
    (root / "cupsd.conf").write_text(service)
    (root / "cups-files.conf").write_text(files)
    return root


def test_what_the_settings_do_not_say_counts_as_kept(tmp_path: Path) -> None:
    assert spool.setup(configured(tmp_path, "")).keeps_files is True
    assert spool.setup(configured(tmp_path, "PreserveJobFiles 86400\n")).keeps_files is True
    quiet = spool.setup(configured(tmp_path, "PreserveJobFiles No\npreservejobhistory off\n"))
    assert (quiet.keeps_files, quiet.keeps_history) == (False, False)


def test_settings_that_cannot_be_read_are_unknown(tmp_path: Path) -> None:
    how = spool.setup(tmp_path / "nothing")

    assert (how.keeps_files, how.keeps_history, how.in_memory) == (None, None, None)
    assert how.spool == Path("/var/spool/cups")


@needs_root
def test_a_file_whose_name_the_service_removed_is_overwritten_all_the_same(tmp_path: Path) -> None:
    place = tmp_path / "spool"
    place.mkdir()
    how = spool.setup(configured(tmp_path, "", f"RequestRoot {place}\nTempDir {place / 'tmp'}\n"))
    (place / "d00007-001").write_bytes(b"BI MAT " * 1000)
    witness = (place / "d00007-001").open("rb")
    kept = spool.JobFiles(how, frozenset(), 7)
    (place / "d00007-001").unlink()

    report = kept.clear(alone=True)

    assert b"BI MAT" not in witness.read()
    witness.close()
    assert (report.overwritten, report.remains, report.clean) == (1, (), True)


@needs_root
def test_what_the_service_left_is_shredded_and_another_jobs_files_are_not(tmp_path: Path) -> None:
    place = tmp_path / "spool"
    (place / "tmp").mkdir(parents=True)
    how = spool.setup(configured(tmp_path, "", f"RequestRoot {place}\n"))
    for name in ("d00007-001", "c00007", "d00008-001", "c00008", "tmp/gs_old"):
        (place / name).write_bytes(b"BI MAT")
    before = spool.temporary(how)
    kept = spool.JobFiles(how, before, 7)
    (place / "tmp" / "gs_new").write_bytes(b"BI MAT")

    report = kept.clear(alone=True)

    assert sorted(path.name for path in place.rglob("*") if path.is_file()) == [
        "c00008",
        "d00008-001",
        "gs_old",
    ]
    assert report.remains == ()


@needs_root
def test_temporary_files_may_be_anothers_while_others_print(tmp_path: Path) -> None:
    place = tmp_path / "spool"
    (place / "tmp").mkdir(parents=True)
    how = spool.setup(configured(tmp_path, "", f"RequestRoot {place}\n"))
    kept = spool.JobFiles(how, frozenset(), 7)
    (place / "tmp" / "gs_new").write_bytes(b"BI MAT")

    report = kept.clear(alone=False)

    assert (place / "tmp" / "gs_new").exists()
    assert report.remains == ("gs_new",)


def test_who_may_not_look_into_the_spool_says_so_and_never_calls_it_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError

    place = tmp_path / "spool"
    place.mkdir()
    (place / "d00007-001").write_bytes(b"BI MAT")
    how = spool.setup(configured(tmp_path, "", f"RequestRoot {place}\n"))
    with monkeypatch.context() as patch:
        patch.setattr("os.open", refuse)
        patch.setattr("os.listdir", refuse)
        kept = spool.JobFiles(how, frozenset(), 7)

        report = kept.clear(alone=True)

    assert (report.overwritten, report.remains, report.clean) == (0, None, False)
    assert report.as_json()["remains"] is None
    assert (place / "d00007-001").exists()
