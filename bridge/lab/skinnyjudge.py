"""The strict judge of an SCCP phone: notes whatever a real phone would choke on.

Sources: SCCP flows reference, section 8; SCCP enumerations reference, section 7. Layouts: see ``skinnylayouts``.
"""

from __future__ import annotations

from collections.abc import Iterable

from bridge.lab.skinnylayouts import layout_faults
from bridge.lab.skinnymodels import SkinnyTraits
from bridge.sccp import LEGACY, ButtonTemplate, Direction, Frame, MessageId, StimulusType

_MOST = 100
_EMPTY = {StimulusType.UNUSED, StimulusType.UNDEFINED}
_FROM_15 = {StimulusType.BLF_SPEED_DIAL, StimulusType.MULTI_BLINK_FEATURE}
_MODERN = 15
_FOR_SERVERS = {Direction.TO_SERVER, Direction.INTERNAL}


class Judge:
    """Keeps the faults of one phone; each text once, and not without end."""

    def __init__(self) -> None:
        self._faults: dict[str, None] = {}

    @property
    def faults(self) -> tuple[str, ...]:
        """What was found, in order."""
        return tuple(self._faults)

    def note(self, text: str) -> None:
        """Note a fault."""
        if len(self._faults) < _MOST:
            self._faults[text] = None

    def note_all(self, texts: Iterable[str]) -> None:
        """Note several."""
        for text in texts:
            self.note(text)

    def frame(self, frame: Frame, version: int, traits: SkinnyTraits) -> str:
        """Judge a frame before it is read. Not empty when it makes the phone reset itself: what its log would say."""
        self.note_all(layout_faults(frame, version, traits.page, old=traits.old_media))
        known = MessageId.find(frame.message_id)
        unknown = known is None or known.direction in _FOR_SERVERS
        if traits.java and (unknown or known in LEGACY):
            return f"Invalid SCCP message ID {frame.message_id:x}"
        return ""

    def buttons(self, template: ButtonTemplate, traits: SkinnyTraits, version: int) -> None:
        """Judge a button template: entries beyond the keys, kinds that the version lacks, the same one twice."""
        used = [button for button in template.buttons if button.type not in _EMPTY]
        last = max((place for place, button in enumerate(template.buttons, 1) if button.type not in _EMPTY), default=0)
        if last + template.offset > traits.buttons:
            self.note(f"the button template fills {last + template.offset} buttons, the phone has {traits.buttons}")
        if not any(button.type == StimulusType.LINE for button in used):
            self.note("the button template has no line")
        for button in used:
            if not button.type.known:
                self.note(f"button type {int(button.type)} does not exist")
            if button.type in _FROM_15 and version < _MODERN:
                self.note(f"a button of type {button.type.name} at version {version}")
        if len(set(used)) != len(used):
            self.note("the button template has the same button twice")
