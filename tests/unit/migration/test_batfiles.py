"""Export files: columns by name, encodings, line numbers, kinds of files."""

from __future__ import annotations

import csv
import io

import pytest

from bridge.errors import InvalidInput
from bridge.migration import csvtext
from bridge.migration.batfiles import read_file
from bridge.migration.columns import Column, columns
from bridge.migration.inventory import CucmBusyLamp, CucmForward, CucmSpeedDial
from bridge.migration.notes import Note, Origin, Weight, gathered
from tests.cucm import HEADER, SAMPLE, bat_file

pytestmark = pytest.mark.req("RG-29")

GUIDE = (
    "Device Name,Description,Device Pool,Phone Template,CSS,Device Type,Common Profile,Security Profile,"
    "Device Protocol,Directory Number,Route Partition,Message Waiting Lamp Policy,Directory Number,Route Partition,"
    "Speed Dial Number,Speed Dial Label,Speed Dial Number,Speed Dial Label,Busy Lamp Field Destination,"
    "BLF Directory Number,BLF Label\n"
    "SEP001122000001,Ada,HQ,Office,CSS_A,Cisco 7942,Quiet,Cisco 7942 - Standard SCCP Non-Secure Profile,SCCP,"
    "2001,PT_A,Light Only,2002,PT_B,91,One,92,Two,,2003,Eve\n"
)


def test_columns_are_known_by_name_and_number() -> None:
    found = columns(
        [
            "\ufeffDEVICE  name",
            "Line Network Hold MOH Audio Source  1",
            "AAR Group(Line) 12",
            "Module 1",
            "Module 1 Load Name",
            "E.164",
            "RFC2833 Disabled",
            "Phone Template",
            "Ring Setting (Phone Active) 2",
        ]
    )
    assert found == (
        Column("device name", 1),
        Column("line network hold moh audio source", 1),
        Column("aar group (line)", 12),
        Column("module 1"),
        Column("module 1 load name"),
        Column("e.164"),
        Column("rfc2833 disabled"),
        Column("phone button template"),
        Column("ring setting (phone active)", 2),
    )


def test_order_and_case_of_columns_do_not_matter() -> None:
    text = SAMPLE.read_text(encoding="utf-8").replace("\r\n", "\n")
    straight = read_file(text.encode(), "x")
    turned = "\n".join(",".join(reversed(line.split(","))) for line in text.splitlines()[:2])
    header, row = turned.splitlines()
    assert read_file(f"{header.upper()}\n{row}".encode(), "x").phones == straight.phones[:1]


def test_the_guides_older_names_and_columns_without_numbers() -> None:
    (phone,) = read_file(GUIDE.encode(), "x").phones
    assert (phone.button_template, phone.phone_profile) == ("Office", "Quiet")
    assert "Non-Secure" in phone.security_profile
    assert [(each.index, each.line.number, each.line.partition, each.lamp) for each in phone.lines] == [
        (1, "2001", "PT_A", "Light Only"),
        (2, "2002", "PT_B", ""),
    ]
    assert phone.speed_dials == (CucmSpeedDial(1, "91", "One"), CucmSpeedDial(2, "92", "Two"))
    assert phone.busy_lamps == (CucmBusyLamp(1, "2003", "Eve"),)


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", False),
        ("utf-8-sig", False),
        ("utf-16", False),
        ("utf-16-le", False),
        ("utf-16-be", False),
        ("cp1252", True),
    ],
)
def test_encodings(encoding: str, told: bool) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    inventory = read_file(text.encode(encoding), "x")
    assert inventory.phones[1].lines[0].display == "Zoë Ångström"
    assert any("Windows-1252" in each.what for each in inventory.notes) is told


@pytest.mark.parametrize(("between", "word"), [(";", "semicolons"), ("\t", "tabs")])
def test_what_excel_puts_between_the_cells(between: str, word: str) -> None:
    text = io.StringIO()
    rows = csv.reader(io.StringIO(SAMPLE.read_text(encoding="utf-8"), newline=""))
    csv.writer(text, delimiter=between).writerows(rows)
    inventory = read_file(text.getvalue().encode("utf-16"), "x")
    straight = read_file(SAMPLE.read_bytes(), "x")
    assert inventory.phones == straight.phones
    (note,) = set(inventory.notes) - set(straight.notes)
    assert note.weight is Weight.CHANGED
    assert note.what.startswith(word)


def test_a_file_that_was_not_copied_whole() -> None:
    content = bat_file({"Device Name": "SEP001122000001"}, {"Device Name": "SEP001122000002"})
    number = content.rindex(b"PT_Inside") - 3
    inventory = read_file(content[:number], "x")
    assert [each.name for each in inventory.phones] == ["SEP001122000001"]
    (note,) = [each for each in inventory.notes if each.weight is Weight.BROKEN]
    assert "ends in the middle" in note.what
    assert note.origin == Origin("x", 3)
    # The last line of a whole file need not end.
    assert len(read_file(content.removesuffix(b"\r\n"), "x").phones) == 2


