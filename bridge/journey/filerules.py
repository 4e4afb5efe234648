"""Causes on the way from the address to the configuration: DHCP, files, trust lists, firmware.

Source: diagnosis reference, section 1; phone boot reference, section 7; requirements RG-09, RG-17, RG-18, RG-22, RG-26.
"""

from __future__ import annotations

from bridge.core.events import (
    DhcpLeaseSeen,
    Event,
    FileDelivered,
    FileNotFound,
    FileRefused,
    FileRequested,
    FileServedBeside,
    OutOfServiceTold,
    PhonePageRead,
    PhoneRefused,
    TransferAborted,
    TrustListNamed,
    TrustListSeen,
)
from bridge.core.findings import Weight
from bridge.journey import keys
from bridge.journey.case import Case, kind_of, known, said, seen
from bridge.journey.findings import Evidence, Finding, Fix, FixKind
from bridge.journey.phonejourney import CONFIGURATION, LOADING, NO_VLAN
from bridge.journey.sitefacts import Environment, PortState
from bridge.journey.stages import Stage
from bridge.phones.filenames import parse_file_name
from bridge.phones.requestedfile import FileKind

_OPTION = "sepbridge dhcp snippet --server"
_BEFORE_FILES = (Stage.SEEN, Stage.DHCP)


# --- no request at all -----------------------------------------------------------------------------------------------


def waiting_for_files(case: Case) -> list[Evidence]:
    """What shows that the phone has an address and asks nobody for files; empty where it does not."""
    lease = case.last(DhcpLeaseSeen)
    if lease is None or case.stage not in _BEFORE_FILES or case.of(FileRequested):
        return []
    if not case.waited(lease.at, case.site.limits.no_request):
        return []
    return [seen(lease), known(f"no file request since, for {(case.now - lease.at).total_seconds():.0f} s")]


def wrong_tftp_address(case: Case) -> Finding | None:
    """The phone asks another server: by a request that arrived there, by DHCP, or by its own page."""
    ours = set(case.site.servers)
    proof: list[Evidence] = []
    elsewhere = ""
    page = case.last(PhonePageRead)
    requests = case.of(FileRequested)
    if ours and page is not None and page.tftp_server and page.tftp_server not in ours and not requests:
        elsewhere = page.tftp_server
        proof.append(said(f"TFTP server {page.tftp_server}", page.at))
    for request in requests:
        if request.server in ours and case.site.own_servers and request.server not in case.site.own_servers:
            elsewhere = request.server
            proof = [seen(request), known(f"its pool is served by {', '.join(case.site.own_servers)}")]
    answer = case.site.dhcp
    waits = [] if proof or answer is None or not ours else waiting_for_files(case)
    if waits and answer is not None and answer.tftp_server and answer.tftp_server not in ours:
        elsewhere = answer.tftp_server
        proof = [*waits, known(f"DHCP names {answer.tftp_server} as the TFTP server")]
    if not proof or case.is_up:
        return None
    return Finding(
        "wrong_tftp_address",
        f"The phone asks {elsewhere} for its files",
        Weight.PROBLEM,
        tuple(proof),
        "DHCP, or an address typed in at the phone (Alternate TFTP), sends it to another file server. "
        "The phone then shows “Configuring IP” or “Registering”, depending on the model.",
        (
            Fix(FixKind.COMMAND, f"{_OPTION} dnsmasq"),
            Fix(FixKind.NETWORK, f"set DHCP option 150 to {case.server or 'this server'} for the phones' network"),
            keys.clear_tftp_server(case.model),
        ),
    )


def bad_option(case: Case) -> Finding | None:
    """Option 150 is there and no phone can read it."""
    answer, proof = case.site.dhcp, waiting_for_files(case)
    if answer is None or "bad_option_150" not in answer.problems or not proof:
        return None
    return Finding(
        "bad_option_150",
        "DHCP option 150 cannot be read by phones",
        Weight.PROBLEM,
        (*proof, known("the DHCP check found option 150 to be no list of IPv4 addresses")),
        "Option 150 must be a list of IPv4 addresses. A host name, or a text with an address in it, is not one.",
        (Fix(FixKind.COMMAND, "sepbridge dhcp check"), Fix(FixKind.COMMAND, f"{_OPTION} dnsmasq")),
    )


