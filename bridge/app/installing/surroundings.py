"""What is on this machine already, as far as setting up has to know: Asterisk, FreePBX, addresses, TFTP, systemd."""

from __future__ import annotations

import contextlib
import pwd
import re
import shutil
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from bridge.app.installing.tftpadvice import TftpAdvice, advise
from bridge.app.settings import Settings
from bridge.app.system import own_address
from bridge.doctor.asterisk import TransportFacts
from bridge.doctor.firewall import Manager
from bridge.doctor.network import InterfaceAddress, phone_networks
from bridge.errors import ConfigurationError, SepbridgeError
from bridge.host.addresses import interface_addresses
from bridge.host.filter import manager
from bridge.host.programs import output_of
from bridge.pbx.conffile import parse
from bridge.pbx.inspection import configured_transports
from bridge.pbx.install import belongs_to_freepbx
from bridge.watch.portowner import owners

SERVICE_USER = "sepbridge"
_ETC = ("etc/asterisk", "usr/local/etc/asterisk", "opt/asterisk/etc/asterisk")
_FREEPBX = ("etc/freepbx.conf", "etc/amportal.conf")
_PROGRAMS = ("usr/sbin/asterisk", "usr/local/sbin/asterisk", "opt/asterisk/sbin/asterisk")
_ON = ("yes", "true", "1", "on", "y", "t")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was found."""

    freepbx: bool
    etc: Path | None
    """Asterisk's configuration directory."""
    program: Path | None
    """Asterisk itself."""
    version: str
    manager_is_on: bool
    manager_port: int
    sip_port: int
    addresses: tuple[InterfaceAddress, ...]
    address: str
    """The one that phones most likely see; empty where there is none."""
    tftp: TftpAdvice
    firewall: Manager
    has_systemd: bool
    has_unit: bool
    """A unit for the service is installed."""
    user: str
    """The service's user; empty where there is none."""

    @property
    def networks(self) -> list[IPv4Network]:
        """Networks that phones may be in."""
        return phone_networks(self.addresses)


def look_around(files: Path = Path("/"), *, etc: Path | None = None) -> Surroundings:
    """Look. ``files``: where ``/`` is; ``etc`` names Asterisk's directory, where it is not in a usual place."""
    found_etc = etc or next((files / each for each in _ETC if (files / each).is_dir()), None)
    program = asterisk_program(files)
    is_on, manager_port, sip_port = _asterisk_ports(found_etc)
    addresses: tuple[InterfaceAddress, ...] = ()
    with contextlib.suppress(SepbridgeError):
        addresses = interface_addresses()
    address = ""
    with contextlib.suppress(ConfigurationError):
        address = own_address()
    has_systemd = (files / "run/systemd/system").is_dir()
    return Surroundings(
        freepbx=any((files / each).is_file() for each in _FREEPBX) or _is_freepbxs(found_etc),
        etc=found_etc.absolute() if found_etc is not None else None,
        program=program,
        version=_version(program),
        manager_is_on=is_on,
        manager_port=manager_port,
        sip_port=sip_port,
        addresses=addresses,
        address=address,
        tftp=advise(owners(69), Settings(), files=files),
        firewall=manager(files),
        has_systemd=has_systemd,
        has_unit=any((files / each / "sepbridge.service").is_file() for each in _UNIT_PLACES),
        user=_user(),
    )


def asterisk_program(files: Path = Path("/")) -> Path | None:
    """Asterisk itself; None where it is not on this machine."""
    program = next((files / each for each in _PROGRAMS if (files / each).is_file()), None)
    if program is None and files == Path("/") and (path := shutil.which("asterisk")):
        program = Path(path)
    return program


_UNIT_PLACES = ("etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")


def _is_freepbxs(etc: Path | None) -> bool:
    with contextlib.suppress(SepbridgeError):  # unreadable: whoever writes there will say so
        return etc is not None and etc.is_dir() and belongs_to_freepbx(etc)
    return False


def _asterisk_ports(etc: Path | None) -> tuple[bool, int, int]:
    """Whether the manager interface is on, its port, and the port of the first SIP transport."""
    if etc is None:
        return False, 5038, 5060
    is_on, port = False, 5038
    with contextlib.suppress(OSError):
        text = (etc / "manager.conf").read_bytes().decode("utf-8", "replace")
        for section in parse(text).named("general"):
            is_on = (section.last("enabled").lower() or str(is_on)) in _ON
            port = int(section.last("port")) if section.last("port").isdigit() else port
    transports: tuple[TransportFacts, ...] = ()
    with contextlib.suppress(SepbridgeError):
        transports = configured_transports(etc)
    plain = [each.port for each in transports if each.protocol in ("udp", "tcp")]
    return is_on, port, plain[0] if plain else 5060


def _version(program: Path | None) -> str:
    if program is None:
        return ""
    with contextlib.suppress(SepbridgeError):
        if found := re.match(r"Asterisk (\S+)", output_of([str(program), "-V"])):
            return found.group(1)
    return ""


def _user() -> str:
    try:
        return pwd.getpwnam(SERVICE_USER).pw_name
    except KeyError:
        return ""
