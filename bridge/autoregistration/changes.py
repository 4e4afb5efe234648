"""What an admin may change in the autoregistration settings: each change is a function from old settings to new ones.

Rules: autoregistration reference, section 3.1; requirements AR-06, AR-11, AR-13, AR-23.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network

from bridge.autoregistration.phonelists import MAX_ENTRIES, ListEntry
from bridge.autoregistration.policy import (
    DEFAULT_WINDOW,
    AutoregistrationSettings,
    Network,
    SecurityPolicy,
    UnknownMode,
)
from bridge.autoregistration.window import window_between, window_for, window_until
from bridge.core import NumberRange, SignallingProtocol, check_directory_number
from bridge.errors import Conflict, InvalidInput

MOST_PHONES = 100_000


def enable(
    settings: AutoregistrationSettings,
    *,
    now: datetime,
    duration: timedelta = DEFAULT_WINDOW,
    until: datetime | None = None,
    start: datetime | None = None,
    count: int | None = None,
    force: bool = False,
) -> AutoregistrationSettings:
    """Open the window from now (or from ``start``) on, for ``duration`` or up to ``until``. An open one is replaced.

    ``count``: it closes when so many phones were admitted. Raises Conflict when there is no range, this server is
    disabled, unknown phones are refused whatever the window says, or secure mode forbids it; InvalidInput for the time
    (see ``window_for``).
    """
    if settings.range.is_empty:
        raise Conflict(
            "autoregistration cannot be enabled without a range of numbers",
            why=f"the range is {settings.range}, and equal ends mean off",
            fix="set one first, for example `sepbridge autoregistration range 1000-1999`",
        )
    if settings.server_disabled:
        raise Conflict(
            "autoregistration cannot be enabled on this server",
            why='"Auto-registration Disabled on this Server" is set',
            fix="let a server admit: sepbridge autoregistration move SERVER (`sepbridge site servers list` shows them)",
        )
    if settings.unknown is UnknownMode.REFUSE:
        raise Conflict(
            "autoregistration cannot be enabled while unknown phones are refused",
            why="`unknown` is set to refuse",
            fix="sepbridge autoregistration unknown admit-when-open",
        )
    if settings.is_locked:
        raise Conflict(
            "autoregistration cannot be enabled in secure mode",
            why="the policy is strict: secure mode keeps unknown phones out",
            fix="leave secure mode with `sepbridge autoregistration security --mode nonsecure`, or let it be with "
            "`sepbridge autoregistration security --policy allow`",
        )
    if count is not None and not 0 < count <= MOST_PHONES:
        raise InvalidInput(f"a window cannot be for {count} phones", fix=f"give a number from 1 to {MOST_PHONES}")
    if start is not None:
        window = window_between(now, start, until or start + duration)
    else:
        window = window_for(now, duration, force=force) if until is None else window_until(now, until)
    return replace(settings, window=window, phones_left=count)


def disable(settings: AutoregistrationSettings) -> AutoregistrationSettings:
    """Close the window. Range, pointer, protocol and networks stay as they are."""
    return replace(settings, window=None, phones_left=None)


def set_range(
    settings: AutoregistrationSettings,
    numbers: NumberRange,
    *,
    now: datetime,
    open_for: timedelta | None = DEFAULT_WINDOW,
) -> AutoregistrationSettings:
    """Enter a range.

    Equal ends switch autoregistration off, and clear the partition, as in CUCM. The first valid range switches it on
    for ``open_for`` (None: leave it closed) unless this server's flag is set; a range that replaces a valid one leaves
    the window alone (AR-11). The pointer is kept while it lies in the new range; entering a range after "off" starts
    at its beginning, which is CUCM's way to reset the pointer (AR-13).
    """
    if not numbers.is_empty and not settings.rogue.range.is_empty and numbers.overlaps(settings.rogue.range):
        raise Conflict(
            f"the range {numbers} meets the rogue range {settings.rogue.range}",
            fix="choose other numbers, or another rogue range",
        )
    if numbers.is_empty:
        return replace(settings, range=numbers, next_number=numbers.start, window=None, partition="")
    was_off = settings.range.is_empty
    keeps = not was_off and settings.next_number in numbers
    changed = replace(settings, range=numbers, next_number=settings.next_number if keeps else numbers.start)
    may_open = not (settings.server_disabled or settings.is_locked or settings.unknown is UnknownMode.REFUSE)
    if was_off and open_for is not None and may_open:
        return enable(changed, now=now, duration=open_for)
    return changed


def reset_pointer(settings: AutoregistrationSettings) -> AutoregistrationSettings:
    """Search from the start of the range again: CUCM's "off, save, range, save" in one step (AR-13)."""
    return replace(settings, next_number=settings.range.start)


