"""The phones' XML services over HTTP: directories, call lists, messages, help.

They stand on the phones' HTTP port under ``/services/``. Phones know no login: an address must lie in an allowed
network, and name a phone of ours; what is private to a phone is shown at that phone's own address only, by the same
rule as files with secrets.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiohttp import web

from bridge.app.claims.selfprovisioning import SelfProvisioning
from bridge.app.files.guard import MacLookup, is_allowed, plain_address, why_not_theirs
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.services.directory import Directory
from bridge.app.services.servicepages import PREFIX, ServicePages
from bridge.app.services.servicetexts import service_texts
from bridge.app.settings import Network, SecretsTo, ServiceSettings
from bridge.core import CallKind, ClaimOutcome, Device, DeviceName
from bridge.errors import InvalidInput, NotFound, SepbridgeError
from bridge.phones import BUILT_IN_LANGUAGE, catalogue
from bridge.phonexml import Charset, Document, ScreenLimits, document_text, limits_of_model, written

log = logging.getLogger(__name__)

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,80}(?::\d{1,5})?|\[[0-9A-Fa-f:]{2,45}\](?::\d{1,5})?")
_LOCALE = re.compile(r"[A-Za-z_]{0,40}")
_LONGEST_SEARCH = 60
_LONGEST_EXTENSION = 15
_SHUT = "UN-AUTHORIZED"
_OPEN = "AUTHORIZED"
"""Exactly so, without a line break."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request of a phone of ours."""

    pages: ServicePages
    owner: DeviceName
    search: str
    page: int
    is_its_own: bool
    """It comes from where the phone is."""


Handler = Callable[[web.Request, _Asked], Document]
"""Makes a page; runs in a thread."""
AsyncHandler = Callable[[web.Request, _Asked], Awaitable[Document]]