def missing_option(case: Case) -> Finding | None:
    """Lease, and no request: what that means depends on where the phone stands (RG-31)."""
    proof = waiting_for_files(case)
    if not proof:
        return None
    answer = case.site.dhcp
    if answer is not None and answer.tftp_server in case.site.servers and not answer.problems:
        return None  # the option is right: it must be something else
    match case.environment:
        case Environment.LAB:
            return Finding(
                "no_static_tftp_address",
                "The phone has an address and does not know the file server",
                Weight.PROBLEM,
                tuple(proof),
                "On a single host there is often no DHCP server that could tell the phone: the address is then typed "
                "in at the phone. Another program on port 69, or the host's own firewall, would look the same.",
                (
                    keys.set_tftp_server(case.model, case.server),
                    Fix(FixKind.COMMAND, "ss -ulnp 'sport = :69'"),
                    Fix(FixKind.COMMAND, "sepbridge tftp check"),
                ),
            )
        case Environment.REMOTE:
            return Finding(
                "provisioning_url_unreachable",
                "The phone has an address and never asks for its profile",
                Weight.PROBLEM,
                tuple(proof),
                "A phone outside is told a provisioning URL. Its host name does not resolve there, its certificate is "
                "not one that the phone accepts, or a proxy or router keeps the phone from it.",
                (
                    Fix(
                        FixKind.NETWORK, "resolve the URL's host name from the phone's network, and open the URL there"
                    ),
                    Fix(
                        FixKind.NETWORK, "see that its certificate is valid, names that host, and has its chain with it"
                    ),
                ),
            )
        case _:
            return Finding(
                "missing_tftp_option",
                "DHCP does not tell the phone where its files are",
                Weight.PROBLEM,
                tuple(proof),
                "The phone got an address and nothing that names a file server: neither option 150 nor option 66 "
                "reached it. It shows “Configuring IP”, on many models.",
                (
                    Fix(FixKind.COMMAND, "sepbridge dhcp check"),
                    Fix(FixKind.COMMAND, f"{_OPTION} dnsmasq"),
                    Fix(FixKind.NETWORK, f"add option 150 = {case.server or 'this server'} to the voice VLAN's scope"),
                ),
            )


def no_request(case: Case) -> Finding | None:
    """The symptom itself, for whoever looks for it, and what remains when the option is right."""
    proof = waiting_for_files(case)
    if not proof:
        return None
    return Finding(
        "no_tftp_request",
        "The phone has an address and asks for no file",
        Weight.PROBLEM,
        tuple(proof),
        "Its requests do not arrive: the file server's address is missing or wrong, UDP 69 is blocked on the way, or a "
        "server address was typed in at the phone. What the screen says of this differs by model: logs count more.",
        (
            Fix(FixKind.NETWORK, f"let UDP 69 and TCP 6970 through to {case.server or 'this server'}"),
            keys.clear_tftp_server(case.model),
        ),
    )


def wrong_vlan(case: Case) -> Finding | None:
    """The phone says that it has no voice VLAN, and is not up."""
    told = next((each for each in reversed(case.recent) if isinstance(each, OutOfServiceTold | PhonePageRead)), None)
    if told is None or told.voice_vlan != NO_VLAN or case.is_up:
        return None
    stuck = case.stage in (Stage.SEEN, Stage.DHCP, Stage.TFTP)
    switch = " ".join(each for each in (told.neighbour, told.neighbour_port) if each)
    return Finding(
        "no_voice_vlan",
        "The phone is not in a voice VLAN",
        Weight.PROBLEM if stuck else Weight.NOTE,
        (said("it has no voice VLAN (4095)" + (f"; its switch is {switch}" if switch else ""), told.at),),
        "Its switch port told it of no voice VLAN by CDP or LLDP-MED, so it sits in the data network. That is as it "
        "should be where there is no voice VLAN, and keeps it from its servers where there is one.",
        (
            Fix(FixKind.NETWORK, f"set the voice VLAN on the switch port{f' ({switch})' if switch else ''}"),
            Fix(FixKind.NETWORK, "enable LLDP-MED, which newer phones need; 7940 and 7960 know CDP alone"),
        ),
    )


