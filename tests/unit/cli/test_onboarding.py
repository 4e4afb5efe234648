"""``sepbridge onboarding``, and elements of phones' files."""

from __future__ import annotations

import re

import pytest

from bridge.errors import Conflict, InvalidInput, NotFound
from tests.unit.cli.conftest import Shell
from tests.unit.cli.test_phone_file import add, server

__all__ = ["server"]


@pytest.mark.req("RG-30")
def test_a_code_is_printed_once(shell: Shell) -> None:
    made = shell.json("onboarding", "add", "--number", "1007", "--name", "Ada", "--life", "2d")
    assert re.fullmatch(r"\d{16}", made["code"])
    assert made["url"].endswith(f":6970/onboard/{made['code']}/$MA.xml")
    shown = shell.text("onboarding", "list")
    assert f"…{made['code'][-4:]}" in shown
    assert made["code"] not in shown + str(shell.json("onboarding", "list"))
    assert "valid" in shown
    assert re.search(r"\d{4}-\d{4}-\d{4}-\d{4}", shell.text("onboarding", "add"))
    assert shell.text("onboarding", "remove", made["code"][-4:]) == "1 removed.\n"
    assert len(shell.json("onboarding", "list")) == 1
    assert shell.text("onboarding", "remove", "--old") == "0 removed.\n"


def test_codes_that_cannot_be(shell: Shell) -> None:
    add(shell, "8841")
    assert isinstance(shell.error("onboarding", "add", "--number", "2001"), Conflict)
    assert isinstance(shell.error("onboarding", "add", "--number", "12a"), InvalidInput)
    assert isinstance(shell.error("onboarding", "add", "--pool", "Nowhere"), NotFound)
    assert isinstance(shell.error("onboarding", "add", "--life", "10s"), InvalidInput)
    assert isinstance(shell.error("onboarding", "remove", "0000"), NotFound)
    assert isinstance(shell.error("onboarding", "remove"), InvalidInput)


def test_elements_of_phones_files(shell: Shell) -> None:
    add(shell, "8841")
    shell.text("phones", "element", "vendorConfig/displayOnTime", "07:30")
    shell.text("phones", "element", "vendorConfig/displayOnTime", "09:00", "--phone", "2001")
    assert "<displayOnTime>09:00</displayOnTime>" in shell.text("phones", "file", "2001")
    shell.text("phones", "element", "vendorConfig/displayOnTime", "--remove", "--phone", "2001")
    assert "<displayOnTime>07:30</displayOnTime>" in shell.text("phones", "file", "2001")
    (held,) = shell.json("phones", "elements")
    assert held == {"path": "vendorConfig/displayOnTime", "value": "07:30", "phone": None}
    assert isinstance(shell.error("phones", "element", "vendorConfig/displayOnTme", "1"), InvalidInput)
    assert isinstance(shell.error("phones", "element", "vendorConfig/displayOnTime"), InvalidInput)


def test_an_element_that_does_not_reach_a_phone_is_said(shell: Shell) -> None:
    add(shell, "8841")
    shell.text("phones", "add", "001122AABBDD", "--model", "7841-3PCC", "--number", "2002")
    refused = shell.error("phones", "element", "sipProfile/sipStack/timerRegisterExpires", "600", "--phone", "2002")
    assert "would not reach SEP001122AABBDD" in refused.what
    assert "flat profile" in refused.why
    assert "Register_Expires_1_" in refused.fix
    assert shell.json("phones", "elements") == []
    told = " ".join(shell.text("phones", "element", "vendorConfig/pcPort", "1").split())
    assert "1 phones do not read it (7841-3PCC (MPP)): it reads a flat profile" in told
    (unread,) = shell.json("phones", "element", "VLAN_ID", "30")["unread"]
    assert (unread["phones"], unread["models"]) == (1, ["8841"])
    shell.text("phones", "element", "VLAN_ID", "30", "--phone", "2002")
