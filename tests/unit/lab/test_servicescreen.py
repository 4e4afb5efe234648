"""The screen of a simulated phone: documents in parts, and where its keys lead."""

from __future__ import annotations

import pytest

from bridge.errors import LocalProtocolError
from bridge.lab.servicescreen import DialNumber, Fetch, SendData, ServiceScreen
from bridge.phonexml import (
    Directory,
    DirectoryEntry,
    Execute,
    ExecuteItem,
    Input,
    InputField,
    Menu,
    MenuItem,
    ScreenKey,
    document_text,
    user_data,
)
from bridge.sccp import DeviceToUserDataV1


def showing(document: object) -> ServiceScreen:
    screen = ServiceScreen()
    effect, faults = screen.show(document_text(document).encode())  # type: ignore[arg-type]  # any kind of document
    assert (effect, faults) == (None, ())
    return screen


def test_a_menu_leads_to_a_page_or_back_to_the_server() -> None:
    add = user_data(9081, "ADD", line=1, call_ref=5, transaction_id=3)
    keys = (ScreenKey("Exit", "SoftKey:Exit", 2), ScreenKey("Update", add, 1))
    screen = showing(Menu("M", (MenuItem("a", "http://192.0.2.1/a"), MenuItem("b", add)), keys=keys))
    assert screen.keys == ("Update", "Exit")
    sent = SendData(DeviceToUserDataV1(9081, 1, 5, 3, data=b"ADD"))
    assert screen.choose(1) == Fetch("http://192.0.2.1/a")
    assert screen.choose(2) == sent
    assert screen.press("Update") == sent
    with pytest.raises(LocalProtocolError, match="no item 3"):
        screen.choose(3)
    with pytest.raises(LocalProtocolError, match="no soft key"):
        screen.press("Dial")
    assert screen.press("Exit") is None
    assert screen.document is None


def test_a_directory_is_dialled() -> None:
    screen = showing(Directory("D", (DirectoryEntry("a", "1"), DirectoryEntry("b", "2"))))
    assert screen.keys == ("Dial", "EditDial", "Exit")
    assert screen.press("Dial") == DialNumber("1")
    assert screen.choose(2) == DialNumber("2")


def test_a_form_is_sent_as_a_query() -> None:
    screen = showing(Input("I", "http://192.0.2.1/s?name=x", (InputField("Name", "q"), InputField("PIN", "pin"))))
    assert screen.submit({"q": "Ä b"}) == Fetch("http://192.0.2.1/s?name=x&q=%C3%84+b&pin=")
    with pytest.raises(LocalProtocolError):
        screen.submit({"other": "x"})


def test_a_command_is_obeyed_and_not_shown() -> None:
    screen = ServiceScreen()
    text = document_text(Execute((ExecuteItem("Dial:1001"),)))
    assert screen.show(text.encode()) == (DialNumber("1001"), ())
    assert screen.document is None


def test_parts_are_put_together() -> None:
    screen = ServiceScreen()
    data = document_text(Menu("Long")).encode()
    assert screen.part(data[:20], first=True, last=False) == (None, ())
    assert screen.is_waiting
    screen.part(data[20:] + b"\0\0", first=False, last=True)
    assert screen.document is not None
    assert screen.document.title == "Long"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"<CiscoIPPhoneText>", "parse error"),
        (b"<html/>", "no object that a phone knows"),
        (b"<CiscoIPPhoneText><Text>x</Text><Colour>red</Colour></CiscoIPPhoneText>", "holds Colour"),
        (b"<CiscoIPPhoneText><Title>" + b"x" * 33 + b"</Title><Text>x</Text></CiscoIPPhoneText>", "33 characters"),
        (b"<CiscoIPPhoneText></CiscoIPPhoneText>", "Text 0 times"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><CiscoIPPhoneText><Text>&b;</Text></CiscoIPPhoneText>', "parse error"),
    ],
)
def test_what_a_phone_would_choke_on_is_a_fault(content: bytes, fault: str) -> None:
    _, faults = ServiceScreen().show(content)
    assert any(fault in each for each in faults)