def set_next_number(settings: AutoregistrationSettings, number: str) -> AutoregistrationSettings:
    """Start the next search at ``number``. Raises InvalidInput when it lies outside the range."""
    if check_directory_number(number) not in settings.range:
        raise InvalidInput(
            f"{number} cannot be the next number",
            why=f"it is outside the range {settings.range}",
            fix="choose a number of the range",
        )
    return replace(settings, next_number=number)


def set_server_disabled(settings: AutoregistrationSettings, *, disabled: bool) -> AutoregistrationSettings:
    """Set or clear "Auto-registration Disabled on this Server". Setting it closes the window too."""
    return replace(settings, server_disabled=disabled, window=None if disabled else settings.window)


def set_protocol(settings: AutoregistrationSettings, protocol: str) -> AutoregistrationSettings:
    """Set the Auto Registration Phone Protocol: ``SCCP`` or ``SIP``, in any case (AR-23). Raises InvalidInput."""
    try:
        return replace(settings, protocol=SignallingProtocol(protocol.strip().upper()), protocol_chosen=True)
    except ValueError:
        raise InvalidInput(
            f"{protocol!r} is not a protocol that phones can be steered to", fix="choose SCCP or SIP"
        ) from None


def set_allowed_networks(settings: AutoregistrationSettings, networks: Iterable[str]) -> AutoregistrationSettings:
    """Set the networks whose phones may autoregister; none at all means all of them. Raises InvalidInput."""
    unique = dict.fromkeys(parse_network(each) for each in networks)
    return replace(settings, allowed_networks=tuple(unique))


def parse_network(text: str) -> Network:
    """Read ``10.0.0.0/24``, ``fd00::/64`` or one address. Raises InvalidInput."""
    try:
        return ip_network(text.strip())
    except ValueError as error:
        raise InvalidInput(
            f"{text!r} is not a network", why=str(error), fix="write it like 10.0.0.0/24 or fd00:1::/64"
        ) from None


def set_secure(settings: AutoregistrationSettings, *, secure: bool) -> AutoregistrationSettings:
    """Enter or leave secure mode. Under ``strict`` entering closes the window; leaving never opens one (AR-08)."""
    changed = replace(settings, secure=secure)
    return disable(changed) if changed.is_locked else changed


def set_security(settings: AutoregistrationSettings, policy: SecurityPolicy) -> AutoregistrationSettings:
    """Set ``security_autoreg``. Turning to ``strict`` in secure mode closes the window; ``allow`` opens none."""
    changed = replace(settings, security=policy)
    return disable(changed) if changed.is_locked else changed


def set_unknown(settings: AutoregistrationSettings, mode: UnknownMode) -> AutoregistrationSettings:
    """Set what becomes of unknown phones; ``refuse`` closes the window. Raises Conflict: ``rogue`` needs numbers."""
    if mode is UnknownMode.ROGUE and settings.rogue.range.is_empty:
        raise Conflict(
            "unknown phones cannot be let into the rogue pool",
            why="it has no range of numbers of its own",
            fix="give one: sepbridge autoregistration unknown rogue --range 8900-8999",
        )
    changed = replace(settings, unknown=mode)
    return disable(changed) if mode is UnknownMode.REFUSE else changed


def set_rogue_range(settings: AutoregistrationSettings, numbers: NumberRange) -> AutoregistrationSettings:
    """Give the rogue pool its numbers. Raises Conflict where they meet the main range (AR-10)."""
    meets = not numbers.is_empty and not settings.range.is_empty and numbers.overlaps(settings.range)
    if meets:
        raise Conflict(
            f"the rogue range {numbers} meets the main range {settings.range}",
            why="strange phones never get a number of the main range",
            fix="choose numbers that nothing else uses",
        )
    rogue = settings.rogue
    keeps = not rogue.range.is_empty and rogue.next_number in numbers
    rogue = replace(rogue, range=numbers, next_number=rogue.next_number if keeps else numbers.start)
    return replace(settings, rogue=rogue)


def check_warn_after(count: int) -> int:
    """From how many temporary phones on the admin is warned (AR-02). Raises InvalidInput."""
    if not 0 < count <= MOST_PHONES:
        raise InvalidInput(f"{count} is no number of phones to warn after", fix="give a number from 1 up")
    return count


def set_lists(
    settings: AutoregistrationSettings,
    *,
    allowed: Iterable[ListEntry] | None = None,
    denied: Iterable[ListEntry] | None = None,
) -> AutoregistrationSettings:
    """Set the allow list, the deny list, or both. Raises InvalidInput for lists that are too long."""
    changed = settings
    if allowed is not None:
        changed = replace(changed, allowed=tuple(dict.fromkeys(allowed)))
    if denied is not None:
        changed = replace(changed, denied=tuple(dict.fromkeys(denied)))
    if max(len(changed.allowed), len(changed.denied)) > MAX_ENTRIES:
        raise InvalidInput(f"a list of phones holds at most {MAX_ENTRIES} entries", fix="use OUIs or networks")
    return changed
