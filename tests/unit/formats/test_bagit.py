import pytest

from securedoc.core.digests import Digest
from securedoc.formats import bagit
from securedoc.formats.bagit import BagMalformed, ManifestLine, Oxum

ONE = Digest.of(b"one")
TWO = Digest.of(b"two")


def line(path: str, digest: Digest = ONE) -> bytes:
    return f"{digest.hex}  {path}\n".encode()


def test_a_manifest_is_ordered_by_path_and_reads_back() -> None:
    lines = [ManifestLine("data/b", TWO), ManifestLine("data/a%b", ONE)]

    data = bagit.format_manifest(lines)

    assert data == line("data/a%25b") + line("data/b", TWO)
    assert bagit.parse_manifest(data) == (ManifestLine("data/a%b", ONE), ManifestLine("data/b", TWO))


def test_the_star_of_binary_mode_is_read_too() -> None:
    data = f"{ONE.hex} *data/a\n".encode()

    assert bagit.parse_manifest(data) == (ManifestLine("data/a", ONE),)


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (b"", 0),
        (b"\n", 1),
        (line("data/a")[:-1], 1),
        (line("data/a") + b"\n" + line("data/b"), 2),
        (line("data/a") + b"garbage\n", 2),
        (line("data/a").replace(b"  ", b" "), 1),
        (line("data/a").replace(b"\n", b"\r\n"), 1),
        (line("data/a").upper(), 1),
        (b"0" + line("data/a"), 1),
        (line("data/a") + line("data/a", TWO), 2),
        (line("data/a") + line("data/A", TWO), 2),
        (line("data/../a"), 1),
        (line("/data/a"), 1),
        (line("data/a\\b"), 1),
        (line("data/%0Aa"), 1),
        (line("data/%41"), 1),
        (line("bagit.txt"), 1),
        (b"\xff" + line("data/a"), 0),
    ],
)
def test_a_line_that_breaks_a_rule_is_refused_with_its_number_and_never_skipped(
    data: bytes, number: int
) -> None:
    with pytest.raises(BagMalformed) as refused:
        bagit.parse_manifest(data)

    assert refused.value.line == number
    assert refused.value.file == bagit.MANIFEST


def test_a_manifest_of_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bagit, "MAX_LINES", 1)

    with pytest.raises(BagMalformed, match="too many lines"):
        bagit.parse_manifest(line("data/a") + line("data/b"))


def test_a_tag_file_too_large_to_be_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bagit, "MAX_TAG_FILE_BYTES", 10)

    with pytest.raises(BagMalformed, match="too large"):
        bagit.parse_manifest(line("data/a"))


def test_a_payload_path_has_no_place_in_the_tag_manifest() -> None:
    with pytest.raises(BagMalformed, match="wrong side"):
        bagit.parse_manifest(line("data/a"), file=bagit.TAG_MANIFEST)

    assert bagit.parse_manifest(line("bagit.txt"), file=bagit.TAG_MANIFEST)


@pytest.mark.parametrize("paths", [["data/a", "data/A"], ["data/../a"], ["data/a\nb"]])
def test_a_manifest_that_could_not_be_read_back_is_not_written(paths: list[str]) -> None:
    with pytest.raises(BagMalformed):
        bagit.format_manifest(ManifestLine(path, ONE) for path in paths)


def test_bag_info_reads_back_and_joins_continuation_lines() -> None:
    fields = (("Payload-Oxum", "12.3"), ("External-Description", "ảnh chụp: số 1"), ("Empty", ""))

    assert bagit.parse_info(bagit.format_info(fields)) == fields
    assert bagit.parse_info(b"A: one\n  two\n\tthree\nB: x\n") == (("A", "one two three"), ("B", "x"))


@pytest.mark.parametrize(
    "data", [b"no colon\n", b" starts with a continuation\n", b": x\n", b"A:x\n", b"A: x"]
)
def test_bag_info_that_is_not_fields_is_refused(data: bytes) -> None:
    with pytest.raises(BagMalformed):
        bagit.parse_info(data)


@pytest.mark.parametrize("field", [("A", "two\nlines"), ("A:B", "x"), ("", "x"), (" A", "x")])
def test_a_field_that_one_line_cannot_hold_is_not_written(field: tuple[str, str]) -> None:
    with pytest.raises(BagMalformed):
        bagit.format_info([("First", "1"), field])


def test_only_the_declaration_of_bagit_1_0_is_accepted() -> None:
    bagit.check_declaration(bagit.DECLARATION)
    for other in (b"", bagit.DECLARATION.replace(b"1.0", b"0.97"), bagit.DECLARATION + b"\n"):
        with pytest.raises(BagMalformed, match="declaration"):
            bagit.check_declaration(other)


def test_payload_oxum_is_two_numbers() -> None:
    assert Oxum.parse("2100000000.20000") == Oxum(2_100_000_000, 20_000)
    assert str(Oxum(1, 2)) == "1.2"
    for text in ("", "1", "1.2.3", "01.1", "-1.2", "1.x", "9" * 30 + ".1"):
        with pytest.raises(BagMalformed):
            Oxum.parse(text)
