"""The bench that demo, tests and other programs build on: a private Asterisk and a whole node, on loopback."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from bridge.app.admission.planoverlap import PbxPlan
from bridge.app.admission.window import WindowDesk
from bridge.app.service import Service
from bridge.app.settings import (
    Address,
    AmiSettings,
    AsteriskSettings,
    DatabaseSettings,
    FilesSettings,
    HttpSettings,
    JourneySettings,
    SccpSettings,
    SecretsTo,
    ServerSettings,
    Settings,
    SipSettings,
    StateSettings,
    TftpSettings,
    WebSettings,
)
from bridge.app.system import SystemClock
from bridge.core import NumberRange, Server, SignallingProtocol
from bridge.lab.asterisk import LabHouse, LabPorts, PrivateAsterisk, free_port
from bridge.lab.installation import AsteriskInstallation
from bridge.ports import Store
from bridge.store import open_store, upgrade
from bridge.web.node import running_node

LOOPBACK = "127.0.0.1"
RTP_PORTS = 2000


@dataclass(frozen=True, slots=True)
class TestbedWishes:
    """What the lab is to be like."""

    __test__ = False

    range: NumberRange = field(default_factory=lambda: NumberRange("1000", "1999"))
    open_for: timedelta | None = timedelta(minutes=30)
    """How long the window is open; None leaves autoregistration off."""
    protocol: SignallingProtocol = SignallingProtocol.SIP
    base_port: int = 0
    """First of ten ports in a row; 0: whatever is free. RTP takes the 2,000 above."""
    directory: Path | None = None
    """Where everything is kept; a temporary directory that goes with the lab when None."""
    installation: AsteriskInstallation | None = None
    database_url: str = ""
    """SQLite in the lab's directory when empty."""
    name: str = "lab"
    """The node's name among the servers of the site."""
    joins: bool = False
    """The site is there already: another lab with this database made it."""
    wait_for_pbx: float = 2.0
    sccp: SccpSettings = field(default_factory=lambda: SccpSettings(meetme=(NumberRange("8500", "8509"),)))
    """How SCCP phones are served; the addresses are the lab's own."""
    journey: JourneySettings = field(default_factory=JourneySettings)
    tcp: bool = True
    """Whether Asterisk carries SIP over TCP."""


class Testbed:
    """A running lab. Made by ``testbed``."""

    __test__ = False

    def __init__(self, directory: Path, asterisk: PrivateAsterisk, settings: Settings) -> None:
        self.directory = directory
        self.asterisk = asterisk
        self.settings = settings
        self.config = directory / "sepbridge.toml"
        self._service: Service | None = None

    @property
    def service(self) -> Service:
        """The running node."""
        if self._service is None:
            raise RuntimeError("the node is not running")
        return self._service

    @property
    def tftp(self) -> tuple[str, int]:
        """Where phones get their files."""
        return self.service.tftp.addresses[0]

    @property
    def http(self) -> tuple[str, int]:
        """Where newer phones get their files first."""
        return self.service.http_addresses[0]

    def window_desk(self) -> WindowDesk:
        """Autoregistration, as the command line would change it."""
        return WindowDesk(self.service.store, self.service.clock, "lab")

    @contextlib.asynccontextmanager
    async def node(self) -> AsyncIterator[Service]:
        """Run the node; it may be started again afterwards, on the same ports and data."""
        async with running_node(self.settings) as service:
            self._service = service
            try:
                yield service
            finally:
                self._service = None

    def description(self, pid: int) -> dict[str, object]:
        """What ``sepbridge lab up`` prints: addresses, accounts and places, for other programs."""
        ami = self.asterisk.ami_settings
        return {
            "tftp": _shown(self.tftp),
            "http": _shown(self.http),
            "web": _shown(self.service.web_addresses[0]),
            "doorway": _shown(self.service.doorkeeper.addresses[0]),
            "sip": _shown(self.asterisk.sip),
            "sccp": _shown(self.service.stations.addresses[0]),
            "ami": {"address": f"{ami.host}:{ami.port}", "username": ami.username, "secret": ami.secret},
            "asterisk_cli": self.asterisk.cli_command,
            "state": str(self.directory),
            "config": str(self.config),
            "control": str(self.settings.control_socket),
            "pid": pid,
        }


_MEMORY = "/dev/shm"  # noqa: S108 - a directory with a name of its own is made in it
_ROOM = 2 * 2**30


def _memory() -> str | None:
    """Where a lab's files are kept in memory, if there is room and programs may be run from there.

    A lab lives for minutes, and the bridge waits for the disk before it tells a phone anything: a busy one has nothing
    to keep of this.
    """
    try:
        found = os.statvfs(_MEMORY)
    except OSError:
        return None
    has_room = found.f_bavail * found.f_frsize >= _ROOM and not found.f_flag & os.ST_NOEXEC
    return _MEMORY if has_room and os.access(_MEMORY, os.W_OK | os.X_OK) else None


@contextlib.asynccontextmanager
async def prepared_testbed(wishes: TestbedWishes, *, house: LabHouse | None = None) -> AsyncIterator[Testbed]:
    """Asterisk runs, the database is ready, the node is not started yet (see ``Testbed.node``)."""
    with contextlib.ExitStack() as stack:
        directory = wishes.directory
        if directory is None:
            # A thread whose task was cancelled may still write its file while the directory is being removed.
            own = tempfile.TemporaryDirectory(prefix="sepbridge-lab-", dir=_memory(), ignore_cleanup_errors=True)
            directory = Path(stack.enter_context(own))
        directory = directory.absolute()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        base = wishes.base_port
        ports = LabPorts()
        if base:
            ports = LabPorts(sip=base + 2, ami=base + 3, rtp_first=base + 10, rtp_last=base + 10 + RTP_PORTS)
        asterisk = PrivateAsterisk(
            directory / "asterisk", installation=wishes.installation, ports=ports, house=house, tcp=wishes.tcp
        )
        async with asterisk:
            settings = _settings(directory, asterisk, wishes)
            bed = Testbed(directory, asterisk, settings)
            bed.config.write_text(_toml(settings), encoding="utf-8")
            bed.config.chmod(0o600)
            upgrade(settings.database_url)
            with contextlib.closing(open_store(settings.database_url)) as store:
                if not wishes.joins:
                    _make_site(store, wishes)
            yield bed


