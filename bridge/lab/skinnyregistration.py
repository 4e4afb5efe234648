"""What an SCCP phone asks its server for after RegisterAck, one question after the other.

Source: SCCP flows reference, section 1.1; SCCP enumerations reference, section 7 (what is asked for which button).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.lab.skinnymodels import Ask, SkinnyTraits
from bridge.sccp import (
    ButtonDefinition,
    ButtonTemplate,
    ButtonTemplateReq,
    CallCountReq,
    ConfigStat,
    ConfigStatReq,
    DefineTimeDate,
    FeatureStat,
    FeatureStatReq,
    ForwardStat,
    ForwardStatReq,
    HeadsetStatus,
    LineStat,
    LineStatReq,
    LocationInfo,
    Message,
    RegisterAvailableLines,
    ServiceUrlStat,
    ServiceUrlStatReq,
    SoftKeySetReq,
    SoftKeySetRes,
    SoftKeyTemplateReq,
    SoftKeyTemplateRes,
    SpeedDialStat,
    SpeedDialStatReq,
    StimulusType,
    TimeDateReq,
    Version,
    VersionReq,
)

FEATURE_BUTTONS = frozenset(
    {
        StimulusType.BLF_SPEED_DIAL,
        StimulusType.FEATURE,
        StimulusType.MULTI_BLINK_FEATURE,
        StimulusType.MOBILITY,
        StimulusType.DO_NOT_DISTURB,
        StimulusType.HUNT_GROUP_LOGIN,
        StimulusType.QUALITY_REPORT,
        StimulusType.GENERIC_APPLICATION_B1,
    }
)
"""Button types that are asked for with FeatureStatReq."""


@dataclass(frozen=True, slots=True)
class Question:
    """One message of the registration; ``answer`` is None where none is waited for."""

    message: Message
    answer: type[Message] | None = None
    index: int | None = None
    """The instance that the answer must be about."""


class RegistrationSteps:
    """The questions of one registration: send ``next_messages()``, tell what comes with ``receive``."""

    def __init__(self, traits: SkinnyTraits) -> None:
        self._traits = traits
        self._steps = deque(traits.order)
        self._questions: deque[Question] = deque()
        self._buttons: tuple[ButtonDefinition, ...] = ()
        self.waiting: Question | None = None

    @property
    def finished(self) -> bool:
        """Whether everything was asked and answered."""
        return self.waiting is None and not self._steps and not self._questions

    def next_messages(self) -> list[Message]:
        """What goes out now: up to the next question that waits for its answer."""
        out: list[Message] = []
        while self.waiting is None and (question := self._next()) is not None:
            out.append(question.message)
            if question.answer is not None:
                self.waiting = question
        return out

    def receive(self, message: Message) -> bool:
        """Take a message; True when it answers the question that waits."""
        if isinstance(message, ButtonTemplate):
            self._buttons = message.buttons
        question = self.waiting
        if question is None or question.answer is None or not isinstance(message, question.answer):
            return False
        if question.index is not None and _index_of(message) != question.index:
            return False
        self.waiting = None
        return True

    def give_up(self) -> str:
        """Go on without the answer that waits; the question's name."""
        question, self.waiting = self.waiting, None
        if question is None:
            return ""
        about = "" if question.index is None else f" {question.index}"
        return type(question.message).__name__ + about

    def _next(self) -> Question | None:
        while not self._questions and self._steps:
            self._questions.extend(self._of(self._steps.popleft()))
        return self._questions.popleft() if self._questions else None

    def _of(self, step: Ask) -> Iterator[Question]:
        match step:
            case Ask.BUTTONS:
                yield Question(ButtonTemplateReq(), ButtonTemplate)
            case Ask.SOFT_KEYS:
                yield Question(SoftKeyTemplateReq(), SoftKeyTemplateRes)
            case Ask.SOFT_KEY_SETS:
                yield Question(SoftKeySetReq(), SoftKeySetRes)
            case Ask.LINES:
                for line in self._instances(StimulusType.LINE):
                    yield Question(LineStatReq(line), LineStat, line)
            case Ask.SPEED_DIALS | Ask.SPEED_DIALS_DOWNWARDS:
                for index in self._instances(StimulusType.SPEED_DIAL, downwards=step is Ask.SPEED_DIALS_DOWNWARDS):
                    yield Question(SpeedDialStatReq(index), SpeedDialStat, index)
            case Ask.FIRST_FEATURE:
                yield Question(FeatureStatReq(1))
            case Ask.FEATURES:
                for index in self._instances(*FEATURE_BUTTONS):
                    yield Question(FeatureStatReq(index), FeatureStat, index)
            case Ask.SERVICES:
                for index in self._instances(StimulusType.SERVICE_URL):
                    yield Question(ServiceUrlStatReq(index), ServiceUrlStat, index)
            case Ask.FORWARDS:
                for line in self._instances(StimulusType.LINE):
                    yield Question(ForwardStatReq(line), ForwardStat, line)
            case Ask.AVAILABLE_LINES:
                # A 7960 tells 0, a 7962 two, a 7912 one: the value is no count of buttons.
                yield Question(RegisterAvailableLines(2 if self._traits.java else 0))
            case Ask.TIME:
                yield Question(TimeDateReq(), DefineTimeDate)
            case _:
                yield from self._aside(step)

    @staticmethod
    def _aside(step: Ask) -> Iterator[Question]:
        match step:
            case Ask.CONFIG:
                yield Question(ConfigStatReq(), ConfigStat)
            case Ask.VERSION:
                yield Question(VersionReq(), Version)
            case Ask.CALL_COUNT:
                yield Question(CallCountReq())  # newer phones do without an answer
            case Ask.HEADSET:
                yield Question(HeadsetStatus())
            case Ask.LOCATION:
                yield Question(LocationInfo("<locationInfo><ap>lab</ap></locationInfo>"))

    def _instances(self, *types: StimulusType, downwards: bool = False) -> list[int]:
        found = [button.instance for button in self._buttons if button.type in types]
        return found[::-1] if downwards else found


def _index_of(message: Message) -> int | None:
    match message:
        case LineStat(line=index) | ForwardStat(line=index):
            return index
        case SpeedDialStat(index=index) | FeatureStat(index=index) | ServiceUrlStat(index=index):
            return index
        case _:
            return None
