"""Causes before the first file request: DHCP, addresses, VLANs, and the ports that files come from.

Source: diagnosis reference, sections 1, 7 and 12; requirements RG-09, RG-14, RG-22 and RG-31.
"""

from __future__ import annotations

from bridge.core.events import (
    DhcpLeaseSeen,
    DhcpUnanswered,
    FileRequested,
    OutOfServiceTold,
    PhonePageRead,
)
from bridge.core.findings import Weight
from bridge.core.place import NO_VLAN
from bridge.journey import keys
from bridge.journey.case import Case, known, said, seen
from bridge.journey.findings import Evidence, Finding, Fix, FixKind
from bridge.journey.sitefacts import Environment, PortState
from bridge.journey.stages import Stage

_OPTION = "sepbridge dhcp snippet --server"
_BEFORE_FILES = (Stage.SEEN, Stage.DHCP)


def waiting_for_files(case: Case) -> list[Evidence]:
    """What shows that the phone has an address and asks nobody for files; empty where it does not."""
    lease = case.last(DhcpLeaseSeen)
    if lease is None or case.stage not in _BEFORE_FILES or case.of(FileRequested):
        return []
    if not case.waited(lease.at, case.site.limits.no_request):
        return []
    return [seen(lease), known(f"no file request since, for {(case.now - lease.at).total_seconds():.0f} s")]


def no_address(case: Case) -> Finding | None:
    """The DHCP server says that it has no address for the phone."""
    last = case.last(DhcpUnanswered, DhcpLeaseSeen)
    if not isinstance(last, DhcpUnanswered) or case.stage not in _BEFORE_FILES or case.of(FileRequested):
        return None
    full = "available" in last.why
    return Finding(
        "no_dhcp_address",
        "The DHCP server gives the phone no address",
        Weight.PROBLEM,
        (seen(last),),
        "Its pool is full, or the phone's network has none. The phone shows “Configuring IP”, or “DHCP timeout”."
        if full
        else "The DHCP server is configured to leave this phone, or phones that it does not know, without an address.",
        (
            Fix(FixKind.NETWORK, "make the DHCP pool of the phones' network larger, or its lease time shorter")
            if full
            else Fix(FixKind.NETWORK, "look for dhcp-ignore, deny and class rules in the DHCP server's configuration"),
            Fix(FixKind.NETWORK, "see that the phone is in the voice VLAN, and that a relay serves it"),
        ),
    )


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
