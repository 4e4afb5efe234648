"""What stands on an SCCP phone's screen and shines on its keys, as a person sees it.

Sources: SCCP wire reference, sections 7.1, 7.6 and 10; SCCP flows reference, sections 3 and 4.7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from bridge.sccp import (
    BlfStatus,
    ButtonDefinition,
    ButtonTemplate,
    ClearNotify,
    ClearPriNotify,
    ClearPromptStatus,
    ConfigStat,
    DefineTimeDate,
    DisplayNotify,
    DisplayPriNotify,
    DisplayPromptStatus,
    FeatureStat,
    ForwardStat,
    LampMode,
    LineStat,
    Message,
    OnOff,
    RingMode,
    ServiceUrlStat,
    SetLamp,
    SetMicroMode,
    SetRinger,
    SetSpeakerMode,
    SpeedDialStat,
    StartTone,
    StimulusType,
    StopTone,
    Tone,
    readable,
)

M = TypeVar("M", bound=Message)
_NOBODY = (0, 0)
_EMPTY = {StimulusType.UNUSED, StimulusType.UNDEFINED}
_DATE_TEMPLATE = re.compile(r"([DMY]+)([/.-])([DMY]+)\2([DMY]+)(A?)")
_DATE = {"D": "%d", "M": "%m", "Y": "%y", "YY": "%Y"}
_MOST = 64
"""Entries of any kind that a screen keeps: a server cannot make it grow."""


@dataclass(frozen=True, slots=True)
class ScreenView:
    """A picture of the phone at one moment."""

    clock: str
    labels: tuple[str, ...]
    """Beside the buttons, in button order."""
    status: str
    """The line at the bottom: a notify text, else the prompt."""
    calls: tuple[str, ...]
    """One line for each call."""
    soft_keys: tuple[str, ...]
    lamps: tuple[str, ...]
    """``line 1: blink``; lamps that are off are left out."""
    ringing: bool
    tone: str
    """What the earpiece plays by itself; empty for nothing."""
    speaker: bool
    message_waiting: bool
    ring: str = ""
    """Which ring it is, or ``silent`` for the lamp alone; empty for none."""
    muted: bool = False
    """Whether the server switched the microphone off."""
    watched: tuple[str, ...] = ()
    """``Reception: in use``, for each button with an icon for what its number does."""


@dataclass(frozen=True, slots=True)
class _Timed:
    text: str
    until: float | None


class Display:
    """Screen, lamps, ringer, tones and speaker of one phone. Feed it the messages; ask it what can be seen."""

    def __init__(self) -> None:
        self.buttons: tuple[ButtonDefinition, ...] = ()
        self.lines: dict[int, LineStat] = {}
        self.speed_dials: dict[int, SpeedDialStat] = {}
        self.features: dict[int, FeatureStat] = {}
        self.services: dict[int, ServiceUrlStat] = {}
        self.forwards: dict[int, ForwardStat] = {}
        self.config: ConfigStat | None = None
        self.lamps: dict[tuple[StimulusType, int], LampMode] = {}
        self.ringer = RingMode.OFF
        self.tone = Tone.SILENCE
        self.speaker = False
        self.muted = False
        self.date_template = "M/D/Y"
        """How the clock stands on the screen; the server tells."""
        self._prompts: dict[tuple[int, int], _Timed] = {}
        self._notify: _Timed | None = None
        self._priority: dict[int, _Timed] = {}
        self._time: tuple[DefineTimeDate, float] | None = None

    def receive(self, message: Message, *, now: float) -> bool:
        """Take a message; False for one that is not about the screen."""
        match message:
            case DisplayPromptStatus(text=text, timeout_s=timeout, line=line, call_ref=call):
                if len(self._prompts) < _MOST or (line, call) in self._prompts:
                    self._prompts[line, call] = _Timed(readable(text), now + timeout if timeout else None)
            case ClearPromptStatus(line=line, call_ref=call):
                self._prompts.pop((line, call), None)
            case DisplayNotify(text=text, timeout_s=timeout):
                self._notify = _Timed(readable(text), now + timeout if timeout else None)
            case ClearNotify():
                self._notify = None
            case DisplayPriNotify(text=text, timeout_s=timeout, priority=priority):
                if len(self._priority) < _MOST or priority in self._priority:
                    self._priority[priority] = _Timed(readable(text), now + timeout if timeout else None)
            case ClearPriNotify(priority=priority):
                self._priority.pop(priority, None)
            case SetLamp(stimulus=stimulus, instance=instance, mode=mode):
                if len(self.lamps) < 2 * _MOST or (stimulus, instance) in self.lamps:
                    self.lamps[stimulus, instance] = mode
            case SetRinger(mode=mode):
                self.ringer = mode
            case StartTone(tone=tone):
                self.tone = tone
            case StopTone():
                self.tone = Tone.SILENCE
            case SetSpeakerMode(mode=mode):
                self.speaker = mode == OnOff.ON
            case SetMicroMode(mode=mode):
                self.muted = mode == OnOff.OFF
            case DefineTimeDate():
                self._time = (message, now)
            case _:
                return self._receive_button(message)
        return True

    def _receive_button(self, message: Message) -> bool:
        match message:
            case ButtonTemplate(buttons=buttons):
                self.buttons = tuple(button for button in buttons if button.type not in _EMPTY)
            case LineStat(line=index):
                _keep(self.lines, index, message)
            case SpeedDialStat(index=index):
                _keep(self.speed_dials, index, message)
            case FeatureStat(index=index):
                _keep(self.features, index, message)
            case ServiceUrlStat(index=index):
                _keep(self.services, index, message)
            case ForwardStat(line=index):
                _keep(self.forwards, index, message)
            case ConfigStat():
                self.config = message
            case _:
                return False
        return True

    def forget_call(self, line: int, call_ref: int) -> None:
        """A call has left the screen, and its prompt with it."""
        self._prompts.pop((line, call_ref), None)

    # --- what can be seen --------------------------------------------------------------------------------------------

    @property
    def ringing(self) -> bool:
        """Whether the bell is heard."""
        return self.ringer not in {RingMode.OFF, RingMode.SILENT}

    @property
    def message_waiting(self) -> bool:
        """The lamp on the handset."""
        return self.lamps.get((StimulusType.VOICEMAIL, 0), LampMode.OFF) != LampMode.OFF

    def prompt(self, line: int, call_ref: int, *, now: float) -> str:
        """The prompt of a call, or the idle one where that call has none."""
        for key in ((line, call_ref), _NOBODY):
            timed = self._prompts.get(key)
            if timed is not None and (timed.until is None or timed.until > now):
                return timed.text
        return ""

    def notice(self, *, now: float) -> str:
        """The text over everything else: the notify text of the highest priority (the lowest number), or none."""
        for _priority, timed in sorted(self._priority.items()):
            if timed.until is None or timed.until > now:
                return timed.text
        if self._notify and (self._notify.until is None or self._notify.until > now):
            return self._notify.text
        return ""

    def clock(self, *, now: float) -> str:
        """``23:18 05.06.26``, as the date template wants it; empty before the server told a time that exists."""
        if self._time is None:
            return ""
        told, at = self._time
        try:
            moment = datetime(told.year, told.month, told.day, told.hour, told.minute, told.second)  # noqa: DTZ001  # the phone shows what it is told, and knows no zone
        except (ValueError, OverflowError):
            return ""
        date, hour = self._clock_format()
        try:
            return f"{moment + timedelta(seconds=max(0.0, now - at)):{hour} {date}}"
        except (OverflowError, ValueError):
            return ""

    def _clock_format(self) -> tuple[str, str]:
        """Of date and time of day (SCCP wire reference, RegisterAck; dialplan mapping reference, date templates)."""
        found = _DATE_TEMPLATE.fullmatch(self.date_template)
        if found is None:
            return "", "%H:%M"
        first, delimiter, second, third, twelve = found.groups()
        date = delimiter.join(_DATE.get(part, "") for part in (first, second, third))
        return date, "%I:%M %p" if twelve else "%H:%M"

    @property
    def date_template_is_valid(self) -> bool:
        """Whether it names day, month and year, each once."""
        found = _DATE_TEMPLATE.fullmatch(self.date_template)
        return found is not None and sorted(each[0] for each in (found[1], found[3], found[4])) == ["D", "M", "Y"]

    @property
    def clock_is_valid(self) -> bool:
        """False when the time that was told last does not exist."""
        return self._time is None or bool(self.clock(now=self._time[1]))

    def labels(self) -> tuple[str, ...]:
        """What stands beside each button."""
        return tuple(self._label(button) for button in self.buttons)

    def _label(self, button: ButtonDefinition) -> str:
        index = button.instance
        match button.type:
            case StimulusType.LINE:
                line = self.lines.get(index)
                return readable(line.label or line.number) if line else ""
            case StimulusType.SPEED_DIAL:
                dial = self.speed_dials.get(index)
                return readable(dial.label or dial.number) if dial else ""
            case StimulusType.SERVICE_URL:
                service = self.services.get(index)
                return readable(service.label) if service else ""
            case _:
                feature = self.features.get(index)
                if feature is not None and feature.feature_id == button.type:
                    return readable(feature.label)
                return f"[{button.type.name.lower().replace('_', ' ')}]"

    def watched(self) -> Iterator[str]:
        """The icons of numbers that the phone shows by itself, from version 15 on."""
        for button in self.buttons:
            feature = self.features.get(button.instance)
            if button.type == StimulusType.BLF_SPEED_DIAL and feature is not None:
                status = BlfStatus(feature.status)
                yield f"{readable(feature.label)}: {status.name.lower().replace('_', ' ')}"

    def shining(self) -> Iterator[str]:
        """The lamps that are not off, in words."""
        for (stimulus, instance), mode in sorted(self.lamps.items()):
            if mode != LampMode.OFF:
                where = f" {instance}" if instance else ""
                yield f"{stimulus.name.lower().replace('_', ' ')}{where}: {mode.name.lower()}"


def _keep(table: dict[int, M], index: int, message: M) -> None:
    if len(table) < _MOST or index in table:
        table[index] = message
