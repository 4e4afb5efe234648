"""What stands in a phone's own file, worked out and checked before any template sees it."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass, replace

from bridge.core import (
    CallManagerGroup,
    Device,
    DevicePool,
    DndAlert,
    DndOption,
    SignallingProtocol,
)
from bridge.errors import ConfigurationError
from bridge.phones import Model, check_load
from bridge.provisioning.linekeys import FeatureEntry, KeySettings, feature_entries, key_settings
from bridge.provisioning.locales import EVERYTHING_THERE, LocaleFiles, locale_of
from bridge.provisioning.settings import PhoneSettings, ServiceUrls
from bridge.provisioning.support import FamilyFiles, Support, call_limit
from bridge.provisioning.texts import LABEL_LENGTH, checked_address, checked_url, shown_text
from bridge.provisioning.timezones import phone_time_zone

MOST_SERVERS = 3
MOST_DSCP = 63
MOST_VLAN = 4094
SECURE_SIP_PORT = 5061
_DATE_TEMPLATE = re.compile(r"(?:D([/.-])M\1YY?|M([/.-])D\2YY?|YY?([/.-])M\3D|YY?([/.-])D\4M)A?")
_SECRET = re.compile(r"[!-~]+")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_STAMP = re.compile(r"[A-Za-z0-9{}._-]{1,64}")
_PREFERRED = {"ulaw": "g711ulaw", "alaw": "g711alaw", "g729": "g729a"}
_PHONE_LABEL_LENGTH = 12
MOST_ADD_ONS = 3
_IDLE_SECONDS = 60
_DND_LOCKED = 2
_DND_ALERTS = {DndAlert.NONE: 0, DndAlert.FLASH: 1, DndAlert.BEEP: 5}
_ADD_ON_LOADS = {"7914": "S00105000400", "7915": "B015-1-0-4-2", "7916": "B016-1-0-4-2"}


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """One member of the list of call-processing servers."""

    priority: int
    name: str
    address: str
    sip_port: int
    sccp_port: int
    secure_sip_port: int = SECURE_SIP_PORT


@dataclass(frozen=True, slots=True)
class LineEntry:
    """One line key. Enterprise SIP firmware has one digest credential for the whole phone: that of line 1."""

    button: int
    index: int
    label: str
    name: str
    display_name: str
    auth_name: str
    auth_password: str
    settings: KeySettings


@dataclass(frozen=True, slots=True)
class AddOnEntry:
    """An add-on module, from left to right (phone file reference, section 10)."""

    index: int
    type: str
    buttons: int
    load: str


@dataclass(frozen=True, slots=True)
class PhoneFile:
    """Everything a template of a phone's own file may use. All texts are cut and checked; templates escape them."""

    device: str
    protocol: SignallingProtocol
    stamp: str
    load: str
    pool: str
    date_template: str
    time_zone: str
    olson_time_zone: str
    ntp_servers: tuple[str, ...]
    group: str
    servers: tuple[ServerEntry, ...]
    lines: tuple[LineEntry, ...]
    features: tuple[FeatureEntry, ...]
    external_mask: str
    """What the phone shows as its own number to the outside; empty for the number itself."""
    call_waiting: int
    preferred_codec: str
    wideband: bool
    phone_label: str
    voicemail_number: str
    dnd_control: int
    dnd_alert: int
    urls: ServiceUrls
    add_ons: tuple[AddOnEntry, ...]
    settings: PhoneSettings

    @property
    def sip_port(self) -> int:
        """The SIP port of the first server."""
        return self.servers[0].sip_port


def phone_file(
    device: Device,
    pool: DevicePool,
    model: Model | None,
    settings: PhoneSettings,
    load: str,
    found: Support,
    locale_files: LocaleFiles = EVERYTHING_THERE,
) -> PhoneFile:
    """Work out the file of ``device``. Raises ConfigurationError for anything that a phone would choke on."""
    protocol = SignallingProtocol.SCCP if found.template == found.files.sccp else SignallingProtocol.SIP
    if load and model is not None:
        check_load(load, model, protocol)
    settings = replace(settings, locale=locale_of(settings, device, pool, model, protocol, locale_files))
    return _phone(device, pool, model, settings, load, found.files, protocol)


