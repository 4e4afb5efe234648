"""A private Asterisk on loopback: its own configuration, ports and directory, for the demo, the tests and the lab.

Its dialplan (asterisk-conf/lab/custom.conf) has 600 echo, 601 announcement for 10 s, 602 reads four digits into AstDB
``lab/digits``, 603 busy, 604 rings 20 s, 605 music on hold from second 2 to 7. For 605 Asterisk plays the music itself;
the caller sees no re-INVITE, since stock Asterisk sends one only to endpoints with ``moh_passthrough``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from bridge.errors import PbxError, PbxUnavailable
from bridge.lab.installation import AsteriskInstallation, find_asterisk
from bridge.pbx.ami import Ami, AmiSettings
from bridge.pbx.install import DIRECTORY, InstallPlan, InstallSettings, apply, plan
from bridge.pbx.snippets import snippet

_EMPTY = (
    *("acl", "ari", "ccss", "cdr", "cel", "cli_aliases", "cli_permissions", "confbridge", "agents", "features"),
    *("geolocation", "http", "pjproject", "pjsip_wizard", "queues", "queuerules", "res_http_media_cache"),
    *("sorcery", "stasis", "udptl", "websocket_client"),
)
"""Files that Asterisk complains about when they are missing, and for which its defaults will do."""
_PLAIN = (
    *("modules.conf", "logger.conf", "indications.conf", "extensions.conf"),
    *("voicemail.conf", "res_parking.conf"),
)
"""Files that are the same for every instance."""
_DIRECTORIES = ("etc", "lib/agi-bin", "lib/keys", "spool", "log", "cache", "run")
_LONGEST_SOCKET = 100
"""Bytes that the path of Asterisk's control socket may have (the kernel's limit is 107)."""


@dataclass(frozen=True, slots=True)
class LabPorts:
    """Ports on loopback; 0 means: a free one. Two instances may share the RTP range, Asterisk skips ports in use."""

    sip: int = 0
    """UDP and TCP."""
    ami: int = 0
    rtp_first: int = 20000
    rtp_last: int = 24000


@dataclass(frozen=True, slots=True)
class LabHouse:
    """Whose Asterisk it is, where it is not ours alone: a FreePBX's."""

    write: Callable[[Path, str, int], None]
    """Writes the owner's files into the configuration directory, for this address and SIP port; at every start."""
    install: Callable[[Path, InstallSettings], InstallPlan]
    """How sepbridge is set up there."""
    transports: tuple[str, ...]
    """Its SIP transports, by their names."""


_OWN_PORTS = range(24_100, 32_700)
"""Where we look for free ports: above the lab's RTP, below those that the kernel hands out to connections."""


_MOST_RESERVED = 64
_reserved: deque[int] = deque()
"""File descriptors of the marks on the ports chosen last. Those before are in use by now, or not wanted any more."""


def free_port(address: str = "127.0.0.1") -> int:
    """A port that is free for both UDP and TCP at this moment, and that neither an outgoing connection nor another lab
    will take meanwhile.
    """
    while True:
        port = secrets.choice(_OWN_PORTS)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp, contextlib.suppress(OSError):
            tcp.bind((address, port))
            udp.bind((address, port))
            _reserve(port)
            return port


def _reserve(port: int) -> None:
    """Keep the port from other labs until it is in use. Raises OSError where another one reserved it."""
    mark = socket.socket(socket.AF_UNIX)
    try:
        mark.bind(f"\0sepbridge-lab-port-{port}")
    except OSError:
        mark.close()
        raise
    _reserved.append(mark.detach())
    if len(_reserved) > _MOST_RESERVED:
        os.close(_reserved.popleft())


