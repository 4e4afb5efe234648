"""Mailboxes that lines name."""

from __future__ import annotations

import pytest

from bridge.core import DeviceName
from bridge.errors import InvalidInput
from bridge.pbx.voicemailconf import boxes_in, boxes_text
from bridge.ports import SipEndpoint


def line(number: str, box: str, *, names: bool = True, name: str = "") -> SipEndpoint:
    device = DeviceName("SEP001122334455")
    return SipEndpoint(number, "x", device, number, mailbox=box, names_mailbox=names, caller_name=name)


def test_each_box_once_in_its_context() -> None:
    text = boxes_text(
        [
            line("1000", "1000@default", name="Ann, of | the; desk"),
            line("1001", "500@sales"),
            line("1002", "500@sales", name="second"),
            line("1003", "1003@default", names=False),
        ],
        "2580",
    )
    assert "[default]\n1000 => 2580,Ann of the desk,,,passwordlocation=spooldir\n" in text
    assert "[sales]\n500 => 2580,1001,,,passwordlocation=spooldir\n" in text
    assert text.count("=>") == 2
    assert boxes_in(text) == {"1000@default", "500@sales"}


def test_boxes_of_others_are_left_out() -> None:
    theirs = "[general]\nformat = wav\n[zonemessages]\neurope => x|y\n[default]\n1000 => 1,Ann\n"
    assert boxes_in(theirs) == {"1000@default"}
    assert boxes_text([line("1000", "1000@default")], "2580", others=boxes_in(theirs)) == ""


@pytest.mark.parametrize("box", ["1000", "1000@default\n[x]", "10;00@default", "1=>2@default"])
def test_nothing_is_smuggled_in(box: str) -> None:
    with pytest.raises(InvalidInput):
        boxes_text([line("1000", box)], "2580")
