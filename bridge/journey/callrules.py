"""Causes between the configuration and "registered": firmware of the other protocol, ports, passwords, doubles, clocks.

Source: diagnosis reference, sections 1, 5 and 11; requirements RG-06, RG-13, RG-19, RG-23 to RG-27.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from bridge.core import SignallingProtocol
from bridge.core.events import (
    ClockTold,
    FileDelivered,
    FileRequested,
    PhoneMoved,
    PhoneRefused,
    PhoneRegistered,
    PhoneRegistering,
    PhoneUnregistered,
    SecondConnectionRefused,
    SipChallenged,
    SipRefused,
    TlsFailed,
)
from bridge.core.findings import Weight
from bridge.journey import keys
from bridge.journey.case import Case, known, said, seen
from bridge.journey.certificates import certificate_findings
from bridge.journey.findings import Evidence, Finding, Fix, FixKind
from bridge.journey.sitefacts import PortCheck, PortState
from bridge.journey.stages import Stage
from bridge.phones import catalogue
from bridge.phones.loads import parse_load
from bridge.phones.requestedfile import FileKind

SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP
_OPEN = Fix(FixKind.COMMAND, "sepbridge autoregistration enable --for 30m")
_CHECK_PBX = Fix(FixKind.COMMAND, "sepbridge status")


# --- refused ---------------------------------------------------------------------------------------------------------


def window_closed(case: Case) -> Finding | None:
    """A stranger while autoregistration is shut."""
    refused = case.last(PhoneRefused)
    if refused is None or not case.is_refused or refused.reason != "window_closed":
        return None
    return Finding(
        "window_closed",
        "The autoregistration window is closed",
        Weight.PROBLEM,
        (seen(refused),),
        "The phone is unknown, and autoregistration is open only for a time, which is over or has not begun.",
        (
            _OPEN,
            Fix(FixKind.CLICK, "Autoregistration > Open the window"),
            Fix(FixKind.COMMAND, f"sepbridge phones add {case.journey.device}"),
        ),
    )


def range_exhausted(case: Case) -> Finding | None:
    """A stranger, and no number for it."""
    refused = case.last(PhoneRefused)
    if refused is None or not case.is_refused or refused.reason != "range_exhausted":
        return None
    return Finding(
        "range_exhausted",
        "No number is free for this phone",
        Weight.PROBLEM,
        (seen(refused),),
        "Every number of the autoregistration range is in use. The phone comes in by its own retry once one is free.",
        (
            Fix(FixKind.COMMAND, "sepbridge autoregistration range 1000-2999"),
            Fix(FixKind.COMMAND, "sepbridge phones remove PHONE"),
        ),
    )


def device_not_configured(case: Case) -> Finding | None:
    """A refusal of a phone that nobody has added (RG-23)."""
    refused = case.last(PhoneRefused)
    if refused is None or not case.is_refused or case.site.device is not None:
        return None
    if refused.reason not in ("autoreg_off", "window_closed", "not_in_allow_list", "awaiting_approval"):
        return None
    model = f" --model {case.model}" if case.model else ""
    return Finding(
        "device_not_configured",
        f"{case.journey.device} is not known here",
        Weight.PROBLEM,
        (seen(refused),),
        "The phone is not in the list of phones, and autoregistration did not let it in.",
        (
            Fix(FixKind.COMMAND, f"sepbridge phones add {case.journey.device}{model}"),
            Fix(FixKind.CLICK, f"Phones > Turned away > {case.journey.device} > Add"),
            _OPEN,
        ),
    )


def refused_otherwise(case: Case) -> Finding | None:
    """Refused for a reason that has no rule of its own."""
    refused = case.last(PhoneRefused)
    own = ("window_closed", "range_exhausted", "autoreg_off", "not_in_allow_list", "wrong_protocol")
    if refused is None or not case.is_refused or refused.reason in own:
        return None
    approve = Fix(FixKind.COMMAND, f"sepbridge autoregistration approve {case.journey.device}")
    return Finding(
        f"refused_{refused.reason}",
        f"The phone was turned away: {refused.text}",
        Weight.PROBLEM,
        (seen(refused),),
        "This server decided not to let it in.",
        (approve,) if refused.reason == "awaiting_approval" else (_CHECK_PBX,),
    )


# --- firmware of the other protocol ----------------------------------------------------------------------------------


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
    silent = _silent(case)
    if silent is not None and (evidence or not case.load):
        evidence.append(silent)
    up_wrongly = case.is_up and case.journey.facts.protocol not in (None, wanted)
    if up_wrongly:
        evidence.append(known(f"it registered over {case.journey.facts.protocol}"))
    if not evidence or (case.is_up and not up_wrongly):
        return None
    certain = silent is None or len(evidence) > 1
    return Finding(
        "wrong_protocol_firmware",
        f"The phone is to speak {wanted}, and its firmware does not",
        Weight.PROBLEM if certain else Weight.NOTE,
        tuple(evidence),
        f"What a phone speaks follows from its firmware alone. It is set to {wanted}: its file and the port where it "
        f"is "
        f"awaited ({case.port}) are {wanted}'s. Firmware for {wanted.other} has no use for them.",
        (
            Fix(FixKind.COMMAND, f"sepbridge firmware rollout {_example(case, wanted)} --phone {case.journey.device}"),
            Fix(FixKind.COMMAND, "sepbridge firmware check"),
            Fix(FixKind.COMMAND, f"sepbridge phones remove {case.journey.device}"),
            Fix(FixKind.COMMAND, f"sepbridge phones add {case.journey.device} --protocol {wanted.other}"),
        ),
    )


def _example(case: Case, wanted: SignallingProtocol) -> str:
    model = catalogue().by_name(case.model) if case.model else None
    return (model.last_known_load(wanted) if model is not None else "") or "LOAD"


def _silent(case: Case) -> Evidence | None:
    """Its file was served, and it does not call."""
    delivery = _unanswered(case)
    if delivery is None:
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


# --- it does not call ------------------------------------------------------------------------------------------------


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
    named = next((each for each in case.site.servers[:1] if not _is_address(each)), "")
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


def _is_address(text: str) -> bool:
    return text.replace(".", "").isdigit() or ":" in text


def port_blocked(case: Case) -> Finding | None:
    """RG-25: the self test, or a whole network that falls silent, names port, direction and address."""
    if case.is_up or case.signals:
        return None
    check = _check(case, case.port)
    silent = _unanswered(case)
    network = next(
        (
            each
            for each in case.site.networks
            if each.stuck > 1 and not each.up and _inside(case.journey.client, each.network)
        ),
        None,
    )
    protocol = case.wanted or SIP
    if silent is None and (check is None or case.stage not in (Stage.CONFIG, Stage.CONNECTING)):
        return None
    if check is not None:
        return Finding(
            "port_blocked",
            f"TCP {check.port} ({check.purpose}) cannot be reached",
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
                    f"let TCP {check.port} in to {check.address}, from {case.journey.client or 'the phones'}",
                ),
            ),
        )
    others = [each for each in case.site.networks if each.up and each.protocol is protocol]
    if silent is None or network is None or not others:
        return None
    return Finding(
        "port_blocked",
        f"TCP {case.port} is blocked for {network.network}",
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
                f"let TCP {case.port} (and UDP for SIP) from {network.network} to {case.server or 'this server'}",
            ),
        ),
    )


def _inside(client: str, network: str) -> bool:
    try:
        return ip_address(client) in ip_network(network)
    except ValueError:
        return False


def _check(case: Case, port: int) -> PortCheck | None:
    return next((each for each in case.site.ports if each.port == port and each.state is PortState.BLOCKED), None)


def transport_off(case: Case) -> Finding | None:
    """Nobody listens where the phone is sent."""
    if case.is_up or (case.wanted is SCCP and not case.site.ports):
        return None
    silent = _unanswered(case)
    refused = next(
        (each for each in case.site.ports if each.port == case.port and each.state is PortState.REFUSED), None
    )
    rejected = [each for each in case.of(SipRefused) if "transport" in each.reason.lower()]
    no_tcp = bool(case.site.transports) and "tcp" not in case.site.transports and case.wanted is not SCCP
    if not rejected and (silent is None or not (refused or no_tcp)):
        return None
    evidence = [seen(each) for each in rejected[-2:]]
    if silent is not None:
        evidence.append(seen(silent))
    if refused is not None:
        evidence.append(known(f"self test: nobody listens on {refused.address}:{refused.port}/{refused.transport}"))
    if no_tcp:
        evidence.append(known(f"Asterisk carries SIP on {', '.join(sorted(case.site.transports))} alone"))
    sccp = case.wanted is SCCP
    return Finding(
        "transport_off",
        f"Nobody listens on TCP {case.port}",
        Weight.PROBLEM,
        tuple(evidence),
        "The phone has its file and calls a port on which nobody answers."
        + ("" if sccp else " Asterisk has no TCP transport there, and Cisco phones use TCP."),
        (
            (Fix(FixKind.COMMAND, "ss -tlnp 'sport = :2000'"),)
            if sccp
            else (
                Fix(FixKind.COMMAND, "sepbridge setup asterisk"),
                Fix(FixKind.COMMAND, "asterisk -rx 'pjsip show transports'"),
            )
        ),
    )


def unreachable(case: Case) -> Finding | None:
    """The symptom itself: a file, and no SYN or REGISTER within the limit (RG-19)."""
    silent = _unanswered(case)
    if silent is None:
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
                f"let TCP {case.port} from {case.journey.client} to {case.server or 'this server'} through",
            ),
            Fix(FixKind.COMMAND, "sepbridge status"),
            keys.status_messages(case.model),
        ),
    )


# --- it calls and is not let in --------------------------------------------------------------------------------------


def number_in_use(case: Case) -> Finding | None:
    """The phone's number belongs to an endpoint of Asterisk that is not ours."""
    device = case.site.device
    if device is None or case.is_up or device.number not in case.site.foreign_numbers or not device.number:
        return None
    return Finding(
        "number_in_use",
        f"{device.number} belongs to another endpoint of Asterisk",
        Weight.PROBLEM,
        (known(f"Asterisk has an endpoint {device.number} that sepbridge did not write"), *_refusals(case)),
        "Two endpoints of one name cannot be: Asterisk keeps its own, with another password, and the phone's is not "
        "used.",
        (
            Fix(FixKind.COMMAND, f"sepbridge phones remove {case.journey.device}"),
            Fix(FixKind.COMMAND, f"sepbridge phones add {case.journey.device} --number OTHER"),
            Fix(FixKind.NETWORK, f"or remove the endpoint {device.number} from Asterisk (FreePBX: Extensions)"),
        ),
    )