def test_lines_are_counted_as_an_editor_does() -> None:
    content = bat_file(
        {"Device Name": "SEP001122000001", "Description": "two\nlines"},
        {"Device Name": "SEP001122000002"},
    )
    phones = read_file(content.replace(b"\r\n", b"\r\n\r\n", 1), "x").phones
    # The header, an empty line, a record of two lines, a record.
    assert [each.origin.line for each in phones] == [3, 5]


def test_what_excel_and_hands_do_to_a_record() -> None:
    header = ",".join(HEADER)
    short = "SEP001122000001,Ada,HQ"
    long = f"SEP001122000002,A, b,{',' * len(HEADER)}x"
    inventory = read_file(f"{header}\n{short}\n{long}\n,no name\n".encode(), "x")
    assert [each.name for each in inventory.phones] == ["SEP001122000001"]
    broken = [each for each in inventory.notes if each.weight is Weight.BROKEN]
    assert [each.origin for each in broken] == [Origin("x", 3), Origin("x", 4)]
    assert "not quoted" in broken[0].what


def test_columns_that_are_not_carried_over_are_told_once() -> None:
    more = ("Frobnication",)
    content = bat_file(
        {"Device Name": "SEP001122000001", "Location": "Branch 2", "Frobnication": "high"},
        {"Device Name": "SEP001122000002", "Location": "Branch 3", "Do Not Disturb": "f"},
        {
            "Device Name": "SEP001122000003",
            "Secure Shell Password": "hunter2",
            "XML": "<x/>",
            "Join Across Lines": "On",
        },
        more=more,
    )
    notes = gathered(read_file(content, "x").notes)
    assert {each.subject: (each.count, each.origin.line) for each in notes} == {
        "location": (2, 2),
        "frobnication": (1, 2),
        "secure shell password": (1, 4),
        "xml": (1, 4),
        "join across lines": (1, 4),
    }
    assert all("hunter2" not in str(each) for each in notes)
    assert all(each.weight is Weight.LOST for each in notes)


def test_a_phone_that_nobody_touched_has_nothing_to_tell() -> None:
    assert read_file(SAMPLE.read_bytes(), "x").notes == ()


def test_forwards_of_callers_in_and_outside() -> None:
    row = {
        "Device Name": "SEP001122000001",
        "Directory Number 1": "2001",
        "Forward All Destination 1": "2002",
        "Forward Busy External Voice Mail 1": "t",
        "Forward No Answer External Destination 1": "2003",
    }
    (phone,) = read_file(bat_file(row), "x").phones
    assert phone.lines[0].line.forwards == (
        CucmForward("all", "2002"),
        CucmForward("busy", "", voicemail=True, external=True),
        CucmForward("no answer", "2003", external=True),
    )


def test_users_and_pools() -> None:
    users = (
        "First Name,Last Name,User ID,PIN,Primary Extension,Device Name,Device Name\n"
        "Zoë,Å,zoe,13579,2001,SEP001122000001,SEP001122000002\nNo,Body,,,,,\n"
    )
    inventory = read_file(users.encode(), "users.txt")
    (user,) = inventory.users
    assert (user.user_id, user.primary_extension) == ("zoe", "2001")
    assert user.devices == ("SEP001122000001", "SEP001122000002")
    assert "13579" not in str(inventory)
    assert [each.weight for each in inventory.notes] == [Weight.LOST, Weight.BROKEN]
    pools = (
        "DEVICE POOL NAME,REGION,DATE/TIME GROUP,LOCAL ROUTE GROUP,SRST REFERENCE,AAR GROUP\nHQ,R,NULL,RG,Disable,A\n"
    )
    inventory = read_file(pools.encode(), "devicepool.csv")
    (pool,) = inventory.pools
    assert (pool.name, pool.region, pool.date_time_group, pool.local_route_group) == ("HQ", "R", "", "RG")
    assert [each.subject for each in inventory.notes] == ["aar group"]


@pytest.mark.parametrize("content", [b"", b"\r\n\r\n", b"nothing", b"\xff\xfe\x00", b"\x00\x00"])
def test_files_that_are_none(content: bytes) -> None:
    inventory = read_file(content, "x")
    assert inventory.phones == ()
    assert [each.weight for each in inventory.notes][-1] is Weight.BROKEN


def test_files_that_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csvtext, "MAX_FILE", 1024)
    with pytest.raises(InvalidInput, match="larger"):
        read_file(b"x" * 1025, "x")
    monkeypatch.setattr(csvtext, "MAX_RECORDS", 2)
    notes = [each for each in csvtext.records("a\nb\nc\n", "x") if isinstance(each, Note)]
    assert [each.origin.line for each in notes] == [3]
