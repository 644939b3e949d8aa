"""The packs we ship, and what is refused in a pack that says two things."""

import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from securedoc.core.people import Role
from securedoc.errors import PolicyFailed, PolicyMalformed, PolicyMissing
from securedoc.policy import packs
from securedoc.policy.policy import in_force
from securedoc.policy.sources import Sureness
from securedoc.policy.values import values
from securedoc.policy.vocabulary import Abstract, AuthorityAct, BookUse, Right

REPOSITORY = Path(__file__).resolve().parents[3]
PACK_2026 = REPOSITORY / "policies" / "vn-2026.toml"
NAMES = ("vn-2020", "vn-2026")


def test_the_checkout_finds_its_packs() -> None:
    assert packs.available() == NAMES
    assert packs.root() == REPOSITORY / "policies"


@pytest.mark.parametrize("name", NAMES)
def test_no_value_is_without_a_source(name: str) -> None:
    policy = packs.pack(name)

    shown = values(policy)

    assert {value.path for value in shown} == set(policy.sources)
    assert all(value.source.tags or value.source.words for value in shown)


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_is_used(name: str) -> None:
    policy = packs.pack(name)

    used = {tag for source in policy.sources.values() for tag in source.tags}

    assert used == set(policy.references)


@pytest.mark.parametrize("name", NAMES)
def test_the_29_types_of_the_layout_decree_are_there(name: str) -> None:
    types = packs.pack(name).types

    assert len(types) == 29
    assert types["bao-cao"].abbreviation == "BC"
    assert {key for key, kind in types.items() if not kind.abbreviation} == {"cong-van", "thu-cong"}
    abbreviations = [kind.abbreviation for kind in types.values() if kind.abbreviation]
    assert len(set(abbreviations)) == 27


@pytest.mark.parametrize(
    ("key", "rank", "mark", "letter", "years", "box"),
    [
        ("mat", 1, "MẬT", "C", 10, (20, 8)),
        ("toi-mat", 2, "TỐI MẬT", "B", 20, (30, 8)),
        ("tuyet-mat", 3, "TUYỆT MẬT", "A", 30, (40, 8)),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_the_three_levels_are_as_the_law_has_them(  # noqa: PLR0913, PLR0917 - a table
    name: str, key: str, rank: int, mark: str, letter: str, years: int, box: tuple[int, int]
) -> None:
    policy = packs.pack(name)

    level, shape = policy.level(key), policy.mark_shape(key)

    assert (level.rank, level.mark_text, level.letter, level.term_years) == (rank, mark, letter, years)
    assert (shape.width_mm, shape.height_mm, shape.gap_mm, shape.size_pt) == (*box, 1, 13)


def test_the_law_of_2026_never_writes_a_top_secret_abstract_and_that_of_2020_only_with_consent() -> None:
    assert packs.pack("vn-2026").level("tuyet-mat").register_abstract is Abstract.NEVER
    assert packs.pack("vn-2020").level("tuyet-mat").register_abstract is Abstract.WITH_CONSENT


@pytest.mark.parametrize(("name", "columns"), [("vn-2020", 9), ("vn-2026", 10)])
def test_the_outgoing_book_has_the_columns_of_its_year(name: str, columns: int) -> None:
    book = packs.pack(name).book_for(BookUse.OUTGOING)

    assert book.key == "di"
    assert len(book.columns) == columns
    assert book.columns[-1].title == "Ghi chú"


def test_the_incoming_book_of_2026_is_signed_in_one_of_ten_columns() -> None:
    columns = packs.pack("vn-2026").book_for(BookUse.INCOMING).columns

    assert len(columns) == 10
    assert [column.number for column in columns if column.signed] == [9]


def test_commune_leaders_allow_copies_since_2026_and_district_leaders_no_more() -> None:
    new = {p.key for p in packs.pack("vn-2026").authority_for(AuthorityAct.COPY, "toi-mat")}
    old = {p.key for p in packs.pack("vn-2020").authority_for(AuthorityAct.COPY, "toi-mat")}

    assert "chu-tich-ubnd-xa" in new - old
    assert "lanh-dao-huyen" in old - new


@pytest.mark.parametrize("name", NAMES)
def test_what_is_recalled_or_inferred_is_never_passed_off_as_read(name: str) -> None:
    sources = packs.pack(name).sources

    for path in ("notices.extend_days", "terms.extend_before_end_days", "marks.gia-han.lines[1].text"):
        assert sources[path].sure is Sureness.RECALLED
    assert sources["backup.interval_days"].sure is Sureness.DECIDED


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2020, 7, 1), "vn-2020"),
        (date(2026, 2, 28), "vn-2020"),
        (date(2026, 3, 1), "vn-2026"),
        (date(2056, 1, 1), "vn-2026"),
    ],
)
def test_the_pack_in_force_is_that_of_the_day(day: date, name: str) -> None:
    assert in_force(day, map(packs.pack, NAMES)).pack.name == name