# --- files -----------------------------------------------------------------------------------------------------------


def network_not_allowed(case: Case) -> Finding | None:
    """The phone's network may not have files, or not autoregister."""
    refused = [each for each in case.of(FileRefused) if "allowed_networks" in each.why]
    turned = case.last(PhoneRefused)
    if turned is not None and turned.reason == "not_in_allow_list" and case.is_refused:
        return Finding(
            "network_not_allowed",
            f"Phones from {turned.client} may not autoregister",
            Weight.PROBLEM,
            (seen(turned),),
            "Autoregistration is limited to networks or lists of phones, and this phone is not among them.",
            (
                Fix(FixKind.COMMAND, f"sepbridge autoregistration networks {_network_of(turned.client)}"),
                Fix(FixKind.COMMAND, f"sepbridge phones add {case.journey.device}"),
            ),
        )
    if not refused or case.is_up:
        return None
    return Finding(
        "network_not_allowed",
        f"Phones from {refused[-1].client} get no files here",
        Weight.PROBLEM,
        (seen(refused[-1]),),
        "The phone's address lies in none of the networks that server.allowed_networks lists.",
        (Fix(FixKind.NETWORK, f"add {_network_of(refused[-1].client)} to server.allowed_networks in sepbridge.toml"),),
    )


def _network_of(client: str) -> str:
    return ".".join(client.split(".")[:3]) + ".0/24" if client.count(".") == 3 else client


def leftover_trust_list(case: Case) -> Finding | None:
    """The phone believes what its old CUCM signed, and nothing else."""
    named, server = _foreign_trust(case)
    proof = [*named, *(seen(each) for each in case.boot_alarms(31))]
    if not case.is_up:
        # A phone that is registered got through somehow: then only its own words count.
        plain = max((i for i, each in enumerate(case.recent) if _is_plain(each)), default=-1)
        asked = [e for e in case.recent[plain + 1 :] if isinstance(e, TrustListSeen) and not e.answered]
        proof = [*(seen(each) for each in asked[-3:]), *proof]
        proof += [said(text, at) for text, at in case.messages("trust list update failed", "ctl update failed")]
    if not proof:
        return None
    of = f" of {server}" if server else ""
    return Finding(
        "leftover_trust_list",
        f"The phone still trusts the old call manager{of}",
        Weight.PROBLEM,
        tuple(proof[-5:]),
        "It holds a trust list (CTL or ITL) and takes only files that the owner of that list has signed. Ours it "
        "ignores, without a word: it keeps calling the old server.",
        (
            *keys.erase_trust_list(case.model),
            Fix(
                FixKind.NETWORK,
                "for many phones: on the old CUCM set “Prepare Cluster for Rollback to pre 8.0” to True, restart TVS "
                "and TFTP there, and reset the phones before they are moved",
            ),
        ),
    )


def _foreign_trust(case: Case) -> tuple[list[Evidence], str]:
    """Who issued the list that it holds, by its own words (DeviceTLInfo), where that is not this site."""
    told = next((each for each in reversed(case.journey.events) if isinstance(each, TrustListNamed)), None)
    server = (told.itl_server or told.ctl_server) if told is not None else ""
    if told is None or not server or server in case.site.servers:
        return [], ""
    return [said(f"its trust list was issued by {server}", told.at)], server


def _is_plain(event: Event) -> bool:
    return (
        isinstance(event, FileDelivered | FileServedBeside)
        and kind_of(event) in CONFIGURATION
        and not parse_file_name(event.name).signed
    )


