"""Causes that need a system of another kind: each has a network, and an event loop, of its own."""

from __future__ import annotations

from dataclasses import replace

from bridge.lab.testbed import Testbed
from tests.e2e.ward import ward, wishes


async def named(bed: Testbed) -> None:
    bed.settings = replace(bed.settings, server=replace(bed.settings.server, address="pbx.example.invalid"))


async def test_a_name_in_the_settings_that_phones_cannot_resolve() -> None:
    async with ward(wishes(), before=named) as w:
        phone = w.sip()
        phone.power_on()
        finding = await w.said_first(phone, "dns")
        assert "pbx.example.invalid" in " ".join(each.what for each in finding.evidence)


async def test_an_asterisk_without_a_tcp_transport() -> None:
    async with ward(wishes(tcp=False)) as w:
        phone = w.sip()
        phone.power_on()
        finding = await w.said_first(phone, "transport_off")
        told = " ".join(each.what for each in finding.evidence)
        assert "nobody listens" in told
        assert "SIP on udp alone" in told