@contextlib.asynccontextmanager
async def running_testbed(wishes: TestbedWishes | None = None) -> AsyncIterator[Testbed]:
    """The whole lab, running."""
    async with prepared_testbed(wishes or TestbedWishes()) as bed, bed.node():
        yield bed


def _make_site(store: Store, wishes: TestbedWishes) -> None:
    _speak_g711(store, wishes.name)
    desk = WindowDesk(store, SystemClock(), "lab")
    desk.set_protocol(wishes.protocol)
    desk.set_range(wishes.range)
    if wishes.open_for is None:
        desk.disable()
    else:
        # The lab knows what its Asterisk holds: nobody has to ask it later.
        desk.enable(duration=wishes.open_for, plan=PbxPlan())


def _speak_g711(store: Store, name: str) -> None:
    """Simulated phones hear and speak G.711 alone; an Asterisk that prefers G.722 would leave some of them deaf."""
    with store.write() as work:
        pool = work.site.pool("Default")
        group = replace(pool.group, servers=(Server(name, LOOPBACK),))  # the node itself fills in the ports
        work.site.save_pool(replace(pool, group=group, region=replace(pool.region, codecs=("ulaw", "alaw"))))
        work.commit()


def _settings(directory: Path, asterisk: PrivateAsterisk, wishes: TestbedWishes) -> Settings:
    base = wishes.base_port
    ami = asterisk.ami_settings

    def port(offset: int) -> int:
        return base + offset if base else free_port(LOOPBACK)

    return Settings(
        server=ServerSettings(name=wishes.name, address=LOOPBACK),
        database=DatabaseSettings(url=wishes.database_url),
        state=StateSettings(directory=directory),
        tftp=TftpSettings(listen=(Address(LOOPBACK, port(0)),), max_transfers=5000, max_transfers_per_client=5000),
        http=HttpSettings(listen=(Address(LOOPBACK, port(1)),)),
        web=WebSettings(listen=(Address(LOOPBACK, port(6)),)),
        # All simulated phones share one address, so that what guards against guessing would stop them.
        files=FilesSettings(secrets_to=SecretsTo.ANY, unknown_per_minute=0, wait_for_pbx=wishes.wait_for_pbx),
        sip=SipSettings(port=asterisk.ports.sip, doorway=(Address(LOOPBACK, port(4)),)),
        sccp=replace(wishes.sccp, listen=(Address(LOOPBACK, port(5)),), asterisk=LOOPBACK),
        ami=AmiSettings(address=Address(ami.host, ami.port), username=ami.username, secret=ami.secret),
        asterisk=AsteriskSettings(directory=asterisk.phones_directory),
        journey=wishes.journey,
    )


def _toml(settings: Settings) -> str:
    """The settings as a file, so that the command line can be used on the lab."""
    return "\n".join(
        [
            "# Written by the lab: sepbridge --config THIS_FILE phones list",
            "[server]",
            f'name = "{settings.server.name}"',
            f'address = "{settings.server.address}"',
            "[database]",
            f'url = "{settings.database.url}"',
            "[state]",
            f'directory = "{settings.state.directory}"',
            "[tftp]",
            f'listen = ["{settings.tftp.listen[0]}"]',
            f"max_transfers = {settings.tftp.max_transfers}",
            f"max_transfers_per_client = {settings.tftp.max_transfers_per_client}",
            "[http]",
            f'listen = ["{settings.http.listen[0]}"]',
            "[web]",
            f'listen = ["{settings.web.listen[0]}"]',
            "[files]",
            f'secrets_to = "{settings.files.secrets_to}"',
            f"unknown_per_minute = {settings.files.unknown_per_minute}",
            f"wait_for_pbx = {settings.files.wait_for_pbx}",
            "[sip]",
            f"port = {settings.sip.port}",
            f'doorway = ["{settings.sip.doorway[0]}"]',
            "[sccp]",
            f'listen = ["{settings.sccp.listen[0]}"]',
            f'asterisk = "{settings.sccp.asterisk}"',
            f"paging = {[str(each) for each in settings.sccp.paging]}",
            f"paging_multicast = {[str(each) for each in settings.sccp.paging_multicast]}",
            f"paging_multicast_models = {list(settings.sccp.paging_multicast_models)}",
            f'paging_multicast_from = "{settings.sccp.paging_multicast_from or ""}"',
            f"intercom_whisper = {str(settings.sccp.intercom_whisper).lower()}",
            f"meetme = {[f'{each.start}-{each.end}' for each in settings.sccp.meetme]}",
            f"keepalive = {settings.sccp.keepalive}",
            f"preserve = {settings.sccp.preserve}",
            f'tokens = "{settings.sccp.tokens}"',
            "[ami]",
            f'address = "{settings.ami.address}"',
            f'username = "{settings.ami.username}"',
            f'secret = "{settings.ami.secret}"',
            "[asterisk]",
            f'directory = "{settings.asterisk.directory}"',
            "",
        ]
    )


def _shown(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"
