"""The sounds of the self-provisioning dialogue: Asterisk's stock ones, or some that were made for the purpose.

The stock names are those of Asterisk's core sounds, which every language has; where a language is not installed,
Asterisk itself plays English. Sounds of our own stand in a directory per language, one for each phrase and digit, as
``sepbridge setup voice`` makes them; a language counts as soon as it is complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from bridge.autoregistration.claimdialogue import Phrase
from bridge.errors import InvalidInput

STOCK: Mapping[Phrase, tuple[str, ...]] = {
    Phrase.EXTENSION: ("extension", "beep"),
    Phrase.YOU_ENTERED: ("you-entered",),
    Phrase.IF_CORRECT: ("if-correct-press", "digits/1"),
    Phrase.PIN: ("agent-pass",),
    Phrase.WRONG: ("vm-incorrect",),
    Phrase.LOCKED: ("beeperr", "please-try-call-later"),
    Phrase.TAKEN: ("extension", "is-in-use"),
    Phrase.NOT_HERE: ("beeperr", "sorry-youre-having-problems"),
    Phrase.TROUBLE: ("beeperr", "please-try-call-later"),
    Phrase.DONE: ("auth-thankyou", "your", "extension", "is-set-to"),
    Phrase.GOODBYE: ("vm-goodbye",),
}
"""By their names in Asterisk's sounds directory."""
TEXTS: Mapping[str, Mapping[Phrase, str]] = {
    "en": {
        Phrase.EXTENSION: "Please enter your extension, and then press the pound key.",
        Phrase.YOU_ENTERED: "You entered",
        Phrase.IF_CORRECT: "If this is correct, press one.",
        Phrase.PIN: "Please enter your pin, and then press the pound key.",
        Phrase.WRONG: "The extension or the pin is wrong.",
        Phrase.LOCKED: "There were too many wrong attempts. Please try again later.",
        Phrase.TAKEN: "This extension cannot be given to this phone.",
        Phrase.NOT_HERE: "This phone cannot be provisioned.",
        Phrase.TROUBLE: "This is not possible at the moment. Please try again later.",
        Phrase.DONE: "Thank you. The phone restarts with the extension",
        Phrase.GOODBYE: "Goodbye.",
    },
    "de": {
        Phrase.EXTENSION: "Bitte geben Sie Ihre Durchwahl ein, und drücken Sie dann die Rautetaste.",
        Phrase.YOU_ENTERED: "Ihre Eingabe lautet",
        Phrase.IF_CORRECT: "Wenn das richtig ist, drücken Sie die Eins.",
        Phrase.PIN: "Bitte geben Sie Ihre Pin ein, und drücken Sie dann die Rautetaste.",
        Phrase.WRONG: "Die Durchwahl oder die Pin ist falsch.",
        Phrase.LOCKED: "Es gab zu viele falsche Versuche. Bitte versuchen Sie es später noch einmal.",
        Phrase.TAKEN: "Diese Durchwahl kann dieses Telefon nicht bekommen.",
        Phrase.NOT_HERE: "Dieses Telefon kann nicht eingerichtet werden.",
        Phrase.TROUBLE: "Das ist zurzeit nicht möglich. Bitte versuchen Sie es später noch einmal.",
        Phrase.DONE: "Vielen Dank. Das Telefon startet neu und hat dann die Durchwahl",
        Phrase.GOODBYE: "Auf Wiederhören.",
    },
}
"""What a voice of our own says."""
LANGUAGES = tuple(sorted(TEXTS))


class Voice:
    """The sounds of one language. ``directory``: where sounds of our own are, one directory per language."""

    def __init__(self, language: str, directory: Path) -> None:
        self.language = language
        self._own = directory / language

    def sounds(self, say: Iterable[Phrase | str]) -> tuple[str, ...]:
        """The sounds for phrases and digits, as Asterisk wants their names."""
        if own_is_complete(self._own):
            return tuple(f"{self._own / own_name(each)}" for each in say)
        found: list[str] = []
        for each in say:
            found += STOCK[each] if isinstance(each, Phrase) else (f"digits/{each}",)
        return tuple(found)


def own_name(word: Phrase | str) -> str:
    """The name of a sound of our own, without its ending."""
    return word.value if isinstance(word, Phrase) else f"digit-{word}"


def own_words() -> tuple[Phrase | str, ...]:
    """Everything that a voice of our own must be able to say."""
    return (*Phrase, *"0123456789")


def own_texts(language: str) -> dict[str, str]:
    """What a voice of our own says in this language, by the names of the sounds. Raises InvalidInput."""
    phrases = TEXTS.get(language)
    if phrases is None:
        raise InvalidInput(f"there are no words in {language!r}", fix=f"use one of {', '.join(LANGUAGES)}")
    return {own_name(word): phrases[word] if isinstance(word, Phrase) else word for word in own_words()}


def own_is_complete(directory: Path) -> bool:
    """Whether all of it is there."""
    return all((directory / f"{own_name(each)}.wav").is_file() for each in own_words())