def flat_phone(device: Device, pool: DevicePool, model: Model | None, settings: PhoneSettings) -> PhoneFile:
    """Work out a flat profile of ``device``. Raises ConfigurationError for anything that a phone would choke on."""
    return _phone(device, pool, model, settings, "", FamilyFiles(), SignallingProtocol.SIP)


def _phone(
    device: Device,
    pool: DevicePool,
    model: Model | None,
    settings: PhoneSettings,
    load: str,
    files: FamilyFiles,
    protocol: SignallingProtocol,
) -> PhoneFile:
    sip = protocol is SignallingProtocol.SIP
    when = pool.date_time_group
    zone = phone_time_zone(when.time_zone)
    return PhoneFile(
        device=device.name.value,
        protocol=protocol,
        stamp=checked_stamp(device.version_stamp),
        load=load if model is not None else "",
        pool=shown_text(pool.name),
        date_template=checked_date_template(when.date_template),
        time_zone=zone.name,
        olson_time_zone=zone.zone,
        ntp_servers=tuple(checked_address(server, "a time server") for server in when.ntp_servers),
        group=shown_text(pool.group.name),
        servers=server_entries(pool.group),
        lines=_lines(device, model, settings, files.secret_length) if sip else (),
        features=feature_entries(device, model) if sip else (),
        external_mask=shown_text(device.lines[0].settings.external_mask) if device.lines else "",
        call_waiting=files.call_waiting,
        preferred_codec=_PREFERRED.get(pool.region.codecs[0], "none") if pool.region.codecs else "none",
        wideband="g722" in pool.region.codecs,
        phone_label=shown_text(settings.phone_label, _PHONE_LABEL_LENGTH).replace(" ", "_"),
        voicemail_number=shown_text(settings.voicemail_number),
        dnd_control=_DND_LOCKED if device.settings.dnd is DndOption.OFF else 0,
        dnd_alert=_DND_ALERTS.get(device.settings.dnd_alert, 1),
        urls=_urls(_with_idle(settings.urls, device.settings.idle_url)),
        add_ons=tuple(
            AddOnEntry(index, each.value[:4], each.buttons, _ADD_ON_LOADS[each.value[:4]])
            for index, each in enumerate(device.settings.add_ons[:MOST_ADD_ONS], 1)
        ),
        settings=checked_settings(settings),
    )


def server_entries(group: CallManagerGroup, sip_port: int | None = None) -> tuple[ServerEntry, ...]:
    """The servers of a group in order, priority 0 first (AR-16). ``sip_port`` replaces the port of every server.

    Raises ConfigurationError when there is none, or more than phones take.
    """
    if not 1 <= len(group.servers) <= MOST_SERVERS:
        raise ConfigurationError(
            f"the group {group.name} has {len(group.servers)} servers",
            why=f"phones take one to {MOST_SERVERS}",
            fix="add a server" if not group.servers else "remove servers from the group",
        )
    return tuple(
        ServerEntry(
            priority=priority,
            name=shown_text(server.name),
            address=checked_address(server.address, f"the server {server.name}"),
            sip_port=sip_port or server.sip_port,
            sccp_port=server.sccp_port,
        )
        for priority, server in enumerate(group.servers)
    )


def checked_stamp(stamp: str) -> str:
    """A version stamp that a phone can read. Raises ConfigurationError."""
    if not _STAMP.fullmatch(stamp):
        raise ConfigurationError(f"{stamp[:64]!r} is no version stamp", fix="use a GUID")
    return stamp


def _lines(device: Device, model: Model | None, settings: PhoneSettings, longest_secret: int) -> tuple[LineEntry, ...]:
    if not device.lines:
        raise ConfigurationError(
            f"{device.name} has no line", why="a SIP phone registers only with a line", fix="give it a directory number"
        )
    _check_secret(device, model, longest_secret)
    return tuple(
        LineEntry(
            button=appearance.button,
            index=index,
            label=shown_text(appearance.label) or appearance.line.number[:LABEL_LENGTH],
            name=shown_text(appearance.line.number),
            display_name=shown_text(appearance.line.display_name) or appearance.line.number[:LABEL_LENGTH],
            auth_name=shown_text(device.number),
            auth_password=device.secret,
            settings=key_settings(
                appearance,
                most_calls=call_limit(model),
                max_calls=settings.max_calls,
                busy_trigger=settings.busy_trigger,
                voicemail=shown_text(settings.voicemail_number),
            ),
        )
        for index, appearance in enumerate(device.lines, start=1)
    )


