"""What of a profile may change while its phone is registered, and the messages that tell the phone.

Sources: SCCP flows reference, sections 4.8 (labels of features), 4.11 and 8 (a 7914 keeps the labels it has).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.sccp.answers import line_stat, service_url_stat, speed_dial_stat
from bridge.sccp.buttons import ButtonDefinition
from bridge.sccp.device import DefineTimeDate
from bridge.sccp.features import BlfStatus, FeatureStat
from bridge.sccp.message import Message
from bridge.sccp.profile import LAMPS_SINCE, StationProfile
from bridge.sccp.stimuli import StimulusType

FEATURE_LABELS_TWICE = 15
"""From this version on a new label of a feature button is sent without its last character first."""
_LIVE = ("lines", "speed_dials", "lamps", "services", "idle_prompt", "softkeys", "buttons")
_TOLERANCE = timedelta(seconds=30)


def live_changes(
    old: StationProfile,
    new: StationProfile,
    buttons: tuple[ButtonDefinition, ...],
    *,
    version: int,
    labels: bool,
    keys: bool,
) -> tuple[Message, ...] | None:
    """The messages that bring a registered phone from one profile to another; None where it must restart for it.

    ``buttons`` are those of the phone, which must stay the same; ``labels``: it takes new labels; ``keys``: it takes
    new soft keys.
    """
    if replace(old, **{name: getattr(new, name) for name in _LIVE}) != new:
        return None
    if [line.number for line in old.lines] != [line.number for line in new.lines]:
        return None
    if [lamp.number for lamp in old.lamps] != [lamp.number for lamp in new.lamps]:
        return None
    if len(old.speed_dials) != len(new.speed_dials) or len(old.services) != len(new.services):
        return None
    messages: list[Message] = []
    if old.softkeys != new.softkeys:
        if not keys:
            return None
        messages += [new.softkeys.template(), new.softkeys.set_message()]
    relabelled = list(_labels(old, new, buttons, version))
    if relabelled and not labels:
        return None
    return (*messages, *relabelled, *_clock(old, new))


def relabelled(stat: FeatureStat, version: int) -> tuple[FeatureStat, ...]:
    """The messages for a feature button whose label may be another one."""
    if version < FEATURE_LABELS_TWICE or len(stat.label) < 2:
        return (stat,)
    return replace(stat, label=stat.label[:-1]), stat


def until_next_clock(local: datetime, longest: float) -> float:
    """Seconds until a phone should be told the time again: ``longest``, or when its zone's clock jumps before."""
    span = timedelta(seconds=longest)
    offset = local.utcoffset()
    zone = local.tzinfo
    if zone is None or _offset_after(local, span) == offset:
        return longest
    low, high = timedelta(), span
    while high - low > timedelta(milliseconds=500):
        middle = (low + high) / 2
        if _offset_after(local, middle) == offset:
            low = middle
        else:
            high = middle
    return high.total_seconds()


def _offset_after(local: datetime, span: timedelta) -> timedelta | None:
    """The zone's offset so much later; arithmetic on aware datetimes would stay on the wall clock."""
    offset = local.utcoffset() or timedelta()
    utc = local.replace(tzinfo=None) - offset + span
    zone = local.tzinfo
    return None if zone is None else zone.fromutc(utc.replace(tzinfo=zone)).utcoffset()


def _labels(
    old: StationProfile, new: StationProfile, buttons: tuple[ButtonDefinition, ...], version: int
) -> Iterator[Message]:
    for index, (before, after) in enumerate(zip(old.lines, new.lines, strict=True), 1):
        if replace(before, max_calls=after.max_calls, busy_trigger=after.busy_trigger) != after:
            yield line_stat(index, new)
    for index, (one, other) in enumerate(zip(old.speed_dials, new.speed_dials, strict=True), 1):
        if one != other:
            yield speed_dial_stat(index, new)
    for index, (dark, lit) in enumerate(zip(old.lamps, new.lamps, strict=True), 1):
        if dark.label == lit.label:
            continue
        if version < LAMPS_SINCE:
            yield line_stat(len(new.lines) + index, new)
        elif ButtonDefinition(index, StimulusType.BLF_SPEED_DIAL) in buttons:
            label = lit.label or lit.number
            yield from relabelled(FeatureStat(index, StimulusType.BLF_SPEED_DIAL, BlfStatus.UNKNOWN, label), version)
    for index, (earlier, later) in enumerate(zip(old.services, new.services, strict=True), 1):
        if earlier != later:
            yield service_url_stat(index, new)


def _clock(old: StationProfile, new: StationProfile) -> Iterator[Message]:
    """Another time zone shows at once."""
    then, now = old.local_time(), new.local_time()
    if abs(then.replace(tzinfo=None) - now.replace(tzinfo=None)) > _TOLERANCE:
        yield DefineTimeDate.of(now)
