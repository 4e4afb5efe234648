"""Which soft keys a phone has, and which it shows in which state.

Source: SCCP enumerations reference, section 6. The phone only returns the event number that the template gave it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from bridge.errors import ConfigurationError
from bridge.sccp.labels import ExtendedLabel, Label
from bridge.sccp.softkeys import (
    ALL_KEYS,
    INFO_BASE,
    KEYS_PER_SET,
    SET_SLOTS,
    TEMPLATE_SLOTS,
    SoftKeyDefinition,
    SoftKeyEventType,
    SoftKeySet,
    SoftKeySetIndex,
    SoftKeySetRes,
    SoftKeyTemplateRes,
)

_E = SoftKeyEventType
_S = SoftKeySetIndex

KEYS: tuple[SoftKeyDefinition, ...] = (
    SoftKeyDefinition(Label.REDIAL, _E.REDIAL),
    SoftKeyDefinition(Label.NEW_CALL, _E.NEW_CALL),
    SoftKeyDefinition(Label.HOLD, _E.HOLD),
    SoftKeyDefinition(Label.TRANSFER, _E.TRANSFER),
    SoftKeyDefinition(Label.CFWD_ALL, _E.CFWD_ALL),
    SoftKeyDefinition(Label.CFWD_BUSY, _E.CFWD_BUSY),
    SoftKeyDefinition(Label.CFWD_NO_ANSWER, _E.CFWD_NO_ANSWER),
    SoftKeyDefinition(Label.BACKSPACE, _E.BACKSPACE),
    SoftKeyDefinition(Label.END_CALL, _E.END_CALL),
    SoftKeyDefinition(Label.RESUME, _E.RESUME),
    SoftKeyDefinition(Label.ANSWER, _E.ANSWER),
    SoftKeyDefinition(Label.CONFRN, _E.CONFRN),
    SoftKeyDefinition(Label.PARK, _E.PARK),
    SoftKeyDefinition(Label.JOIN, _E.JOIN),
    SoftKeyDefinition(Label.MEET_ME, _E.MEET_ME),
    SoftKeyDefinition(Label.PICK_UP, _E.PICK_UP),
    SoftKeyDefinition(Label.GROUP_PICK_UP, _E.GROUP_PICK_UP),
    SoftKeyDefinition(Label.BARGE, _E.BARGE),
    SoftKeyDefinition(Label.DIRECT_TRANSFER, _E.DIRECT_TRANSFER),
    SoftKeyDefinition(Label.SELECT, _E.SELECT),
    SoftKeyDefinition(Label.CONF_LIST, _E.CONF_LIST),
    SoftKeyDefinition(Label.DND, _E.DO_NOT_DISTURB),
    SoftKeyDefinition(Label.OTHER_PICK_UP, _E.OTHER_PICK_UP),
    SoftKeyDefinition(Label.CALL_BACK, _E.CALL_BACK),
    SoftKeyDefinition(Label.REMOVE_LAST_CONFERENCE_PARTY, _E.REMOVE_LAST_CONFERENCE_PARTY),
    SoftKeyDefinition(Label.IDIVERT, _E.IDIVERT),
    SoftKeyDefinition(Label.MCID, _E.MALICIOUS_CALL),
    SoftKeyDefinition(Label.QRT, _E.QUALITY_REPORT),
    SoftKeyDefinition(Label.HLOG, _E.HUNT_GROUP_LOGIN),
    SoftKeyDefinition(ExtendedLabel.ABBR_DIAL, _E.ABBREVIATED_DIAL),
    SoftKeyDefinition("Record", _E.RECORD),
    SoftKeyDefinition("Dial", _E.DIAL),
)
"""All soft keys: CallManager's events, and those for which no built-in label exists."""


@dataclass(frozen=True, slots=True)
class KeysOfState:
    """The keys that are shown in one state, in their order; NONE for a blank one."""

    state: SoftKeySetIndex
    events: tuple[SoftKeyEventType, ...]


