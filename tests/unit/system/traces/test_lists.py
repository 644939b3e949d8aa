import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.system.traces import lists
from securedoc.system.traces.places import Form

XBEL = b"""<?xml version="1.0" encoding="UTF-8"?>
<xbel version="1.0">
  <bookmark href="file:///x/D-2026-000001.docx" added="now">
    <info><metadata owner="http://freedesktop.org"/></info>
  </bookmark>
  <bookmark href="file:///x/holiday.jpg" added="now">
    <info><metadata owner="http://freedesktop.org"/></info>
  </bookmark>
</xbel>
"""
XCU = b"""<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/a/HistoryInfo['PickList']/ItemList"><node oor:name="file:///x/D-2026-000001.docx"/></item>
<item oor:path="/a/HistoryInfo['PickList']/OrderList"><node oor:name="0"><value>file:///x/D-2026-000001.docx</value></node></item>
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooLocale"><value>vi</value></prop></item>
</oor:items>
"""
VIMINFO = b"""# viminfo
> /x/D-2026-000001.docx
\t"\t1\t0
\t.\t1\t3
> /x/other.txt
\t"\t9\t0
"""
FISH = b"""- cmd: less D-2026-000001.txt
  when: 1
  paths:
    - D-2026-000001.txt
- cmd: ls
  when: 2
"""


def ours(entry: bytes) -> bool:
    return b"D-2026-000001" in entry


@pytest.mark.parametrize(
    ("form", "data", "taken", "kept"),
    [
        (Form.XBEL, XBEL, 1, b"holiday.jpg"),
        (Form.XCU, XCU, 2, b"ooLocale"),
        (Form.BLOCKS, VIMINFO, 1, b'> /x/other.txt\n\t"\t9\t0\n'),
        (Form.BLOCKS, FISH, 1, b"- cmd: ls\n  when: 2\n"),
        (Form.LINES, b"ls\nvi D-2026-000001.docx\ncd", 1, b"ls\ncd"),
        (Form.LINES, b"", 0, b""),
    ],
)
def test_only_the_entries_that_name_a_document_are_taken_out(
    form: Form, data: bytes, taken: int, kept: bytes
) -> None:
    made, count = lists.without(form, data, ours)

    assert count == taken
    assert not ours(made)
    assert kept in made


def test_a_recent_list_stays_well_formed() -> None:
    made, _ = lists.without(Form.XBEL, XBEL, ours)

    assert made.startswith(b"<?xml")
    assert made.rstrip().endswith(b"</xbel>")
    assert made.count(b"<bookmark") == made.count(b"</bookmark>") == 1


def test_names_in_entries_are_read_as_files_have_them() -> None:
    assert lists.unquoted(b"file:///x/B%C3%A1o%20c%C3%A1o.docx") == "file:///x/Báo cáo.docx".encode()


@pytest.mark.parametrize("form", list(Form))
@given(data=st.binary(max_size=300), other=st.binary(max_size=60))
def test_a_list_without_our_name_is_written_as_it_was(form: Form, data: bytes, other: bytes) -> None:
    whole = re.sub(rb"D-2026-000001", b"", data + b"<bookmark>" + other + b"</bookmark>\n" + data)

    assert lists.without(form, whole, ours) == (whole, 0)


def test_a_hostile_list_takes_no_more_than_linear_time() -> None:
    began = time.perf_counter()
    lists.without(Form.XBEL, b"<bookmark href='x'>" * 20_000, ours)
    lists.without(Form.BLOCKS, b"\t" * 500_000, ours)

    assert time.perf_counter() - began < 5