class PhoneServices:
    """The pages, as routes for the HTTP server of the phones."""

    def __init__(
        self,
        directory: Directory,
        files: PhoneFiles,
        *,
        settings: ServiceSettings,
        networks: tuple[Network, ...],
        secrets_to: SecretsTo,
        mac_of: MacLookup,
        self_provisioning: SelfProvisioning | None = None,
        pages_login: tuple[str, str] = ("", ""),
    ) -> None:
        """``pages_login``: name and password with which we ask phones' own web pages; empty where nobody may."""
        self._directory = directory
        self._files = files
        self._settings = settings
        self._networks = networks
        self._secrets_to = secrets_to
        self._mac_of = mac_of
        self._self_provisioning = self_provisioning
        self._pages_login = pages_login

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are; nothing where the services are switched off."""
        if not self._settings.enabled:
            return []
        pages: dict[str, Handler] = {
            "directories": lambda _, asked: asked.pages.directories(),
            "services": lambda _, asked: asked.pages.services(),
            "messages": lambda _, asked: asked.pages.messages(),
            "information": lambda _, asked: asked.pages.information(),
            "search": lambda _, asked: asked.pages.search_form(),
            "corporate": self._corporate,
            "personal": self._personal,
            "calls": self._calls,
        }
        routes = [web.get(f"{PREFIX}/{name}", self._page(_in_thread(handler))) for name, handler in pages.items()]
        if self._self_provisioning is not None:
            routes.append(web.get(f"{PREFIX}/selfprovision", self._page(self._self_provision)))
        return [*routes, web.get(f"{PREFIX}/authentication", self._authentication)]

    # --- pages -------------------------------------------------------------------------------------------------------

    def _corporate(self, _: web.Request, asked: _Asked) -> Document:
        return asked.pages.corporate(self._directory.corporate(asked.search, asked.page), asked.search)

    def _personal(self, request: web.Request, asked: _Asked) -> Document:
        texts = asked.pages.texts
        if not asked.is_its_own:
            return asked.pages.text(texts.personal, texts.not_allowed)
        ticket = request.query.get("ticket", "")[:64]
        if "pin" in request.query:
            ticket = self._directory.ticket(asked.owner, request.query["pin"][:20])
            if not ticket:
                return asked.pages.text(texts.personal, texts.wrong_pin)
        if not self._directory.is_open(asked.owner, ticket):
            return asked.pages.pin_form()
        return asked.pages.personal(self._directory.personal(asked.owner, asked.search, asked.page), ticket)

    def _calls(self, request: web.Request, asked: _Asked) -> Document:
        texts = asked.pages.texts
        if not asked.is_its_own:
            return asked.pages.text(texts.history, texts.not_allowed)
        try:
            kind = CallKind(request.query.get("kind", ""))
        except ValueError:
            raise InvalidInput("there is no such list of calls") from None
        return asked.pages.calls(kind, self._directory.calls(asked.owner, kind), asked.page)

    async def _self_provision(self, request: web.Request, asked: _Asked) -> Document:
        """The form, then the question, then what became of it. The PIN is in the form's own request alone."""
        pages, desk = asked.pages, self._self_provisioning
        if desk is None or not asked.is_its_own:
            return pages.text(pages.texts.self_provision, pages.texts.not_allowed)
        if not pages.device.temporary:
            return pages.claim_result(ClaimOutcome.NOT_TEMPORARY, "")
        if ticket := request.query.get("ticket", "")[:64]:
            try:
                outcome, number = await desk.confirm(asked.owner, ticket)
            except NotFound:
                return pages.text(pages.texts.self_provision, pages.texts.claim_late)
            return pages.claim_result(outcome, number)
        number = request.query.get("number", "")
        if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_EXTENSION):
            return pages.claim_form()
        return pages.claim_question(number, await desk.offer(asked.owner, number, request.query.get("pin", "")[:32]))

    async def _authentication(self, request: web.Request) -> web.Response:
        """A phone asks whether the name and password are right with which somebody asks for its web pages.

        Nobody but us may, and we only where the settings say with what: what we push goes over SCCP. Source: diagnosis
        reference, section 6.
        """
        user, password = self._pages_login
        given = [request.query.get(key, "")[:200].encode() for key in ("UserID", "Password")]
        right = [hmac.compare_digest(one, other.encode()) for one, other in zip(given, self._pages_login, strict=True)]
        known = user and password and is_allowed(plain_address(request.remote or ""), self._networks)
        return web.Response(text=_OPEN if known and all(right) else _SHUT, content_type="text/plain")

    # --- around a page -----------------------------------------------------------------------------------------------

    def _page(self, handler: AsyncHandler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            client = plain_address(request.remote or "")
            if not is_allowed(client, self._networks):
                return web.Response(status=403, text="Not for this address\n")
            try:
                asked = await asyncio.to_thread(self._asked, request, client)
                if asked is None:
                    return web.Response(status=403, text="Not for this phone\n")
                return _written(request, asked.pages.device, await handler(request, asked))
            except InvalidInput as error:
                return web.Response(status=400, text=f"{error.what}\n")
            except SepbridgeError as error:
                log.warning("the page %s failed: %s", request.path, error)
                return web.Response(status=503, text="Try again later\n")

        return answer

    def _asked(self, request: web.Request, client: str) -> _Asked | None:
        """Who asks for what; None for a phone that is not ours."""
        device = self._directory.device(DeviceName.parse(request.query.get("name", "")[:60]))
        if device is None:
            return None
        locale = request.query.get("locale", "")
        locale = locale if _LOCALE.fullmatch(locale) else ""
        pool = self._files.pool(device)
        group = pool.date_time_group
        # A phone whose language has no files here speaks what is built in; our own pages need no files.
        wanted = device.settings.user_locale or pool.user_locale
        spoken = wanted if wanted and locale in ("", BUILT_IN_LANGUAGE) else locale
        pages = ServicePages(
            f"http://{_host(request)}",
            device,
            service_texts(spoken, self._settings.language),
            locale,
            self._settings.voicemail,
            ZoneInfo(group.time_zone),
            self._self_provisioning is not None,
        )
        number = request.query.get("page", "1")
        return _Asked(
            pages,
            device.name,
            request.query.get("q", "")[:_LONGEST_SEARCH],
            int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1,
            not why_not_theirs(device, client, self._secrets_to, self._mac_of),
        )


def _in_thread(handler: Handler) -> AsyncHandler:
    async def answer(request: web.Request, asked: _Asked) -> Document:
        return await asyncio.to_thread(handler, request, asked)

    return answer


def _written(request: web.Request, device: Device, document: Document) -> web.Response:
    charset = Charset.accepted(request.headers.get("Accept-Charset", ""))
    body = written(document_text(document, _limits(device)), charset)
    # "-1" asks the phone not to keep the page when the user goes back over it.
    headers = {"Content-Type": f"text/xml; charset={charset.value}", "Expires": "-1"}
    return web.Response(body=body, headers=headers)


def _host(request: web.Request) -> str:
    """Our address as the phone wrote it; it has reached us there."""
    host = request.headers.get("Host", "")
    if not _HOST.fullmatch(host):
        raise InvalidInput("the request names no host")
    return host


def _limits(device: Device) -> ScreenLimits:
    return limits_of_model(catalogue().by_name(device.model) if device.model else None)
