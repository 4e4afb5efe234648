"""The words of our services, in the languages that we have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceTexts:
    """Titles and keys. Short: a title shows 32 characters, a soft key about eight."""

    directories: str = "Directories"
    corporate: str = "Corporate Directory"
    personal: str = "Personal Directory"
    search: str = "Search"
    history: str = "Call History"
    placed: str = "Placed Calls"
    received: str = "Received Calls"
    missed: str = "Missed Calls"
    services: str = "Services"
    messages: str = "Messages"
    call_voicemail: str = "Call voicemail"
    information: str = "Help"
    no_help: str = "There is no help for this key."
    name: str = "Name"
    pin: str = "PIN"
    wrong_pin: str = "Wrong PIN, or too many tries"
    choose: str = "Select an item"
    nothing: str = "No entries"
    page: str = "Page {number} of {pages}"
    unknown_caller: str = "Unknown"
    my_number: str = "This phone: {number}"
    not_allowed: str = "Not for this phone"
    trouble: str = "Not available at the moment"
    self_provision: str = "Set up this phone"
    extension: str = "Extension"
    enter_extension: str = "Your extension and its PIN"
    confirm_extension: str = "This phone becomes {number} and restarts."
    confirm: str = "Confirm"
    claim_done: str = "Thank you. The phone restarts with the extension {number}."
    claim_wrong: str = "The extension or the PIN is wrong."
    claim_locked: str = "Too many wrong attempts. Please try again later."
    claim_taken: str = "This extension cannot be given to this phone."
    claim_not_here: str = "This phone has been set up already."
    claim_late: str = "This took too long. Please enter it again."
    dial: str = "Dial"
    edit: str = "EditDial"
    exit: str = "Exit"
    next: str = "Next"
    previous: str = "Prev"
    select: str = "Select"
    submit: str = "Submit"


ENGLISH = ServiceTexts()
GERMAN = ServiceTexts(
    directories="Verzeichnisse",
    corporate="Firmenverzeichnis",
    personal="Persönliches Verzeichnis",
    search="Suchen",
    history="Anrufliste",
    placed="Gewählte Nummern",
    received="Angenommene Anrufe",
    missed="Entgangene Anrufe",
    services="Dienste",
    messages="Nachrichten",
    call_voicemail="Sprachbox anrufen",
    information="Hilfe",
    no_help="Zu dieser Taste gibt es keine Hilfe.",
    name="Name",
    pin="PIN",
    wrong_pin="Falsche PIN oder zu viele Versuche",
    choose="Bitte wählen",
    nothing="Keine Einträge",
    page="Seite {number} von {pages}",
    unknown_caller="Unbekannt",
    my_number="Dieses Telefon: {number}",
    not_allowed="Nicht für dieses Telefon",
    trouble="Zurzeit nicht verfügbar",
    self_provision="Telefon einrichten",
    extension="Durchwahl",
    enter_extension="Ihre Durchwahl und deren PIN",
    confirm_extension="Dieses Telefon wird {number} und startet neu.",
    confirm="Ja",
    claim_done="Vielen Dank. Das Telefon startet neu und hat dann die Durchwahl {number}.",
    claim_wrong="Die Durchwahl oder die PIN ist falsch.",
    claim_locked="Zu viele falsche Versuche. Bitte später noch einmal versuchen.",
    claim_taken="Diese Durchwahl kann dieses Telefon nicht bekommen.",
    claim_not_here="Dieses Telefon ist schon eingerichtet.",
    claim_late="Das hat zu lange gedauert. Bitte noch einmal eingeben.",
    dial="Wählen",
    edit="Bearb.",
    exit="Beenden",
    next="Weiter",
    previous="Zurück",
    select="Auswahl",
    submit="OK",
)
_LANGUAGES = {"de": GERMAN, "german": GERMAN, "en": ENGLISH, "english": ENGLISH}


def service_texts(locale: str, default: str = "en") -> ServiceTexts:
    """The texts for a locale as phones name it (``German_Germany``), or a language code; else the default ones."""
    for name in (locale, default):
        texts = _LANGUAGES.get(name.partition("_")[0].strip().lower())
        if texts is not None:
            return texts
    return ENGLISH
