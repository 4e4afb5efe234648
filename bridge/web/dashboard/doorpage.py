"""The way in and out: login, one's own password, colours, and what is shown when something went wrong."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from bridge.errors import InvalidInput, LoginRequired, SepbridgeError
from bridge.web.access import for_everybody, for_viewer, principal, with_one_time_password
from bridge.web.dashboard.house import LONGEST_FIELD, THEME_COOKIE, Form, House, own, own_path, text_of
from bridge.web.site import change_password, log_in, log_out, log_out_everywhere, set_session

_YEAR = 365 * 86400


class DoorPage:
    """``/login``, ``/logout``, ``/account``, ``/theme``, and ``/`` itself."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [
            web.get("/", for_everybody(own(self._root))),
            web.get("/login", for_everybody(own(self._show_login))),
            web.post("/login", for_everybody(own(self._log_in))),
            web.post("/logout", with_one_time_password(for_viewer(own(self._log_out)))),
            web.post("/logout/everywhere", with_one_time_password(for_viewer(own(self._log_out_everywhere)))),
            web.get("/account", with_one_time_password(for_viewer(own(self._show_account)))),
            web.post("/account", with_one_time_password(for_viewer(own(self._change_password)))),
            web.post("/theme", for_everybody(own(self._theme))),
        ]

    def error_page(self, request: web.Request, error: SepbridgeError, status: int) -> web.Response:
        """The page for an error; the login for who has not logged in."""
        if isinstance(error, LoginRequired):
            back = request.path_qs if request.method == "GET" else ""
            where = f"/login?next={quote(back)}" if back not in ("", "/", "/phones") else "/login"
            return web.Response(status=303, headers={"Location": where})
        if status == 403 and self._must_change(request):
            return web.Response(status=303, headers={"Location": "/account"})
        headlines = {403: "That is not for you", 404: "There is nothing here", 503: "Not now"}
        return self._house.page(
            request,
            "problem.html",
            problem=error,
            code=status,
            headline=headlines.get(status, "That did not work"),
        )

    async def _root(self, _: web.Request) -> web.StreamResponse:
        raise web.HTTPSeeOther("/phones")

    async def _show_login(self, request: web.Request, problem: SepbridgeError | None = None) -> web.StreamResponse:
        if problem is None and self._known(request):
            raise web.HTTPSeeOther("/phones")
        form = await request.post() if request.method == "POST" else {}
        back = str(form.get("next", "")) or request.query.get("next", "")
        name = str(form.get("name", ""))[:50]
        return self._house.page(request, "login.html", problem=problem, next=own_path(back) if back else "", name=name)

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        try:
            logged_in = await log_in(request, text_of(form, "name"), _secret(form, "password"))
        except SepbridgeError as error:
            return await self._show_login(request, error)
        where = "/account" if logged_in.principal.must_change else own_path(text_of(form, "next") or "/phones")
        response = web.Response(status=303, headers={"Location": where})
        set_session(request, response, logged_in)
        return response

    async def _log_out(self, request: web.Request) -> web.StreamResponse:
        response = web.Response(status=303, headers={"Location": "/login"})
        await log_out(request, response)
        return response

    async def _log_out_everywhere(self, request: web.Request) -> web.StreamResponse:
        response = web.Response(status=303, headers={"Location": "/login"})
        await log_out_everywhere(request, response)
        return response

    async def _show_account(self, request: web.Request, problem: SepbridgeError | None = None) -> web.StreamResponse:
        return self._house.page(request, "account.html", here="account", problem=problem)

    async def _change_password(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        first = principal(request).must_change
        try:
            old, new, again = (_secret(form, key) for key in ("old", "new", "again"))
            if new != again:
                raise InvalidInput("the new password was typed in two ways", fix="type the same one twice")
            logged_in = await change_password(request, old, new)
        except SepbridgeError as error:
            return await self._show_account(request, error)
        name = self._house.notes.leave(logged_in.principal.name, "You have a new password.")
        response = web.Response(status=303, headers={"Location": f"{'/phones' if first else '/account'}?note={name}"})
        set_session(request, response, logged_in)
        return response

    async def _theme(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        response = web.Response(status=303, headers={"Location": own_path(text_of(form, "back"))})
        chosen = text_of(form, "theme")
        if chosen in ("light", "dark"):
            response.set_cookie(THEME_COOKIE, chosen, max_age=_YEAR, path="/", samesite="Strict", httponly=True)
        return response

    def _known(self, request: web.Request) -> bool:
        try:
            principal(request)
        except LoginRequired:
            return False
        return True

    def _must_change(self, request: web.Request) -> bool:
        return self._known(request) and principal(request).must_change


def _secret(form: Form, key: str) -> str:
    """A password as it was typed: blanks count. Raises InvalidInput."""
    value = form.get(key, "")
    if not isinstance(value, str) or len(value) > LONGEST_FIELD:
        raise InvalidInput("that password cannot be read", fix="type it again")
    return value
