"""The profiles ``ld<mac>``, ``gk<mac>`` and ``ata<mac>`` of 7905, 7912, ATA 186 and 188 (RG-32).

Templates give the text, ``binaryprofile`` what the phone reads. Facts: phone boot reference, section 2, and the maker's
example profiles. Not known from public sources, and so not written: codecs, the dial plan, a second server of a phone.
The clock of these phones knows no daylight saving: it keeps the standard time of its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from types import MappingProxyType

from bridge.core import CallManagerGroup, Device, DevicePool, SignallingProtocol
from bridge.errors import ConfigurationError
from bridge.phones import ConfigFamily, Model
from bridge.provisioning.binaryprofile import ProfileReader, compile_profile
from bridge.provisioning.clockrules import clock_rules
from bridge.provisioning.phonefile import phone_file, server_entries
from bridge.provisioning.renderer import RenderedFile, Renderer
from bridge.provisioning.settings import PhoneSettings
from bridge.provisioning.support import PROFILES, FamilyFiles, Support, profile_template
from bridge.provisioning.texts import latin

ADAPTER_DEFAULTS = "atadefault.cfg"
_PREFIXES = MappingProxyType({"7905G": "ld", "7912G": "gk"})
_HARDWARE = MappingProxyType({"7905G": 0x501, "7912G": 0x601})
_ADAPTER_PREFIX = "ata"
_ADAPTER_HARDWARE = 0x301
_SOFTWARE = MappingProxyType({ProfileReader.PHONE: 0x0100, ProfileReader.ADAPTER: 0x0200})
_IMAGES = MappingProxyType({ProfileReader.PHONE: ".sbin", ProfileReader.ADAPTER: ".zup"})
_SIP_PORT = 5060
_BUILD = 7
"""Digits at the end of a load's name: the day it was made, and a letter from a to f. They are the image's number."""
_LATEST_EAST = 12
_WEST = 25
"""Hours west of Greenwich are 25 and less: 24 is one hour west."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as a text, and as the phone reads it."""

    text: str
    file: RenderedFile


def profile_name(device: Device, model: Model) -> str:
    """``ld001122aabbcc``: what the phone asks for."""
    mac = device.name.mac
    return _PREFIXES.get(model.name, _ADAPTER_PREFIX) + str(mac or device.name).lower()


def render_profile(
    renderer: Renderer,
    device: Device,
    pool: DevicePool,
    model: Model,
    settings: PhoneSettings,
    *,
    year: int,
    load: str = "",
) -> Profile:
    """The profile of ``device``. ``year``: of which the standard time counts. Raises ConfigurationError."""
    protocol = device.desired_protocol
    template = profile_template(model, protocol)
    if not template:
        raise ConfigurationError(
            f"there is no profile for a Cisco {model}", why=f"with {protocol} firmware it reads another kind of file"
        )
    files = FamilyFiles(sip=template) if protocol is SignallingProtocol.SIP else FamilyFiles(sccp=template)
    phone = phone_file(device, pool, model, settings, load, Support(template, files))
    reader = ProfileReader.ADAPTER if model.family is ConfigFamily.ATA18X else ProfileReader.PHONE
    clock = clock_rules(phone.olson_time_zone, year)
    text = renderer.render_plain(
        renderer.chosen(f"devices/{device.name}.txt", template),
        phone=phone,
        servers=phone.servers,
        server=_server(phone.servers[0].address, phone.sip_port),
        time_servers=[each for each in phone.ntp_servers if _is_ipv4(each)],
        time_zone=_time_zone(clock.offset_minutes),
        time_format="h:ia" if phone.date_template.endswith("A") else "H:i",
        date_format=_date_format(phone.date_template.removesuffix("A")),
        upgrade=_upgrade(model, reader, phone.load),
    )
    text = "".join(map(latin, text))
    content = compile_profile(text, reader)
    rendered = RenderedFile(
        profile_name(device, model), content.decode("latin-1"), holds_secret=bool(phone.lines), encoding="latin-1"
    )
    return Profile(text, rendered)


def render_adapter_defaults(renderer: Renderer, group: CallManagerGroup) -> RenderedFile:
    """``atadefault.cfg``: where an adapter that nobody knows finds its server. Raises ConfigurationError."""
    template = PROFILES[ConfigFamily.ATA18X, SignallingProtocol.SCCP]
    text = renderer.render_plain(template, servers=server_entries(group), upgrade="")
    content = compile_profile(text, ProfileReader.ADAPTER)
    return RenderedFile(ADAPTER_DEFAULTS, content.decode("latin-1"), encoding="latin-1")


def _server(address: str, port: int) -> str:
    return address if port == _SIP_PORT else f"{address}:{port}"


def _is_ipv4(address: str) -> bool:
    try:
        IPv4Address(address)
    except AddressValueError:
        return False
    return True


def _time_zone(minutes: int) -> int:
    """Whole hours, those west of Greenwich from 25 downwards; else minutes."""
    hours, rest = divmod(minutes, 60)
    if rest or hours > _LATEST_EAST:
        return minutes
    return hours if hours >= 0 else hours + _WEST


def _date_format(template: str) -> str:
    """``D.M.YY`` as these phones write it, ``d.m.Y``: a year of two digits is a small letter."""
    return template.replace("YY", "\0").replace("Y", "y").replace("\0", "Y").replace("D", "d").replace("M", "m")


def _upgrade(model: Model, reader: ProfileReader, load: str) -> str:
    """What makes the phone fetch that image where it runs another one; empty for no load, and for an odd name."""
    build = load[-_BUILD:]
    try:
        number = int(build, 16)
    except ValueError:
        return ""
    hardware = _HARDWARE.get(model.name, _ADAPTER_HARDWARE)
    return f"3,{hardware:#x},0x0400,{_SOFTWARE[reader]:#06x},0.0.0.0,69,{number:#09x},{load}{_IMAGES[reader]}"
