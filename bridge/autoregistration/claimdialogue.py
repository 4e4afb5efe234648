"""What a caller hears and keys while a phone is made his own: extension, confirmation, PIN, result.

The dialogue decides nothing about the claim: it gathers an extension and a PIN (``Gathered``) and goes on with what
became of them. It ends after a bounded number of steps, whatever the caller keys.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum

from bridge.core import ClaimOutcome

MOST_STEPS = 15
MOST_SILENCE = 2
"""Times that a caller may key nothing until the call is ended."""
_LONGEST_NUMBER = 15
_LONGEST_PIN = 12
YES = "1"


class Phrase(StrEnum):
    """What is said; each language and each voice has its own sounds for it."""

    EXTENSION = "extension"
    """Key your extension, and then the pound key."""
    YOU_ENTERED = "you-entered"
    IF_CORRECT = "if-correct"
    """If that is right, press 1."""
    PIN = "pin"
    WRONG = "wrong"
    """Wrong extension or PIN. Which of both is not said."""
    LOCKED = "locked"
    TAKEN = "taken"
    NOT_HERE = "not-here"
    """This phone cannot be provisioned."""
    TROUBLE = "trouble"
    DONE = "done"
    """Thank you. This phone has the extension"""
    GOODBYE = "goodbye"


class _Stage(Enum):
    EXTENSION = 1
    CONFIRM = 2
    PIN = 3
    JUDGED = 4


@dataclass(frozen=True, slots=True)
class Step:
    """Say these words and digits, then take keys up to ``most`` or ``#``; 0: say it and end the call."""

    say: tuple[Phrase | str, ...]
    most: int = 0


@dataclass(frozen=True, slots=True)
class Gathered:
    """The caller has entered everything; see what becomes of it, and go on with ``judged``."""

    number: str
    pin: str


@dataclass(frozen=True, slots=True)
class ClaimDialogue:
    """Where a caller is."""

    stage: _Stage = _Stage.EXTENSION
    number: str = ""
    steps: int = 0
    silence: int = 0

    def opening(self) -> Step:
        """The first words."""
        return _EXTENSION

    def keyed(self, keys: str) -> tuple[ClaimDialogue, Step | Gathered]:
        """The caller keyed this, the closing ``#`` left out; nothing at all where he was silent."""
        if self.steps >= MOST_STEPS:
            return self, _END
        on = replace(self, steps=self.steps + 1, silence=0)
        match self.stage:
            case _Stage.EXTENSION if keys.isascii() and keys.isdigit() and len(keys) <= _LONGEST_NUMBER:
                return replace(on, stage=_Stage.CONFIRM, number=keys), _confirm(keys)
            case _Stage.EXTENSION:
                return self._unclear(on, keys, _EXTENSION)
            case _Stage.CONFIRM if keys == YES:
                return replace(on, stage=_Stage.PIN), _PIN
            case _Stage.CONFIRM if keys:
                return replace(on, stage=_Stage.EXTENSION, number=""), _EXTENSION
            case _Stage.CONFIRM:
                return self._unclear(on, keys, _confirm(self.number))
            case _Stage.PIN:  # an empty one is an answer, too: there may be none
                return replace(on, stage=_Stage.JUDGED), Gathered(self.number, keys[:_LONGEST_PIN])
            case _Stage.JUDGED:
                return on, _END

    def judged(self, outcome: ClaimOutcome) -> tuple[ClaimDialogue, Step]:
        """What the caller is told; after a mistake of his he may try again."""
        match outcome:
            case ClaimOutcome.ACCEPTED:
                return self, Step((Phrase.DONE, *self.number, Phrase.GOODBYE))
            case ClaimOutcome.UNKNOWN | ClaimOutcome.PROTECTED | ClaimOutcome.WRONG_PIN:
                again = replace(self, stage=_Stage.EXTENSION, number="")
                return again, Step((Phrase.WRONG, *_EXTENSION.say), _EXTENSION.most)
            case ClaimOutcome.LOCKED:
                return self, Step((Phrase.LOCKED, Phrase.GOODBYE))
            case ClaimOutcome.TAKEN | ClaimOutcome.MODEL_DIFFERS:
                return self, Step((Phrase.TAKEN, Phrase.GOODBYE))
            case ClaimOutcome.NOT_TEMPORARY:
                return self, NOT_HERE

    def _unclear(self, on: ClaimDialogue, keys: str, again: Step) -> tuple[ClaimDialogue, Step]:
        if keys:
            return on, again
        if self.silence >= MOST_SILENCE:
            return on, _END
        return replace(on, silence=self.silence + 1), again


def _confirm(number: str) -> Step:
    return Step((Phrase.YOU_ENTERED, *number, Phrase.IF_CORRECT), 1)


_EXTENSION = Step((Phrase.EXTENSION,), _LONGEST_NUMBER)
_PIN = Step((Phrase.PIN,), _LONGEST_PIN)
_END = Step((Phrase.GOODBYE,))
NOT_HERE = Step((Phrase.NOT_HERE, Phrase.GOODBYE))
"""For a phone that has its place already, and for callers that are no phones of ours."""
TROUBLE = Step((Phrase.TROUBLE, Phrase.GOODBYE))
"""Something of ours does not work."""
