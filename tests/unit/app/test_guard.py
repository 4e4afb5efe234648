"""Who may have which file."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

from bridge.app.files.guard import GuessingBrake, is_allowed, plain_address, why_not_theirs
from bridge.app.settings import SecretsTo
from bridge.core import Device, DeviceName, MacAddress, SignallingProtocol
from tests.unit.app.conftest import NOON

NAME = DeviceName("SEP001122AABBCC")
PHONE = Device(NAME, SignallingProtocol.SIP, NOON, "stamp", address="192.0.2.7")
OWN, OTHER = MacAddress("001122AABBCC"), MacAddress("001122AABBCD")


def test_addresses_are_compared_in_their_plain_form() -> None:
    assert plain_address("::ffff:192.0.2.7") == "192.0.2.7"
    assert plain_address("fe80::1%eth0") == "fe80::1"
    assert plain_address("nonsense") == "nonsense"


def test_only_allowed_networks() -> None:
    networks = ip_network("192.0.2.0/24"), ip_network("fd00::/8")
    assert is_allowed("192.0.2.7", networks)
    assert is_allowed("::ffff:192.0.2.7", networks)
    assert is_allowed("fd00::1", networks)
    assert not is_allowed("192.0.3.7", networks)
    assert not is_allowed("nonsense", networks)


@pytest.mark.parametrize(
    ("policy", "client", "seen", "registered", "allowed"),
    [
        (SecretsTo.KNOWN, "192.0.2.7", None, True, True),
        (SecretsTo.KNOWN, "192.0.2.8", None, False, False),
        (SecretsTo.KNOWN, "192.0.2.8", OWN, True, True),
        (SecretsTo.KNOWN, "192.0.2.8", OTHER, False, False),
        (SecretsTo.UNCLAIMED, "192.0.2.8", None, False, True),
        (SecretsTo.UNCLAIMED, "192.0.2.8", None, True, False),
        (SecretsTo.UNCLAIMED, "192.0.2.8", OTHER, False, False),
        (SecretsTo.UNCLAIMED, "192.0.2.8", OWN, True, True),
        (SecretsTo.ANY, "192.0.2.8", OTHER, True, True),
    ],
)
def test_a_file_with_a_secret_goes_to_its_own_phone(
    policy: SecretsTo, client: str, seen: MacAddress | None, registered: bool, allowed: bool
) -> None:
    phone = replace(PHONE, registered=registered)
    why = why_not_theirs(phone, client, policy, lambda _: seen)
    assert (why == "") is allowed
    assert allowed or client in why


def test_a_phone_that_never_came_gets_its_file() -> None:
    assert why_not_theirs(replace(PHONE, address=""), "192.0.2.9", SecretsTo.KNOWN, lambda _: None) == ""


def test_guessing_is_noticed_per_address_and_forgotten_after_a_minute() -> None:
    brake = GuessingBrake(3)
    names = [DeviceName(f"SEP0011220000{each:02X}") for each in range(5)]
    assert [brake.is_guessing("192.0.2.7", name, now=NOON) for name in names] == [False, False, False, True, True]
    # Whoever asked before the brake may go on asking, and another address is not concerned.
    assert not brake.is_guessing("192.0.2.7", names[0], now=NOON)
    assert not brake.is_guessing("192.0.2.8", names[4], now=NOON)
    assert not brake.is_guessing("192.0.2.7", names[4], now=NOON + timedelta(minutes=1))


def test_no_limit_means_no_brake() -> None:
    brake = GuessingBrake(0)
    names = [DeviceName(f"SEP00112200{each:04X}") for each in range(1000)]
    assert not any(brake.is_guessing("192.0.2.7", name, now=NOON) for name in names)