def transfer_broken(case: Case) -> Finding | None:
    """A transfer began and did not end: nothing came back at all, or it broke off."""
    aborted = [each for each in case.of(TransferAborted) if kind_of(each) in CONFIGURATION | LOADING]
    if not aborted or case.is_up:
        return None
    last = aborted[-1]
    if any(each.at > last.at for each in case.of(FileDelivered) if each.name == last.name):
        return None
    if last.acknowledged == 0 and str(last.via) == "tftp":
        return Finding(
            "tftp_return_blocked",
            "The phone's acknowledgements do not come back",
            Weight.PROBLEM,
            tuple(seen(each) for each in aborted[-3:]),
            "The request arrived, and not one block was acknowledged. TFTP answers from a new port of its own: a "
            "firewall that opens UDP 69 alone, or fail2ban, drops what follows. The phone says “TFTP timeout”.",
            (
                Fix(
                    FixKind.NETWORK,
                    f"let UDP through between {last.client} and {case.server or 'this server'}, all ports",
                ),
                Fix(FixKind.COMMAND, "fail2ban-client status"),
            ),
        )
    return Finding(
        "transfer_aborted",
        f"{last.name} was not fetched to its end",
        Weight.PROBLEM,
        tuple(seen(each) for each in aborted[-3:]),
        f"The phone acknowledged {last.acknowledged} of {last.size} bytes and then fell silent: packets of that size "
        f"do "
        "not get through (path MTU), or the phone lost its power.",
        (Fix(FixKind.NETWORK, "look for a tunnel or VPN with a smaller MTU on the way"), keys.restart(case.model)),
    )


def http_blocked(case: Case) -> Finding | None:
    """The self test says that nobody can fetch files over HTTP; phones then take minutes."""
    bad = [each for each in case.site.ports if each.port == case.site.http_port and each.state is not PortState.OPEN]
    if not bad or case.is_up:
        return None
    check = bad[0]
    return Finding(
        "port_blocked",
        f"TCP {check.port} (files over HTTP) cannot be reached",
        Weight.PROBLEM,
        (known(f"self test: {check.address}:{check.port}/{check.transport} is {check.state}"),),
        "78xx, 88xx and 99xx phones ask for every file over HTTP first. They fall back to TFTP, file by file, and boot "
        "in minutes instead of seconds.",
        (Fix(FixKind.NETWORK, f"let TCP {check.port} in to {check.address}"),),
    )


def files_blocked(case: Case) -> Finding | None:
    """The self test says that nobody can fetch files over TFTP."""
    bad = [each for each in case.site.ports if each.port == case.site.file_port and each.state is not PortState.OPEN]
    if not bad or case.is_up or case.of(FileRequested):
        return None
    check = bad[0]
    return Finding(
        "port_blocked",
        f"UDP {check.port} (TFTP) cannot be reached",
        Weight.PROBLEM,
        (
            known(f"self test: {check.address}:{check.port}/{check.transport} is {check.state}"),
            *waiting_for_files(case),
        ),
        "Requests for files do not arrive at this server's TFTP port: its firewall drops them, or nobody listens.",
        (
            Fix(FixKind.NETWORK, f"let UDP {check.port}, and what TFTP answers from high ports, in to {check.address}"),
            Fix(FixKind.COMMAND, f"ss -ulnp 'sport = :{check.port}'"),
        ),
    )


def config_missing(case: Case) -> Finding | None:
    """It asked for its own file, was told that there is none, and no other took its place."""
    missing = case.files(FileNotFound, *CONFIGURATION)
    if not missing or case.is_up:
        return None
    last = missing[-1]
    later = [each for each in case.deliveries if each.at >= last.at]
    if later and (not case.is_refused or case.signalled_after(later[-1].at)):
        return None
    if isinstance(last, FileNotFound) and "signed" in last.why:
        return None  # what it asked for was the signed form
    return Finding(
        "config_missing",
        "There is no configuration for this phone",
        Weight.PROBLEM,
        tuple(seen(each) for each in missing[-2:]),
        "It asked for its file and was told that it does not exist; the default file did not help it either. Its "
        "screen "
        "says “Registering”, “Unprovisioned” or “File not found”, depending on the model.",
        (
            Fix(FixKind.COMMAND, f"sepbridge phones add {case.journey.device}"),
            Fix(FixKind.COMMAND, "sepbridge autoregistration enable --for 30m"),
        ),
    )


