"""Phones of CUCM as phones of ours: models, numbers, buttons, settings.

Sources: migration reference, sections 1 (classes of models), 2.1 and 7; dialplan mapping reference, section 9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bridge.core import (
    AbbreviatedDial,
    BlfSpeedDial,
    ButtonKind,
    DeviceButton,
    DeviceName,
    PhoneButtonTemplate,
    SignallingProtocol,
    SpeedDial,
    check_directory_number,
)
from bridge.core.phonebuttons import MAX_ABBREVIATED, MAX_BUTTONS, Assignment
from bridge.errors import InvalidInput
from bridge.migration.batphones import is_true
from bridge.migration.inventory import CucmAppearance, CucmLine, CucmPhone, Inventory
from bridge.migration.notes import Note, Weight
from bridge.migration.unsupported import is_worth_telling, reason
from bridge.migration.wishes import AppearanceWish, ForwardWish, LineKey, LineWish, PhoneWish
from bridge.migration.words import (
    AUTO_ANSWERS,
    BARGES,
    DND_ALERTS,
    DND_OPTIONS,
    LAMPS,
    LONGEST_SHOWN,
    RECORDINGS,
    RINGS,
    SWITCHES,
    UNTOLD,
    add_on,
    group_name,
    locale_name,
    number,
    object_name,
    printable,
    translated,
    whole,
)
from bridge.phones.catalogue import DeviceClass, Model, catalogue

_HARDWARE = frozenset({DeviceClass.PHONE, DeviceClass.ATA, DeviceClass.VIDEO})
_NAMED = {
    "button_template": ("phone_button_template", "phone button template"),
    "softkey_template": ("softkey_template", "softkey template"),
    "phone_profile": ("common_phone_profile", "common phone profile"),
}


class PhoneMapping:
    """Collects the phones of one import. ``found`` looks an object up that is here, or will be."""

    def __init__(self, inventory: Inventory, found: Callable[[str, Any], Any]) -> None:
        self._inventory = inventory
        self._found = found
        self._lines: dict[LineKey, LineWish] = {}
        self._owners = {name: each.user_id for each in inventory.users for name in each.devices}
        self.phones: list[PhoneWish] = []
        self.forwards: dict[tuple[str, str], ForwardWish] = {}
        self.notes: list[Note] = []

    def map(self) -> None:
        """All phones; a broken one is told and left out, and so is a second one of the same name."""
        seen: dict[str, CucmPhone] = {}
        for phone in self._inventory.phones:
            key = phone.name.upper()
            other = seen.setdefault(key, phone)
            if other is not phone:
                if replace(other, origin=phone.origin) != phone:
                    self._note(
                        Weight.BROKEN, phone, f"it stands there twice, first in {other.origin}, with other values"
                    )
                continue
            try:
                wish = self._phone(phone)
            except InvalidInput as error:
                self._note(Weight.BROKEN, phone, str(error))
                continue
            if wish is not None:
                self.phones.append(wish)

    def _note(self, weight: Weight, phone: CucmPhone, what: str, subject: str = "") -> None:
        self.notes.append(Note(weight, subject or printable(phone.name)[:50], what, phone.origin))

    def _lost(self, phone: CucmPhone, subject: str) -> Callable[[str], None]:
        return lambda what: self._note(Weight.LOST, phone, what, subject)

    def _phone(self, cucm: CucmPhone) -> PhoneWish | None:
        name = DeviceName.parse(cucm.name)
        if name.prefix not in {"SEP", "ATA"}:
            what = {
                "BAT": "a dummy MAC: give the phone's own, or let it autoregister",
            }.get(name.prefix, "no hardware phone: softphones, CTI ports and profiles are not imported")
            self._note(Weight.LOST, cucm, what)
            return None
        model = catalogue().by_name(cucm.model) if cucm.model else None
        if model is None or model.device_class not in _HARDWARE or not model.protocols:
            shown = printable(cucm.model) or "nothing"
            self._note(
                Weight.LOST, cucm, f"its model is {shown}, which has neither SCCP nor SIP files of Cisco's phones"
            )
            return None
        settings = self._settings(cucm)
        lines = self._appearances(cucm)
        if not lines:
            raise InvalidInput("it has no line", fix="give it a directory number, or take it out of the file")
        template = self._found("phone_button_template", object_name(cucm.button_template))
        room = (model.line_keys or MAX_BUTTONS) + sum(each.buttons for each in settings.get("add_ons", ()))
        wishes, buttons, dials = self._buttons(cucm, lines, template, min(room, MAX_BUTTONS))
        if not object_name(cucm.pool):
            raise InvalidInput("it has no device pool", fix="give it one")
        if "non-secure" not in cucm.security_profile.casefold() and is_worth_telling("", cucm.security_profile):
            self._note(Weight.LOST, cucm, reason("device security profile"), "device security profile")
        for _ in cucm.services:
            self._note(Weight.LOST, cucm, reason("service name"), "service name")
        return PhoneWish(
            name,
            model,
            self._protocol(cucm, model),
            object_name(cucm.pool),
            self._shown(cucm, cucm.description, "description"),
            settings,
            wishes,
            buttons,
            dials,
            cucm.origin,
        )

    def _protocol(self, cucm: CucmPhone, model: Model) -> SignallingProtocol:
        told = next((each for each in SignallingProtocol if each.value == cucm.protocol.strip().upper()), None)
        if told is not None and told in model.protocols:
            return told
        found = model.only_protocol or min(model.protocols)
        what = f"CUCM says {printable(cucm.protocol) or 'nothing'}; it gets {found}, which a {model} speaks"
        self._note(Weight.CHANGED, cucm, what, "device protocol")
        return found

    def _settings(self, cucm: CucmPhone) -> dict[str, Any]:
        add_ons = []
        for text in cucm.modules:
            if (module := add_on(text)) is not None:
                add_ons.append(module)
            elif is_worth_telling("module", text):
                self._note(Weight.LOST, cucm, f"{printable(text)!r} is not known", "add-on module")
        told: dict[str, Any] = {
            "owner": self._shown(cucm, cucm.owner or self._owners.get(cucm.name, ""), "owner", most=50),
            "css": object_name(cucm.css),
            "user_locale": locale_name(cucm.user_locale),
            "add_ons": tuple(add_ons),
            "dnd": translated(cucm.dnd_option, DND_OPTIONS, self._lost(cucm, "dnd option")),
            "dnd_alert": translated(cucm.dnd_alert, DND_ALERTS, self._lost(cucm, "dnd incoming call alert")),
            "privacy": translated(cucm.privacy, SWITCHES, self._lost(cucm, "privacy")),
            "barge": translated(cucm.barge, BARGES, self._lost(cucm, "single button barge")),
        }
        if cucm.idle_url:
            if cucm.idle_url.startswith(("http://", "https://")) and len(cucm.idle_url) <= 255:
                told["idle_url"] = cucm.idle_url
            else:
                self._note(Weight.LOST, cucm, "it is no http or https URL", "idle")
        for field, (section, subject) in _NAMED.items():
            text = getattr(cucm, field)
            if self._found(section, object_name(text)) is not None:
                told[field] = object_name(text)
            elif text and not text.startswith("Standard") and text.casefold() not in UNTOLD:
                what = f"{printable(text)} is described nowhere: the phone gets its model's own"
                self._note(
                    Weight.LOST, cucm, reason("softkey template") if field == "softkey_template" else what, subject
                )
        return {key: value for key, value in told.items() if value not in (None, "", ())}

    def _appearances(self, cucm: CucmPhone) -> list[AppearanceWish]:
        found: list[AppearanceWish] = []
        for each in sorted(cucm.lines, key=lambda line: line.index):
            line = self._line(cucm, each)
            if any(other.line.key == line.key for other in found):
                raise InvalidInput(f"the line {line.number} stands there twice", fix="remove one of them")
            found.append(
                AppearanceWish(
                    each.index,
                    line,
                    self._shown(cucm, each.label, "line text label"),
                    self._appearance_settings(cucm, each),
                )
            )
        return found

    def _line(self, cucm: CucmPhone, each: CucmAppearance) -> LineWish:
        told = each.line
        digits = number(told.number)
        if digits.startswith("+"):
            digits = digits[1:]
            what = f"{printable(told.number)} is {digits} here: directory numbers have no plus"
            self._note(Weight.CHANGED, cucm, what, "directory number")
        check_directory_number(digits)
        display = self._shown(cucm, each.display or told.alerting_name, "display")
        if told.alerting_name and each.display and told.alerting_name != each.display:
            self._note(Weight.LOST, cucm, reason("alerting name"), "alerting name")
        wish = LineWish(digits, object_name(told.partition), display, self._line_settings(cucm, told))
        known = self._lines.setdefault(wish.key, wish)
        if known != wish:
            what = f"the shared line {digits} differs between its phones: what its first phone says counts"
            self._note(Weight.CHANGED, cucm, what, f"line {digits}")
        elif known is wish:
            self._forwards(cucm, told, digits)
        return known

    def _line_settings(self, cucm: CucmPhone, line: CucmLine) -> dict[str, Any]:
        told: dict[str, Any] = {
            "css": object_name(line.css),
            "forward_css": object_name(line.forward_css),
            "pickup_group": group_name(line.pickup_group),
            "auto_answer": translated(line.auto_answer, AUTO_ANSWERS, self._lost(cucm, "auto answer")),
            "no_answer_seconds": whole(line.no_answer_seconds, 1, 300, self._lost(cucm, "no answer ring duration")),
            "hold_reversion_seconds": whole(
                line.hold_reversion_seconds, 0, 1200, self._lost(cucm, "hold reversion ring duration")
            ),
        }
        if line.urgent:
            told["urgent"] = True
        if line.voicemail_profile and is_worth_telling("", line.voicemail_profile):
            self._note(Weight.LOST, cucm, reason("voice mail profile"), "voice mail profile")
        return {key: value for key, value in told.items() if value not in (None, "")}

    def _appearance_settings(self, cucm: CucmPhone, each: CucmAppearance) -> dict[str, Any]:
        calls = whole(each.max_calls, 1, 200, self._lost(cucm, "maximum number of calls"))
        busy = whole(each.busy_trigger, 1, calls or 4, self._lost(cucm, "busy trigger"))
        if busy is None and calls is not None and calls < 2:
            busy = calls
        told: dict[str, Any] = {
            "max_calls": calls,
            "busy_trigger": busy,
            "ring_idle": translated(each.ring_idle, RINGS, self._lost(cucm, "ring setting (phone idle)")),
            "ring_busy": translated(each.ring_busy, RINGS, self._lost(cucm, "ring setting (phone active)")),
            "lamp": translated(each.lamp, LAMPS, self._lost(cucm, "message waiting lamp")),
            "audible_messages": translated(
                each.audible_messages, SWITCHES, self._lost(cucm, "audible message waiting indicator policy")
            ),
            "recording": translated(each.recording, RECORDINGS, self._lost(cucm, "call recording option")),
        }
        mask = number(each.external_mask)
        if mask and all(key in "0123456789X*#" for key in mask.removeprefix("+")) and len(mask) <= 50:
            told["external_mask"] = mask
        elif mask:
            self._note(Weight.LOST, cucm, f"{printable(each.external_mask)!r} is no mask", "external phone number mask")
        if each.log_missed:
            told["log_missed_calls"] = is_true(each.log_missed)
        return {key: value for key, value in told.items() if value is not None}

    def _forwards(self, cucm: CucmPhone, line: CucmLine, digits: str) -> None:
        for each in sorted(line.forwards, key=lambda forward: forward.external):
            if each.voicemail:
                what = f"the mailbox {digits} must exist at Asterisk: calls that nobody answers go there"
                self._note(Weight.TODO, cucm, what, "forward to voice mail")
                continue
            target = number(each.destination)
            key = (digits, each.kind)
            known = self.forwards.get(key)
            if not target or not all(digit in "0123456789*#" for digit in target.removeprefix("+")):
                self._note(
                    Weight.LOST, cucm, f"{printable(each.destination)!r} cannot be dialled", f"forward {each.kind}"
                )
            elif known is None:
                self.forwards[key] = ForwardWish(digits, each.kind, target)
            elif known.target != target:
                what = "there is one for all callers: the one for calls from inside counts"
                self._note(Weight.LOST, cucm, what, f"forward {each.kind} for calls from outside")

    def _buttons(
        self, cucm: CucmPhone, lines: Sequence[AppearanceWish], template: PhoneButtonTemplate | None, room: int
    ) -> tuple[tuple[AppearanceWish, ...], tuple[DeviceButton, ...], tuple[AbbreviatedDial, ...]]:
        """Lines, speed dials, lamps: on the buttons that the template has for each, or one after the other."""
        kinds = [each.kind for each in template.buttons] if template is not None and template.buttons else []
        free = [at for at in range(1, room + 1) if at > len(kinds) or kinds[at - 1] is ButtonKind.NONE]

        def places(kind: ButtonKind) -> list[int]:
            return [at for at, each in enumerate(kinds, 1) if each is kind]

        own = places(ButtonKind.LINE)
        placed: list[AppearanceWish] = []
        for wish in lines:
            place = _take(own, free) if kinds else _taken(wish.button, free)
            if place is None:
                raise InvalidInput(f"it has more lines than buttons ({len(lines)} lines)", fix="look at its template")
            placed.append(replace(wish, button=place))
        buttons: list[DeviceButton] = []
        dials: list[AbbreviatedDial] = []
        own = places(ButtonKind.SPEED_DIAL)
        for dial in sorted(cucm.speed_dials, key=lambda each: each.index):
            label = self._shown(cucm, dial.label, "speed dial label")
            digits = number(dial.number)
            try:
                assigned: Assignment = SpeedDial(digits, label)
            except InvalidInput:
                self._note(Weight.LOST, cucm, f"{printable(dial.number)!r} cannot be dialled", "speed dial")
                continue
            if (place := _take(own, free)) is not None:
                buttons.append(DeviceButton(place, assigned))
            elif dial.index <= MAX_ABBREVIATED and all(each.index != dial.index for each in dials):
                dials.append(AbbreviatedDial(dial.index, digits, label))
            else:
                self._note(Weight.LOST, cucm, "no button and no index is left for it", "speed dial")
        own = places(ButtonKind.BLF_SPEED_DIAL)
        for lamp in sorted(cucm.busy_lamps, key=lambda each: each.index):
            digits = number(lamp.number)
            try:
                assigned = BlfSpeedDial(digits, self._shown(cucm, lamp.label, "blf label"), lamp.pickup)
            except InvalidInput:
                self._note(Weight.LOST, cucm, f"{printable(lamp.number)!r} cannot be dialled", "busy lamp field")
                continue
            if (place := _take(own, free)) is None:
                self._note(Weight.LOST, cucm, "no button is left for it", "busy lamp field")
            else:
                buttons.append(DeviceButton(place, assigned))
        buttons.sort(key=lambda each: each.button)
        return tuple(placed), tuple(buttons), tuple(sorted(dials, key=lambda each: each.index))

    def _shown(self, cucm: CucmPhone, text: str, subject: str, *, most: int = LONGEST_SHOWN) -> str:
        """A text as a phone can show it."""
        clean = "".join(each if each.isprintable() else " " for each in text).strip()
        if len(clean) > most:
            self._note(Weight.CHANGED, cucm, f"is cut at {most} characters, which is what phones show", subject)
        return clean[:most].strip()


def _take(own: list[int], free: list[int]) -> int | None:
    """The next button of the kind, else the next free one."""
    if own:
        return own.pop(0)
    return free.pop(0) if free else None


def _taken(wanted: int, free: list[int]) -> int | None:
    """The wanted button, else the next free one."""
    if wanted in free:
        free.remove(wanted)
        return wanted
    return free.pop(0) if free else None
