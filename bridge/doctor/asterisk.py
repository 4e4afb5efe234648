"""Checks of the Asterisk that phones are to register with: manager interface, modules, our files, transports, RTP."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from bridge.core.findings import Finding, Weight
from bridge.doctor.ailment import Ailment, Area

Network = IPv4Network | IPv6Network

AMI_AWAY = Ailment(
    "ami_unreachable",
    Area.ASTERISK,
    Weight.PROBLEM,
    "nobody answers at ami.address, or what answers is no manager interface",
    "Asterisk does not run, or its manager interface is off or elsewhere",
    "start Asterisk; manager.conf needs enabled = yes and the address and port of [ami]",
)
AMI_REFUSED = Ailment(
    "ami_login_refused",
    Area.ASTERISK,
    Weight.PROBLEM,
    "Asterisk refuses the login of ami.username",
    "user name or secret differ from manager.conf, the account does not permit our address, or Asterisk has not read "
    "it yet",
    "sepbridge setup asterisk, then asterisk -rx 'manager reload'",
)
AMI_RIGHTS = Ailment(
    "ami_rights_missing",
    Area.ASTERISK,
    Weight.PROBLEM,
    "the manager account may not do what the service asks for",
    "its read and write rights in manager.conf are too narrow",
    "give it read = system,call and write = system,reporting,call, then asterisk -rx 'manager reload'",
)
TOO_OLD = Ailment(
    "asterisk_too_old",
    Area.ASTERISK,
    Weight.PROBLEM,
    "Asterisk is older than 18",
    "what sepbridge writes needs options of chan_pjsip that came later",
    "upgrade Asterisk; 20 and 22 are the current long-term releases",
)
MODULE = Ailment(
    "module_missing",
    Area.ASTERISK,
    Weight.PROBLEM,
    "a module that phones need is not loaded",
    "it is not installed, noload in modules.conf, or declined because its own configuration file is missing",
    "install it, take noload out of modules.conf, and load it: asterisk -rx 'module load …'",
)
SERVICE_MODULE = Ailment(
    "feature_module_missing",
    Area.ASTERISK,
    Weight.NOTE,
    "a module that one feature needs is not loaded",
    "it is not installed, noload in modules.conf, or declined because its own configuration file is missing",
    "load it if the feature is wanted: asterisk -rx 'module load …'",
)
OLD_CHANNEL = Ailment(
    "old_channel_driver",
    Area.ASTERISK,
    Weight.PROBLEM,
    "chan_sip or chan_skinny is loaded",
    "they want ports 5060 and 2000, which chan_pjsip and sepbridge need",
    "noload it in modules.conf and restart Asterisk",
)
INCLUDES = Ailment(
    "includes_missing",
    Area.ASTERISK,
    Weight.PROBLEM,
    "files or include lines of sepbridge are missing in Asterisk's configuration",
    "without them Asterisk reads neither endpoints nor numbers of the phones",
    "sepbridge setup asterisk, then asterisk -rx 'core reload'",
)
INCLUDES_OLD = Ailment(
    "includes_outdated",
    Area.ASTERISK,
    Weight.NOTE,
    "files of sepbridge in Asterisk's configuration are from another version or other settings",
    "sepbridge was upgraded, or a feature code was changed, since they were written",
    "sepbridge setup asterisk, then asterisk -rx 'core reload'",
)
NAMED_TWICE = Ailment(
    "endpoint_named_twice",
    Area.ASTERISK,
    Weight.PROBLEM,
    "pjsip.conf, or a file that it includes, has an endpoint of the same name as a phone of ours",
    "Asterisk reads no endpoint at all from files that name one twice: no phone can be added, and after its next start "
    "none works. The service leaves its own out when it next writes",
    "take the section out of pjsip.conf, or give the phone another number; then asterisk -rx 'module reload "
    "res_pjsip.so'",
)
TRANSPORT = Ailment(
    "transport_missing",
    Area.ASTERISK,
    Weight.PROBLEM,
    "chan_pjsip has no transport for UDP or TCP",
    "newer Cisco phones register over TCP, a 7940 or 7960 over UDP; FreePBX has TCP off as it comes",
    "sepbridge setup asterisk, then restart Asterisk. FreePBX: Settings > Asterisk SIP Settings > SIP Settings "
    "[chan_pjsip] > Transports: tcp on, Submit, Apply Config, restart Asterisk",
)
TRANSPORT_PORT = Ailment(
    "transport_elsewhere",
    Area.ASTERISK,
    Weight.PROBLEM,
    "chan_pjsip listens on another port than sip.port",
    "phones are told sip.port, and find nobody there",
    "write Asterisk's port as sip.port into sepbridge.toml, or let the transport bind to it",
)
NAT = Ailment(
    "nat_without_local_net",
    Area.ASTERISK,
    Weight.PROBLEM,
    "a transport has an external address, and the phones' network is in none of its local_net",
    "Asterisk takes the phones for strangers beyond the router and tells them its external address: no audio, or no "
    "registration",
    "add local_net = … for each network of phones to that transport. FreePBX: Settings > Asterisk SIP Settings > "
    "General SIP Settings > NAT Settings > Local Networks",
)
RTP_SMALL = Ailment(
    "rtp_range_small",
    Area.ASTERISK,
    Weight.NOTE,
    "fewer than 100 RTP ports",
    "a call takes four of them: later calls have no audio or fail",
    "widen rtpstart and rtpend in rtp.conf; 10000 to 20000 is usual",
)
RTP_OVERLAP = Ailment(
    "rtp_range_overlaps",
    Area.ASTERISK,
    Weight.PROBLEM,
    "the RTP range holds a port of sepbridge or SIP",
    "whoever comes second does not get the port",
    "move rtpstart and rtpend in rtp.conf; 10000 to 20000 is usual",
)
CODEC = Ailment(
    "codec_missing",
    Area.ASTERISK,
    Weight.NOTE,
    "a codec of a region cannot be translated by Asterisk",
    "calls to voicemail, conferences and phones with other codecs have no audio then",
    "load its module, or take the codec out of the region: sepbridge site regions set …",
)
ENDPOINTS = Ailment(
    "endpoints_missing",
    Area.ASTERISK,
    Weight.PROBLEM,
    "Asterisk does not know the endpoints of phones",
    "it has not read our files, or refused a line in them",
    "asterisk -rx 'module reload res_pjsip.so', then look for res_sorcery_config in its log",
)
SKEW = Ailment(
    "clock_skew",
    Area.ASTERISK,
    Weight.PROBLEM,
    "the clock of Asterisk's machine and ours are more than five minutes apart",
    "certificates, voicemail and call records show wrong times, and TLS may fail",
    "let both machines follow the same NTP servers",
)
AILMENTS = (
    *(AMI_AWAY, AMI_REFUSED, AMI_RIGHTS, TOO_OLD, MODULE, SERVICE_MODULE, OLD_CHANNEL, INCLUDES, INCLUDES_OLD),
    *(NAMED_TWICE, TRANSPORT, TRANSPORT_PORT, NAT, RTP_SMALL, RTP_OVERLAP, CODEC, ENDPOINTS, SKEW),
)

OLDEST = 18
"""Major version."""
NEEDED: Mapping[str, str] = {
    "chan_pjsip": "SIP phones",
    "res_pjsip_session": "calls",
    "res_pjsip_registrar": "registrations",
    "res_pjsip_authenticator_digest": "passwords",
    "res_pjsip_sdp_rtp": "audio",
    "res_rtp_asterisk": "audio",
    "res_pjsip_notify": "restarting phones; it loads only where pjsip_notify.conf exists",
    "pbx_config": "the dialplan",
    "app_dial": "calls",
    "app_stack": "calls (Gosub)",
    "func_db": "forwards and do-not-disturb",
}
"""Modules, and what stands still without them."""
USEFUL: Mapping[str, str] = {
    "app_voicemail": "voicemail",
    "res_parking": "park",
    "app_confbridge": "conferences, MeetMe, paging; it loads only where confbridge.conf exists",
    "app_page": "paging",
    "app_mixmonitor": "recording",
    "app_chanspy": "barge",
    "app_directed_pickup": "pickup",
    "func_devstate": "lamps for forwards and do-not-disturb",
    "res_agi": "self-provisioning by telephone",
    "res_pjsip_exten_state": "BLF",
    "res_pjsip_dialog_info_body_generator": "BLF",
    "res_pjsip_mwi": "message lamps",
    "res_pjsip_refer": "transfers",
}
REALTIME: Mapping[str, str] = {
    "res_odbc": "the connection to the database of asterisk.realtime_url",
    "res_odbc_transaction": "res_odbc needs it",
    "res_config_odbc": "endpoints in the database",
}
"""Needed where endpoints are in a database."""
UNWANTED = ("chan_sip", "chan_skinny")
ACTIONS = (
    *("CoreSettings", "CoreShowChannels", "DBDel", "DBGet", "DBPut", "ExtensionState", "Getvar", "PJSIPNotify"),
    *("PJSIPShowEndpoint", "PJSIPShowEndpoints", "PJSIPShowRegistrationInboundContactStatuses", "Reload"),
    *("Setvar", "ShowDialPlan"),
)
"""What the service asks of the manager interface, as far as it belongs to modules that are always there."""
_ENOUGH_RTP = 100
_SKEW = 300.0
_NAMED = 8


class Door(StrEnum):
    """How the manager interface received us."""

    OPEN = "open"
    AWAY = "away"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AmiFacts:
    """What was learnt over the manager interface."""

    door: Door
    trouble: str = ""
    version: str = ""
    modules: frozenset[str] = frozenset()
    """Those of NEEDED, USEFUL, REALTIME, UNWANTED and the codecs that are loaded."""
    actions: frozenset[str] = frozenset()
    """What our account may ask for."""
    endpoints: frozenset[str] = frozenset()
    seconds_ahead: float = 0.0
    """How far Asterisk's clock is ahead of ours."""


