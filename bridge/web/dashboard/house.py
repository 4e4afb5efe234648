"""What every page of the dashboard needs: the service, whoever asks, templates, and the way from a form to a page."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import resources
from typing import Any, Protocol
from urllib.parse import urlsplit

import jinja2
from aiohttp import web
from markupsafe import Markup

from bridge import __version__
from bridge.app.admission.checklistdesk import ChecklistDesk
from bridge.app.desks import Desks
from bridge.app.service import Service
from bridge.core import DeviceName, Principal, Role
from bridge.errors import InvalidInput, SepbridgeError
from bridge.web.access import (
    CSRF_FIELD,
    csrf_token,
    for_admin,
    for_viewer,
    principal,
    with_streamed_form,
)
from bridge.web.dashboard import icons, words
from bridge.web.dashboard.board import PhoneBoard
from bridge.web.dashboard.findingcards import FindingCard, finding_cards
from bridge.web.dashboard.notes import Notes
from bridge.web.dashboard.staticfiles import static_address
from bridge.web.screenshots import Screenshots
from bridge.web.site import desks
from bridge.web.upkeep import audit
from bridge.web.weberrors import status_of

THEME_COOKIE = "sepbridge_colours"
LONGEST_FIELD = 4000
MOST_CHOSEN = 1000
"""Phones that are ticked in one form."""
NAVIGATION = (
    ("phones", "/phones", "Phones", "phone"),
    ("window", "/window", "The window", "window"),
    ("temporary", "/temporary", "Temporary", "temporary"),
    ("claims", "/claims", "Claims", "claims"),
    ("directory", "/directory", "Directory", "directory"),
    ("calls", "/calls", "Calls", "calls"),
    ("messages", "/messages", "Messages", "messages"),
    ("site", "/site/pools", "Site", "site"),
    ("dialplan", "/dial-plan", "Dial plan", "dial"),
    ("firmware", "/firmware", "Firmware", "firmware"),
    ("audit", "/audit", "Audit", "audit"),
    ("health", "/health", "Health", "health"),
)
FOR_ADMINS = (
    ("upkeep", "/upkeep", "Backup and traces", "upkeep"),
    ("users", "/users", "Users and tokens", "users"),
)

Form = Mapping[str, Any]
Page = Callable[[web.Request], Awaitable[web.StreamResponse]]
Doing = Callable[[web.Request], Awaitable[tuple[str, str]]]
"""Carries out a change; where to go then, and what to say there."""


class Showing(Protocol):
    """A page that can say what went wrong with a form on it."""

    async def __call__(self, request: web.Request, problem: SepbridgeError | None = None) -> web.Response: ...


class House:
    """Shared by all pages of one service."""

    def __init__(self, service: Service, screenshots: Screenshots) -> None:
        self.service = service
        self.screenshots = screenshots
        self.board = PhoneBoard(service)
        self.notes = Notes()
        self._templates = _environment()

    # --- pages -------------------------------------------------------------------------------------------------------

    def page(
        self,
        request: web.Request,
        template: str,
        *,
        here: str = "",
        code: int = 200,
        problem: SepbridgeError | None = None,
        **context: Any,
    ) -> web.Response:
        """A whole page. A ``problem`` gives it that error's status."""
        viewer = _viewer(request)
        reader = viewer.name if viewer else ""
        text = self._templates.get_template(template).render(
            **self._about(request, viewer),
            navigation=self._navigation(viewer),
            here=here,
            problem=problem,
            notes=self.notes.take(reader, request.query.get("note", "")),
            path=request.path_qs,
            theme=theme_of(request),
            **context,
        )
        if problem is not None and code == 200:
            code = status_of(problem)
        return web.Response(text=text, content_type="text/html", status=code)

    def part(self, request: web.Request, template: str, **context: Any) -> str:
        """A piece of a page, for a page that is live."""
        return self._templates.get_template(template).render(**self._about(request, _viewer(request)), **context)

    def goes(self, request: web.Request, where: str, *notes: str) -> web.Response:
        """The way from a form to a page that says what was done."""
        if any(notes):
            name = self.notes.leave(principal(request).name, *notes)
            where = f"{where}{'&' if '?' in where else '?'}note={name}"
        return web.Response(status=303, headers={"Location": where})

    def viewer(self, handler: Page) -> Page:
        """A handler for whoever is logged in."""
        return for_viewer(own(handler))

    def admin(self, handler: Page) -> Page:
        """A handler for admins."""
        return for_admin(own(handler))

    def upload(self, handler: Page) -> Page:
        """A handler for admins that reads a form with a file by itself (``web/uploads.py``)."""
        return with_streamed_form(self.admin(handler))

    # --- use cases ---------------------------------------------------------------------------------------------------

    def desks(self, request: web.Request) -> Desks:
        """The use cases, for whoever asks. They block."""
        return desks(request)

    def checklist(self, request: web.Request) -> ChecklistDesk:
        """The nine steps, for whoever asks. They block."""
        at = desks(request)
        return ChecklistDesk(at.store, at.clock, at.window, at.site, at.actor, at.tree)

    async def audit(self, request: web.Request, action: str, detail: str = "") -> None:
        """Note what was asked of the running service, which leaves no trace in the database by itself."""
        await audit(request, action, detail)

    async def findings(self, name: DeviceName) -> Sequence[FindingCard]:
        """What the diagnosis says of a phone."""
        return await finding_cards(self.service, name)

    def _about(self, request: web.Request, viewer: Viewer | None) -> dict[str, Any]:
        token = csrf_token(request)
        field = Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)
        return {"viewer": viewer, "now": self.service.clock.now(), "csrf_field": lambda: field}

    def _navigation(self, viewer: Viewer | None) -> list[dict[str, Any]]:
        shown = (*NAVIGATION, *(FOR_ADMINS if viewer is not None and viewer.is_admin else ()))
        counts = {"temporary": (self.board.temporary, "phones"), "window": (self.board.waiting, "wait for approval")}
        return [
            {
                "key": key,
                "href": href,
                "title": title,
                "icon": sign,
                "count": counts.get(key, (0, ""))[0],
                "counted": counts.get(key, (0, ""))[1],
            }
            for key, href, title, sign in shown
        ]


