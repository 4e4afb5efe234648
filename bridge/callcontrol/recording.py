"""Recording of calls by the PBX: by the Record key, or from the answer on, as the line's appearance says.

The PBX records the phone's own leg, so the recording ends when this phone's part in the call does. Asking takes a
moment; a key that is pressed meanwhile does nothing.
"""

from __future__ import annotations

from bridge.callcontrol.events import RecordingChanged, StartRecording, StopRecording
from bridge.callcontrol.feature import Feature
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState, RecordingState
from bridge.core import RecordingOption
from bridge.sccp import ExtendedLabel, Label, SoftKeyEventType
from bridge.sccp.stationevents import SoftKeyPressed
from bridge.sip import CallState as SipState

_AT_PBX = (SipState.ANSWERED, SipState.CONFIRMED)


class Recording(Feature):
    """The Record key, and the automatic recording."""

    __slots__ = ()
    SOFT_KEYS = frozenset({SoftKeyEventType.RECORD})

    def keys(self, call: PhoneCall | None) -> frozenset[SoftKeyEventType]:
        """For a standing call of a line that may be recorded on demand, and for what is being recorded."""
        return self.SOFT_KEYS if call is not None and self._may(call) else frozenset()

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """Start, or stop."""
        if call is None or not self._may(call):
            self._at_work.desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)
        elif call.recording is RecordingState.OFF:
            self._start(call)
        elif call.recording is RecordingState.ON:
            call.recording = RecordingState.ASKED
            self._at_work.desk.events.append(StopRecording(call.call_ref))

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """An automatic recording begins with the answer; the prompt comes back with the call."""
        if call.is_remote:
            self._taken(call)
        if call.state is not PhoneCallState.CONNECTED:
            return
        automatic = self._at_work.desk.own(call).recording is RecordingOption.AUTOMATIC
        if automatic and call.recording is RecordingState.OFF and not call.recording_tried and not call.joins:
            self._start(call)
        elif call.recording is RecordingState.ON:
            self._at_work.desk.screen.prompt(call, ExtendedLabel.RECORDING)

    def told(self, answer: object, *, now: float) -> bool:
        """What became of it."""
        if not isinstance(answer, RecordingChanged):
            return False
        desk = self._at_work.desk
        call = desk.calls.get(answer.call_ref)
        if call is None:
            return True
        if call.is_remote:
            if answer.on:
                desk.events.append(StopRecording(answer.call_ref))
            return True
        call.recording = RecordingState.ON if answer.on else RecordingState.OFF
        call.recording_file = answer.file or call.recording_file
        if answer.failed:
            desk.screen.notify(ExtendedLabel.RECORDING_FAILED)
        if call.state is PhoneCallState.CONNECTED:
            desk.screen.prompt(call, ExtendedLabel.RECORDING if answer.on else Label.CONNECTED)
        return True

    def _taken(self, call: PhoneCall) -> None:
        """Another phone of the line has resumed it, by the same call at the PBX: its user asked for nothing."""
        if call.recording is RecordingState.ON:
            self._at_work.desk.events.append(StopRecording(call.call_ref))
        call.recording, call.recording_tried = RecordingState.OFF, False

    def _may(self, call: PhoneCall) -> bool:
        option = self._at_work.desk.own(call).recording
        stands = call.state is PhoneCallState.CONNECTED and call.sip is not None and call.sip.state in _AT_PBX
        return stands and (option is RecordingOption.ON_DEMAND or call.recording is RecordingState.ON)

    def _start(self, call: PhoneCall) -> None:
        if call.sip is None or call.sip.state not in _AT_PBX:
            return
        desk = self._at_work.desk
        call.recording, call.recording_tried = RecordingState.ASKED, True
        number = call.remote.number or call.dialled
        desk.events.append(StartRecording(call.call_ref, call.sip.call_id, desk.own(call).number, number))
