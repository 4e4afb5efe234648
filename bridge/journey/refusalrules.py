"""What this server decided itself: strangers that it did not let in.

Source: diagnosis reference, section 5; requirements RG-10 and RG-23.
"""

from __future__ import annotations

import re
from shlex import quote

from bridge.core import SignallingProtocol
from bridge.core.events import PhoneRefused, PhoneRegistering
from bridge.core.findings import Weight
from bridge.journey.case import Case, seen
from bridge.journey.codes import REFUSED
from bridge.journey.findings import Finding, Fix, FixKind

SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP
_RANGE = re.compile(r"\b(\d{1,20})-(\d{1,20})\b")
_OPEN = Fix(FixKind.COMMAND, "sepbridge autoregistration enable --for 30m")
_CHECK_PBX = Fix(FixKind.COMMAND, "sepbridge status")


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
            Fix(FixKind.CLICK, "The window > Open it"),
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
            Fix(FixKind.COMMAND, f"sepbridge autoregistration range {_wider(refused.text)}"),
            Fix(FixKind.CLICK, "Phones > one that is gone > Remove the phone"),
        ),
    )


def _wider(refusal: str) -> str:
    """Twice the range that the refusal names, within its length; what to fill in where it names none."""
    match = _RANGE.search(refusal)
    if match is None:
        return "FIRST-LAST"
    first, last = match[1], match[2]
    wide = min(2 * int(last) - int(first) + 1, 10 ** len(first) - 1)
    return f"{first}-{wide:0{len(first)}}"


def device_not_configured(case: Case) -> Finding | None:
    """A refusal of a phone that nobody has added (RG-23)."""
    refused = case.last(PhoneRefused)
    if refused is None or not case.is_refused or case.site.device is not None:
        return None
    if refused.reason not in ("autoreg_off", "window_closed", "not_in_allow_list", "awaiting_approval"):
        return None
    model = f" --model {quote(case.model)}" if case.model else ""
    return Finding(
        "device_not_configured",
        f"{case.journey.device} is not known here",
        Weight.PROBLEM,
        (seen(refused),),
        "The phone is not in the list of phones, and autoregistration did not let it in.",
        (
            Fix(FixKind.COMMAND, f"sepbridge phones add {case.journey.device}{model}"),
            Fix(FixKind.CLICK, f"The window > Turned away > {case.journey.device} > Add"),
            _OPEN,
        ),
    )


def other_protocol(case: Case) -> Finding | None:
    """A stranger whose firmware speaks what new phones are not to speak: its refusal would come again and again."""
    refused, registering = case.last(PhoneRefused), case.last(PhoneRegistering)
    device = case.site.device
    if refused is None or not case.is_refused or refused.reason != "wrong_protocol":
        return None
    # One that was let in for its request for a file, and has not shown yet what it speaks, is out again when it does.
    if device is not None and not device.is_provisional:
        return None
    if registering is None:
        return None
    spoken = registering.protocol
    return Finding(
        "wrong_protocol_firmware",
        f"The phone's firmware speaks {spoken}, and new phones are to speak {spoken.other}",
        Weight.PROBLEM,
        (seen(registering), seen(refused)),
        f"Models that can speak both come in with the protocol of autoregistration, which is {spoken.other}. What a "
        "phone speaks follows from its firmware alone.",
        (
            Fix(FixKind.COMMAND, f"sepbridge autoregistration protocol {spoken}"),
            Fix(FixKind.COMMAND, f"sepbridge phones add {case.journey.device} --protocol {spoken}"),
            _load_from_the_default_file(case, spoken.other),
        ),
    )


def _load_from_the_default_file(case: Case, protocol: SignallingProtocol) -> Fix:
    """A stranger cannot be rolled out to: it finds the load of its model in the file for strangers."""
    load = case.usual_load(protocol) or f"a load for {protocol}"
    return Fix(
        FixKind.CLICK,
        f"Site > Device defaults > Load: name {load} for {case.model or 'its model'}, which the phone then loads by "
        "itself",
    )


def refused_otherwise(case: Case) -> Finding | None:
    """Refused for a reason that has no rule of its own."""
    refused = case.last(PhoneRefused)
    own = ("window_closed", "range_exhausted", "autoreg_off", "not_in_allow_list", "wrong_protocol")
    if refused is None or not case.is_refused or refused.reason in own:
        return None
    approve = Fix(FixKind.COMMAND, f"sepbridge autoregistration approve {case.journey.device}")
    return Finding(
        f"{REFUSED}{refused.reason}",
        f"The phone was turned away: {refused.text}",
        Weight.PROBLEM,
        (seen(refused),),
        "This server decided not to let it in.",
        (approve,) if refused.reason == "awaiting_approval" else (_CHECK_PBX,),
    )
