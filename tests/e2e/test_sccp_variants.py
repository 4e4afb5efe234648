"""What only some SCCP phones do, or only some sites want: the 12SP era's audio, PortReq, TLS; on a stock Asterisk."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.app.settings import Address, SccpSettings
from bridge.core import DeviceName, MacAddress
from bridge.errors import ConfigurationError
from bridge.lab.asterisk import free_port
from bridge.lab.filefetch import FileServer
from bridge.lab.g711 import TONES
from bridge.lab.phoneevents import CallEnded, RegistrationRejected
from bridge.lab.phonesettings import CallManager
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.skinnylink import SecureTransport
from bridge.lab.testbed import prepared_testbed
from bridge.net.tls import OldestTls
from tests.certificates import certificate
from tests.e2e.conftest import come_up
from tests.e2e.test_sccp import SCCP, Desks, next_tone

LOOPBACK = "127.0.0.1"


@contextlib.asynccontextmanager
async def desks_with(**changes: object) -> AsyncIterator[Desks]:
    """A lab with other settings in ``[sccp]``; no phone finds fault with anything in the end."""
    async with prepared_testbed(SCCP) as bed:
        bed.settings = replace(bed.settings, sccp=replace(bed.settings.sccp, **changes))  # type: ignore[arg-type]  # given by name: the call itself checks
        async with bed.node():
            desks = Desks(bed)
            yield desks
            for phone in desks.phones:
                await phone.power_off()
            for phone in desks.phones:
                assert phone.faults == (), phone.device


def place(desks: Desks, model: str, **traits: object) -> SccpPhone:
    """A phone with more to say about it."""
    bed = desks.bed
    phone = SccpPhone(
        model,
        MacAddress("0011223344F0"),
        FileServer(bed.tftp, bed.http),
        timing=LAB_TIMING,
        tone=TONES[8],
        auto_answer=0.0,
        **traits,  # type: ignore[arg-type]  # given by name: the call itself checks
    )
    desks.phones.append(phone)
    return phone


async def talk_both_ways(phone: SccpPhone, other: SccpPhone) -> None:
    """Each calls the other, and hears it."""
    for caller, callee in ((phone, other), (other, phone)):
        caller.call(callee.number)
        assert await next_tone(phone) == other.tone
        assert await next_tone(other) == phone.tone
        caller.hang_up()
        await phone.wait_for(CallEnded)
        await other.wait_for(CallEnded)


@pytest.mark.parametrize("model", ["12 SP+", "30 VIP"])
async def test_a_phone_of_the_12sp_era_calls_and_is_called(model: str) -> None:
    async with desks_with() as desks:
        other = await desks.registered("7961")
        manager = CallManager(LOOPBACK, sccp_port=desks.bed.service.stations.addresses[0][1])
        phone = place(desks, model, call_managers=(manager,))
        await come_up(phone)
        await desks.line_up(phone)
        await talk_both_ways(phone, other)


async def test_a_phone_that_is_asked_for_its_port_calls_and_is_called() -> None:
    device = DeviceName("SEP0011223344F0")
    async with desks_with(port_request=(device,)) as desks:
        other = await desks.registered("7942")
        phone = place(desks, "7961")
        await come_up(phone)
        await desks.line_up(phone)
        phone.call("600")
        assert await next_tone(phone) == phone.tone
        phone.hang_up()
        await phone.wait_for(CallEnded)
        await talk_both_ways(phone, other)


def secured(settings: SccpSettings, trusts: Path | None) -> SecureTransport:
    """A phone's side of TLS."""
    context = ssl.create_default_context(cafile=trusts)
    return SecureTransport(context, settings.tls_listen[0].port)


async def test_a_phone_registers_and_calls_over_tls(tmp_path: Path) -> None:
    crt, key = certificate(tmp_path)
    port = free_port(LOOPBACK)
    async with desks_with(tls_listen=(Address(LOOPBACK, port),), tls_certificate=crt, tls_key=key) as desks:
        other = await desks.registered("7942")
        phone = place(desks, "7961", tls=secured(desks.bed.settings.sccp, crt))
        await come_up(phone)
        await desks.line_up(phone)
        assert f"{LOOPBACK}:{port}" in (await desks.bed.service.status()).sccp
        await talk_both_ways(phone, other)


async def test_a_phone_that_does_not_trust_the_certificate_does_not_register(tmp_path: Path) -> None:
    crt, key = certificate(tmp_path)
    port = free_port(LOOPBACK)
    async with desks_with(tls_listen=(Address(LOOPBACK, port),), tls_certificate=crt, tls_key=key) as desks:
        phone = place(desks, "7961", tls=secured(desks.bed.settings.sccp, None))
        phone.power_on()
        refused = await phone.wait_for(RegistrationRejected)
        assert "certificate" in refused.why.lower()
        assert desks.bed.service.stations.phones == 0


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated:DeprecationWarning")
async def test_an_older_tls_than_allowed_gets_no_connection(tmp_path: Path) -> None:
    crt, key = certificate(tmp_path)
    port = free_port(LOOPBACK)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(crt)
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
    changes = {"tls_listen": (Address(LOOPBACK, port),), "tls_certificate": crt, "tls_key": key}
    async with desks_with(**changes):
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await asyncio.open_connection(LOOPBACK, port, ssl=old)
    async with desks_with(**changes, tls_oldest=OldestTls.TLS_1_0):
        _, writer = await asyncio.open_connection(LOOPBACK, port, ssl=old)
        assert writer.get_extra_info("ssl_object").version() == "TLSv1"
        writer.close()


@pytest.mark.parametrize("missing", ["tls_key", "tls_certificate", "file"])
async def test_without_certificate_or_key_the_service_says_so(tmp_path: Path, missing: str) -> None:
    changes: dict[str, object] = {"tls_listen": (Address(LOOPBACK, free_port(LOOPBACK)),)}
    changes |= {name: tmp_path / "none.pem" for name in ("tls_key", "tls_certificate") if name != missing}
    with pytest.raises(ConfigurationError, match="certificate"):
        async with desks_with(**changes):
            pass
