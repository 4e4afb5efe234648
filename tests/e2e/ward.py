"""A ward for sick phones: a whole system in a network of its own, and the first thing that is said of each phone."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import itertools
import os
import re
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from bridge.app.diagnosis.dhcpmemory import FILE, remember
from bridge.app.phones.pagereader import PageReader
from bridge.app.settings import JourneySettings, SccpSettings
from bridge.core import DeviceDefaults, DeviceName, MacAddress, NumberRange, SignallingProtocol
from bridge.core.findings import Weight
from bridge.journey import DhcpAnswer, Finding, PhoneJourney
from bridge.lab.anyphone import AnyPhone
from bridge.lab.filefetch import FileServer
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phonetiming import PhoneTiming
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import Testbed, TestbedWishes, prepared_testbed
from bridge.lab.tftpclient import TftpClient, TftpTiming
from bridge.phones import catalogue
from tests.e2e.conftest import Watch
from tests.peers import missing, peer

PATIENCE = 15.0
HASTE = PhoneTiming(retry=0.6, text_files=0.0, flash=0.0, reconnect=0.5, fail_back=10.0, tftp=TftpTiming())
NO_REQUEST = 0.5
NO_SIGNALLING = 1.5
TEMPLATES = Path(__file__).parents[2] / "templates"
_CLONE_NEWNET = 0x40000000
_COUNT = itertools.count(1)
_NETWORKS = itertools.count(20)


@contextlib.contextmanager
def own_network() -> Iterator[None]:
    """This thread, and whatever it starts, in a network of its own: only loopback, and whatever rules a test makes.

    Threads that are there already stay where they are: see ``ward``.
    """
    if os.geteuid() != 0:
        missing("a network of one's own needs root")
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(_CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        subprocess.run([peer("ip"), "link", "set", "lo", "up"], check=True)
        yield
    finally:
        if libc.setns(before, _CLONE_NEWNET):
            os._exit(70)  # nothing that runs after this would be where it believes to be
        os.close(before)


def rules(*lines: str, nat: str = "") -> None:
    """Replace the firewall's rules for what comes in; they are gone with the network. ``nat``: for what goes out."""
    text = "flush ruleset\ntable inet ward { chain input { type filter hook input priority 0; policy accept;\n"
    text += "\n".join(lines) + "\n}\n}\n"
    if nat:
        text += f"table ip router {{ chain out {{ type nat hook postrouting priority srcnat;\n{nat}\n}}\n}}\n"
    subprocess.run([peer("nft"), "-f", "-"], input=text, text=True, check=True)


