"""Causes on the way to the configuration: networks, trust lists, transfers, and files that phones refuse.

Source: diagnosis reference, section 1; phone boot reference, section 7; requirements RG-09, RG-17 and RG-26.
"""

from __future__ import annotations

from bridge.core import Via
from bridge.core.events import (
    CANNOT_BE_MADE,
    SENT_AROUND,
    Event,
    FileDelivered,
    FileNotFound,
    FileRefused,
    FileRequested,
    FileServedBeside,
    PhoneRefused,
    TransferAborted,
    TrustListNamed,
    TrustListSeen,
)
from bridge.core.findings import Weight
from bridge.journey import keys
from bridge.journey.case import Case, kind_of, known, said, seen
from bridge.journey.findings import Evidence, Finding, Fix, FixKind
from bridge.journey.phonefacts import CONFIGURATION
from bridge.journey.phonejourney import LOADING
from bridge.journey.stages import Stage
from bridge.phones.filenames import parse_file_name
from bridge.phones.requestedfile import FileKind

_OPTION = "sepbridge dhcp snippet --server"
_BEFORE_FILES = (Stage.SEEN, Stage.DHCP)


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
    if case.is_up:
        return None
    if not aborted:
        return _transfer_hangs(case)
    last = aborted[-1]
    if any(each.at > last.at for each in case.of(FileDelivered) if each.name == last.name):
        return None
    if last.acknowledged == 0 and last.via is Via.TFTP:
        return _return_blocked(case, last.client, [seen(each) for each in aborted[-3:]])
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


def _transfer_hangs(case: Case) -> Finding | None:
    """The same before the transfer is given up: the phone asks anew, and nothing of its file arrives."""
    asked = [each for each in case.of(FileRequested) if kind_of(each) in CONFIGURATION and each.via is Via.TFTP]
    ended = list(case.of(FileDelivered, FileNotFound, FileRefused, FileServedBeside))
    waiting = [each for each in asked if not any(end.name == each.name and end.at >= each.at for end in ended)]
    if not waiting or not case.waited(waiting[0].at, case.site.limits.no_end):
        return None
    return _return_blocked(case, waiting[-1].client, [seen(waiting[0]), known("nothing of it was acknowledged")])


def _return_blocked(case: Case, client: str, proof: list[Evidence]) -> Finding:
    return Finding(
        "tftp_return_blocked",
        "The phone's acknowledgements do not come back",
        Weight.PROBLEM,
        tuple(proof),
        "The request arrived, and not one block was acknowledged. TFTP answers from a new port of its own: a "
        "firewall that opens UDP 69 alone, or fail2ban, drops what follows. The phone says “TFTP timeout”.",
        (
            Fix(FixKind.NETWORK, f"let UDP through between {client} and {case.server or 'this server'}, all ports"),
            Fix(FixKind.COMMAND, "fail2ban-client status"),
        ),
    )


def config_missing(case: Case) -> Finding | None:
    """It asked for its own file, was told that there is none, and no other took its place."""
    missing = [each for each in case.files(FileNotFound, *CONFIGURATION) if not each.why.startswith(SENT_AROUND)]
    if not missing or case.is_up:
        return None
    last = missing[-1]
    if (broken := _cannot_be_made(case)) is not None:
        return broken
    later = [each for each in case.deliveries if each.at >= last.at]
    if later and not case.is_refused:
        return None
    if "signed" in last.why:
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


def _cannot_be_made(case: Case) -> Finding | None:
    """It is one of ours, and something here keeps its file from being made. The file for strangers is no help to it:
    that sends it to us to be let in, which it is, and so back to its own file.
    """
    own = CONFIGURATION - {FileKind.DEFAULT}
    failed = [each for each in case.files(FileNotFound, *own) if each.why.startswith(CANNOT_BE_MADE)]
    if not failed or any(kind_of(each) in own and each.at >= failed[-1].at for each in case.deliveries):
        return None
    return Finding(
        "config_missing",
        "The phone's configuration cannot be made",
        Weight.PROBLEM,
        tuple(seen(each) for each in failed[-2:]),
        "It is one of this site's phones and asked for its file; what the file is made from has an error, so that the "
        "phone was told that there is none. Other phones of its kind fare alike, once they start.",
        (
            Fix(FixKind.COMMAND, f"sepbridge phones file {case.journey.device}"),
            Fix(FixKind.COMMAND, "mend or remove your own template in files.templates"),
        ),
    )


def config_too_large(case: Case) -> Finding | None:
    """Alarm 1, or the screen's word for it."""
    proof = [seen(each) for each in case.boot_alarms(1)] + [said(t, at) for t, at in case.messages("tftp size error")]
    if not proof:
        return None
    return Finding(
        "config_too_large",
        "The phone's file is larger than the phone can keep",
        Weight.NOTE if case.is_up else Weight.PROBLEM,  # then it goes by an older file
        (*proof, *(seen(each) for each in case.files(FileDelivered, *CONFIGURATION)[-1:])),
        "Its file system has no room for a configuration of this size: too many buttons or speed dials.",
        (
            Fix(
                FixKind.CLICK,
                f"Phones > {case.journey.device} > Lines and buttons: set what nobody needs there to “Nothing”",
            ),
            Fix(FixKind.COMMAND, f"sepbridge phones file {case.journey.device}"),
            keys.status_messages(case.model),
        ),
    )


def _fetched(case: Case) -> list[FileDelivered | FileServedBeside]:
    """Deliveries of its own file on which no call followed, within the loop's time.

    A call after the file for strangers is none on the phone's own: it goes by that file then.
    """
    fetched: list[FileDelivered | FileServedBeside] = []
    own = False
    for each in case.recent:
        if isinstance(each, FileDelivered | FileServedBeside) and kind_of(each) in CONFIGURATION:
            own = kind_of(each) is not FileKind.DEFAULT
            if own:
                fetched.append(each)
        elif own and each in case.signals:
            fetched.clear()
    return [each for each in fetched if not case.waited(each.at, case.site.limits.loop_seconds)]


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
    for each in _fetched(case):
        by_name.setdefault(each.name, []).append(each)
    most = max(by_name.values(), key=len, default=[])
    if case.is_up or len(most) < limits.loop_times:
        return None
    return Finding(
        "config_loop",
        f"The phone fetches {most[0].name} over and over",
        Weight.PROBLEM,
        (seen(most[0]), seen(most[-1]), known(f"{len(most)} times in {limits.loop_seconds / 60:.0f} minutes")),
        "It starts again each time, or asks again because what it got was no usable configuration. No call to a server "
        "followed on that file. What the screen says of this differs by model.",
        (keys.status_messages(case.model), Fix(FixKind.COMMAND, f"sepbridge phones file {case.journey.device}")),
    )
