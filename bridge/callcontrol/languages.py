"""The words for the screen in the languages that we have. Built-in labels are translated by the phone itself."""

from __future__ import annotations

from bridge.callcontrol.settings import CallTexts

ENGLISH = CallTexts()
GERMAN = CallTexts(
    unreachable="Anlage nicht erreichbar",
    bad_credentials="Falsches Kennwort",
    unknown_line="Der Anlage unbekannt",
    refused="Anlage lehnt die Leitung ab",
    registering="Verbinde mit der Anlage",
    no_media="Telefon öffnet keinen Tonkanal",
    no_codec="Kein gemeinsamer Codec",
    cannot_dial="Nummer nicht wählbar",
    unknown_caller="Unbekannt",
    slot_unknown="Geparkt, Platz unbekannt",
    callback_set="Rückruf vorgemerkt:",
    callback_free="ist frei: Rückruf",
    callback_ended="Kein Rückruf mehr:",
    callback_impossible="Hier ist kein Rückruf möglich",
    message="Mitteilung",
)
_TEXTS = {"en": ENGLISH, "de": GERMAN}


def call_texts(language: str) -> CallTexts:
    """The texts in a language (``en``, ``de``); English where we do not have it."""
    return _TEXTS.get(language.partition("_")[0].lower(), ENGLISH)
