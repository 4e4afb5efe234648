"""XML objects that an admin pushes to screens."""

from __future__ import annotations

import pytest

from bridge.app.phones.screenmessages import LONGEST_DOCUMENT, checked_document
from bridge.callcontrol import CallSettings
from bridge.errors import InvalidInput
from bridge.sccp import DeviceType, UserToDeviceDataV1
from tests.sccpbench import Bench

MENU = "<CiscoIPPhoneMenu><Title>Küche</Title></CiscoIPPhoneMenu>"


def test_an_object_is_taken_and_written_anew() -> None:
    message = checked_document(b"<?xml version='1.0' encoding='iso-8859-1'?>\n" + MENU.encode("latin-1"))
    assert (message.text, message.document) == ("", MENU)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Menu",
        b"<html/>",
        b"<CiscoIPPhoneStatus/>",
        b"<Menu/>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><CiscoIPPhoneText><Text>&b;</Text></CiscoIPPhoneText>",
        b"<CiscoIPPhoneText><Text>" + b"x" * LONGEST_DOCUMENT + b"</Text></CiscoIPPhoneText>",
    ],
)
def test_what_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        checked_document(content)


def test_who_shows_it() -> None:
    bench = Bench(settings=CallSettings())
    assert bench.phone.show(MENU, now=bench.now) == ""
    bench.settle()
    assert [each.data.rstrip(b"\0") for each in bench.station.take(UserToDeviceDataV1)] == [MENU.encode()]
    assert "too long" in bench.phone.show("x" * 2001, now=bench.now)
    plain = Bench(DeviceType.ATA_186, 3)
    assert plain.phone.show(MENU, now=plain.now) == "it shows no documents"
