"""Whatever stands in an admin's files, reading and mapping them ends in notes, not in a crash."""

from __future__ import annotations

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import CallManagerGroup, DateTimeGroup, Device, DevicePool, Region, Server
from bridge.errors import InvalidInput
from bridge.migration.axlanswers import read_answers
from bridge.migration.batfiles import read_file
from bridge.migration.mapping import wishes_of
from bridge.migration.siteobjects import Records
from tests.cucm import HEADER, answer
from tests.samples import sample_device

pytestmark = pytest.mark.req("RG-29")

GROUP = CallManagerGroup("Default", (Server("pbx", "192.0.2.1"),), autoregistration=True)
KNOWN: Records = {
    "callmanager_group": {"Default": GROUP},
    "device_pool": {"Default": DevicePool("Default", GROUP, Region("Default"), DateTimeGroup("Default"))},
    "region": {"Default": Region("Default")},
    "date_time_group": {"Default": DateTimeGroup("Default")},
}
CELLS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", "t", "f", "2001", "Default", "On", "0", "99999999999", "\\+49", "<None>", "²", "1" * 70]),
)
TEMPLATE: Device = sample_device()


def tried(content: bytes) -> None:
    wishes = wishes_of(read_file(content, "x"), KNOWN, {})
    for each in wishes.phones:
        # Values that a device cannot have are refused by its own checks, in words.
        with contextlib.suppress(InvalidInput):
            assert each.on(TEMPLATE, {}).lines
    for note in wishes.notes:
        assert str(note)


@given(st.binary(max_size=400))
def test_any_octets(content: bytes) -> None:
    tried(content)


@given(st.lists(st.lists(CELLS, max_size=8), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_any_table(rows: list[list[str]], comma: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=comma).writerows(rows)
    tried(text.getvalue().encode("utf-8", "surrogatepass"))


@given(st.dictionaries(st.sampled_from([*HEADER, "Speed Dial Number 1", "BLF Directory Number 2"]), CELLS, max_size=30))
def test_any_values_in_the_columns_there_are(cells: dict[str, str]) -> None:
    cells = {"Device Name": "SEP001122334455", "Device Type": "7961", "Directory Number 1": "2001", **cells}
    text = io.StringIO()
    csv.writer(text).writerows([list(cells), list(cells.values())])
    tried(text.getvalue().encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=300), st.text(max_size=60))
def test_any_answer(content: bytes, inside: str) -> None:
    for each in (content, answer("getPhone", inside.replace("\x00", ""))):
        wishes_of(read_answers([("x", each)]), KNOWN, {})
