"""A phone's endpoint as the reference wants it (chan_pjsip with Cisco phones, 1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.core import DeviceName
from bridge.dialplan import Context, Extension, Step, numbers_context
from bridge.errors import InvalidInput
from bridge.pbx.dialplanconf import dial_plan_text, number_text, numbers_text, watcher_contexts_text
from bridge.pbx.pjsipconf import PjsipOptions, display_name, endpoint_sections, endpoint_text, watcher_text
from bridge.ports import SipEndpoint, Transport

PHONE = SipEndpoint("1001", "s3cret", DeviceName("SEP001122334455"), "1001", "Alice")


def test_settings_that_cisco_phones_need() -> None:
    endpoint, auth, aor = endpoint_sections(PHONE, PjsipOptions())
    assert {item.key: item.value for item in endpoint.items}.items() >= {
        "type": "endpoint",
        "identify_by": "username,auth_username",
        "rewrite_contact": "no",
        "direct_media": "no",
        "dtmf_mode": "rfc4733",
        "timers": "no",
        "100rel": "no",
        "send_rpid": "yes",
        "trust_id_inbound": "yes",
        "device_state_busy_at": "2",
        "allow": "g722,ulaw,alaw",
        "callerid": '"Alice" <1001>',
    }.items()
    assert {item.key: item.value for item in auth.items}.items() >= {"username": "1001", "password": "s3cret"}.items()
    assert {item.key: item.value for item in aor.items}.items() >= {
        "max_contacts": "1",
        "remove_existing": "yes",
    }.items()


def test_the_site_chooses_transports_and_nat() -> None:
    options = PjsipOptions(tcp_transport="t", udp_transport="u", behind_nat=True)
    assert endpoint_sections(PHONE, options)[0].last("transport") == "t"
    assert endpoint_sections(replace(PHONE, transport=Transport.UDP), options)[0].last("transport") == "u"
    assert endpoint_sections(PHONE, options)[0].last("rewrite_contact") == "yes"
    assert endpoint_sections(PHONE, PjsipOptions())[0].values("transport") == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": "1001]\n[x"},
        {"name": ""},
        {"secret": ""},
        {"secret": "a b"},
        {"secret": "x" * 31},
        {"secret": "a\nb"},
        {"secret": "a\\b"},
        {"number": "1001,1,System(rm)"},
        {"number": "1001\nexten => x"},
        {"number": "${EXTEN}"},
        {"context": "a]\n"},
        {"codecs": ()},
        {"codecs": ("ulaw,all",)},
        {"busy_at": 0},
    ],
)
def test_what_cannot_be_written_is_refused(change: dict[str, object]) -> None:
    broken = replace(PHONE, **change)  # wrong values are the point
    with pytest.raises(InvalidInput):
        endpoint_text(broken, PjsipOptions())


def test_names_lose_what_would_end_the_line() -> None:
    assert display_name('Bob "The\r\nBuilder" <x>\\') == "Bob The Builder x"
    assert display_name("Пётр; Söhne, & Co") == "Пётр; Söhne, & Co"
    assert len(display_name("x" * 500)) == 80


def test_numbers_get_a_hint_and_are_dialled_by_endpoint() -> None:
    assert numbers_text([("", number_text(replace(PHONE, name="line1", number="2001")))]) == (
        "[sepbridge-numbers]\n"
        "exten => 2001,hint,PJSIP/line1&Custom:DND2001\n"
        "exten => 2001,1,Gosub(sepbridge-ring,s,1(line1,2001,60,,12,sepbridge-phones))\n"
        "same => n,Hangup()\n"
    )


def test_each_partition_has_a_context_of_its_own() -> None:
    text = numbers_text([("", "exten => 1,1,A()\n"), ("Staff", "exten => 2,1,B()\n"), ("", "exten => 3,1,C()\n")])
    plain, staff = text.split("\n\n")
    assert plain == "[sepbridge-numbers]\nexten => 1,1,A()\nexten => 3,1,C()"
    assert staff == f"[{numbers_context('Staff')}]\nexten => 2,1,B()\n"


def test_variables_of_calls() -> None:
    text = endpoint_text(replace(PHONE, variables=(("A", "+4930"), ("B", "trunk-1"))), PjsipOptions())
    assert "set_var = A=+4930\nset_var = B=trunk-1\n" in text
    with pytest.raises(InvalidInput, match="channel variable"):
        endpoint_text(replace(PHONE, variables=(("A", "x\nsecret=1"),)), PjsipOptions())


def test_the_sites_dial_plan_is_written_as_it_was_compiled() -> None:
    steps = (Step("GotoIf", "$[1]?ok"), Step("Hangup", "28"), Step("NoOp", label="ok"))
    context = Context("sepbridge-css-a", (Extension("_91[2-9]X.", steps),), ("sepbridge-services",))
    assert dial_plan_text([context]) == (
        "[sepbridge-css-a]\n"
        "exten => _91[2-9]X.,1,GotoIf($[1]?ok)\n"
        "same => n,Hangup(28)\n"
        "same => n(ok),NoOp()\n"
        "include => sepbridge-services\n"
    )
    with pytest.raises(InvalidInput, match="cannot be an extension"):
        dial_plan_text([Context("a", (Extension("1,1,System(x)\n", steps),), ())])


def test_the_watcher_sees_all_numbers_and_calls_none() -> None:
    text = watcher_text("s3cret")
    assert "allow_subscribe = yes" in text
    assert "subscribe_context = sepbridge-watched" in text
    assert "context = sepbridge-watcher" in text
    assert watcher_contexts_text(["", "Staff", "Staff"]) == (
        "[sepbridge-watcher]\n\n[sepbridge-watched]\n"
        "include => sepbridge-numbers\n"
        f"include => {numbers_context('Staff')}\n"
        "include => sepbridge-services\n"
        "include => sepbridge-custom\n"
        "include => sepbridge-codes\n"
        "include => sepbridge-line-states\n"
    )
    with pytest.raises(InvalidInput):
        watcher_text("two words")


def test_a_line_of_several_phones_takes_the_secret_of_each() -> None:
    shared = replace(PHONE, sharers=((DeviceName("SEP001122334466"), "1002", "0ther"),), contacts=2)
    endpoint, first, second, aor = endpoint_sections(shared, PjsipOptions())
    assert endpoint.last("auth") == "1001,1001-SEP001122334466"
    assert [(one.name, one.last("username"), one.last("password")) for one in (first, second)] == [
        ("1001", "1001", "s3cret"),
        ("1001-SEP001122334466", "1002", "0ther"),
    ]
    assert aor.last("max_contacts") == "2"


@pytest.mark.parametrize(
    "change", [{"contacts": 0}, {"contacts": 33}, {"sharers": ((DeviceName("SEP001122334466"), "1002", ""),)}]
)
def test_a_line_that_cannot_be_shared(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        endpoint_sections(replace(PHONE, **change), PjsipOptions())