def _refusals(case: Case) -> list[Evidence]:
    return [seen(each) for each in case.of(SipRefused)[-2:]]


_SECRET = ("InvalidPassword", "ChallengeResponseFailed")


def wrong_secret(case: Case) -> Finding | None:
    """Asterisk says that the password is wrong."""
    refused = [each for each in case.of(SipRefused) if each.reason in _SECRET]
    lines = [each for each in case.journey.lines if "secret" in each[1]]
    if case.wanted is SCCP:
        refused = []
    if not lines and (not refused or case.is_up):
        return None
    return Finding(
        "wrong_secret",
        "The phone's password is not the one that Asterisk has",
        Weight.PROBLEM,
        (*(seen(each) for each in refused[-3:]), *(known(f"line {number}: {state}") for number, state in lines)),
        "The phone goes by an older file, or Asterisk has not read ours: after a change both have to take it up.",
        (
            Fix(FixKind.COMMAND, f"sepbridge phones restart {case.journey.device}"),
            keys.restart(case.model),
            _CHECK_PBX,
        ),
    )


def unknown_at_pbx(case: Case) -> Finding | None:
    """Asterisk does not know the account."""
    refused = [each for each in case.of(SipRefused) if each.reason == "InvalidAccountID"]
    lines = [each for each in case.journey.lines if "secret" not in each[1]]
    if case.wanted is SCCP:
        refused = []
    if not lines and (not refused or case.is_up):
        return None
    return Finding(
        "unknown_at_pbx",
        "Asterisk does not know the phone's account"
        if refused
        else "A line of the phone is not registered at Asterisk",
        Weight.PROBLEM,
        (*(seen(each) for each in refused[-3:]), *(known(f"line {number}: {state}") for number, state in lines)),
        case.site.pbx_trouble or "Asterisk has not read our files, or the phone goes by a file of another system.",
        (_CHECK_PBX, Fix(FixKind.COMMAND, "sepbridge setup asterisk"), keys.restart(case.model)),
    )


