"""A phone's endpoint as the reference wants it (chan_pjsip with Cisco phones, 1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.core import DeviceName
from bridge.errors import InvalidInput
from bridge.pbx.dialplanconf import context_text, number_text
from bridge.pbx.pjsipconf import PjsipOptions, display_name, endpoint_sections, endpoint_text
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
    assert context_text([number_text(replace(PHONE, name="line1", number="2001"))]) == (
        "[sepbridge-numbers]\n"
        "exten => 2001,hint,PJSIP/line1&Custom:DND2001\n"
        "exten => 2001,1,Gosub(sepbridge-ring,s,1(line1,2001,60,,12))\n"
        "same => n,Hangup()\n"
    )
