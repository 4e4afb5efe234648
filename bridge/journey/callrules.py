"""Causes between the file and the first call: firmware of the other protocol, names, ports, transports.

Source: diagnosis reference, section 1; requirements RG-06, RG-13, RG-19, RG-24 and RG-25.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from bridge.core import SignallingProtocol
from bridge.core.events import (
    FileDelivered,
    FileRequested,
    PhoneRefused,
    PhoneRegistering,
    SipRefused,
)
from bridge.core.findings import Weight
from bridge.journey import keys
from bridge.journey.case import Case, is_address, kind_of, known, said, seen
from bridge.journey.findings import Evidence, Finding, Fix, FixKind
from bridge.journey.firmwarerules import roll_out
from bridge.journey.sitefacts import PortCheck, PortState
from bridge.journey.stages import Stage
from bridge.phones import catalogue
from bridge.phones.filenames import parse_file_name
from bridge.phones.loads import parse_load
from bridge.phones.requestedfile import FileKind

SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP
_OPEN = Fix(FixKind.COMMAND, "sepbridge autoregistration enable --for 30m")
_CHECK_PBX = Fix(FixKind.COMMAND, "sepbridge status")


def wrong_protocol(case: Case) -> Finding | None:
    """RG-06: its firmware shows that it speaks what it is not to speak, or it has its file and says nothing."""
    wanted = case.wanted
    if wanted is None:
        return None
    kinds: dict[str, Evidence] = {}
    for event in case.of(PhoneRegistering, SipRefused, PhoneRefused):
        match event:
            case PhoneRegistering(protocol=spoken) if spoken is not wanted:
                kinds[f"register {spoken}"] = seen(event)
            case SipRefused() if wanted is SCCP:
                kinds["register SIP"] = seen(event)
            case PhoneRefused(reason="wrong_protocol"):
                kinds["refused"] = seen(event)
    evidence = list(kinds.values())
    if case.load_protocol is not None and case.load_protocol is not wanted:
        evidence.append(known(f"it runs {case.load}, which speaks {case.load_protocol}"))
    jar = _jar_of_the_other(case, wanted)
    if jar is not None:
        evidence.append(jar)
    silent = _silent(case)
    if silent is not None and (evidence or (not case.load and _may_speak_otherwise(case, wanted))):
        evidence.append(silent)
        evidence += _open_for_others(case, wanted)
    elif evidence and (before := _was_silent(case)) is not None:
        evidence.append(before)
    up_wrongly = case.is_up and case.journey.facts.protocol not in (None, wanted)
    if up_wrongly:
        evidence.append(known(f"it registered over {case.journey.facts.protocol}"))
    if not evidence or (case.is_up and not up_wrongly):
        return None
    certain = silent is None or len(evidence) > 1
    return Finding(
        "wrong_protocol_firmware",
        f"The phone is to speak {wanted}, and its firmware {'does' if certain else 'may'} not",
        Weight.PROBLEM if certain else Weight.NOTE,
        tuple(evidence),
        f"What a phone speaks follows from its firmware alone. It is set to {wanted}: its file and the port where it "
        f"is "
        f"awaited ({case.port}) are {wanted}'s. Firmware for {wanted.other} has no use for them.",
        (
            *roll_out(case, wanted),
            Fix(FixKind.COMMAND, "sepbridge firmware check"),
            Fix(FixKind.COMMAND, f"sepbridge phones remove {case.journey.device}"),
            Fix(FixKind.COMMAND, f"sepbridge phones add {case.journey.device} --protocol {wanted.other}"),
        ),
    )


def _may_speak_otherwise(case: Case, wanted: SignallingProtocol) -> bool:
    """Whether silence alone can mean that: its model has firmware for both, and it never registered as it should."""
    model = catalogue().by_name(case.model) if case.model else None
    device = case.site.device
    return (model is None or wanted.other in model.protocols) and (
        device is None or device.observed_protocol is not wanted
    )


def _open_for_others(case: Case, wanted: SignallingProtocol) -> list[Evidence]:
    """Others of its network speak what it should: nothing on the way keeps it from that."""
    if any(each.port == case.port and each.state is not PortState.OPEN for each in case.site.ports):
        return []
    return [
        known(f"{each.up} phones of {each.network} are registered over {wanted}")
        for each in case.networks
        if each.up and each.protocol is wanted and _inside(case.journey.client, each.network)
    ]


def _jar_of_the_other(case: Case, wanted: SignallingProtocol) -> Evidence | None:
    """It asks for its language as the other firmware does: ``…-sip.jar``, ``…-sccp.jar`` (phone boot, section 3)."""
    ending = f"-{wanted.other.lower()}.jar"
    asked = [each for each in case.of(FileRequested) if each.name.lower().endswith(ending)]
    return seen(asked[-1]) if asked else None


def _silent(case: Case) -> Evidence | None:
    """Its file was served, and it does not call."""
    delivery = _unanswered(case)
    if delivery is None or _is_read_by_sip_alone(delivery):
        return None
    loads = [each.name for each in case.files(FileRequested, FileKind.LOADS) if isinstance(each, FileRequested)]
    load = case.load or next((each for each in reversed(loads)), "")
    spoken = f" (load {load}" + (f", {p}" if (p := parse_load(load).protocol) else "") + ")" if load else ""
    waited = (case.now - delivery.at).total_seconds()
    return Evidence(
        f"{delivery.name} served{spoken}, and nothing on port {case.port} for {waited:.0f} s",
        seen(delivery).source,
        delivery.at,
    )


def _is_read_by_sip_alone(delivery: FileDelivered) -> bool:
    """Whether it is ``ld<mac>`` or ``gk<mac>``: who is given one was seen to run SIP firmware."""
    asked = parse_file_name(delivery.name)
    return asked.kind is FileKind.PROFILE and asked.device is not None and asked.device.prefix != "ATA"


def _was_silent(case: Case) -> Evidence | None:
    """The same before its first call: it had its file, and took its time. A sign that stays until it registers."""
    for each in case.deliveries:
        called = next((signal.at for signal in case.signals if signal.at >= each.at), None)
        if called is not None and (called - each.at).total_seconds() >= case.site.limits.no_signalling:
            waited = (called - each.at).total_seconds()
            return Evidence(
                f"{each.name} served, and nothing on any port for {waited:.0f} s", seen(each).source, each.at
            )
    return None


def _unanswered(case: Case) -> FileDelivered | None:
    """The newest delivery of a configuration after which it should have called by now, and has not."""
    if case.is_up or case.stage not in (Stage.CONFIG, Stage.FIRMWARE, Stage.TFTP):
        return None
    deliveries = [each for each in case.deliveries if isinstance(each, FileDelivered)]
    if not deliveries or case.signalled_after(deliveries[0].at):
        return None
    # A phone that comes back for its file every 45 s is no less silent for that: the first one counts.
    first, last = deliveries[0], deliveries[-1]
    if not case.waited(first.at, case.site.limits.no_signalling):
        return None
    loading = case.files(FileDelivered, FileKind.LOADS, FileKind.FIRMWARE)
    if loading and not case.waited(loading[-1].at, case.site.limits.no_signalling):
        return None
    return last


def dns_trouble(case: Case) -> Finding | None:
    """The phone is told a name and cannot resolve it."""
    told = [said(t, at) for t, at in case.messages("dns unknown host", "dns timeout", "no dns server")]
    silent = _unanswered(case)
    named = next((each for each in case.site.servers[:1] if not is_address(each)), "")
    if case.is_up or not (told or (silent is not None and named)):
        return None
    evidence = [*told]
    if silent is not None:
        evidence.append(seen(silent))
    if named:
        evidence.append(known(f"phones are told the name {named}, and not an address"))
    return Finding(
        "dns",
        "The phone cannot resolve its server's name" if told else "The phone is told a name and does not call",
        Weight.PROBLEM,
        tuple(evidence),
        "Its file names the server by a host name. Without a DNS server (option 6), or with one that does not know the "
        "name, the phone never gets there.",
        (
            Fix(FixKind.NETWORK, "set server.address in sepbridge.toml to an IP address"),
            Fix(FixKind.NETWORK, "or give the phones a DNS server that knows the name: DHCP option 6"),
        ),
    )


def port_blocked(case: Case) -> Finding | None:
    """RG-25: the self test, or a whole network that falls silent, names port, direction and address."""
    if case.is_up or case.signals:
        return None
    check = _check(case)
    silent = _unanswered(case)
    protocol = case.wanted or SIP
    if silent is None and (check is None or case.stage not in (Stage.CONFIG, Stage.CONNECTING)):
        return None
    if check is not None:
        return Finding(
            "port_blocked",
            f"{case.carrier} {check.port} ({check.purpose}) cannot be reached",
            Weight.PROBLEM,
            (
                known(f"self test: {check.address}:{check.port}/{check.transport} is {check.state}"),
                *((seen(silent),) if silent is not None else ()),
            ),
            f"A firewall drops what comes in to {check.address}, port {check.port}: phones fetch their files and "
            f"then get no "
            "answer.",
            (
                Fix(
                    FixKind.NETWORK,
                    f"let {case.carrier} {check.port} in to {check.address}, "
                    f"from {case.journey.client or 'the phones'}",
                ),
            ),
        )
    if silent is None:
        return None
    network = next(
        (
            each
            for each in case.networks
            if each.stuck > 1 and not each.up and _inside(case.journey.client, each.network)
        ),
        None,
    )
    others = [each for each in case.networks if each.up and each.protocol is protocol]
    if network is None or not others:
        return None
    return Finding(
        "port_blocked",
        f"{case.carrier} {case.port} is blocked for {network.network}",
        Weight.PROBLEM,
        (
            seen(silent),
            known(f"{network.stuck} phones of {network.network} have their files and do not call"),
            known(f"{sum(each.up for each in others)} phones elsewhere are registered"),
        ),
        f"Something between {network.network} and {case.server or 'this server'} drops what phones send to port "
        f"{case.port}; "
        "their requests for files get through.",
        (
            Fix(
                FixKind.NETWORK,
                f"let {case.carrier} {case.port} from {network.network} to {case.server or 'this server'} through",
            ),
        ),
    )


def _inside(client: str, network: str) -> bool:
    try:
        return ip_address(client) in ip_network(network)
    except ValueError:
        return False


def _check(case: Case, state: PortState = PortState.BLOCKED) -> PortCheck | None:
    """What the self test found of the port on which its calls are expected."""
    own = (each for each in case.site.ports if (each.port, each.transport) == (case.port, case.carrier.lower()))
    return next((each for each in own if each.state is state), None)


def transport_off(case: Case) -> Finding | None:
    """Nobody listens where the phone is sent."""
    if case.is_up or (case.wanted is SCCP and not case.site.ports):
        return None
    silent = _unanswered(case)
    refused = _check(case, PortState.REFUSED)
    rejected = [each for each in case.of(SipRefused) if "transport" in each.reason.lower()]
    carried = case.carrier.lower() in case.site.transports or not case.site.transports or case.wanted is SCCP
    if not rejected and (silent is None or (refused is None and carried)):
        return None
    evidence = [seen(each) for each in rejected[-2:]]
    if silent is not None:
        evidence.append(seen(silent))
    if refused is not None:
        evidence.append(known(f"self test: nobody listens on {refused.address}:{refused.port}/{refused.transport}"))
    if not carried:
        evidence.append(known(f"Asterisk carries SIP on {', '.join(sorted(case.site.transports))} alone"))
    sccp = case.wanted is SCCP
    return Finding(
        "transport_off",
        f"Nobody listens on {case.carrier} {case.port}",
        Weight.PROBLEM,
        tuple(evidence),
        "The phone has its file and calls a port on which nobody answers."
        + ("" if sccp else f" Asterisk has no {case.carrier} transport there, and this phone uses {case.carrier}."),
        (
            (Fix(FixKind.COMMAND, "ss -tlnp 'sport = :2000'"),)
            if sccp
            else (
                Fix(FixKind.COMMAND, "sepbridge setup asterisk"),
                Fix(FixKind.COMMAND, "asterisk -rx 'pjsip show transports'"),
            )
        ),
    )


def profile_unused(case: Case) -> Finding | None:
    """It has its binary profile and does not call. What stands in ours was tried on no hardware, and that comes first
    (phone boot reference, section 2; the maker's notes on EncryptKey)."""
    silent = _unanswered(case)
    if silent is None or kind_of(silent) is not FileKind.PROFILE:
        return None
    name, device = parse_file_name(silent.name).canonical, case.journey.device
    other_firmware = (
        Fix(FixKind.COMMAND, f"sepbridge phones remove {device}"),
        Fix(FixKind.COMMAND, f'sepbridge phones add {device} --model "{case.model or "ATA 186"}" --protocol SIP'),
    )
    return Finding(
        "binary_profile_unused",
        "The phone has its binary profile and does not call",
        Weight.PROBLEM,
        (seen(silent), known(f"nothing on {case.carrier} port {case.port} since")),
        "It reads a profile in binary form, and what stands in ours is untested on hardware: it may make nothing of "
        "it, most of all where its own EncryptKey is not 0. Or its packets do not arrive: it calls "
        f"{case.server or 'this server'} on {case.carrier} {case.port}."
        + (" Or it is an adapter with SIP firmware, and this is the profile for SCCP." if case.wanted is SCCP else ""),
        (
            Fix(FixKind.COMMAND, f"sepbridge phones file {device}"),
            Fix(FixKind.AT_PHONE, "set EncryptKey to 0 on its own web page or menu, and start it again"),
            *(other_firmware if case.wanted is SCCP else ()),
            Fix(FixKind.NETWORK, f"put a profile that you made with cfgfmt among the files as {name}: it goes first"),
            Fix(
                FixKind.NETWORK,
                f"let {case.carrier} {case.port} from {case.journey.client} to {case.server or 'this server'} through",
            ),
        ),
    )


def unreachable(case: Case) -> Finding | None:
    """The symptom itself: a file, and no SYN or REGISTER within the limit (RG-19)."""
    silent = _unanswered(case)
    if silent is None or kind_of(silent) is FileKind.PROFILE:
        return None
    waited = (case.now - silent.at).total_seconds()
    return Finding(
        "unreachable_after_config",
        "The phone has its file and does not call",
        Weight.PROBLEM,
        (seen(silent), known(f"no connection to port {case.port} since, for {waited:.0f} s")),
        f"Its packets to port {case.port} do not arrive: a firewall, a server address that it cannot reach or "
        f"resolve, or "
        "firmware that has no use for that file.",
        (
            Fix(
                FixKind.NETWORK,
                f"let {case.carrier} {case.port} from {case.journey.client} to {case.server or 'this server'} through",
            ),
            Fix(FixKind.COMMAND, "sepbridge status"),
            keys.status_messages(case.model),
        ),
    )