def address_refused(case: Case) -> Finding | None:
    """Asterisk has an access list against the phone's address, or refuses for another reason."""
    plain = (*_SECRET, "InvalidAccountID")
    refused = [e for e in case.of(SipRefused) if e.reason not in plain and "transport" not in e.reason.lower()]
    if not refused or case.is_up or case.wanted is SCCP:
        return None
    acl = "ACL" in refused[-1].reason
    return Finding(
        "address_not_allowed" if acl else "sip_refused",
        f"Asterisk refuses {refused[-1].client}" if acl else f"Asterisk refuses the phone: {refused[-1].reason}",
        Weight.PROBLEM,
        tuple(seen(each) for each in refused[-3:]),
        "An access list (acl, deny, permit) in Asterisk's configuration keeps the phone's address out."
        if acl
        else "Asterisk's own security event says so; its log has the details.",
        (Fix(FixKind.COMMAND, "asterisk -rx 'pjsip show endpoint NUMBER'"), _CHECK_PBX),
    )


def challenge_unheard(case: Case) -> Finding | None:
    """Asterisk asks for the password again and again, and the phone never answers it: the answers do not reach it."""
    asked = case.of(SipChallenged)
    if case.is_up or case.of(SipRefused) or len(asked) < 4 or case.wanted is SCCP:
        return None
    if not case.waited(asked[0].at, case.site.limits.no_signalling / 4):
        return None
    return Finding(
        "answers_lost",
        "Asterisk's answers do not reach the phone",
        Weight.PROBLEM,
        (seen(asked[0]), seen(asked[-1]), known(f"{len(asked)} times, without an answer")),
        "The phone repeats its REGISTER and never sends its password. Either what Asterisk sends back is lost (NAT "
        "over "
        "UDP, a firewall that knows one direction only), or the phone's file names no user to log in with.",
        (
            Fix(FixKind.NETWORK, f"let SIP from {case.server or 'Asterisk'} back to {asked[-1].client} through"),
            Fix(FixKind.NETWORK, "switch SIP ALG off in the router between them"),
            Fix(FixKind.COMMAND, f"sepbridge phones file {case.journey.device}"),
        ),
    )


