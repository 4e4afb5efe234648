"""Causes between the first call and "registered": passwords, numbers, access lists, NAT, doubles.

Source: diagnosis reference, sections 1 and 5.
"""

from __future__ import annotations

from bridge.core import SignallingProtocol
from bridge.core.events import (
    FileDelivered,
    PhoneMoved,
    PhoneRegistered,
    SecondConnectionRefused,
    SipChallenged,
    SipRefused,
)
from bridge.core.findings import Weight
from bridge.journey import keys
from bridge.journey.case import Case, is_address, known, seen
from bridge.journey.findings import Evidence, Finding, Fix, FixKind

SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP
_OPEN = Fix(FixKind.COMMAND, "sepbridge autoregistration enable --for 30m")
_CHECK_PBX = Fix(FixKind.COMMAND, "sepbridge status")


def number_in_use(case: Case) -> Finding | None:
    """The phone's number belongs to an endpoint of Asterisk that is not ours."""
    device = case.site.device
    if device is None or case.is_up or device.number not in case.site.foreign_numbers or not device.number:
        return None
    if not _refusals(case) and not case.journey.lines:
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
            Fix(FixKind.COMMAND, f"sepbridge phones add {case.journey.device}"),
            Fix(FixKind.NETWORK, f"or remove the endpoint {device.number} from Asterisk (FreePBX: Extensions)"),
        ),
    )


def _refusals(case: Case) -> list[Evidence]:
    return [seen(each) for each in case.of(SipRefused)[-2:]]


_SECRET = ("InvalidPassword", "ChallengeResponseFailed")
_NOBODY = "<unknown>"
"""Asterisk asks a sender whose account it does not know for a password, too, and refuses whatever comes: of that
attempt it names nobody, after it has said InvalidAccountID."""


def wrong_secret(case: Case) -> Finding | None:
    """Asterisk says that the password is wrong."""
    refused = [each for each in case.of(SipRefused) if each.reason in _SECRET and each.account != _NOBODY]
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
        (Fix(FixKind.COMMAND, f"asterisk -rx 'pjsip show endpoint {case.number}'"), _CHECK_PBX),
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
    return is_address(told) and told != source


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
            Fix(FixKind.COMMAND, f"sepbridge phones show {case.journey.device}"),
        ),
    )