def config_too_large(case: Case) -> Finding | None:
    """Alarm 1, or the screen's word for it."""
    proof = [seen(each) for each in case.alarms(1)] + [said(t, at) for t, at in case.messages("tftp size error")]
    if not proof:
        return None
    return Finding(
        "config_too_large",
        "The phone's file is larger than the phone can keep",
        Weight.PROBLEM,
        tuple(proof),
        "Its file system has no room for a configuration of this size: too many buttons or speed dials.",
        (Fix(FixKind.COMMAND, f"sepbridge phones show {case.journey.device}"), keys.status_messages(case.model)),
    )


def _fetched(case: Case) -> list[FileDelivered | FileServedBeside]:
    """Deliveries of its own file since it last called, within the loop's time."""
    span = case.site.limits.loop_seconds
    last_call = max((each.at for each in case.signals), default=None)
    return [
        each
        for each in case.deliveries
        if kind_of(each) is not FileKind.DEFAULT
        and not case.waited(each.at, span)
        and (last_call is None or each.at > last_call)
    ]


def config_refused(case: Case) -> Finding | None:
    """Its own file was fetched whole, twice or more, and what a phone asks for once it has read it was never asked for.

    Phone boot reference, section 1, rule 5: the dial template comes after the file was read and accepted. Phones with
    SCCP firmware have none, so only their own words count.
    """
    told = [said(text, at) for text, at in case.messages("error parsing config", "parse error", "cfg file error")]
    deliveries = [each for each in _fetched(case) if kind_of(each) in (FileKind.DEVICE, FileKind.SIP_TEXT)]
    asked = case.files(FileRequested, FileKind.DIAL_TEMPLATE, FileKind.SOFTKEYS, FileKind.FEATURE_POLICY, *LOADING)
    silent = len(deliveries) >= 2 and not any(each.at >= deliveries[0].at for each in asked)
    speaks_sip = case.wanted is not None and case.wanted == "SIP" and case.load_protocol in (None, "SIP")
    if case.is_up or not (told or (silent and speaks_sip)):
        return None
    return Finding(
        "config_refused",
        "The phone fetches its file and does not accept it",
        Weight.PROBLEM,
        (*told, *(seen(each) for each in deliveries[-3:]), known("it never asked for its dial template after that")),
        "Phones check their file and drop it as a whole for one error: a wrong element, a character that is not "
        "escaped, "
        "a comment, or a password longer than the model takes. It shows “Error parsing config”, or nothing at all.",
        (
            Fix(FixKind.COMMAND, f"sepbridge phones file {case.journey.device}"),
            Fix(FixKind.COMMAND, "remove your own template from files.templates, if there is one for this model"),
            keys.status_messages(case.model),
        ),
    )


def config_loop(case: Case) -> Finding | None:
    """The same file over and over, without a word to any call manager (RG-09)."""
    limits = case.site.limits
    by_name: dict[str, list[FileDelivered | FileServedBeside]] = {}
    for each in case.deliveries:
        if not case.waited(each.at, limits.loop_seconds):
            by_name.setdefault(each.name, []).append(each)
    most = max(by_name.values(), key=len, default=[])
    if case.is_up or len(most) < limits.loop_times or case.signalled_after(most[0].at):
        return None
    return Finding(
        "config_loop",
        f"The phone fetches {most[0].name} over and over",
        Weight.PROBLEM,
        (seen(most[0]), seen(most[-1]), known(f"{len(most)} times in {limits.loop_seconds / 60:.0f} minutes")),
        "It starts again each time, or asks again because what it got was no usable configuration. It has not called "
        "any server in between. What the screen says of this differs by model.",
        (keys.status_messages(case.model), Fix(FixKind.COMMAND, f"sepbridge phones file {case.journey.device}")),
    )