def test_a_day_with_no_pack_or_two_is_refused() -> None:
    with pytest.raises(PolicyMissing):
        in_force(date(2020, 6, 30), map(packs.pack, NAMES))
    with pytest.raises(PolicyFailed):
        in_force(date(2026, 3, 1), [packs.pack("vn-2026")] * 2)


def test_a_pack_that_does_not_exist_is_missing_even_when_its_name_is_a_path() -> None:
    for name in ("vn-1999", "../policies/vn-2026", "hardening", ""):
        with pytest.raises(PolicyMissing):
            packs.pack(name)


def test_a_directory_or_a_missing_file_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(PolicyFailed):
        packs.load(tmp_path)
    with pytest.raises(PolicyMissing):
        packs.load(tmp_path / "none.toml")


def test_a_pack_under_another_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vn-2030.toml"
    path.write_bytes(PACK_2026.read_bytes())

    with pytest.raises(PolicyMalformed, match=r"pack\.name"):
        packs.load(path)


CONTRADICTIONS = {
    "a source for the whole file": ("\n[pack]", '\nsource = "V S1"\n[pack]', "source is not a key"),
    "ends before it begins": (
        "effective_from = 2026-03-01",
        "effective_from = 2026-03-01\neffective_until = 2026-02-28",
        "pack.effective_until: ",
    ),
    "ranks with a gap": ("rank = 2", "rank = 4", "levels.tuyet-mat.rank: "),
    "shorter term above": ("term_years = 20", "term_years = 5", "levels.toi-mat.term_years: "),
    "level with no such mark": ('mark = "mat"', 'mark = "mate"', "levels.mat.mark: mate is not defined"),
    "level with no such letter": ('"phong-bi-c"', '"phong-bi-z"', "levels.mat.envelope_mark: phong-bi-z"),
    "mark without size": ("width_mm = 30\n", "", "levels.toi-mat.mark: "),
    "mark with other words": ('mark_text = "MẬT"', 'mark_text = "MẠT"', "levels.mat.mark_text: "),
    "a place where none is kept": (
        'position = "beside-10a"\nwidth_mm = 30',
        'position = "first-page"\nwidth_mm = 30',
        "marks.giai-mat.slot: no place is kept",
    ),
    "one place, two sizes": (
        "width_mm = 46\nheight_mm = 13",
        "width_mm = 47\nheight_mm = 13",
        "marks.giam-do-mat.slot: stamps that share a place",
    ),
    "double border, no gap": ("height_mm = 8\ngap_mm = 1", "height_mm = 8\ngap_mm = 0", "marks.mat.gap_mm: "),
    "stamp with unknown field": ('"Từ: {date}"', '"Từ: {day}"', "marks.giai-mat.lines[2].text: day"),
    "attribute in a template": (
        '"Số: {number}"',
        '"Số: {number.__class__}"',
        "numbering.line: number.__class__",
    ),
    "width in a template": (
        '"Số: {number}"',
        '"Số: {number:>999999}"',
        "numbering.line: number is not a field",
    ),
    "lone brace": ('"Số: {number}"', '"Số: {number"', "numbering.line: a brace stands alone"),
    "template without its field": ('"Số: {number}"', '"Số: "', "numbering.line: the template lacks number"),
    "notation without agency": (
        '"BC", frame = "typed", addressed = false, notation = "{number}/{type}-{agency}"',
        '"BC", frame = "typed", addressed = false, notation = "{number}/{type}"',
        "types.bao-cao.notation: a notation has",
    ),
    "notation naming no type": (
        '"BC", frame = "typed", addressed = false, notation = "{number}/{type}-{agency}"',
        '"BC", frame = "typed", addressed = false, notation = "{number}/{agency}"',
        "types.bao-cao.notation: a notation names",
    ),
    "unknown frame": ('"letter"', '"memo"', "types.cong-van.frame: expected one of: typed, letter"),
    "no outgoing book": ('use = "outgoing"', 'use = "handover"', "books: exactly one book"),
    "book in no series": ('series = "di"', 'series = "dii"', "books.di.series: dii is not defined"),
    "column out of order": (
        '{ number = 2, title = "Số, ký',
        '{ number = 3, title = "Số, ký',
        "books.di.columns[2].number",
    ),
    "column of an unknown fact": (
        'facts = ["signer_name"]',
        'facts = ["signer"]',
        "books.di.columns[6].facts[1]: expected",
    ),
    "column of another book's fact": (
        'facts = ["signer_name"]',
        'facts = ["arrived"]',
        "books.di.columns[6].facts[1]: entries of this book have no fact arrived",
    ),
    "right left out": ('sign = ["signer"]\n', "", "rights.sign is missing"),
    "right nobody knows": (
        'sign = ["signer"]\n',
        'sign = ["signer"]\nfly = ["signer"]\n',
        "rights.fly is not a key",
    ),
    "role nobody knows": ('sign = ["signer"]', 'sign = ["king"]', "rights.sign[1]: expected one of"),
    "authority at no such level": (
        "[authority.extend]\n",
        '[authority.extend]\nthap = ["cap-pho-uy-quyen"]\n',
        "authority.extend.thap: thap is not defined",
    ),
    "authority of no such position": (
        'mat = ["dung-dau-ban-hanh"',
        'mat = ["vua"',
        "authority.classify.mat[1]: vua is not defined",
    ),
    "copies marked with nothing": ('"ban-sao-so"\nlast', '"khong"\nlast', "copying.first_page_mark: khong"),
    "years of what is kept forever": (
        'keep = "forever"',
        'keep = "forever"\nyears = 3',
        "retention.so-dang-ky.years",
    ),
    "no such check": ('"host.N-04"', '"host.N4"', "host.unfit_on_fail[1]: expected a text like"),
    "source not among references": ("\nS58 = ", "\nS958 = ", "levels.mat.mark: its source S58"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_pack_that_contradicts_itself_is_refused_with_the_path(case: str) -> None:
    old, new, told = CONTRADICTIONS[case]
    text = PACK_2026.read_text("utf-8")
    assert old in text

    with pytest.raises(PolicyMalformed) as caught:
        packs.parse(text.replace(old, new, 1).encode(), name="p")

    assert str(caught.value).startswith(f"p: {told}")


def test_authority_lists_name_every_level() -> None:
    text = PACK_2026.read_text("utf-8")
    at = text.index("[authority.extend]")
    broken = text[:at] + text[at:].replace("tuyet-mat = [", "# tuyet-mat = [", 1)

    with pytest.raises(PolicyMalformed) as caught:
        packs.parse(broken.encode(), name="p")

    assert str(caught.value) == "p: authority.extend.tuyet-mat is missing"


@pytest.mark.parametrize("name", NAMES)
def test_a_role_that_holds_no_document_key_has_no_right_that_needs_one(name: str) -> None:
    """A pack cannot hand out a key, so such a right would only be a promise nobody can keep."""
    rights = packs.pack(name).rights

    for right in (Right.OPEN, Right.ISSUE, Right.FINALIZE, Right.SIGN, Right.EXPORT, Right.DRILL):
        assert not {Role.OPERATOR, Role.AUDITOR, Role.SECURITY} & set(rights[right])


@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_undone_needs_two_people(name: str) -> None:
    policy = packs.pack(name)

    for right in (
        Right.DESTROY_DECIDE,
        Right.DECLASSIFY,
        Right.KEY_RECOVERY,
        Right.RESTORE,
        Right.POLICY_ADOPT,
        Right.ENROL,
    ):
        assert policy.two_person(right)
        assert policy.confirmed_by[right]


@pytest.mark.parametrize("name", NAMES)
def test_the_layout_that_a_pack_names_is_there(name: str) -> None:
    profile = packs.layout(packs.pack(name).layout.profile)

    assert profile.key == "nd30"
    assert "#" in profile.template


def test_a_layout_that_does_not_exist_is_missing() -> None:
    for key in ("nd99", "../vn-2026"):
        with pytest.raises(PolicyMissing):
            packs.layout(key)


def test_a_layout_whose_template_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    layouts = tmp_path / "layout"
    layouts.mkdir()
    (layouts / "nd30.toml").write_bytes((packs.root() / "layout" / "nd30.toml").read_bytes())
    with pytest.raises(PolicyMissing, match=r"frame\.typ"):
        packs.layout("nd30", tmp_path)

    (layouts / "frame.typ").write_bytes(b"\xff")

    with pytest.raises(PolicyMalformed, match="not UTF-8 at byte 0"):
        packs.layout("nd30", tmp_path)


def test_a_program_installed_without_its_packs_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "_PACKAGE", tmp_path / "securedoc")

    with pytest.raises(PolicyMissing, match="not installed"):
        packs.root()


def test_a_pack_that_the_disk_does_not_give_out_has_failed(tmp_path: Path) -> None:
    with pytest.raises(PolicyFailed):
        packs.load(tmp_path / ("x" * 300 + ".toml"))
    with pytest.raises(PolicyFailed):
        packs.load(Path("/dev/zero"))


@pytest.mark.slow
def test_a_wheel_carries_the_packs_and_finds_them(tmp_path: Path) -> None:
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    made = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(tmp_path / made.stdout.splitlines()[-1]) as wheel:
        wheel.extractall(unpacked)
    ask = "from securedoc.policy import packs; print(packs.root()); print(packs.pack('vn-2026').digest)"

    told = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=tmp_path,
        env={"PYTHONPATH": str(unpacked)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()

    assert told == [str(unpacked / "securedoc" / "_policies"), str(packs.pack("vn-2026").digest)]
