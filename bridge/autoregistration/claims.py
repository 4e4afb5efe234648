"""Who may make an autoregistered phone his own, and what the phone becomes: the rules of TAPS and self-provisioning.

Source: autoregistration rules, sections 10 to 12. Nothing here reads a clock or a database.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.autoregistration.templates import NO_TEMPLATES, UniversalTemplates, by_template
from bridge.core import Claim, ClaimOutcome, ClaimTries, Device, DeviceName, Line, LineAppearance
from bridge.errors import InvalidInput

_PIN = re.compile(r"[0-9]{4,12}")
_PATTERN = re.compile(r"[0-9X]{1,15}")
_DIGITS = re.compile(r"[0-9]{1,15}")
_ENTERED_PIN = re.compile(r"[0-9]{0,12}")
PLANNED = "BAT"
"""The prefix of prepared devices that have no MAC yet, as CUCM's BAT names them."""


@dataclass(frozen=True, slots=True)
class ClaimPolicy:
    """How strict the house is."""

    most_tries: int = 3
    """Wrong attempts of one phone, or for one extension, until it is locked."""
    locked_for: timedelta = timedelta(minutes=15)
    replace_phones: bool = False
    """Whether the record of a phone that has a MAC may be claimed (a broken one is replaced), not only a prepared one
    without (TAPS' own setting)."""


@dataclass(frozen=True, slots=True)
class ClaimCase:
    """All that counts for one attempt."""

    device: Device | None
    """The phone that asks."""
    claim: Claim | None
    """The claim for the extension that was entered, if there is one."""
    number: str
    pin: str
    protected: Iterable[str] = ()
    phone_tries: ClaimTries | None = None
    number_tries: ClaimTries | None = None
    prepared: Device | None = None
    """The device that the claim names, if it exists."""
    holders: frozenset[DeviceName] = frozenset()
    """The devices that have the number now."""
    is_foreign: bool = False
    """The PBX has an endpoint of that name which is not ours."""


def check_pin(pin: str) -> str:
    """Return a PIN of 4 to 12 digits. Raises InvalidInput."""
    if not _PIN.fullmatch(pin):
        raise InvalidInput("a PIN has 4 to 12 digits", fix="it is typed on a keypad: use digits only")
    return pin


def check_protected(pattern: str) -> str:
    """Return a number, or a pattern of digits and X. Raises InvalidInput."""
    if not _PATTERN.fullmatch(pattern):
        raise InvalidInput(f"{pattern!r} is not a number or a pattern", fix="use digits, and X for any digit: 10XX")
    return pattern