@dataclass(frozen=True, slots=True)
class TransportFacts:
    """A transport of chan_pjsip, as configured."""

    name: str
    protocol: str
    port: int = 5060
    external: str = ""
    """The address that strangers are told; empty for none."""
    local: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigurationFacts:
    """What stands in Asterisk's files."""

    directory: str
    missing: tuple[str, ...] = ()
    """Files of ours, or files that should include them."""
    outdated: tuple[str, ...] = ()
    transports: tuple[TransportFacts, ...] = ()
    rtp: tuple[int, int] = (5000, 31000)
    """First and last port; the defaults are Asterisk's."""
    twice: tuple[str, ...] = ()
    """Endpoints of ours that stand in the admin's own files, too."""


def check_ami(facts: AmiFacts) -> Iterator[Finding]:
    """The manager interface and what our account may do."""
    match facts.door:
        case Door.AWAY:
            yield AMI_AWAY.found(facts.trouble)
        case Door.REFUSED:
            yield AMI_REFUSED.found(facts.trouble)
        case Door.OPEN:
            major = facts.version.removeprefix("certified/").partition(".")[0]
            if major.isdigit() and int(major) < OLDEST:
                yield TOO_OLD.found(f"this is Asterisk {facts.version}")
            # An action that a missing module would bring is that module's trouble.
            lacking = [
                each
                for each in ACTIONS
                if each not in facts.actions and not (each == "PJSIPNotify" and "res_pjsip_notify" not in facts.modules)
            ]
            if lacking:
                yield AMI_RIGHTS.found(f"refused: {', '.join(lacking)}")
            if abs(facts.seconds_ahead) > _SKEW:
                word = "ahead of" if facts.seconds_ahead > 0 else "behind"
                yield SKEW.found(f"Asterisk's clock is {abs(facts.seconds_ahead):.0f} s {word} ours")


