"""An SCCP phone's soft keys: the template, the sets, and which set a call shows at the moment.

Sources: SCCP enumerations reference, section 6; SCCP wire reference, section 7.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.sccp import (
    SelectSoftKeys,
    SoftKeyDefinition,
    SoftKeyEventType,
    SoftKeySet,
    SoftKeySetIndex,
    SoftKeySetRes,
    SoftKeyTemplateRes,
    readable,
)

_MOST = 64
_TRANSFER = ("trnsfer", "transfer")
"""The built-in label 4 reads ``Trnsfer`` on small screens and ``Transfer`` on others."""


@dataclass(frozen=True, slots=True)
class _Choice:
    set: int
    mask: int


class SoftKeyBoard:
    """The soft keys of one phone."""

    def __init__(self) -> None:
        self._template: list[SoftKeyDefinition] = []
        self._sets: list[SoftKeySet] = []
        self._chosen: dict[int, _Choice] = {}
        """By call reference; 0 is the idle phone."""

    @property
    def known(self) -> bool:
        """Whether template and sets have come."""
        return bool(self._template and self._sets)

    def take_template(self, message: SoftKeyTemplateRes) -> Iterator[str]:
        """Learn the keys that there are. Yields what is wrong with them."""
        if message.offset == 0:
            self._template.clear()
        if message.offset != len(self._template):
            yield f"a part of the soft-key template begins at {message.offset}, {len(self._template)} keys are known"
        self._template.extend(message.keys[: 4 * _MOST - len(self._template)])
        for key in message.keys:
            if key.label and not key.event:
                yield f"the soft key {readable(key.label)!r} has no event"

    def take_sets(self, message: SoftKeySetRes) -> Iterator[str]:
        """Learn the sets. Yields what is wrong with them."""
        if message.offset == 0:
            self._sets.clear()
        if message.offset != len(self._sets):
            yield f"a part of the soft-key sets begins at {message.offset}, {len(self._sets)} sets are known"
        self._sets.extend(message.sets[: 4 * _MOST - len(self._sets)])

    def faults(self) -> Iterator[str]:
        """Once template and sets are known: keys of sets that the template does not have."""
        size = len(self._template)
        for index, keys in enumerate(self._sets):
            beyond = [position for position in keys.positions if position > size]
            if beyond:
                yield f"soft-key set {index} names key {beyond[0]}, the template has {size}"

    def select(self, message: SelectSoftKeys) -> Iterator[str]:
        """Show a set for a call, or for the idle phone. Yields what is wrong with that."""
        if not self._sets:
            yield "a soft-key set is selected before the phone was told any"
        elif message.set >= len(self._sets):
            yield f"soft-key set {int(message.set)} is selected, the phone knows {len(self._sets)}"
        if len(self._chosen) < _MOST or message.call_ref in self._chosen:
            self._chosen[message.call_ref] = _Choice(int(message.set), message.valid_mask)

    def forget_call(self, call_ref: int) -> None:
        """The call is over."""
        self._chosen.pop(call_ref, None)

    def set_of(self, call_ref: int) -> SoftKeySetIndex | None:
        """The set that a call shows; None where none was selected."""
        choice = self._chosen.get(call_ref)
        return None if choice is None else SoftKeySetIndex(choice.set)

    def labels(self, call_ref: int) -> tuple[str, ...]:
        """The keys of a call (or of the idle phone) in order, ``more`` left out; blank ones are empty texts."""
        return tuple(label for label, _event in self._keys(call_ref))

    def event(self, call_ref: int, label: str) -> SoftKeyEventType | None:
        """The event of a key by its label, in any letter case; None when it is not there, or not enabled."""
        wanted = label.strip().lower()
        names = set(_TRANSFER) if wanted in _TRANSFER else {wanted}
        for shown, event in self._keys(call_ref):
            if shown.lower() in names:
                return event
        return None

    def _keys(self, call_ref: int) -> Iterator[tuple[str, SoftKeyEventType]]:
        choice = self._chosen.get(call_ref) or self._chosen.get(0)
        if choice is None or choice.set >= len(self._sets):
            return
        positions = self._sets[choice.set].positions
        last = max((place for place, position in enumerate(positions) if position), default=-1)
        for place, position in enumerate(positions[: last + 1]):
            if position and position <= len(self._template) and choice.mask >> place & 1:
                key = self._template[position - 1]
                yield readable(key.label), key.event
            else:
                yield "", SoftKeyEventType.NONE
