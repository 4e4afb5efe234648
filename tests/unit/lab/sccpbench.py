"""A bench for SCCP phones: files over TFTP, and scripted call managers over TCP, all on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bridge.core import MacAddress
from bridge.core.events import Event
from bridge.core.files import FileAnswer, FileFound, FileMissing, FileRequest
from bridge.lab.filefetch import FileServer
from bridge.lab.phonetiming import PhoneTiming
from bridge.lab.sccpphone import SccpPhone
from bridge.net.tftp import TftpServer
from tests.unit.lab.skinnyserver import ScriptedListener, ScriptedServer

FAST = PhoneTiming(retry=0.2, text_files=0.0, flash=0.0, reconnect=0.1, fail_back=0.3)
MAC = MacAddress("001122334455")


class _UtcClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Bench:
    """A TFTP server with files, and scripted call managers."""

    files: dict[str, bytes] = field(default_factory=dict)
    phones: list[SccpPhone] = field(default_factory=list)
    listeners: list[ScriptedListener] = field(default_factory=list)
    tftp: TftpServer | None = None

    async def provide(self, request: FileRequest) -> FileAnswer:
        content = self.files.get(request.name)
        return FileMissing() if content is None else FileFound(request.name, content)

    def record(self, event: Event) -> None:
        """For the TFTP server."""

    @property
    def server(self) -> FileServer:
        assert self.tftp is not None
        return FileServer(self.tftp.addresses[0])

    async def manager(self, **options: object) -> tuple[ScriptedListener, int]:
        listener = ScriptedListener(ScriptedServer(**options))  # type: ignore[arg-type]  # checked by the call itself
        self.listeners.append(listener)
        return listener, await listener.start()

    def phone(self, model: str = "7961", mac: MacAddress = MAC, **options: object) -> SccpPhone:
        settings = {"timing": FAST} | options
        phone = SccpPhone(model, mac, self.server, **settings)  # type: ignore[arg-type]  # as above
        self.phones.append(phone)
        return phone

    def give_file(self, *ports: int, mac: MacAddress = MAC) -> None:
        self.files[f"SEP{mac.value}.cnf.xml"] = sep_file("device", "devicePool", *ports)


def sep_file(root: str, pool: str, *ports: int) -> bytes:
    members = "".join(
        f'<member priority="{place}"><callManager><ports><ethernetPhonePort>{port}</ethernetPhonePort></ports>'
        f"<processNodeName>127.0.0.1</processNodeName></callManager></member>"
        for place, port in enumerate(ports)
    )
    group = f"<callManagerGroup><members>{members}</members></callManagerGroup>"
    inner = f"<{pool}>{group}</{pool}>" if pool else group
    return f"<{root}><deviceProtocol>SCCP</deviceProtocol>{inner}</{root}>".encode()


@asynccontextmanager
async def open_bench() -> AsyncIterator[Bench]:
    """A bench that cleans up behind itself."""
    bench = Bench()
    bench.tftp = TftpServer(bench, bench, _UtcClock(), listen=[("127.0.0.1", 0)])
    await bench.tftp.start()
    try:
        yield bench
    finally:
        for phone in bench.phones:
            await phone.power_off()
        for listener in bench.listeners:
            await listener.stop()
        await bench.tftp.close()
