"""The text files of 7940 and 7960 with SIP firmware: ``SIPDefault.cnf`` and ``SIP<MAC>.cnf``.

Source: phone file reference, section 15.
One ``key: value`` per line. What a phone's own file says overrides the common one, and both override its flash: so a
key that is no line any more is written as unused. Not known from public sources, and so not written: how the time zone
of a place is named whose offset is no whole hour (its phones keep what their menu says).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from bridge.core import CallManagerGroup, Device, DevicePool, SpeedDial
from bridge.errors import ConfigurationError
from bridge.phones import Model
from bridge.provisioning.clockrules import clock_rules
from bridge.provisioning.dialtemplate import DialRule, check_length
from bridge.provisioning.phonefile import LineEntry, checked_settings, phone_file, server_entries
from bridge.provisioning.renderer import RenderedFile, Renderer
from bridge.provisioning.settings import PhoneSettings
from bridge.provisioning.support import require_support
from bridge.provisioning.texts import quoted

COMMON_FILE = "SIPDefault.cnf"
SYNC_FILE = "syncinfo.xml"
DIAL_FILE = "dialplan7940.xml"
"""Named in ``SIPDefault.cnf`` without its ending: these phones read a form of their own."""
MOST_LINES = 6
_MOST_RULES = 100
"""What surely fits; the rules that cover most numbers come first."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """What one of the line keys is."""

    number: int
    line: LineEntry | None = None
    speed_dial: SpeedDial | None = None


def render_common_text(renderer: Renderer, group: CallManagerGroup, settings: PhoneSettings) -> RenderedFile:
    """``SIPDefault.cnf``. Raises ConfigurationError."""
    text = renderer.render_plain(
        "7940-60/SIPDefault.cnf",
        servers=server_entries(group),
        settings=checked_settings(settings),
        dial_template=DIAL_FILE.removesuffix(".xml") if settings.dial_template else "",
    )
    return RenderedFile(COMMON_FILE, text, encoding="latin-1")


def render_own_text(
    renderer: Renderer,
    device: Device,
    pool: DevicePool,
    model: Model | None,
    settings: PhoneSettings,
    *,
    year: int,
    load: str = "",
    overrides: Mapping[str, str] = MappingProxyType({}),
) -> RenderedFile:
    """``SIP<MAC>.cnf``. ``year``: whose daylight rules count. Raises ConfigurationError.

    ``overrides`` maps paths of elements to their content, as for the files of other phones; those of ``sipProfile``
    whose counterpart is known become a line, and the others are left out.
    """
    entry = phone_file(device, pool, model, settings, load, require_support(model, device.desired_protocol))
    if '"' in device.secret:
        raise ConfigurationError(
            f"the SIP password of {device.name} cannot be written into its text file",
            why="it holds a quotation mark",
            fix="give it a new one of letters and digits",
        )
    text = renderer.render_plain(
        renderer.chosen(f"devices/{device.name}.cnf", "7940-60/SIP.cnf"),
        phone=entry,
        keys=_keys(entry.lines, device, (model.line_keys if model else None) or MOST_LINES),
        clock=clock_rules(entry.olson_time_zone, year),
    )
    text = _overridden(text, text_keys(overrides))
    mac = device.name.mac
    return RenderedFile(f"SIP{mac}.cnf" if mac else COMMON_FILE, text, holds_secret=True, encoding="latin-1")


def render_sync_file(renderer: Renderer) -> RenderedFile:
    """``syncinfo.xml``, which is read after a check-sync."""
    return RenderedFile(SYNC_FILE, renderer.render_document("7940-60/syncinfo.xml"))


def render_old_dial_template(renderer: Renderer, rules: Sequence[DialRule]) -> RenderedFile:
    """The dial template in the form of these phones. Raises ConfigurationError for one that phones would drop."""
    few = (*rules[:-1][:_MOST_RULES], *rules[-1:])
    text = renderer.render_document("7940-60/dialplan.xml", rules=few, empty_tags=True)
    return RenderedFile(DIAL_FILE, check_length(text, DIAL_FILE))


def text_keys(overrides: Mapping[str, str]) -> dict[str, str]:
    """The keys of text files that stand for these elements, with their values as such a file writes them."""
    known = _counterparts()
    return {known[path.lower()]: _as_key(value) for path, value in overrides.items() if path.lower() in known}


def _as_key(value: str) -> str:
    match value.lower():
        case "true":
            return "1"
        case "false":
            return "0"
        case "none" | "phone":
            return value.lower()
        case _:
            return value if value.isascii() and value.isdigit() else quoted(value)


def _overridden(text: str, keys: Mapping[str, str]) -> str:
    """The text without its own lines of these keys, and with these."""
    kept = [each for each in text.splitlines(keepends=True) if each.partition(":")[0].strip() not in keys]
    return "".join(kept) + "".join(f"{key}: {value}\n" for key, value in keys.items())


@cache
def _counterparts() -> Mapping[str, str]:
    """Elements of the XML files, and the keys that mean the same: their names and ranges agree (sections 4 and 15)."""
    text = (resources.files("bridge.provisioning") / "data" / "textkeys.csv").read_text(encoding="utf-8")
    return {f"sipProfile/{row['element']}".lower(): row["key"] for row in csv.DictReader(text.splitlines())}


def _keys(lines: Sequence[LineEntry], device: Device, most: int) -> tuple[KeyEntry, ...]:
    of_button = {line.button: line for line in lines}
    dials = {each.button: each.assigned for each in device.buttons if isinstance(each.assigned, SpeedDial)}
    return tuple(KeyEntry(number, of_button.get(number), dials.get(number)) for number in range(1, most + 1))
