"""What keeps phones from coming up on a FreePBX is found, with the way to mend it."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from bridge.core.findings import Weight
from bridge.errors import PbxLoginRefused, PbxUnavailable, SepbridgeError
from bridge.pbx.freepbxanswers import TokenRefused, read_answer, read_token
from bridge.pbx.freepbxchecks import (
    NEEDED_MUTATIONS,
    check_api,
    check_custom_file,
    check_fail2ban,
    check_firewall,
    check_port_69,
    check_transports,
    transports,
)

PHONES = [ip_network("192.168.7.0/24")]
SHOWN = """
Transport:  <TransportId........>  <Type>  <cos>  <tos>  <BindAddress....................>
==========================================================================================
Transport:  0.0.0.0-udp               udp      3     96  0.0.0.0:5060
"""
FIREWALL = """-P INPUT ACCEPT
-N fpbxfirewall
-N fpbxnets
-A INPUT -j fpbxfirewall
-A fpbxnets -s 10.0.0.0/8 -j zone-trusted
-A fpbxnets -s 192.168.7.9/32 -j zone-other
-A f2b-SIP -s 192.168.7.20/32 -j REJECT --reject-with icmp-port-unreachable
-A f2b-SIP -s 203.0.113.5/32 -j REJECT --reject-with icmp-port-unreachable
"""


def test_tcp_that_is_off_is_said_with_the_click_path() -> None:
    assert transports(SHOWN) == {"udp"}
    off = check_transports(transports(SHOWN))
    assert off.weight is Weight.PROBLEM
    assert "Asterisk SIP Settings" in off.fix
    assert check_transports({"udp", "tcp"}).weight is Weight.OK


def test_a_firewall_that_does_not_know_the_phones() -> None:
    (closed,) = check_firewall(FIREWALL, PHONES)
    assert (closed.weight, "Connectivity > Firewall" in closed.fix) == (Weight.PROBLEM, True)
    (trusted,) = check_firewall(FIREWALL, [ip_network("10.1.0.0/16")])
    assert trusted.weight is Weight.OK
    assert [each.weight for each in check_firewall("-P INPUT ACCEPT\n", PHONES)] == [Weight.OK]
    assert [each.weight for each in check_firewall(FIREWALL, [ip_network("fd00::/8")])] == [Weight.PROBLEM]


def test_a_banned_phone_is_named_and_strangers_are_not() -> None:
    (banned,) = check_fail2ban(FIREWALL, PHONES)
    assert "192.168.7.20 " in banned.what
    assert "unban 192.168.7.20;" in banned.fix
    assert [each.weight for each in check_fail2ban("", PHONES)] == [Weight.OK]


def _raised(status: int, body: bytes) -> SepbridgeError:
    with pytest.raises(SepbridgeError) as caught:
        read_token(status, body)
    return caught.value


def test_each_trouble_of_the_api_has_its_code() -> None:
    assert check_api(None).weight is Weight.OK
    assert check_api(None, {"doreload"}).code == "freepbx-scope"
    assert check_api(None, NEEDED_MUTATIONS | {"more"}).weight is Weight.OK
    assert check_api(_raised(404, b"<html>")).code == "freepbx-module"
    assert check_api(_raised(302, b"")).code == "freepbx-module"
    assert check_api(_raised(401, b'{"error":"invalid_client","message":"x"}')).code == "freepbx-account"
    assert check_api(_raised(400, b'{"error":"invalid_scope","hint":"x"}')).code == "freepbx-scope"
    with pytest.raises(PbxLoginRefused) as caught:
        read_answer(200, b'{"errors":[{"message":"Schema is not configured for mutations."}]}', "addExtension")
    assert check_api(caught.value).code == "freepbx-scope"
    assert check_api(TokenRefused("x")).code == "freepbx-account"
    assert check_api(PbxUnavailable("away")).code == "freepbx-api"


def test_an_occupied_port_and_a_stale_section() -> None:
    assert check_port_69("").weight is Weight.OK
    assert "tftpd-hpa" in check_port_69("in.tftpd").fix
    text = "[1001](+)\nx=y\n[1002](+type=endpoint)\nx=y\n[mine]\ntype=endpoint\n"
    (stale,) = check_custom_file("pjsip.endpoint_custom_post.conf", text, {"1001"})
    assert "[1002]" in stale.what