class PrivateAsterisk:
    """One instance. ``async with`` starts it and stops it; nothing of it runs afterwards, whatever happens.

    ``directory`` receives everything that it writes (``etc``, ``log``, ``lib`` with AstDB …) and is left to the caller.
    """

    def __init__(
        self,
        directory: Path,
        *,
        installation: AsteriskInstallation | None = None,
        ports: LabPorts | None = None,
        address: str = "127.0.0.1",
        secret: str = "",
        owner: str = "",
        house: LabHouse | None = None,
        tcp: bool = True,
    ) -> None:
        """``tcp``: whether it carries SIP over TCP, as it has to for Cisco phones; without a house alone."""
        self.directory = directory.absolute()
        self.installation = installation or find_asterisk()
        self.address = address
        self._wanted_ports = ports or LabPorts()
        self.ports = self._wanted_ports
        self._secret = secret or secrets.token_hex(16)
        self._owner = owner
        self._house = house
        self._tcp = tcp or house is not None
        self._process: asyncio.subprocess.Process | None = None
        self._run_directory = self.directory / "run"
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    # --- what others need to know

    @property
    def etc(self) -> Path:
        """Its configuration directory."""
        return self.directory / "etc"

    @property
    def phones_directory(self) -> Path:
        """Where the bridge writes its files."""
        return self.etc / DIRECTORY

    @property
    def ami_settings(self) -> AmiSettings:
        """How to log in: the account that the bridge's own snippets made."""
        return AmiSettings(host=self.address, port=self.ports.ami, username="sepbridge", secret=self._secret)

    @property
    def sip(self) -> tuple[str, int]:
        """Address and port for SIP, UDP and TCP."""
        return self.address, self.ports.sip

    @property
    def cli_command(self) -> list[str]:
        """Command line up to the Asterisk command: ``[*cli_command, "pjsip show endpoints"]``."""
        return [str(self.installation.program), "-C", str(self.etc / "asterisk.conf"), "-rx"]

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def log(self) -> Path:
        """Its log."""
        return self.directory / "log" / "full"

    async def cli(self, command: str, *, within: float = 10.0) -> str:
        """The output of one Asterisk command. Raises PbxUnavailable after ``within`` seconds, or when it fails."""
        process = await asyncio.create_subprocess_exec(
            *self.cli_command, command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(within):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise PbxUnavailable(f"Asterisk did not answer {command!r}", why=f"within {within:g} s") from None
        if process.returncode != 0:
            raise PbxUnavailable(f"Asterisk did not take {command!r}", why=output.decode(errors="replace").strip())
        lines = output.decode(errors="replace").splitlines(keepends=True)
        return "".join(line for line in lines if "No ethernet interface found" not in line)

    # --- life

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self._clean()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._clean()

    async def start(self) -> None:
        """Write the configuration, start, and return when it has booted and is the right one. Raises PbxError."""
        for attempt in range(5):
            self._choose_ports()
            await asyncio.to_thread(self.configure)
            try:
                await self._start_once()
            except PbxError:
                await self.stop()
                # A port that was free a moment ago may be taken: only where we chose it ourselves, try another one.
                if attempt == 4 or (self._wanted_ports.sip and self._wanted_ports.ami):
                    raise
                self.ports = self._wanted_ports
            else:
                return

    async def stop(self, *, patience: float = 5.0) -> None:
        """Stop it by its process id; after ``patience`` seconds the hard way."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.terminate()
            try:
                async with asyncio.timeout(patience):
                    await process.wait()
            except TimeoutError:
                await self.kill()
        self._process = None

    async def kill(self) -> None:
        """End it as a crash would."""
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        self._process = None

    async def restart(self) -> None:
        """Stop and start on the same ports with the same files."""
        await self.stop()
        await self.start()

    async def _clean(self) -> None:
        await self.stop()
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    # --- configuration

    def configure(self) -> None:
        """Write the configuration; what the bridge wrote there stays. Called by ``start``."""
        for name in _DIRECTORIES:
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        if len(os.fsencode(self.directory / "run" / "asterisk.ctl")) > _LONGEST_SOCKET and self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="sepbridge-lab-")
            self._run_directory = Path(self._temporary.name)
        base, data = str(self.directory), str(self.installation.data)
        ports = self.ports
        texts = {
            "asterisk.conf": snippet(
                "lab/asterisk.conf",
                BASE=base,
                MODULES=str(self.installation.modules),
                DATA=data,
                RUN=str(self._run_directory),
            ),
            "manager.conf": snippet("lab/manager.conf", ADDRESS=self.address, AMI_PORT=str(ports.ami)),
            "rtp.conf": snippet("lab/rtp.conf", RTP_FIRST=str(ports.rtp_first), RTP_LAST=str(ports.rtp_last)),
            "musiconhold.conf": snippet("lab/musiconhold.conf", DATA=data),
        }
        if self._house is None:
            texts["pjsip.conf"] = snippet("lab/pjsip.conf", ADDRESS=self.address, SIP_PORT=str(ports.sip))
        for name in _PLAIN if self._house is None else [each for each in _PLAIN if each != "extensions.conf"]:
            texts[name] = snippet(f"lab/{name}")
        texts.update({f"{name}.conf": "" for name in _EMPTY})
        for name, text in texts.items():
            (self.etc / name).write_text(text, encoding="utf-8")
        settings = InstallSettings(secret=self._secret, permit=f"{self.address}/32", owner=self._owner)
        if self._house is not None:
            self._house.write(self.etc, self.address, ports.sip)
            apply(self._house.install(self.etc, settings))
            return
        self.phones_directory.mkdir(exist_ok=True)
        (self.phones_directory / "custom.conf").write_text(snippet("lab/custom.conf"), encoding="utf-8")
        # From here on exactly what a user gets.
        apply(plan(self.etc, settings))
        if not self._tcp:
            pjsip = self.etc / "pjsip.conf"
            pjsip.write_text(re.sub(r"\[lab-tcp\][^[]*", "", pjsip.read_text(encoding="utf-8")), encoding="utf-8")

    def _choose_ports(self) -> None:
        if not self.ports.sip:
            self.ports = replace(self.ports, sip=free_port(self.address))
        if not self.ports.ami:
            self.ports = replace(self.ports, ami=free_port(self.address))

    # --- starting

    async def _start_once(self) -> None:
        control = self._run_directory / "asterisk.ctl"
        control.unlink(missing_ok=True)
        command = [str(self.installation.program), "-f", "-C", str(self.etc / "asterisk.conf")]
        # Should we be killed, it must not outlive us.
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "TERM", "--", *command]
        output = await asyncio.to_thread(self._open_output)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        except OSError as error:
            raise PbxUnavailable("Asterisk could not be started", why=str(error)) from error
        finally:
            output.close()
        try:
            async with asyncio.timeout(60):
                # There is nothing to wait on but time until the manager interface listens.
                while not (control.exists() and await self._listens()):
                    if self._process.returncode is not None:
                        raise self._failure(f"it ended with status {self._process.returncode}")
                    await asyncio.sleep(0.01)
                await self._logged_in()
        except TimeoutError:
            raise self._failure("it did not finish booting within 60 s") from None
        shown = await self.cli("pjsip show transports")
        transports = self._house.transports if self._house is not None else ("lab-udp", "lab-tcp")[: 1 + self._tcp]
        if any(name not in shown for name in transports):
            raise self._failure(f"SIP port {self.ports.sip} is taken")

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(self.address, self.ports.ami)
        except OSError:
            return False
        writer.transport.abort()
        return True

    async def _logged_in(self) -> None:
        """Wait until the manager interface takes our secret, which no other instance knows."""
        up = asyncio.Event()
        ami = Ami(
            replace(self.ami_settings, first_retry=0.02, last_retry=0.1, refused_retry=60.0),
            on_state=lambda state: up.set() if state.connected or not _may_pass(state.trouble) else None,
        )
        running = asyncio.create_task(ami.run())
        try:
            await up.wait()
            if not ami.state.connected:
                raise self._failure(f"manager port {self.ports.ami} is taken by another program")
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def _open_output(self) -> IO[bytes]:
        return (self.directory / "log" / "console").open("ab")

    def _failure(self, why: str) -> PbxUnavailable:
        return PbxUnavailable("the private Asterisk did not start", why=why, fix=f"see {self.log} and log/console")


def _may_pass(trouble: PbxError | None) -> bool:
    """Whether waiting may help: nobody listens yet. A refused login means that somebody else listens there."""
    return trouble is None or type(trouble) is PbxUnavailable
