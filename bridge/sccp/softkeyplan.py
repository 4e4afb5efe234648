"""Which soft keys a phone has, and which it shows in which state.

Source: SCCP enumerations reference, section 6. The phone only returns the event number that the template gave it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.errors import ConfigurationError
from bridge.sccp.labels import Label
from bridge.sccp.softkeys import (
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
    SoftKeyDefinition("Dial", _E.DIAL),
)
"""All soft keys: CallManager's events, and Dial, for which no built-in label exists."""


@dataclass(frozen=True, slots=True)
class KeysOfState:
    """The keys that are shown in one state, in their order; NONE for a blank one."""

    state: SoftKeySetIndex
    events: tuple[SoftKeyEventType, ...]


DEFAULT_SETS: tuple[KeysOfState, ...] = (
    KeysOfState(_S.ON_HOOK, (_E.REDIAL, _E.NEW_CALL)),
    KeysOfState(_S.CONNECTED, (_E.HOLD, _E.END_CALL, _E.TRANSFER, _E.PARK)),
    KeysOfState(_S.ON_HOLD, (_E.RESUME, _E.NEW_CALL, _E.END_CALL)),
    KeysOfState(_S.RING_IN, (_E.ANSWER, _E.END_CALL)),
    KeysOfState(_S.OFF_HOOK, (_E.REDIAL, _E.END_CALL)),
    KeysOfState(_S.CONNECTED_TRANSFERABLE, (_E.NONE, _E.END_CALL, _E.TRANSFER)),
    KeysOfState(_S.DIGITS_AFTER_DIALING_FIRST, (_E.BACKSPACE, _E.END_CALL, _E.DIAL)),
    KeysOfState(_S.CONNECTED_CONFERENCEABLE, (_E.NONE, _E.END_CALL)),
    KeysOfState(_S.RING_OUT, (_E.NONE, _E.END_CALL)),
    KeysOfState(_S.OFF_HOOK_WITH_FEATURE, (_E.REDIAL, _E.END_CALL)),
    KeysOfState(_S.IN_USE_HINT, (_E.NEW_CALL,)),
)
"""CallManager's sets, as far as calls of the proxy know their keys."""


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
