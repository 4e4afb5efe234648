"""The mark of a malicious call: the MCID key tells the log and the phone's journey who calls, while the call stands."""

from __future__ import annotations

from bridge.callcontrol.events import MaliciousCallMarked
from bridge.callcontrol.feature import Feature
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import ExtendedLabel, Label, SoftKeyEventType, StimulusType, Tone
from bridge.sccp.stationevents import ButtonPressed, SoftKeyPressed


class MaliciousCall(Feature):
    """The key, and the button of the same meaning."""

    __slots__ = ()
    SOFT_KEYS = frozenset({SoftKeyEventType.MALICIOUS_CALL})
    BUTTONS = frozenset({StimulusType.MALICIOUS_CALL})

    def keys(self, call: PhoneCall | None) -> frozenset[SoftKeyEventType]:
        """For a call that somebody else made, while the two talk."""
        return self.SOFT_KEYS if self._may(call) else frozenset()

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """Mark it."""
        self._mark(call)

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """The same for the call that occupies the user."""
        self._mark(self._at_work.desk.active)

    @staticmethod
    def _may(call: PhoneCall | None) -> bool:
        return call is not None and not call.outgoing and call.state is PhoneCallState.CONNECTED

    def _mark(self, call: PhoneCall | None) -> None:
        desk = self._at_work.desk
        if call is None or not self._may(call):
            desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)
            return
        desk.screen.notify(ExtendedLabel.MALICIOUS_CALL_ID)
        desk.screen.tone(call, Tone.CONFIRMATION)
        if not call.malicious:
            call.malicious = True
            sip_id = call.sip.call_id if call.sip else ""
            desk.events.append(
                MaliciousCallMarked(
                    call.call_ref, call.line, desk.own(call).number, call.remote.number, call.remote.name, sip_id
                )
            )