def _check_secret(device: Device, model: Model | None, longest: int) -> None:
    """The text of the error never holds the secret itself."""
    what = f"the SIP password of {device.name} cannot be written into its file"
    fix = f"give it a new one of at most {longest} letters and digits"
    if not device.secret:
        raise ConfigurationError(what, why="it has none", fix=fix)
    if not _SECRET.fullmatch(device.secret):
        raise ConfigurationError(what, why="it holds blanks or characters outside ASCII", fix=fix)
    if len(device.secret) > longest:
        kind = f"a {model.name}" if model is not None else "a phone of unknown model"
        raise ConfigurationError(
            what, why=f"it has {len(device.secret)} characters, and {kind} takes {longest} for certain", fix=fix
        )


def checked_date_template(text: str) -> str:
    """A date format that phones know. Raises ConfigurationError."""
    if not _DATE_TEMPLATE.fullmatch(text):
        raise ConfigurationError(
            f"{text[:20]!r} is no date format that phones know",
            fix="write D, M and Y (or YY) with /, - or . between them, and an A at the end for the 12-hour clock",
        )
    return text


def _with_idle(urls: ServiceUrls, own: str) -> ServiceUrls:
    """The URLs with what this phone loads while nothing happens."""
    return replace(urls, idle=own, idle_seconds=urls.idle_seconds or _IDLE_SECONDS) if own else urls


def _urls(urls: ServiceUrls) -> ServiceUrls:
    return ServiceUrls(
        authentication=checked_url(urls.authentication, "the authentication URL"),
        directory=checked_url(urls.directory, "the directory URL"),
        services=checked_url(urls.services, "the services URL"),
        messages=checked_url(urls.messages, "the messages URL"),
        information=checked_url(urls.information, "the information URL"),
        idle=checked_url(urls.idle, "the idle URL"),
        idle_seconds=max(0, urls.idle_seconds),
        problem_report=checked_url(urls.problem_report, "the problem report URL"),
        logo=checked_url(urls.logo, "the logo URL"),
    )


def checked_settings(settings: PhoneSettings) -> PhoneSettings:
    """The settings, if phones can read them. Raises ConfigurationError."""
    for name in (settings.dial_template, settings.soft_key_file, settings.feature_policy):
        if name and not _FILE_NAME.fullmatch(name):
            raise ConfigurationError(
                f"{name[:64]!r} is no file name that phones can ask for",
                fix="use letters, digits, dots and dashes, at most 64 characters",
            )
    if settings.phone_password and not re.fullmatch(r"[0-9*#]{1,15}", settings.phone_password):
        raise ConfigurationError(
            "the password of the phones' settings menu cannot be typed on a phone",
            why="it is typed with the keys of the phone",
            fix="use 1 to 15 of 0 to 9, * and #",
        )
    if settings.nat_address:
        checked_address(settings.nat_address, "the phones behind a router")
    network = settings.network
    for dscp in (network.audio_dscp, network.video_dscp, network.signalling_dscp):
        if not 0 <= dscp <= MOST_DSCP:
            raise ConfigurationError(f"{dscp} is no DSCP value", fix=f"use 0 to {MOST_DSCP}; 46 is usual for audio")
    for vlan in (network.voice_vlan, network.pc_vlan):
        if not 0 <= vlan <= MOST_VLAN:
            raise ConfigurationError(f"{vlan} is no VLAN", fix=f"use 1 to {MOST_VLAN}, or 0 for none")
    ssh = settings.ssh
    if ssh is not None and not (_SECRET.fullmatch(ssh.user) and _SECRET.fullmatch(ssh.password)):
        raise ConfigurationError(
            "the SSH login of the phones cannot be written into their files",
            why="user and password need characters, and neither blanks nor characters outside ASCII",
            fix="choose others, or leave SSH off",
        )
    for text in astuple(settings.locale):
        if text and not _FILE_NAME.fullmatch(text):
            raise ConfigurationError(
                f"{text[:64]!r} cannot stand in a phone's locale", fix="use letters, digits and underscores"
            )
    return settings
