"""Phone button templates: CUCM's features on buttons as ours."""

from __future__ import annotations

from dataclasses import replace

from bridge.core import ButtonKind, PhoneButtonTemplate, TemplateButton
from bridge.core.phonebuttons import MAX_BUTTONS
from bridge.migration.inventory import CucmButtonTemplate
from bridge.migration.notes import Note, Weight
from bridge.migration.words import LONGEST_SHOWN, printable

_FEATURES = {
    "": ButtonKind.NONE,
    "none": ButtonKind.NONE,
    "line": ButtonKind.LINE,
    "speed dial": ButtonKind.SPEED_DIAL,
    "speed dial blf": ButtonKind.BLF_SPEED_DIAL,
    "service url": ButtonKind.SERVICE_URL,
    "privacy": ButtonKind.PRIVACY,
    "redial": ButtonKind.REDIAL,
    "hold": ButtonKind.HOLD,
    "transfer": ButtonKind.TRANSFER,
    "forward all": ButtonKind.FORWARD_ALL,
    "conference": ButtonKind.CONFERENCE,
    "conference list": ButtonKind.CONFERENCE_LIST,
    "remove last participant": ButtonKind.REMOVE_LAST_PARTICIPANT,
    "meet me conference": ButtonKind.MEET_ME,
    "call park": ButtonKind.PARK,
    "call pickup": ButtonKind.PICKUP,
    "group call pickup": ButtonKind.GROUP_PICKUP,
    "other pickup": ButtonKind.OTHER_PICKUP,
    "intercom": ButtonKind.INTERCOM,
    "do not disturb": ButtonKind.DND,
    "quality reporting tool": ButtonKind.QUALITY_REPORT,
    "callback": ButtonKind.CALL_BACK,
    "new call": ButtonKind.NEW_CALL,
    "end call": ButtonKind.END_CALL,
    "malicious call identification": ButtonKind.MALICIOUS_CALL,
    "record": ButtonKind.RECORD,
    "messages": ButtonKind.MESSAGES,
    "directory": ButtonKind.DIRECTORY,
    "services": ButtonKind.SERVICES,
    "settings": ButtonKind.SETTINGS,
    "headset": ButtonKind.HEADSET,
    "all calls": ButtonKind.ALL_CALLS,
    "answer oldest": ButtonKind.ANSWER_OLDEST,
}
_OWN_LABELS = frozenset({ButtonKind.NONE, ButtonKind.LINE, ButtonKind.SPEED_DIAL, ButtonKind.BLF_SPEED_DIAL})
"""Buttons whose labels are the phones' own."""


def with_buttons(template: PhoneButtonTemplate, cucm: CucmButtonTemplate) -> tuple[PhoneButtonTemplate, list[Note]]:
    """The template with the buttons that CUCM's has; those without a counterpart stay free, and are told."""
    buttons: list[TemplateButton] = []
    notes: list[Note] = []
    for feature, label in cucm.buttons[:MAX_BUTTONS]:
        kind = _FEATURES.get(" ".join(feature.split()).casefold())
        if kind is None:
            what = f"the button {printable(feature)!r} has no counterpart here, and stays free"
            notes.append(Note(Weight.LOST, f"phone button template {template.name}", what, cucm.origin))
            kind = ButtonKind.NONE
        shown = "" if kind in _OWN_LABELS else printable(label)[:LONGEST_SHOWN]
        buttons.append(TemplateButton(kind, shown))
    return replace(template, buttons=tuple(buttons)), notes
