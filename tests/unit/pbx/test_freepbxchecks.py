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
)

PHONES = [ip_network("192.168.7.0/24")]
FIREWALL = """-P INPUT ACCEPT
-N fpbxfirewall
-N fpbxnets
-A INPUT -j fpbxfirewall
-A fpbxnets -s 10.0.0.0/8 -j zone-trusted
-A fpbxnets -s 192.168.7.9/32 -j zone-other
"""


def test_a_transport_that_is_off_is_said_with_the_click_path() -> None:
    (off,) = check_transports({"udp"})
    assert (off.code, off.weight) == ("freepbx_transport", Weight.PROBLEM)
    assert "Asterisk SIP Settings" in off.fix
    assert "set tcp -" in off.fix
    assert "set udp -" in next(check_transports({"tcp"})).fix
    assert list(check_transports({"udp", "tcp", "tls"})) == []


def test_a_firewall_that_does_not_know_the_phones() -> None:
    (closed,) = check_firewall(FIREWALL, PHONES)
    assert "Connectivity > Firewall" in closed.fix
    assert "192.168.7.0/24" in closed.fix
    assert list(check_firewall(FIREWALL, [ip_network("10.1.0.0/16")])) == []
    assert list(check_firewall("-P INPUT ACCEPT\n", PHONES)) == []
    assert [each.weight for each in check_firewall(FIREWALL, [ip_network("fd00::/8")])] == [Weight.PROBLEM]


def test_a_banned_phone_is_named_and_strangers_are_not() -> None:
    (banned,) = check_fail2ban(["203.0.113.5", "nonsense", "192.168.7.20"], PHONES)
    assert "192.168.7.20 " in banned.what
    assert "unban 192.168.7.20," in banned.fix
    assert list(check_fail2ban([], PHONES)) == []


def _raised(status: int, body: bytes) -> SepbridgeError:
    with pytest.raises(SepbridgeError) as caught:
        read_token(status, body)
    return caught.value


def _code(trouble: SepbridgeError) -> str:
    (found,) = check_api(trouble)
    return found.code


def test_each_trouble_of_the_api_has_its_code() -> None:
    assert list(check_api(None)) == []
    assert [each.code for each in check_api(None, {"doreload"})] == ["freepbx_scope"]
    assert list(check_api(None, NEEDED_MUTATIONS | {"more"})) == []
    assert _code(_raised(404, b"<html>")) == "freepbx_module"
    assert _code(_raised(302, b"")) == "freepbx_module"
    assert _code(_raised(401, b'{"error":"invalid_client","message":"x"}')) == "freepbx_account"
    assert _code(_raised(400, b'{"error":"invalid_scope","hint":"x"}')) == "freepbx_scope"
    with pytest.raises(PbxLoginRefused) as caught:
        read_answer(200, b'{"errors":[{"message":"Schema is not configured for mutations."}]}', "addExtension")
    assert _code(caught.value) == "freepbx_scope"
    assert _code(TokenRefused("x")) == "freepbx_account"
    assert _code(PbxUnavailable("away")) == "freepbx_api"


def test_an_occupied_port_and_a_stale_section() -> None:
    assert list(check_port_69("")) == []
    assert "tftpd-hpa" in next(check_port_69("in.tftpd")).fix
    text = "[1001](+)\nx=y\n[1002](+type=endpoint)\nx=y\n[mine]\ntype=endpoint\n"
    (stale,) = check_custom_file("pjsip.endpoint_custom_post.conf", text, {"1001"})
    assert "[1002]" in stale.what