# --- firmware --------------------------------------------------------------------------------------------------------


def firmware_missing(case: Case) -> Finding | None:
    """It asks for firmware that is not there (RG-18)."""
    missing = list(case.files(FileNotFound, FileKind.LOADS, FileKind.FIRMWARE))
    missing = [
        each for each in missing if not any(d.name == each.name and d.at > each.at for d in case.of(FileDelivered))
    ]
    if not missing or case.is_up:
        return None
    names = sorted({each.name for each in missing if isinstance(each, FileNotFound)})
    return Finding(
        "firmware_file_missing",
        f"Firmware is missing: {', '.join(names[:4])}",
        Weight.PROBLEM,
        tuple(seen(each) for each in missing[-3:]),
        "Its file names a load of which not all files are on this server. The phone hunts for them at every boot and "
        "shows “Upgrading”, or “Load rejected”.",
        (
            Fix(FixKind.COMMAND, "sepbridge firmware add PACKAGE"),
            Fix(FixKind.COMMAND, "sepbridge firmware check"),
            Fix(FixKind.CLICK, "Firmware > Defaults: take the load out, and the phone keeps what it runs"),
        ),
    )


_REJECTED = {
    0: ("the load is not allowed on this revision of the hardware", "load rejected"),
    2: ("the load could not be unpacked", "compression type"),
    3: ("the load's name is wrong, or the load is for other hardware", "version error"),
    4: ("there is no room for it", "disk full"),
    5: ("it was damaged on the way", "checksum error"),
}


def firmware_rejected(case: Case) -> Finding | None:
    """The phone fetched firmware and does not want it."""
    for cause, (why, text) in _REJECTED.items():
        proof = [seen(each) for each in case.alarms(cause)] + [said(t, at) for t, at in case.messages(text)]
        if proof:
            return Finding(
                "firmware_rejected",
                "The phone refuses its firmware",
                Weight.PROBLEM,
                tuple(proof),
                f"It says that {why}.",
                (
                    Fix(FixKind.COMMAND, "sepbridge firmware check"),
                    Fix(FixKind.COMMAND, f"sepbridge firmware rollout LOAD --phone {case.journey.device}"),
                ),
            )
    unsigned = case.messages("image authentication failed")
    if not unsigned:
        return None
    return Finding(
        "firmware_unsigned",
        "The phone finds no valid signature on its firmware",
        Weight.PROBLEM,
        tuple(said(text, at) for text, at in unsigned),
        "The load is damaged, not the vendor's own, or too old: signatures came with load 5.x and cannot be left out.",
        (Fix(FixKind.COMMAND, "sepbridge firmware check"), keys.status_messages(case.model)),
    )


def firmware_loop(case: Case) -> Finding | None:
    """The whole load is fetched again and again: the phone starts after each attempt and is where it was."""
    loads = [each for each in case.of(FileDelivered) if kind_of(each) is FileKind.LOADS]
    times: dict[str, int] = {}
    for each in loads:
        times[each.name] = times.get(each.name, 0) + 1
    name = max(times, key=lambda each: times[each], default="")
    if case.is_up or times.get(name, 0) < 3 or case.signalled_after(loads[-1].at):
        return None
    return Finding(
        "firmware_loop",
        f"The phone loads {name} again and again",
        Weight.PROBLEM,
        tuple(seen(each) for each in loads[-3:]),
        "It starts anew after each attempt and still runs the old load: from loads before 8.5(2) there is no direct "
        "way "
        "to the newest, or the load does not fit the hardware.",
        (Fix(FixKind.COMMAND, "sepbridge firmware check"), keys.status_messages(case.model)),
    )
