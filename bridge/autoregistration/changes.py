"""What an admin may change in the autoregistration settings: each change is a function from old settings to new ones.

Rules: autoregistration reference, section 3.1; requirements AR-06, AR-11, AR-13, AR-23.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network

from bridge.autoregistration.policy import DEFAULT_WINDOW, AutoregistrationSettings, Network
from bridge.autoregistration.window import window_for, window_until
from bridge.core import NumberRange, SignallingProtocol, check_directory_number
from bridge.errors import Conflict, InvalidInput


def enable(
    settings: AutoregistrationSettings,
    *,
    now: datetime,
    duration: timedelta = DEFAULT_WINDOW,
    until: datetime | None = None,
    force: bool = False,
) -> AutoregistrationSettings:
    """Open the window from now on, for ``duration`` or up to ``until``. An open window is replaced.

    Raises Conflict when there is no range, or this server is disabled; InvalidInput for the time (see ``window_for``).
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
            fix="clear that flag first",
        )
    window = window_for(now, duration, force=force) if until is None else window_until(now, until)
    return replace(settings, window=window)


def disable(settings: AutoregistrationSettings) -> AutoregistrationSettings:
    """Close the window. Range, pointer, protocol and networks stay as they are."""
    return replace(settings, window=None)


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
    if numbers.is_empty:
        return replace(settings, range=numbers, next_number=numbers.start, window=None, partition="")
    was_off = settings.range.is_empty
    keeps = not was_off and settings.next_number in numbers
    changed = replace(settings, range=numbers, next_number=settings.next_number if keeps else numbers.start)
    if was_off and open_for is not None and not settings.server_disabled:
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
        return replace(settings, protocol=SignallingProtocol(protocol.strip().upper()))
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