DEFAULT_SETS: tuple[KeysOfState, ...] = (
    KeysOfState(
        _S.ON_HOOK,
        (
            _E.REDIAL,
            _E.NEW_CALL,
            _E.CFWD_ALL,
            _E.DO_NOT_DISTURB,
            _E.PICK_UP,
            _E.GROUP_PICK_UP,
            _E.OTHER_PICK_UP,
            _E.MEET_ME,
            _E.HUNT_GROUP_LOGIN,
            _E.CALL_BACK,
        ),
    ),
    KeysOfState(
        _S.CONNECTED,
        (
            _E.HOLD,
            _E.END_CALL,
            _E.TRANSFER,
            _E.PARK,
            _E.CONFRN,
            _E.CONF_LIST,
            _E.SELECT,
            _E.JOIN,
            _E.DIRECT_TRANSFER,
            _E.REMOVE_LAST_CONFERENCE_PARTY,
            _E.IDIVERT,
            _E.RECORD,
            _E.MALICIOUS_CALL,
            _E.QUALITY_REPORT,
        ),
    ),
    KeysOfState(_S.ON_HOLD, (_E.RESUME, _E.NEW_CALL, _E.END_CALL, _E.DIRECT_TRANSFER, _E.SELECT, _E.JOIN, _E.IDIVERT)),
    KeysOfState(_S.RING_IN, (_E.ANSWER, _E.END_CALL, _E.IDIVERT, _E.DO_NOT_DISTURB)),
    KeysOfState(
        _S.OFF_HOOK,
        (
            _E.REDIAL,
            _E.END_CALL,
            _E.CFWD_ALL,
            _E.PICK_UP,
            _E.GROUP_PICK_UP,
            _E.OTHER_PICK_UP,
            _E.MEET_ME,
            _E.ABBREVIATED_DIAL,
        ),
    ),
    KeysOfState(_S.CONNECTED_TRANSFERABLE, (_E.NONE, _E.END_CALL, _E.TRANSFER)),
    KeysOfState(_S.DIGITS_AFTER_DIALING_FIRST, (_E.BACKSPACE, _E.END_CALL, _E.DIAL, _E.ABBREVIATED_DIAL)),
    KeysOfState(_S.CONNECTED_CONFERENCEABLE, (_E.NONE, _E.END_CALL, _E.CONFRN)),
    KeysOfState(_S.RING_OUT, (_E.NONE, _E.END_CALL, _E.CALL_BACK)),
    KeysOfState(_S.OFF_HOOK_WITH_FEATURE, (_E.REDIAL, _E.END_CALL, _E.ABBREVIATED_DIAL)),
    KeysOfState(_S.IN_USE_HINT, (_E.BARGE, _E.NEW_CALL)),
    KeysOfState(_S.ON_HOOK_STEALABLE, (_E.RESUME, _E.NEW_CALL, _E.BARGE)),
    KeysOfState(_S.HOLD_CONFERENCE, (_E.RESUME, _E.NEW_CALL, _E.END_CALL, _E.JOIN)),
)
"""CallManager's sets (4.1 as recorded, and what later ones allow), and Dial, which helps where no pattern does.

A phone is shown those of its services: see ``SoftKeyPlan.only``.
"""


@dataclass(frozen=True, slots=True)
class SoftKeyPlan:
    """The soft keys of a phone: the template, and the sets by state. Raises ConfigurationError for what cannot be."""

    keys: tuple[SoftKeyDefinition, ...] = KEYS
    sets: tuple[KeysOfState, ...] = field(default=DEFAULT_SETS)

    def __post_init__(self) -> None:
        events = {key.event for key in self.keys}
        if len(self.keys) > TEMPLATE_SLOTS or len(events) != len(self.keys):
            raise ConfigurationError(f"a soft-key template holds up to {TEMPLATE_SLOTS} keys, each once")
        for keys in self.sets:
            if not keys.state.known or keys.state >= SET_SLOTS or len(keys.events) > KEYS_PER_SET:
                raise ConfigurationError(f"a soft-key set holds up to {KEYS_PER_SET} keys of a known state")
            if missing := [event for event in keys.events if event and event not in events]:
                raise ConfigurationError(f"the soft-key template lacks {missing[0].name}, which a set shows")

    def only(self, events: Collection[SoftKeyEventType]) -> SoftKeyPlan:
        """The same plan without the keys that do nothing: those whose event is not in ``events``.

        A blank key keeps its place, so that the keys after it stay where users expect them.
        """
        wanted = {*events, SoftKeyEventType.NONE}
        return SoftKeyPlan(
            tuple(key for key in self.keys if key.event in wanted),
            tuple(
                KeysOfState(each.state, tuple(event for event in each.events if event in wanted)) for each in self.sets
            ),
        )

    def mask(self, state: SoftKeySetIndex, usable: Collection[SoftKeyEventType]) -> int:
        """The mask for SelectSoftKeys that shows the keys of a state that can be used now."""
        events = next((each.events for each in self.sets if each.state == state), ())
        useless = sum(1 << place for place, event in enumerate(events) if event and event not in usable)
        return ALL_KEYS & ~useless

    def template(self) -> SoftKeyTemplateRes:
        """The template as a message."""
        return SoftKeyTemplateRes.of(self.keys)

    def set_message(self) -> SoftKeySetRes:
        """The sets as a message; a state without a set shows no keys."""
        position = {key.event: index for index, key in enumerate(self.keys, 1)}
        shown = {keys.state: keys.events for keys in self.sets}
        last = max(shown, default=SoftKeySetIndex.ON_HOOK)
        return SoftKeySetRes.of(self._set(shown.get(SoftKeySetIndex(index), ()), position) for index in range(last + 1))

    @staticmethod
    def _set(events: tuple[SoftKeyEventType, ...], position: dict[SoftKeyEventType, int]) -> SoftKeySet:
        blank = (0,) * (KEYS_PER_SET - len(events))
        positions = tuple(position.get(event, 0) for event in events)
        info = tuple(INFO_BASE + event if event else 0 for event in events)
        return SoftKeySet(positions + blank, info + blank)


DEFAULT_SOFT_KEYS = SoftKeyPlan()
