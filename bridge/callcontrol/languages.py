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
    private="Privat",
    pickup="Rufübernahme",
    slot_unknown="Geparkt, Platz unbekannt",
    callback_set="Rückruf vorgemerkt:",
    callback_free="ist frei: Rückruf",
    callback_ended="Kein Rückruf mehr:",
    callback_impossible="Hier ist kein Rückruf möglich",
    message="Mitteilung",
)
_TEXTS = {"en": ENGLISH, "english": ENGLISH, "de": GERMAN, "german": GERMAN}


def call_texts(*languages: str) -> CallTexts:
    """The texts in the first of these languages that we have, English if in none.

    A language is a code (``de``, ``de_AT``) or a locale as phones name it (``German_Germany``).
    """
    known = (_TEXTS.get(language.partition("_")[0].strip().lower()) for language in languages)
    return next((texts for texts in known if texts is not None), ENGLISH)
