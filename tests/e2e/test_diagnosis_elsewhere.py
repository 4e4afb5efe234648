"""Causes that need a system of another kind: each has a network, and an event loop, of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.app.settings import Address
from bridge.core.findings import Weight
from bridge.lab.asterisk import free_port
from bridge.lab.testbed import Testbed
from bridge.net.selfsigned import make_certificate
from tests.e2e.ward import ward, wishes

LOOPBACK = "127.0.0.1"


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)


def expired(directory: Path) -> tuple[Path, Path]:
    """It names this server, and ended when it began."""
    crt, key = make_certificate(directory, [LOOPBACK], days=2)
    openssl(
        *("x509", "-in", str(crt), "-signkey", str(key), "-days", "0", "-copy_extensions", "copyall"),
        *("-out", str(crt.with_suffix(".old"))),
    )
    return crt.with_suffix(".old"), key


def of_another(directory: Path) -> tuple[Path, Path]:
    """It is good, and names another server."""
    return make_certificate(directory, ["192.0.2.99"], days=2)


def connect(address: tuple[str, int], source: str, trusted: Path) -> None:
    """A phone whose trust list names just this certificate."""
    context = ssl.create_default_context(cafile=str(trusted))
    with (
        contextlib.suppress(ssl.SSLError, ConnectionError),
        socket.create_connection(address, timeout=5, source_address=(source, 0)) as plain,
        context.wrap_socket(plain, server_hostname=LOOPBACK),
    ):
        pass


@pytest.mark.req("RG-26")
@pytest.mark.parametrize(
    ("made", "code"), [(expired, "certificate_expired"), (of_another, "certificate_wrong_name")], ids=["old", "other"]
)
async def test_a_certificate_that_phones_do_not_take(
    made: Callable[[Path], tuple[Path, Path]], code: str, tmp_path: Path
) -> None:
    """The phone trusts it, and ends the handshake for what it says."""
    crt, key = made(tmp_path)

    async def secured(bed: Testbed) -> None:
        listen = (Address(LOOPBACK, free_port()),)
        bed.settings = replace(
            bed.settings, http=replace(bed.settings.http, tls_listen=listen, tls_certificate=crt, tls_key=key)
        )

    async with ward(wishes(), before=secured) as w:
        device, address = w.stranger()
        await w.asks(f"CTL{device}.tlv", address)
        await asyncio.to_thread(connect, w.bed.service.https_addresses[0], address, crt)
        finding = await w.said_first(device, code, weight=Weight.PROBLEM)
        assert "files over HTTPS" in finding.title
        assert str(w.bed.service.https_addresses[0][1]) in finding.evidence[0].what


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
