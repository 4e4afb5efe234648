"""Flat-profile XML: what phones with MPP firmware, the 9800 series, SPA phones and their adapters read (RG-30, RG-32).

Such a phone asks for a file of its model first, which only says where its own profile is; that one holds the lines. It
registers each line by itself, all with the credential of the phone. Facts: phone boot reference, sections 2 and 3. The
names of the elements come from public samples and were tried on no phone. Not known for all of them alike, and so not
written: a second server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bridge.core import BlfSpeedDial, Device, DevicePool, SpeedDial
from bridge.errors import ConfigurationError
from bridge.phones import ConfigFamily, Model
from bridge.provisioning.clockrules import LAST_WEEK, ClockChange, ClockRules, clock_rules
from bridge.provisioning.dialtemplate import DialRule
from bridge.provisioning.phonefile import LineEntry, checked_settings, flat_phone
from bridge.provisioning.renderer import RenderedFile, Renderer
from bridge.provisioning.settings import PhoneSettings, SipTransport
from bridge.provisioning.support import flat_template
from bridge.provisioning.texts import checked_url

_CODECS = {"g711ulaw": "G711u", "g711alaw": "G711a", "g729a": "G729a"}
_UDP_ONLY = frozenset({ConfigFamily.SPA9XX, ConfigFamily.SPA_ATA, ConfigFamily.MPP_ATA, ConfigFamily.SPA})
_MOST_KEYS = 16
_ANY_NUMBER = "[x*#]."
_LONGEST_PLAN = 2047
"""Characters of a dial plan that such phones take."""
_NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})
_SUNDAY = 7


@dataclass(frozen=True, slots=True)
class FlatKey:
    """What one of the line keys is; neither a line nor a function: unused."""

    number: int
    line: LineEntry | None = None
    label: str = ""
    function: str = ""
    """``fnc=…`` in the phones' own words."""


def uses_udp_alone(model: Model | None) -> bool:
    """Whether phones of the model are told to register over UDP whatever the setting says."""
    return model is not None and model.family in _UDP_ONLY


def render_model_profile(renderer: Renderer, name: str, settings: PhoneSettings, base: str) -> RenderedFile:
    """The file of a model. ``base``: where profiles are, without a slash at its end. Raises ConfigurationError."""
    text = renderer.render_document("flat/model.xml", settings=checked_settings(settings), rule=_rule(base))
    return RenderedFile(name, text)


def render_flat_profile(
    renderer: Renderer,
    device: Device,
    pool: DevicePool,
    model: Model | None,
    settings: PhoneSettings,
    *,
    base: str,
    rules: Sequence[DialRule] = (),
    year: int,
    overrides: Mapping[str, str] = _NO_OVERRIDES,
) -> RenderedFile:
    """The device's own profile. ``year``: whose daylight rules count. Raises ConfigurationError."""
    template = flat_template(model)
    if not template:
        raise ConfigurationError(
            f"there is no flat profile for a Cisco {model}", why="its firmware reads another kind of file"
        )
    phone = flat_phone(device, pool, model, settings)
    clock = clock_rules(phone.olson_time_zone, year)
    transport = SipTransport.UDP if uses_udp_alone(model) else settings.transport
    text = renderer.render_document(
        renderer.chosen(f"devices/{device.name}.xml", template),
        overrides,
        phone=phone,
        settings=phone.settings,
        rule=_rule(base),
        time_zone=_offset(clock.offset_minutes),
        saving=_saving(clock),
        transport=transport.value.upper(),
        codec=_CODECS.get(phone.preferred_codec, ""),
        dial_plan=dial_plan(rules),
        keys=_keys(phone.lines, device, _key_count(model)),
    )
    mac = device.name.mac
    return RenderedFile(f"{str(mac).lower() if mac else device.name}.xml", text, holds_secret=True)


def dial_plan(rules: Sequence[DialRule]) -> str:
    """Dial rules in the phones' notation: ``(1xxxS0|[x*#].)``; empty for no rules.

    What does not fit, from the end, is sent after the wait, by the rule for any number.
    """
    if not rules:
        return ""
    parts = list(dict.fromkeys(_pattern(rule) for rule in rules if rule.match != "*"))
    while len(written := f"({'|'.join((*parts, _ANY_NUMBER))})") > _LONGEST_PLAN:
        del parts[-1]
    return written


def _pattern(rule: DialRule) -> str:
    body = rule.match.replace("\\*", "\0")
    rest = body.endswith("*")
    body = body.removesuffix("*").replace(".", "x").replace("\0", "*")
    return body + ("x." if rest else "S0" if rule.timeout == 0 else "")


def _rule(base: str) -> str:
    return checked_url(f"{base}/$MA.xml", "the address of flat profiles")


def _offset(minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    return f"GMT{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _saving(clock: ClockRules) -> str:
    if clock.start is None or clock.stop is None:
        return ""
    hours, minutes = divmod(clock.saving_minutes, 60)
    save = f"{hours}:{minutes}" if minutes else f"{hours}"
    return f"start={_change(clock.start)};end={_change(clock.stop)};save={save}"


def _change(change: ClockChange) -> str:
    """Month, day, weekday, time: the weekday on or after that day, the last one of the month where it is -1."""
    day = -1 if change.week == LAST_WEEK else (change.week - 1) * 7 + 1
    weekday = _SUNDAY if change.weekday == 1 else change.weekday - 1
    return f"{change.month}/{day}/{weekday}/{change.hour}:0:0"


def _key_count(model: Model | None) -> int:
    keys = (model.more_line_keys or model.line_keys) if model else None
    return min(keys or 1, _MOST_KEYS)


def _keys(lines: Sequence[LineEntry], device: Device, most: int) -> tuple[FlatKey, ...]:
    keys = {line.button: FlatKey(line.button, line) for line in lines}
    for each in device.buttons:
        match each.assigned:
            case BlfSpeedDial(number=number, label=label, pickup=pickup):
                what = f"fnc=blf+sd{'+cp' if pickup else ''};sub={number}@$PROXY;nme={_word(label or number)}"
            case SpeedDial(number=number, label=label):
                what = f"fnc=sd;ext={number}@$PROXY;nme={_word(label or number)}"
            case _:
                continue  # what else these phones have on keys is set by its own names; none is sure on all of them
        keys.setdefault(each.button, FlatKey(each.button, label=label or number, function=what))
    return tuple(keys.get(number, FlatKey(number)) for number in range(1, most + 1))


def _word(text: str) -> str:
    """A text that cannot begin another part of the function."""
    return "".join(" " if char in ";=$@" else char for char in text)