def _answered(request: bytes, own: tuple[str, int], server: tuple[str, int]) -> tuple[int, str]:
    """Status and Warning of the final answer to a request over UDP, which is sent again until it comes."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        sock.bind(own)
        for _ in range(10):
            sock.sendto(request, server)
            with contextlib.suppress(TimeoutError):
                while True:
                    head = sock.recv(65535).decode().partition("\r\n\r\n")[0].split("\r\n")
                    if head[0].startswith("SIP/2.0 ") and (status := int(head[0].split()[1])) >= 200:
                        return status, next((each for each in head if each.lower().startswith("warning:")), "")
    raise TimeoutError(f"{server} does not answer")


class Ward:
    """The system, its phones, and what is said of them."""

    def __init__(self, bed: Testbed, broken: Path | None = None) -> None:
        self.bed = bed
        self._broken = broken
        self._unbroken = broken.read_text(encoding="utf-8") if broken is not None else ""
        self.network = f"127.0.{next(_NETWORKS)}"
        """Where its phones are: the first three octets."""
        self.watch = Watch(bed)
        self.phones: list[AnyPhone] = []

    def another(self) -> Ward:
        """The same system, for other phones."""
        return Ward(self.bed, self._broken)

    def sip(
        self, model: str = "7961", *, address: str = "", mac: MacAddress | None = None, **traits: object
    ) -> SimulatedPhone:
        """A phone with SIP firmware, without power yet."""
        number = next(_COUNT)
        phone = SimulatedPhone(
            model,
            mac or MacAddress(f"0011227777{number:02X}"),
            FileServer(self.bed.tftp, self.bed.http),
            timing=HASTE,
            local_address=address or f"{self.network}.{number}",
            **traits,  # type: ignore[arg-type]  # given by name: the call itself checks
        )
        self.phones.append(phone)
        return phone

    def sccp(
        self, model: str = "7961", *, address: str = "", mac: MacAddress | None = None, **traits: object
    ) -> SccpPhone:
        """A phone with SCCP firmware, without power yet."""
        number = next(_COUNT)
        phone = SccpPhone(
            model,
            mac or MacAddress(f"0011227777{number:02X}"),
            FileServer(self.bed.tftp, self.bed.http),
            timing=HASTE,
            local_address=address or f"{self.network}.{number}",
            **traits,  # type: ignore[arg-type]  # given by name: the call itself checks
        )
        self.phones.append(phone)
        return phone

    def break_template(self, before: str, after: str) -> None:
        """An admin's own template has something else in one place."""
        assert self._broken is not None
        assert before in self._unbroken
        self._broken.write_text(self._unbroken.replace(before, after), encoding="utf-8")

    def mend_template(self) -> None:
        """It is as ours again."""
        if self._broken is not None:
            self._broken.write_text(self._unbroken, encoding="utf-8")

    def stranger(self) -> tuple[DeviceName, str]:
        """A phone that the test itself plays: its name, and its address."""
        number = next(_COUNT)
        return DeviceName(f"SEP0011227777{number:02X}"), f"{self.network}.{number}"

    async def asks(self, name: str, address: str) -> None:
        """Ask for a file over TFTP, from this address."""
        await TftpClient(self.bed.tftp, local_address=address).read(name)

    async def refers(self, device: DeviceName, address: str, document: str) -> None:
        """Send an XML alarm to the doorway, from this address."""
        await self._request("REFER", device, address, ("Content-Type: application/x-cisco-alarm+xml",), document)

    async def registers_at_the_doorway(self, phone: SimulatedPhone) -> tuple[int, str]:
        """What a phone does that knows nothing but the defaults; status and warning of the answer."""
        model = phone.model.number
        off = format_datetime(datetime.now(UTC) + phone.clock_off, usegmt=True)
        await self.asks(f"{phone.device}.cnf.xml", phone.local_address)
        await self.asks("XMLDefault.cnf.xml", phone.local_address)
        wants = (f"Date: {off}", "Expires: 3600", f"User-Agent: Cisco-CP{phone.model.name}/9.4.2")
        return await self._request("REGISTER", phone.device, phone.local_address, wants, "", model)

    async def invites(self, device: DeviceName, address: str, user: str, number: str) -> int:
        """Call a number at Asterisk without having registered; the status of the answer."""
        where = (self.bed.asterisk.address, self.bed.asterisk.ports.sip)
        return (await self._request("INVITE", device, address, (), "", user=user, number=number, where=where))[0]

    async def _request(
        self,
        method: str,
        device: DeviceName,
        address: str,
        headers: Sequence[str],
        body: str,
        model: int | None = None,
        *,
        user: str = "AUTO-REG",
        number: str = "",
        where: tuple[str, int] | None = None,
    ) -> tuple[int, str]:
        assert device.mac is not None
        host, port = where or self.bed.service.doorkeeper.addresses[0]
        target = f"sip:{number}@{host}" if number else f"sip:{host}"
        mark = f"{next(_COUNT):08x}"
        contact = (
            f'Contact: <sip:{user}@{address}:5060>;+sip.instance="<urn:uuid:00000000-0000-0000-0000-'
            f'{device.mac.value.lower()}>";+u.sip!devicename.ccm.cisco.com="{device}"'
            + (f';+u.sip!model.ccm.cisco.com="{model}"' if model else "")
        )
        lines = (
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {address}:5060;branch=z9hG4bK{mark}",
            f"From: <sip:{user}@{host}>;tag={mark}",
            f"To: <{target if number else f'sip:{user}@{host}'}>",
            f"Call-ID: {mark}@{address}",
            "Max-Forwards: 70",
            f"CSeq: 101 {method}",
            contact,
            *headers,
            f"Content-Length: {len(body)}",
        )
        request = "\r\n".join((*lines, "", body)).encode()
        return await asyncio.to_thread(_answered, request, (address, 5060), (host, port))

    async def told(self, device: DeviceName, reached: Callable[[PhoneJourney], bool]) -> PhoneJourney:
        """Wait until the journey is so far."""
        journey = None
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    journey = self.journey(device)
                    if journey is not None and reached(journey):
                        return journey
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pytest.fail(f"{device}: {journey}\n" + "\n".join(map(repr, journey.events if journey else ())))

    def dhcp_says(self, *lines: str) -> None:
        """The DHCP server logs this."""
        log = self.bed.settings.dhcp.log
        assert log is not None
        with log.open("a", encoding="utf-8") as file:
            file.writelines(f"Nov 26 08:00:00 dnsmasq-dhcp[123]: {line}\n" for line in lines)

    def dhcp_was_found(self, answer: DhcpAnswer) -> None:
        """``sepbridge dhcp check`` was run, and this came of it."""
        remember(self.bed.settings.state.directory, answer, self.bed.service.clock.now())

    def firmware(self, load: str, content: Mapping[str, bytes], model: str, protocol: SignallingProtocol) -> None:
        """An admin puts a load into the file root, and names it for a model."""
        root = self.bed.settings.files_directory
        root.mkdir(parents=True, exist_ok=True)
        for name, octets in content.items():
            (root / name).write_bytes(octets)
        with self.bed.service.store.write() as work:
            work.site.save_device_defaults(DeviceDefaults(catalogue().require(model).number or 0, protocol, load=load))
            work.commit()

    async def looks_at_pages(self, phone: AnyPhone) -> None:
        """The service reads the phone's own web pages, as it does now and then where ``journey.phone_pages`` is on."""
        service = self.bed.service
        await service.refresh()  # it reads now and then which phones are its own
        reader = PageReader(service.recorder, service.clock, service.journeys.with_address, every=60)
        (device,) = [each for each in service.journeys.with_address() if each.name == phone.device]
        await reader.look(device)

    def lease(self, device: DeviceName, address: str, vendor_class: str = "CP-7961G") -> None:
        """The phone gets an address from dnsmasq, which logs it as with ``log-dhcp``."""
        assert device.mac is not None
        mac = ":".join(re.findall("..", device.mac.value.lower()))
        self.dhcp_says(
            "3980 available DHCP range: 192.0.2.100 -- 192.0.2.150",
            f"3980 vendor class: Cisco Systems, Inc. IP Phone {vendor_class}",
            f"3980 client provides name: {device}",
            f"3980 DHCPREQUEST(eth0) {address} {mac} ",
            f"3980 DHCPACK(eth0) {address} {mac} {device}",
        )

    async def clean(self) -> None:
        """Leave it as it was found, for the next test."""
        for phone in self.phones:
            await phone.power_off()
        rules()
        self.mend_template()
        (self.bed.settings.state.directory / FILE).unlink(missing_ok=True)
        desk = self.bed.window_desk()
        desk.set_networks([])
        desk.set_protocol(SignallingProtocol.SIP)
        desk.set_range(NumberRange("1000", "1999"))
        desk.enable()
        await self.bed.service.site_watch.look()

    async def findings(self, device: DeviceName) -> tuple[Finding, ...]:
        """What is said of the phone now."""
        return await self.bed.service.journeys.diagnose(device)

    async def said_first(
        self, phone: AnyPhone | DeviceName, code: str, *, weight: Weight | None = None, about: str = ""
    ) -> Finding:
        """Wait until this is the first finding, with this weight if one is named, and with ``about`` in its title."""
        device = phone if isinstance(phone, DeviceName) else phone.device
        found: tuple[Finding, ...] = ()
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = await self.findings(device)
                    is_it = bool(found) and found[0].code == code and weight in (None, found[0].severity)
                    if is_it and about in found[0].title:
                        return found[0]
                    await asyncio.sleep(0.05)
        except TimeoutError:
            journey = self.journey(device)
            pytest.fail(
                f"{device}: not {code!r} but {[each.code for each in found]}\n{journey}\n"
                + "\n".join(map(repr, journey.events if journey else ()))
            )

    async def said_too(self, phone: AnyPhone, code: str) -> Finding:
        """Wait until this is among the findings."""
        found: tuple[Finding, ...] = ()
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = await self.findings(phone.device)
                    for each in found:
                        if each.code == code:
                            return each
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"{phone.device}: not {code!r} but {[each.code for each in found]}")

    async def well(self, phone: AnyPhone) -> None:
        """Wait until nothing is said of the phone any more."""
        found: tuple[Finding, ...] = ()
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = await self.findings(phone.device)
                    if not found:
                        return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"{phone.device}: {[(each.code, each.evidence) for each in found]}")

    def journey(self, device: DeviceName) -> PhoneJourney | None:
        """The phone's journey."""
        return self.bed.service.journeys.seen(device)

    async def runs(self, phone: AnyPhone, load: str) -> None:
        """Wait until the phone has loaded this, and is registered with it."""
        async with asyncio.timeout(PATIENCE):
            while phone.load != load:  # noqa: ASYNC110  the phone tells nobody of this but its listener
                await asyncio.sleep(0.02)
        await self.up(phone)

    async def up(self, phone: AnyPhone) -> None:
        """Wait until the journey says registered."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    journey = self.journey(phone.device)
                    if journey is not None and journey.stage.is_up:
                        return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            journey = self.journey(phone.device)
            told = "\n".join(map(repr, (*(journey.events if journey else ()), *phone.events[-20:])))
            pytest.fail(f"{phone.device} is not up: {phone.display!r}, {journey}\n{told}")


def wishes(
    protocol: SignallingProtocol = SignallingProtocol.SIP, *, directory: Path | None = None, **more: object
) -> TestbedWishes:
    """A system in a hurry: limits of a second or two."""
    return TestbedWishes(
        protocol=protocol,
        directory=directory,
        sccp=SccpSettings(keepalive=2),
        journey=JourneySettings(no_request=NO_REQUEST, no_signalling=NO_SIGNALLING, self_test_every=1.0),
        **more,  # type: ignore[arg-type]  # given by name: the call itself checks
    )


@dataclass(frozen=True)
class BrokenTemplate:
    """An admin's own template that differs from ours in one place."""

    name: str
    before: str
    after: str

    def put(self, directory: Path) -> Path:
        """Write it; its path."""
        text = (TEMPLATES / self.name).read_text(encoding="utf-8")
        assert self.before in text, self.name
        path = directory / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(self.before, self.after), encoding="utf-8")
        return path


@asynccontextmanager
async def ward(
    wanted: TestbedWishes | None = None,
    *,
    template: BrokenTemplate | None = None,
    before: Callable[[Testbed], Awaitable[None]] | None = None,
) -> AsyncIterator[Ward]:
    """A running system in a network of its own. ``before``: what is done to it before the node starts.

    The event loop must be new: the threads that do its blocking work would be in the network where they began.
    """
    assert asyncio.get_running_loop()._default_executor is None, "this loop has threads in another network"  # type: ignore[attr-defined]  # asyncio names it for nobody
    with own_network():
        async with prepared_testbed(wanted or wishes()) as bed:
            broken = template.put(bed.settings.templates_directory) if template is not None else None
            if before is not None:
                await before(bed)
            async with bed.node():
                there = Ward(bed, broken)
                try:
                    yield there
                finally:
                    await there.clean()
