"""A whole node without Asterisk: what it gives to scanners, over TLS, and to phones that trust somebody else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import statistics
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.app.service import Service
from bridge.app.settings import (
    Address,
    AmiSettings,
    AsteriskSettings,
    FilesSettings,
    HttpSettings,
    SccpSettings,
    ServerSettings,
    Settings,
    SipSettings,
    StateSettings,
    TftpSettings,
    UnsignedFiles,
    WebSettings,
)
from bridge.core import Device, DeviceName, Line, LineAppearance, SignallingProtocol
from bridge.core.events import (
    Event,
    FileDelivered,
    FileNotFound,
    FileRefused,
    FileRequested,
    NamesGuessed,
    TrustListSeen,
)
from bridge.errors import ConfigurationError
from bridge.lab.tftpclient import TftpClient
from bridge.net.selfsigned import make_certificate
from bridge.net.tls import OldestTls
from bridge.store import upgrade
from bridge.web.node import running_node
from tests.peers import peer

ANYWHERE = (Address("127.0.0.1", 0),)
PHONE = DeviceName("SEP00112233AA80")
PHONES_ADDRESS, SCANNERS_ADDRESS = "127.0.0.5", "127.0.0.66"
SECRET = "ThisIsTheSecretOfThePhone"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    crt, key = make_certificate(tmp_path / "tls", ["127.0.0.1"], days=2)
    return Settings(
        server=ServerSettings(address="127.0.0.1"),
        state=StateSettings(tmp_path / "state"),
        tftp=TftpSettings(listen=ANYWHERE),
        http=HttpSettings(listen=ANYWHERE, tls_listen=ANYWHERE, tls_certificate=crt, tls_key=key),
        web=WebSettings(listen=()),
        sip=SipSettings(doorway=()),
        sccp=SccpSettings(listen=()),
        ami=AmiSettings(address=Address("127.0.0.1", 9), secret="x"),
        asterisk=AsteriskSettings(tmp_path / "asterisk"),
        files=FilesSettings(wait_for_pbx=0.0),
    )


@contextlib.asynccontextmanager
async def node(settings: Settings) -> AsyncIterator[tuple[Service, list[Event]]]:
    settings.state.directory.mkdir(exist_ok=True)
    settings.asterisk.directory.mkdir(exist_ok=True)
    upgrade(settings.database_url)
    events: list[Event] = []
    async with running_node(settings) as service:
        service.recorder.subscribe(events.append)
        with service.store.write() as work:
            line = LineAppearance(1, Line("1001"))
            device = Device(PHONE, SignallingProtocol.SIP, service.clock.now(), "stamp", SECRET, (line,))
            # Known at its address, and not registered now: nobody else claims its file.
            work.devices.add(replace(device, model="8841", model_number=683, address=PHONES_ADDRESS))
            work.commit()
        yield service, events


@pytest.mark.parametrize(
    "shape", ["SEP{:012X}.cnf.xml", "SIP{:012X}.cnf", "provision/{:012x}.xml", "ld{:012x}", "gk{:012x}"]
)
@pytest.mark.parametrize("first", [0xA900 - 500, 0xAA80 - 5], ids=["far away", "in its neighbourhood"])
async def test_a_scan_of_a_thousand_macs_is_throttled_reported_and_gets_no_secret(
    first: int, shape: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async with node(settings) as (service, events):
        scanner = TftpClient(service.tftp.addresses[0], local_address=SCANNERS_ADDRESS)
        with caplog.at_level(logging.WARNING):
            for number in range(1000):
                reply = await scanner.read(shape.format(0x001122330000 + first + number))
                assert reply.content is None
        assert first < int(PHONE.value[-4:], 16) < first + 1000  # the phone's own name was among them
        refused = [event for event in events if isinstance(event, FileRefused)]
        # By name: over UDP a request may come twice.
        assert len({event.name for event in refused}) == 1000 - settings.files.unknown_per_minute
        (noticed,) = [event for event in events if isinstance(event, NamesGuessed)]
        assert (noticed.client, noticed.count) == (SCANNERS_ADDRESS, 20)
        assert "guesses the names of phones" in caplog.text
        assert not [event for event in events if isinstance(event, FileDelivered)]
        # Nobody else suffers from it.
        phone = TftpClient(service.tftp.addresses[0], local_address=PHONES_ADDRESS)
        own = await phone.read(f"{PHONE}.cnf.xml")
        assert own.content is not None
        assert SECRET.encode() in bytes(own.content)


@pytest.mark.peer("tftp-hpa")
@pytest.mark.peer("atftp")
async def test_a_scan_with_the_usual_clients_gets_no_secret(settings: Settings, tmp_path: Path) -> None:
    """A thousand names by tftp-hpa in one session, as scripts do it, then the phone's own with other programs."""
    names = [f"SEP00112233{0xAA80 - 500 + number:04X}.cnf.xml" for number in range(1000)]
    assert f"{PHONE}.cnf.xml" in names
    async with node(settings) as (service, events):
        host, port = service.tftp.addresses[0]
        scanner = await asyncio.create_subprocess_exec(
            *(peer("tftp"), "-m", "binary", host, str(port)),
            cwd=tmp_path,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(90):
            said, _ = await scanner.communicate("".join(f"get {name}\n" for name in names).encode() + b"quit\n")
        assert (said.count(b"Error code"), said.count(b"Error code 2: access denied")) == (1000, 980)
        many = 1000 - settings.files.unknown_per_minute
        async with asyncio.timeout(10):  # events are handed on in batches
            while len([event for event in events if isinstance(event, FileRefused)]) < many:  # noqa: ASYNC110  # what is waited for rings no bell
                await asyncio.sleep(0.05)
        assert len([event for event in events if isinstance(event, FileRefused)]) == many
        assert len([event for event in events if isinstance(event, NamesGuessed)]) == 1
        (http, web), name = service.http_addresses[0], f"{PHONE}.cnf.xml"
        for command in (
            (peer("atftp"), "--get", "--remote-file", name, "--local-file", "got", host, str(port)),
            (peer("curl"), "-sf", "-o", "got", f"http://{http}:{web}/{name}"),
        ):
            client = await asyncio.create_subprocess_exec(
                *command, cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
            async with asyncio.timeout(30):
                await client.wait()
        assert not [event for event in events if isinstance(event, FileDelivered)]
        assert not [path for path in tmp_path.rglob("*.cnf.xml") if SECRET in path.read_text()]
        assert not (tmp_path / "got").exists() or SECRET not in (tmp_path / "got").read_text()


async def fetch(service: Service, name: str, **context: object) -> tuple[int, bytes]:
    """Status and body over HTTPS, from the phone's address."""
    tls = ssl.create_default_context(cafile=str(service.settings.http.tls_certificate))
    for key, value in context.items():
        setattr(tls, key, value)
    host, port = service.https_addresses[0]
    reader, writer = await asyncio.open_connection(
        host, port, ssl=tls, server_hostname="127.0.0.1", local_addr=(PHONES_ADDRESS, 0)
    )
    writer.write(f"GET /{name} HTTP/1.0\r\n\r\n".encode())
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.req("RG-30")
@pytest.mark.parametrize("wanted", list(UnsignedFiles))
async def test_signed_names_are_noticed_and_answered_as_set(settings: Settings, wanted: UnsignedFiles) -> None:
    settings = replace(settings, files=replace(settings.files, unsigned_for_signed=wanted))
    async with node(settings) as (service, events):
        tftp = TftpClient(service.tftp.addresses[0], local_address=PHONES_ADDRESS)
        over_tftp = await tftp.read(f"{PHONE}.cnf.xml.sgn")
        assert (over_tftp.content is not None) == (wanted is UnsignedFiles.ALWAYS)
        assert (await tftp.read(f"{PHONE}.cnf.xml.enc.sgn")).missing
        seen = [event for event in events if isinstance(event, TrustListSeen)]
        assert [(event.encrypted, event.answered) for event in seen] == [
            (False, wanted is UnsignedFiles.ALWAYS),
            (True, False),
        ]
        assert {event.device for event in seen} == {PHONE}
        assert "still trusts its old CUCM" in seen[0].finding
        status, body = await fetch(service, f"{PHONE}.cnf.xml.sgn")
        assert (status == 200 and SECRET.encode() in body) == (wanted is not UnsignedFiles.NEVER)
        assert (await fetch(service, f"{PHONE}.cnf.xml.enc.sgn"))[0] == 404
        # Over HTTPS phones ask for this form in any case: it proves nothing.
        assert len([event for event in events if isinstance(event, TrustListSeen)]) == 2
        status, body = await fetch(service, f"{PHONE}.cnf.xml")
        assert status == 200
        assert SECRET.encode() in body


async def test_the_oldest_tls_is_a_setting(settings: Settings) -> None:
    strict = replace(settings, http=replace(settings.http, tls_oldest=OldestTls.TLS_1_3))
    async with node(strict) as (service, _):
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await fetch(service, "nothing", maximum_version=ssl.TLSVersion.TLSv1_2)
        assert (await fetch(service, "nothing"))[0] == 404
        assert len((await service.status()).http) == 2


async def test_https_without_a_certificate_is_refused_clearly(settings: Settings) -> None:
    broken = replace(settings, http=replace(settings.http, tls_key=None))
    with pytest.raises(ConfigurationError, match=r"needs a certificate.*sepbridge setup certificate"):
        async with node(broken):
            pass


async def test_what_phones_would_miss_is_said_at_the_start(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async with node(settings) as (service, _):
        with service.store.write() as work:
            work.firmware.set_wanted(PHONE, "sip88xx.14-4-1-0301-6")
            work.commit()
    with caplog.at_level(logging.WARNING):
        async with running_node(settings):
            pass
    assert "sip88xx.14-4-1-0301-6 is not there" in caplog.text
    assert "load_missing" in caplog.text


@pytest.mark.req("RG-08")
async def test_every_missing_file_of_a_boot_is_answered_at_once_with_error_1(settings: Settings) -> None:
    missing = [
        *("CTLSEP00112233BB01.tlv", "ITLSEP00112233BB01.tlv", "ITLFile.tlv", "SEP00112233BB01.cnf.xml"),
        *("SEP00112233BB01.cnf.xml.sgn", "SEP00112233BB01.cnf", "SEPDefault.cnf", "OS79XX.TXT", "RINGLIST.DAT"),
        *("SIP00112233BB01.cnf", "term61.default.loads", "jar41sip.9-4-2.sbn", "/mk-sip.jar", "Ringlist-wb.xml"),
        *("German_Germany/mk-sip.jar", "Germany/g3-tones.xml", "Desktops/320x212x12/List.xml", "P00405000700.bin"),
        *("gk00112233bb01", "gkdefault.cfg", "ata00112233bb01", "defaultheadsetconfig.json", "WLANDefault.xml"),
    ]
    async with node(settings) as (service, events):
        # One repetition at the earliest after half a second, as an 8851's: an answer that is late shows as one.
        client = TftpClient(service.tftp.addresses[0], local_address="127.0.0.7")
        taken = []
        for name in missing:
            begun = time.perf_counter()
            reply = await client.read(name)
            taken.append(time.perf_counter() - begun)
            assert reply.content is None, name
            assert reply.error == 1, name
        counters = service.tftp.counters
        assert (counters.missing, counters.repeated) == (len(missing), 0)
        assert [each.name for each in events if isinstance(each, FileNotFound)] == missing
        assert len([each for each in events if isinstance(each, FileRequested)]) == len(missing)
        assert statistics.median(taken) < 0.05