def is_protected(number: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns stands for the number."""
    return any(
        len(pattern) == len(number) and all(key in ("X", digit) for key, digit in zip(pattern, number, strict=True))
        for pattern in patterns
    )


def hashed_pin(pin: str, salt: bytes) -> str:
    """What is kept of a PIN."""
    return f"{salt.hex()}:{hashlib.scrypt(pin.encode(), salt=salt, n=4096, r=8, p=1).hex()}"


def pin_fits(pin: str, stored: str) -> bool:
    """Whether it is this PIN. Where there is none every entry fits. Takes the same time in each case."""
    salt = stored.partition(":")[0] if stored else "00" * 16
    same = hmac.compare_digest(hashed_pin(pin, bytes.fromhex(salt)), stored)
    return same or not stored


def is_locked(tries: ClaimTries | None, policy: ClaimPolicy, now: datetime) -> bool:
    """Whether there were too many wrong attempts. A clock that was set back locks nobody for longer than that time."""
    if tries is None or tries.count < policy.most_tries:
        return False
    return abs(now - tries.last_at) < policy.locked_for


def another_try(tries: ClaimTries | None, policy: ClaimPolicy, now: datetime) -> ClaimTries:
    """After one more wrong attempt. What is older than the lock lasts counts no more."""
    if tries is None or abs(now - tries.last_at) >= policy.locked_for:
        return ClaimTries(1, now)
    return ClaimTries(tries.count + 1, now)


def is_readable(number: str, pin: str) -> bool:
    """Whether what was entered can be an extension and a PIN at all."""
    return bool(_DIGITS.fullmatch(number) and _ENTERED_PIN.fullmatch(pin))


def judge(case: ClaimCase, policy: ClaimPolicy, now: datetime) -> ClaimOutcome:
    """What becomes of an attempt. Of two reasons the one that tells the caller less comes first."""
    claim, device = case.claim, case.device
    fits = pin_fits(case.pin, claim.pin if claim else "")
    if device is None or not device.temporary:
        return ClaimOutcome.NOT_TEMPORARY
    if is_locked(case.phone_tries, policy, now) or is_locked(case.number_tries, policy, now):
        return ClaimOutcome.LOCKED
    if is_protected(case.number, case.protected):
        return ClaimOutcome.PROTECTED
    if claim is None or not is_readable(case.number, case.pin):
        return ClaimOutcome.UNKNOWN
    if not fits:
        return ClaimOutcome.WRONG_PIN
    if claim.claimed_by is not None or case.is_foreign or case.holders - {device.name, claim.device}:
        return ClaimOutcome.TAKEN
    if claim.device is not None and not _may_replace(case.prepared, device, policy):
        return ClaimOutcome.TAKEN
    if case.prepared is not None and not _same_model(case.prepared, device):
        return ClaimOutcome.MODEL_DIFFERS
    return ClaimOutcome.ACCEPTED


COUNTED = frozenset({ClaimOutcome.UNKNOWN, ClaimOutcome.PROTECTED, ClaimOutcome.WRONG_PIN})
"""Outcomes that count as a wrong attempt of the phone; a wrong PIN counts for the extension, too."""


def claimed(
    device: Device,
    claim: Claim,
    prepared: Device | None,
    *,
    version_stamp: str,
    templates: UniversalTemplates = NO_TEMPLATES,
) -> Device:
    """The phone after its claim: what it is and what it speaks stays, what was prepared for the user comes.

    Without a prepared device it is made anew from the claim's universal template, as CUCM deletes the autoregistered
    record and adds one by the user's profile (autoregistration reference, section 11). What the claim names wins.

    It is no longer temporary (RG-11). The password stays: the phone reads it with its file in any case.
    """
    if prepared is not None:
        return replace(
            device,
            lines=prepared.lines,
            buttons=prepared.buttons,
            abbreviated_dials=prepared.abbreviated_dials,
            settings=replace(prepared.settings, opens_late=device.settings.opens_late),
            pool=claim.pool or prepared.pool,
            description=claim.description or prepared.description,
            temporary=False,
            version_stamp=version_stamp,
        )
    first = device.lines[0] if device.lines else None
    before = first.line if first else None
    kept = before if before and (before.number, before.partition) == (claim.number, claim.partition) else None
    line = kept or Line(claim.number, claim.partition)
    line = replace(line, display_name=claim.display_name or line.display_name)
    appearance = replace(first, line=line) if first else LineAppearance(1, line)
    device = replace(device, lines=(appearance, *device.lines[1:]))
    template = templates.devices.get(claim.device_template)
    if template is not None:
        device = by_template(device, template, templates.line_of(template))
    return replace(
        device,
        pool=claim.pool or device.pool,
        description=claim.description or _without_auto(device.description),
        settings=replace(
            device.settings,
            css=claim.css or device.settings.css,
            button_template=claim.button_template or device.settings.button_template,
            softkey_template=claim.softkey_template or device.settings.softkey_template,
        ),
        temporary=False,
        version_stamp=version_stamp,
    )


def planned_name(number: str) -> DeviceName:
    """The name of a prepared device for an extension, until a phone brings its MAC."""
    if len(number) > 12:
        raise InvalidInput(f"{number} is too long for a prepared device", fix="claim it without --planned")
    return DeviceName(f"{PLANNED}{number:0>12}")


def _may_replace(prepared: Device | None, device: Device, policy: ClaimPolicy) -> bool:
    if prepared is None:
        return False
    if prepared.name.prefix == PLANNED or prepared.name == device.name:
        return True
    return policy.replace_phones and not prepared.registered


def _same_model(prepared: Device, device: Device) -> bool:
    return not prepared.model or not device.model or prepared.model == device.model


def _without_auto(description: str) -> str:
    """``Auto 1000`` says what is no longer so."""
    return "" if description.startswith("Auto ") else description
