"""A bench for simulated phones: files over our TFTP server, endpoints in a real Asterisk, all written by hand."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.core import FileAnswer, FileFound, FileMissing, FileRequest, MacAddress
from bridge.core.events import Event
from bridge.lab.asterisk import PrivateAsterisk
from bridge.lab.filefetch import FileServer
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phonetiming import PhoneTiming
from bridge.lab.tftpclient import TftpTiming
from bridge.net.tftp import TftpServer

SECRET = "twelve-chars"
FAST = PhoneTiming(retry=0.3, text_files=0.0, flash=0.0, reconnect=0.2, fail_back=30.0, tftp=TftpTiming(0.2, 1.0, 3))

ENDPOINT = """
[{number}]
type = endpoint
context = sepbridge-phones
disallow = all
allow = g722,ulaw,alaw
auth = {number}
aors = {number}
direct_media = no
identify_by = username,auth_username
[{number}]
type = auth
auth_type = userpass
username = {number}
password = {secret}
[{number}]
type = aor
max_contacts = 1
remove_existing = yes
qualify_frequency = 30
"""


def sep_file(
    number: str, servers: Iterable[tuple[str, int]], *, transport: int = 1, password: str = SECRET, expires: int = 3600
) -> bytes:
    """A phone's own file with one line."""
    members = "".join(
        f'<member priority="{place}"><callManager><ports><sipPort>{port}</sipPort></ports>'
        f"<processNodeName>{address}</processNodeName></callManager></member>"
        for place, (address, port) in enumerate(servers)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<device><fullConfig>true</fullConfig><deviceProtocol>SIP</deviceProtocol>
<devicePool><callManagerGroup><members>{members}</members></callManagerGroup></devicePool>
<sipProfile><sipProxies><registerWithProxy>true</registerWithProxy></sipProxies>
<sipStack><timerRegisterExpires>{expires}</timerRegisterExpires><timerT1>100</timerT1></sipStack>
<sipLines><line button="1" lineIndex="1"><featureID>9</featureID><featureLabel>{number}</featureLabel>
<proxy>USECALLMANAGER</proxy><port>5060</port><name>{number}</name><displayName>Phone {number}</displayName>
<contact>{number}</contact><authName>{number}</authName><authPassword>{password}</authPassword></line></sipLines>
<dialTemplate>dialplan.xml</dialTemplate></sipProfile>
<transportLayerProtocol>{transport}</transportLayerProtocol></device>""".encode()


class _UtcClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Bench:
    """Everything a phone needs, and the phones that were made."""

    asterisk: PrivateAsterisk
    tftp: TftpServer
    files: dict[str, bytes]
    requests: list[FileRequest] = field(default_factory=list)
    phones: list[SimulatedPhone] = field(default_factory=list)

    async def provide(self, request: FileRequest) -> FileAnswer:
        """For the TFTP server."""
        self.requests.append(request)
        content = self.files.get(request.name)
        return FileMissing() if content is None else FileFound(request.name, content)

    @property
    def server(self) -> FileServer:
        return FileServer(self.tftp.addresses[0])

    def phone(self, model: str = "8841", **options: Any) -> SimulatedPhone:
        """A phone without power, without a file."""
        place = len(self.phones) + 1
        settings = {"timing": FAST, "local_address": f"127.3.0.{place}", "tone": 400 + 100 * place} | options
        phone = SimulatedPhone(model, MacAddress(f"0022334455{place:02X}"), self.server, **settings)
        self.phones.append(phone)
        return phone

    def give_file(self, phone: SimulatedPhone, number: str, **options: Any) -> None:
        """Write the phone's own file."""
        content = sep_file(number, [self.asterisk.sip], **options)
        self.files[f"{phone.device}.cnf.xml"] = content

    async def give_endpoints(self, *numbers: str) -> None:
        """Write endpoints and extensions of Asterisk, by hand."""
        directory = self.asterisk.phones_directory
        text = "".join(ENDPOINT.format(number=number, secret=SECRET) for number in numbers)
        (directory / "pjsip_phones.conf").write_text(text)
        rings = "".join(f"exten => {number},1,Dial(PJSIP/{number},20)\n" for number in numbers)
        (directory / "extensions_phones.conf").write_text(f"[sepbridge-numbers]\n{rings}")
        await self.asterisk.cli("module reload res_pjsip.so")
        await self.asterisk.cli("dialplan reload")


@contextlib.asynccontextmanager
async def bench_on(asterisk: PrivateAsterisk) -> AsyncIterator[Bench]:
    """A bench whose Asterisk knows 1001 and 1002."""
    made: list[Bench] = []

    class Provider:
        async def provide(self, request: FileRequest) -> FileAnswer:
            return await made[0].provide(request)

        def record(self, event: Event) -> None:
            """The phones' own events are what the tests look at."""

    provider = Provider()
    tftp = TftpServer(provider, provider, _UtcClock(), listen=[("127.0.0.1", 0)])
    await tftp.start()
    bench = Bench(asterisk, tftp, files={})
    made.append(bench)
    try:
        await bench.give_endpoints("1001", "1002")
        yield bench
    finally:
        for phone in bench.phones:
            await phone.power_off()
        await tftp.close()


@pytest.fixture
async def bench(asterisk: PrivateAsterisk) -> AsyncIterator[Bench]:
    """A bench on the Asterisk that all tests share."""
    async with bench_on(asterisk) as bench:
        yield bench
