"""The self-provisioning dialogue, key by key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.autoregistration.claimdialogue import MOST_STEPS, ClaimDialogue, Gathered, Phrase, Step
from bridge.core import ClaimOutcome


def played(*keys: str) -> tuple[ClaimDialogue, Step | Gathered]:
    dialogue, step = ClaimDialogue(), ClaimDialogue().opening()
    for each in keys:
        dialogue, step = dialogue.keyed(each)
    return dialogue, step


def test_extension_confirmation_pin_result() -> None:
    _, step = played("2001")
    assert step == Step((Phrase.YOU_ENTERED, "2", "0", "0", "1", Phrase.IF_CORRECT), 1)
    dialogue, step = played("2001", "1", "4711")
    assert step == Gathered("2001", "4711")
    _, step = dialogue.judged(ClaimOutcome.ACCEPTED)
    assert step == Step((Phrase.DONE, "2", "0", "0", "1", Phrase.GOODBYE))


def test_a_wrong_extension_is_keyed_again() -> None:
    _, step = played("2001", "2")
    assert step == ClaimDialogue().opening()
    assert played("2001", "2", "2002", "1", "")[1] == Gathered("2002", "")
    assert played("20*1")[1] == ClaimDialogue().opening()


def test_a_wrong_pin_may_be_tried_again_and_does_not_say_what_was_wrong() -> None:
    dialogue, _ = played("2001", "1", "1")
    said = {dialogue.judged(each)[1] for each in (ClaimOutcome.UNKNOWN, ClaimOutcome.PROTECTED, ClaimOutcome.WRONG_PIN)}
    assert len(said) == 1
    again, _ = dialogue.judged(ClaimOutcome.WRONG_PIN)
    for key in ("2001", "1", "4711"):
        again, step = again.keyed(key)
    assert step == Gathered("2001", "4711")


def test_what_cannot_be_mended_ends_the_call() -> None:
    dialogue, _ = played("2001", "1", "1")
    for outcome in (ClaimOutcome.LOCKED, ClaimOutcome.TAKEN, ClaimOutcome.MODEL_DIFFERS, ClaimOutcome.NOT_TEMPORARY):
        assert dialogue.judged(outcome)[1].most == 0


def test_a_silent_caller_is_asked_three_times() -> None:
    assert played("", "")[1] == ClaimDialogue().opening()
    assert played("", "", "")[1] == Step((Phrase.GOODBYE,))
    assert played("2001", "", "")[1] == played("2001")[1]


@given(st.lists(st.text(max_size=20), max_size=60))
def test_every_call_ends_and_nothing_unchecked_is_gathered(keys: list[str]) -> None:
    dialogue = ClaimDialogue()
    gathered = 0
    for each in keys:
        dialogue, step = dialogue.keyed(each)
        if isinstance(step, Gathered):
            gathered += 1
            assert step.number.isascii()
            assert step.number.isdigit()
            assert len(step.pin) <= 12
            dialogue, step = dialogue.judged(ClaimOutcome.WRONG_PIN)
    assert gathered <= MOST_STEPS // 3
    if len(keys) > MOST_STEPS:
        assert step == Step((Phrase.GOODBYE,))