def check_modules(facts: AmiFacts, *, realtime: bool = False) -> Iterator[Finding]:
    """Modules, when the manager interface let us in. ``realtime``: endpoints are in a database."""
    if facts.door is not Door.OPEN:
        return
    for module, use in {**NEEDED, **(REALTIME if realtime else {})}.items():
        if module not in facts.modules:
            yield MODULE.found(f"{module}.so is not loaded: {use}", fix=_load(module))
    for module, use in USEFUL.items():
        if module not in facts.modules:
            yield SERVICE_MODULE.found(f"{module}.so is not loaded: {use}", fix=_load(module))
    for module in UNWANTED:
        if module in facts.modules:
            yield OLD_CHANNEL.found(f"{module}.so is loaded", fix=f"noload => {module}.so in modules.conf, and restart")


def _load(module: str) -> str:
    return f"install it, take noload => {module}.so out of modules.conf, then asterisk -rx 'module load {module}.so'"


def check_codecs(facts: AmiFacts, regions: Mapping[str, Sequence[str]], known: Collection[str]) -> Iterator[Finding]:
    """The codecs of each region; ``known`` are those that were asked about."""
    if facts.door is not Door.OPEN:
        return
    for region, codecs in regions.items():
        lacking = [each for each in codecs if each in known and f"codec_{each}" not in facts.modules]
        if lacking:
            yield CODEC.found(f"region {region}: {', '.join(lacking)}")