class Viewer:
    """Whoever looks, as templates want it."""

    def __init__(self, known: Principal) -> None:
        self.name = known.name
        self.is_admin = known.role is Role.ADMIN
        self.must_change = known.must_change


def change(house: House, do: Doing, show: Showing) -> Page:
    """A form's handler: carries it out and goes on, or shows the page again with what went wrong."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            where, note = await do(request)
        except SepbridgeError as error:
            return await show(request, problem=error)
        return house.goes(request, where, note)

    return answer


def chosen_names(form: Form, *keys: str) -> list[DeviceName]:
    """The phones that were ticked, each once. Raises InvalidInput for none, and for what is no phone's name."""
    ticked = [each for key in keys for each in form.getall(key, [])]  # type: ignore[attr-defined]  # aiohttp's form
    names = [DeviceName.parse(str(each)[:60]) for each in dict.fromkeys(ticked)]
    if not names:
        raise InvalidInput("no phone was chosen", fix="tick the phones that are meant")
    if len(names) > MOST_CHOSEN:
        raise InvalidInput(f"{len(names)} phones are too many at once", fix=f"choose {MOST_CHOSEN} at most")
    return names


def text_of(form: Form, key: str) -> str:
    """A field of a form, without blanks around it; empty where it is not given. Raises InvalidInput."""
    value = form.get(key, "")
    if not isinstance(value, str) or len(value) > LONGEST_FIELD:
        raise InvalidInput(f"the field {key} cannot be read", fix="shorten it")
    return value.strip()


def number_of(form: Form, key: str, *, least: int, most: int) -> int:
    """A whole number out of a form. Raises InvalidInput."""
    text = text_of(form, key)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise InvalidInput(f"{text[:20]!r} is no number for {key}", fix=f"give a whole number from {least} to {most}")
    return int(text)


def theme_of(request: web.Request) -> str:
    """The colours that were chosen; empty where the system decides."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in ("light", "dark") else ""


def own_path(text: str) -> str:
    """A path of this site that a form may send the browser back to; the list of phones for anything else."""
    parts = urlsplit(text)
    fine = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.netloc and "\\" not in text
    return text if fine and text.isprintable() else "/phones"


def _viewer(request: web.Request) -> Viewer | None:
    with contextlib.suppress(SepbridgeError):
        return Viewer(principal(request))
    return None


def own(handler: Page) -> Page:
    """A function of its own for a route: the marks of who may cannot be set on a method, and must not be shared."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    return answer


def _environment() -> jinja2.Environment:
    pages = resources.files("bridge.web.dashboard") / "pages"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(pages)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["sentence"] = words.capital
    environment.globals.update(
        icon=icons.icon,
        words=words,
        static=static_address,
        zip=lambda names: [(each, each) for each in names],
        theme="",
        version=__version__,
    )
    return environment
