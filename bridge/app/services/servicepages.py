"""The pages of our services as documents: what is on them and where their keys lead. Nothing here does anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from urllib.parse import urlencode

from bridge.app.services.directory import PAGE, Page
from bridge.app.services.servicetexts import ServiceTexts
from bridge.core import CallKind, ClaimOutcome, Device, DirectoryContact, PastCall, SignallingProtocol
from bridge.phonexml import (
    Directory,
    DirectoryEntry,
    Input,
    InputField,
    InputKind,
    Menu,
    MenuItem,
    ScreenKey,
    Text,
    dial,
    soft_key,
)

PREFIX = "/services"
LONGEST_URL = 250


@dataclass(frozen=True, slots=True)
class ServicePages:
    """The pages for one phone. ``base``: our address as the phone reached it, ``http://host:port``."""

    base: str
    device: Device
    texts: ServiceTexts
    locale: str = ""
    voicemail: str = ""
    zone: tzinfo = UTC
    """The phone's own, for the times of past calls."""
    self_provisioning: bool = False
    """Whether a phone that is nobody's yet may become somebody's."""

    # --- menus -------------------------------------------------------------------------------------------------------

    def directories(self) -> Menu:
        """The first page behind the directories key."""
        texts = self.texts
        items = [
            MenuItem(texts.corporate, self._url("search")),
            MenuItem(texts.personal, self._url("personal")),
        ]
        if self.device.desired_protocol is SignallingProtocol.SCCP:  # of SIP phones' calls we know nothing
            items += [MenuItem(self._list_name(kind), self._url("calls", kind=kind.value)) for kind in CallKind]
        return Menu(texts.directories, tuple(items), texts.choose, self._menu_keys())

    def services(self) -> Menu:
        """The first page behind the services key."""
        texts = self.texts
        items = [MenuItem(texts.directories, self._url("directories"))]
        if self.voicemail:
            items.append(MenuItem(texts.messages, self._url("messages")))
        if self.self_provisioning and self.device.temporary:
            items.append(MenuItem(texts.self_provision, self._url("selfprovision")))
        number = texts.my_number.format(number=self.device.number)
        return Menu(texts.services, tuple(items), number, self._menu_keys())

    def messages(self) -> Menu | Text:
        """The page behind the messages key."""
        texts = self.texts
        if not self.voicemail:
            return self.text(texts.messages, texts.nothing)
        return Menu(texts.messages, (MenuItem(texts.call_voicemail, dial(self.voicemail)),), "", self._menu_keys())

    def information(self) -> Text:
        """The page behind the help key."""
        return self.text(self.texts.information, self.texts.no_help)

    # --- directories -------------------------------------------------------------------------------------------------

    def search_form(self) -> Input:
        """Whom to look for; nothing for everybody."""
        texts = self.texts
        fields = (InputField(texts.name, "q"),)
        return Input(texts.corporate, self._url("corporate"), fields, texts.search, self._form_keys())

    def corporate(self, page: Page, wanted: str) -> Directory | Text:
        """A page of the corporate directory."""
        return self._directory(self.texts.corporate, page, "corporate", q=wanted)

    def personal(self, page: Page, ticket: str) -> Directory | Text:
        """A page of the phone's own directory."""
        return self._directory(self.texts.personal, page, "personal", ticket=ticket)

    def pin_form(self) -> Input:
        """The PIN of the phone's own directory."""
        texts = self.texts
        fields = (InputField(texts.pin, "pin", InputKind.PIN),)
        return Input(texts.personal, self._url("personal"), fields, texts.pin, self._form_keys())

    def calls(self, kind: CallKind, calls: Sequence[tuple[PastCall, str]], page: int) -> Directory | Text:
        """A page of a list of calls. Names are followed by the day and hour, newest first."""
        contacts = [self._past(call, name) for call, name in calls if call.number]
        pages = max(1, -(-len(contacts) // PAGE))
        number = min(max(1, page), pages)
        part = Page(tuple(contacts[(number - 1) * PAGE : number * PAGE]), number, pages, len(contacts))
        return self._directory(self._list_name(kind), part, "calls", kind=kind.value)

    # --- self-provisioning -------------------------------------------------------------------------------------------

    def claim_form(self) -> Input:
        """The extension that the phone is to become, and its PIN."""
        texts = self.texts
        fields = (
            InputField(texts.extension, "number", InputKind.TELEPHONE),
            InputField(texts.pin, "pin", InputKind.PIN),
        )
        url = self._url("selfprovision")
        return Input(texts.self_provision, url, fields, texts.enter_extension, self._form_keys())

    def claim_question(self, number: str, ticket: str) -> Text:
        """Whether that is what the user wants."""
        texts = self.texts
        keys = [(texts.confirm, self._url("selfprovision", ticket=ticket)), (texts.exit, soft_key("Exit"))]
        return Text(texts.self_provision, texts.confirm_extension.format(number=number), "", tuple(_placed(keys)))

    def claim_result(self, outcome: ClaimOutcome, number: str) -> Text:
        """What became of it. Which of extension and PIN was wrong is not said."""
        texts = self.texts
        match outcome:
            case ClaimOutcome.ACCEPTED:
                said = texts.claim_done.format(number=number)
            case ClaimOutcome.UNKNOWN | ClaimOutcome.PROTECTED | ClaimOutcome.WRONG_PIN:
                said = texts.claim_wrong
            case ClaimOutcome.LOCKED:
                said = texts.claim_locked
            case ClaimOutcome.TAKEN | ClaimOutcome.MODEL_DIFFERS:
                said = texts.claim_taken
            case ClaimOutcome.NOT_TEMPORARY:
                said = texts.claim_not_here
        return self.text(texts.self_provision, said)

    def text(self, title: str, text: str) -> Text:
        """A text with a way out."""
        return Text(title, text, "", (ScreenKey(self.texts.exit, soft_key("Exit"), 1),))

    # --- inside ------------------------------------------------------------------------------------------------------

    def _directory(self, title: str, page: Page, place: str, **query: str) -> Directory | Text:
        if not page.contacts:
            return self.text(title, self.texts.nothing)
        prompt = self.texts.page.format(number=page.number, pages=page.pages) if page.pages > 1 else ""
        entries = tuple(DirectoryEntry(each.name, each.number) for each in page.contacts)
        return Directory(title, entries, prompt, tuple(self._list_keys(page, place, query)))

    def _list_keys(self, page: Page, place: str, query: dict[str, str]) -> Iterator[ScreenKey]:
        texts = self.texts
        keys: list[tuple[str, str]] = [(texts.dial, soft_key("Dial"))]
        if page.number < page.pages:
            keys.append((texts.next, self._url(place, page=str(page.number + 1), **query)))
        if page.number > 1:
            keys.append((texts.previous, self._url(place, page=str(page.number - 1), **query)))
        keys += [(texts.exit, soft_key("Exit")), (texts.edit, soft_key("EditDial"))]
        if place == "corporate":
            keys.append((texts.search, self._url("search")))
        yield from _placed(keys)

    def _menu_keys(self) -> tuple[ScreenKey, ...]:
        return tuple(_placed([(self.texts.select, soft_key("Select")), (self.texts.exit, soft_key("Exit"))]))

    def _form_keys(self) -> tuple[ScreenKey, ...]:
        keys = [(self.texts.submit, soft_key("Submit")), ("<<", soft_key("<<")), (self.texts.exit, soft_key("Exit"))]
        return tuple(_placed(keys))

    def _list_name(self, kind: CallKind) -> str:
        names = {
            CallKind.PLACED: self.texts.placed,
            CallKind.RECEIVED: self.texts.received,
            CallKind.MISSED: self.texts.missed,
        }
        return names[kind]

    def _past(self, call: PastCall, name: str) -> DirectoryContact:
        when = f"{call.at.astimezone(self.zone):%d.%m. %H:%M}"
        return DirectoryContact(f"{(name or call.number)[:19]} {when}", call.number)

    def _url(self, place: str, **query: str) -> str:
        """An address of ours. A search that makes it too long is cut at its end."""
        fixed = {"name": self.device.name.value} | ({"locale": self.locale} if self.locale else {})
        given = {key: value for key, value in query.items() if value}
        while True:
            url = f"{self.base}{PREFIX}/{place}?{urlencode({**given, **fixed})}"
            if len(url) <= LONGEST_URL or not given.get("q"):
                return url
            given["q"] = given["q"][:-1]


def _placed(keys: Iterable[tuple[str, str]]) -> Iterator[ScreenKey]:
    for position, (name, url) in enumerate(keys, 1):
        yield ScreenKey(name, url, position)