def behind_nat(case: Case) -> Finding | None:
    """It says another address of itself than the one it comes from."""
    registered = next((e for e in reversed(case.journey.events) if isinstance(e, PhoneRegistered)), None)
    if registered is None or not case.is_up or case.journey.facts.protocol is SCCP:
        return None
    told = registered.address.rpartition(":")[0].strip("[]")
    seen_from = [
        each
        for each in case.journey.events
        if isinstance(each, SipChallenged | FileDelivered) and each.client and each.at <= registered.at
    ]
    if not told or not seen_from or not _differ(told, seen_from[-1].client):
        return None
    return Finding(
        "nat",
        "There is a NAT between the phone and this server",
        Weight.NOTE,
        (seen(seen_from[-1]), known(f"the phone calls itself {told}")),
        "The phone registers. Calls to it, restarts and sound depend on whether Asterisk answers to where packets come "
        "from; Cisco phones answer a request with a rewritten address with 400.",
        (
            Fix(FixKind.NETWORK, "route between the two networks instead of translating, by VPN for a phone outside"),
            Fix(FixKind.NETWORK, "else set force_rport, rewrite_contact and rtp_symmetric for its endpoint"),
        ),
    )


def _differ(told: str, source: str) -> bool:
    return _is_address(told) and told != source


def doubles(case: Case) -> Finding | None:
    """One phone's name from two addresses in turn: two machines claim to be the same phone, or have one number."""
    moves = [each for each in case.journey.events if isinstance(each, PhoneMoved) and not case.waited(each.at, 600)]
    second = case.of(SecondConnectionRefused)
    back = any(a.before == b.after for i, a in enumerate(moves) for b in moves[i + 1 :])
    addresses = {each.client for each in second} - {case.journey.client}
    if not back and not addresses:
        return None
    number = case.site.device.number if case.site.device is not None else ""
    return Finding(
        "two_phones_one_number",
        f"Two phones register as {number or case.journey.device}",
        Weight.PROBLEM,
        tuple(seen(each) for each in (*moves[-3:], *second[-2:])),
        "The same registration comes from two addresses in turn: a second phone has a copy of this one's file, or "
        "its MAC. "
        "Each throws the other out, and calls reach the one that was last.",
        (
            Fix(
                FixKind.NETWORK, f"find the machine at {moves[-1].before if moves else second[-1].client} and reset it"
            ),
            Fix(FixKind.COMMAND, f"sepbridge phones share OTHER-PHONE {number or 'NUMBER'}"),
        ),
    )


# --- certificates, clocks, losses ------------------------------------------------------------------------------------


