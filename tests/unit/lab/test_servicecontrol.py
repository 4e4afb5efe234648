"""Restart NOTIFYs, and the ways in which phones refuse them."""

from __future__ import annotations

from uuid import UUID

import pytest

from bridge.core import MacAddress
from bridge.lab.identity import PhoneIdentity, default_load
from bridge.lab.lastreset import INITIALISED
from bridge.lab.servicecontrol import Notify, NotifyTraits, RestartAction, Verdict, judge, traits_of
from bridge.phones import catalogue, parse_user_agent

MODEL = catalogue().require("8841")
CALL_ID = "abc@192.0.2.50"


def body(action: str = "restart", call_id: str = CALL_ID, more: str = "") -> str:
    return (
        f"action={action}\r\nRegisterCallId={{{call_id}}}\r\nConfigVersionStamp={{0000000000000000}}\r\n"
        f"DialplanVersionStamp={{0000000000000000}}\r\nSoftkeyVersionStamp={{0000000000000000}}\r\n{more}"
    )


def verdict(text: str, *, model: str = "8841", host: str = "192.0.2.50", **traits: bool) -> Verdict:
    notify = Notify("service-control", text, request_host=host, from_user="1001")
    chosen = catalogue().require(model)
    return judge(
        notify,
        model=chosen,
        traits=NotifyTraits(**traits) if traits else traits_of(chosen),
        call_id=CALL_ID,
        own_host="192.0.2.50",
    )


@pytest.mark.parametrize("action", ["restart", "reset"])
def test_the_right_call_id_is_obeyed(action: str) -> None:
    assert verdict(body(action)) == Verdict(200, RestartAction(action))


@pytest.mark.parametrize("call_id", ["", "other", CALL_ID.upper(), CALL_ID + "x"])
def test_a_wrong_call_id_is_refused(call_id: str) -> None:
    refused = verdict(body(call_id=call_id))
    assert (refused.status, refused.action) == (400, RestartAction.NONE)


def test_an_894x_takes_an_empty_call_id_but_no_wrong_one() -> None:
    assert verdict(body(call_id=""), model="8945").status == 200
    assert verdict(body(call_id="other"), model="8945").status == 400


def test_a_rewritten_contact_is_refused() -> None:
    assert verdict(body(), host="203.0.113.9").status == 400


def test_traits_that_only_some_phones_show() -> None:
    assert verdict(body(), takes_from_user=False).status == 400
    stamp = "FeatureControlVersionStamp={0}\r\n"
    assert verdict(body(more=stamp)).status == 200
    assert verdict(body(more=stamp), model="8861").status == 400


def test_other_actions() -> None:
    assert verdict(body("prt-report")) == Verdict(200)
    assert verdict(body("explode")).status == 400
    assert verdict("").status == 400


def test_check_sync_is_for_the_7960() -> None:
    notify = Notify("check-sync", "", request_host="192.0.2.50")

    def answer(model: str) -> Verdict:
        chosen = catalogue().require(model)
        return judge(notify, model=chosen, traits=traits_of(chosen), call_id=CALL_ID, own_host="192.0.2.50")

    assert answer("7960") == Verdict(200, RestartAction.CHECK_SYNC)
    assert answer("8841").status == 489


@pytest.mark.parametrize(("state", "lit"), [("yes", True), ("no", False)])
def test_the_message_lamp(state: str, lit: bool) -> None:
    notify = Notify("message-summary", f"Messages-Waiting: {state}\r\nVoice-Message: 1/0 (0/0)\r\n", request_host="x")
    answer = judge(notify, model=MODEL, traits=traits_of(MODEL), call_id=CALL_ID, own_host="192.0.2.50")
    assert answer == Verdict(200, lamp=lit)


def test_what_a_phone_says_of_itself() -> None:
    identity = PhoneIdentity(MODEL, MacAddress("0011223344AA"), default_load(MODEL))
    assert identity.user_agent == "Cisco-CP8841/12.8.1"
    assert '+u.sip!model.ccm.cisco.com="683"' in identity.contact_parameters
    assert '+u.sip!devicename.ccm.cisco.com="SEP0011223344AA"' in identity.contact_parameters
    assert "-0011223344aa>" in identity.contact_parameters
    assert "ActiveLoad=sip88xx.12-8-1-0101-482" in identity.reason(INITIALISED)


def test_newer_phones_register_a_random_contact() -> None:
    chance = UUID(int=7)
    mac = MacAddress("0011223344AA")
    assert PhoneIdentity(MODEL, mac, "").contact_user("1001", chance) == str(chance)
    assert PhoneIdentity(catalogue().require("7942"), mac, "").contact_user("1001", chance) == "1001"


@pytest.mark.parametrize("name", ["7942", "7841", "8841", "8945", "9971", "7960"])
def test_the_user_agent_names_the_model(name: str) -> None:
    model = catalogue().require(name)
    agent = parse_user_agent(PhoneIdentity(model, MacAddress("0011223344AA"), default_load(model)).user_agent)
    assert agent is not None