def check_endpoints(facts: AmiFacts, wanted: Collection[str], *, realtime: bool = False) -> Iterator[Finding]:
    """Whether Asterisk knows every phone. ``realtime``: endpoints are in a database."""
    if facts.door is not Door.OPEN:
        return
    lacking = sorted(set(wanted) - facts.endpoints)
    if lacking:
        more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
        what = f"not in Asterisk: {', '.join(lacking[:_NAMED])}{more}"
        if realtime:
            why = "it does not read our tables, or the service has not written them yet"
            fix = f"asterisk -rx 'realtime load ps_endpoints id {lacking[0]}' shows what Asterisk sees of the first"
            yield ENDPOINTS.found(what, why=why, fix=fix)
        else:
            yield ENDPOINTS.found(what)


def check_configuration(
    facts: ConfigurationFacts, *, sip_port: int, our_udp: Collection[int], phones: Sequence[Network]
) -> Iterator[Finding]:
    """Asterisk's files. ``our_udp``: UDP ports that others than RTP need; ``phones``: networks that phones are in."""
    if facts.missing:
        yield INCLUDES.found(f"missing in {facts.directory}: {', '.join(facts.missing)}")
    if facts.outdated:
        yield INCLUDES_OLD.found(f"not as this version writes them: {', '.join(facts.outdated)}")
    if facts.twice:
        yield NAMED_TWICE.found(f"{', '.join(facts.twice[:_NAMED])}: in {facts.directory}/pjsip.conf, too")
    for protocol in ("udp", "tcp"):
        ports = [each.port for each in facts.transports if each.protocol == protocol]
        if not ports:
            yield TRANSPORT.found(f"no transport for {protocol.upper()} in {facts.directory}/pjsip.conf")
        elif sip_port not in ports:
            yield TRANSPORT_PORT.found(
                f"Asterisk's {protocol.upper()} transport is on {ports[0]}, phones are told {sip_port}",
                fix=f"[sip] port = {ports[0]} in sepbridge.toml, or bind = 0.0.0.0:{sip_port} in pjsip.conf",
            )
    for transport in facts.transports:
        outside = [each for each in phones if transport.external and not _covered(each, transport.local)]
        if outside:
            yield NAT.found(
                f"{transport.name} has the external address {transport.external}, and no local_net for "
                f"{', '.join(map(str, outside))}",
                fix="; ".join(f"local_net = {each}" for each in outside) + f" in [{transport.name}], restart Asterisk",
            )
    first, last = facts.rtp
    if last - first + 1 < _ENOUGH_RTP:
        yield RTP_SMALL.found(f"RTP has the ports {first} to {last}")
    if inside := sorted(port for port in our_udp if first <= port <= last):
        yield RTP_OVERLAP.found(f"RTP has {first} to {last}, and UDP {', '.join(map(str, inside))} is in it")


def _covered(network: Network, local: Sequence[Network]) -> bool:
    return any(each.version == network.version and network.subnet_of(each) for each in local)  # type: ignore[arg-type]  # of one version: asked before