def tls_trouble(case: Case) -> Finding | None:
    """Handshakes fail, or the phone says that they do."""
    proof = [seen(each) for each in (*case.of(TlsFailed)[-3:], *case.boot_alarms(106))]
    proof += [said(text, at) for text, at in case.messages("fips compliant")]
    if not proof:
        return None
    for finding in certificate_findings(case.site.certificates, case.site.servers, now=case.now):
        return Finding(
            finding.code, finding.title, Weight.PROBLEM, (*proof, *finding.evidence), finding.cause, finding.fixes
        )
    return Finding(
        "tls_handshake_failed",
        "TLS between the phone and this server fails",
        Weight.PROBLEM,
        tuple(proof),
        "The phone does not accept the server's certificate (its trust list does not name it), or both have no TLS "
        "version in common: 7900 phones know TLS 1.0 alone.",
        (
            *keys.erase_trust_list(case.model),
            Fix(FixKind.NETWORK, "set tls_oldest to 1.0 for 7900 phones, in [http] or [sccp] of sepbridge.toml"),
        ),
    )


def clock_skew(case: Case) -> Finding | None:
    """The phone's clock is wrong."""
    told = next((e for e in reversed(case.journey.events) if isinstance(e, ClockTold)), None)
    if told is None:
        return None
    off = (told.told - told.at).total_seconds()
    if abs(off) <= case.site.limits.clock_skew:
        return None
    return Finding(
        "clock_skew",
        f"The phone's clock is {_span(abs(off))} {'ahead' if off > 0 else 'behind'}",
        Weight.PROBLEM if not case.is_up else Weight.NOTE,
        (
            Evidence(
                f"{told.source} says {told.told:%Y-%m-%d %H:%M:%S}, off by {off:+.0f} s", seen(told).source, told.at
            ),
        ),
        "With a wrong clock a phone takes certificates for not yet valid or expired, and its call lists have wrong "
        "times. "
        "It has no time server, or cannot reach it.",
        (
            Fix(FixKind.CLICK, "Site > Date/time groups > NTP server"),
            Fix(
                FixKind.NETWORK, "let UDP 123 through to that server; phones with SCCP firmware take the time from here"
            ),
        ),
    )


def _span(seconds: float) -> str:
    if seconds >= 172_800:
        return f"{seconds / 86_400:.0f} days"
    return f"{seconds / 3600:.0f} hours" if seconds >= 7200 else f"{seconds / 60:.0f} minutes"


def ntp_missing(case: Case) -> Finding | None:
    """A SIP phone's file names no time server, and the phone has trouble that a wrong clock explains."""
    if case.site.has_ntp is not False or case.wanted is not SIP:
        return None
    if not (clock_skew(case) or case.of(TlsFailed) or case.alarms(106)):
        return None
    return Finding(
        "ntp_missing",
        "The phone's file names no time server",
        Weight.NOTE,
        (known("its date/time group has no NTP server"),),
        "Phones with SIP firmware take their time from NTP, or from the Date of SIP answers, which Asterisk does not "
        "send.",
        (Fix(FixKind.CLICK, "Site > Date/time groups > NTP server"),),
    )


_LOST = {
    10: "its connection timed out",
    12: "the server reset its connection",
    13: "the server aborted its connection",
    14: "the server closed its connection",
    17: "its REGISTER or its keepalives were not answered",
}


def connection_lost(case: Case) -> Finding | None:
    """It was registered and is gone, and nobody asked it to go."""
    gone = case.last(PhoneUnregistered)
    if gone is None or case.stage is not Stage.UNREGISTERED:
        return None
    if not any(word in gone.why.lower() for word in ("keepalive", "silent", "lost", "timed out", "expired", "reset")):
        return None
    alarms = list(case.alarms(*_LOST))
    return Finding(
        "connection_lost",
        "The phone was registered and fell silent",
        Weight.PROBLEM,
        (seen(gone), *(seen(each) for each in alarms[-2:])),
        "Its power or its cable is gone, or the network between is. A firewall that forgets idle connections does the "
        "same, again and again.",
        (keys.restart(case.model), Fix(FixKind.COMMAND, f"sepbridge phones show {case.journey.device}")),
    )


def address_lost(case: Case) -> Finding | None:
    """Alarm 16 and 21, and the screen's "Duplicate IP"."""
    proof = [seen(each) for each in case.alarms(16, 21)]
    proof += [said(text, at) for text, at in case.messages("duplicate ip", "ip address released", "dhcp timeout")]
    if not proof or case.is_up:
        return None
    return Finding(
        "address_lost",
        "The phone lost its address",
        Weight.PROBLEM,
        tuple(proof),
        "Its lease ran out and was not renewed, or another device has the same address.",
        (
            Fix(FixKind.NETWORK, "look whether the DHCP server answers renewals, and whether its pool is full"),
            Fix(FixKind.NETWORK, "look for a second device with that address: a static one within the DHCP range"),
        ),
    )
