"""Users and tokens, for admins."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from aiohttp import web

from bridge.core import Role
from bridge.errors import Conflict, InvalidInput, SepbridgeError
from bridge.web.access import actor, principal
from bridge.web.dashboard.house import Form, House, change, number_of, text_of
from bridge.web.site import ACCOUNTS


class UsersPage:
    """``/users``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house = self._house
        changes = {
            "role": self._role,
            "remove": self._remove,
            "tokens/remove": self._remove_token,
        }
        return [
            web.get("/users", house.admin(self.show)),
            web.post("/users/add", house.admin(self._add)),
            web.post("/users/password", house.admin(self._reset)),
            web.post("/users/tokens/add", house.admin(self._add_token)),
            *(web.post(f"/users/{word}", house.admin(change(house, do, self.show))) for word, do in changes.items()),
        ]

    async def show(
        self,
        request: web.Request,
        problem: SepbridgeError | None = None,
        secret: tuple[str, str, str] | None = None,
    ) -> web.Response:
        """Who may log in, and which programs. ``secret``, shown once: what for, itself, what to do with it."""
        accounts = request.app[ACCOUNTS]
        users, tokens = await asyncio.to_thread(lambda: (accounts.users(), accounts.tokens()))
        return self._house.page(
            request,
            "users.html",
            here="users",
            problem=problem,
            users=users,
            tokens=tokens,
            secret=secret,
            me=principal(request).name,
            roles=[(Role.ADMIN.value, "admin: full access"), (Role.VIEWER.value, "viewer: may look")],
        )

    async def _add(self, request: web.Request) -> web.StreamResponse:
        form, accounts = await request.post(), request.app[ACCOUNTS]
        try:
            name, role = text_of(form, "name"), _role_of(form)
            made = await asyncio.to_thread(accounts.add_user, name, role, actor(request))
        except SepbridgeError as error:
            return await self.show(request, problem=error)
        return await self._told(request, name, made.password if made else "")

    async def _reset(self, request: web.Request) -> web.StreamResponse:
        form, accounts = await request.post(), request.app[ACCOUNTS]
        try:
            name = text_of(form, "name")
            if name == principal(request).name:
                raise Conflict("that would log you out", fix="change your own password below your name in the menu")
            made = await asyncio.to_thread(accounts.reset_password, name, actor(request))
        except SepbridgeError as error:
            return await self.show(request, problem=error)
        return await self._told(request, name, made.password if made else "")

    async def _told(self, request: web.Request, name: str, password: str) -> web.Response:
        return await self.show(
            request,
            secret=(f"The password of {name}, for one login", password, "It is shown this once. Pass it on safely."),
        )

    async def _add_token(self, request: web.Request) -> web.StreamResponse:
        form, accounts = await request.post(), request.app[ACCOUNTS]
        try:
            name, role = text_of(form, "name"), _role_of(form)
            days = number_of(form, "days", least=1, most=3660) if text_of(form, "days") else None
            lifetime = timedelta(days=days) if days is not None else None
            made = await asyncio.to_thread(accounts.add_token, name, role, actor(request), lifetime=lifetime)
        except SepbridgeError as error:
            return await self.show(request, problem=error)
        told = "It is shown this once. Programs send it as: Authorization: Bearer …"
        return await self.show(request, secret=(f"The token {name}", made.secret, told))

    async def _role(self, request: web.Request) -> tuple[str, str]:
        form, accounts = await request.post(), request.app[ACCOUNTS]
        name, role = text_of(form, "name"), _role_of(form)
        await asyncio.to_thread(accounts.set_role, name, role, actor(request))
        return ("/users" if name != principal(request).name else "/phones"), f"{name} is {role} now."

    async def _remove(self, request: web.Request) -> tuple[str, str]:
        name = text_of(await request.post(), "name")
        if name == principal(request).name:
            raise Conflict("you cannot remove yourself", fix="have another admin do it")
        await asyncio.to_thread(request.app[ACCOUNTS].remove_user, name, actor(request))
        return "/users", f"{name} is gone."

    async def _remove_token(self, request: web.Request) -> tuple[str, str]:
        name = text_of(await request.post(), "name")
        await asyncio.to_thread(request.app[ACCOUNTS].remove_token, name, actor(request))
        return "/users", f"The token {name} is good no more."


def _role_of(form: Form) -> Role:
    wanted = text_of(form, "role")
    if wanted not in list(Role):
        raise InvalidInput(f"{wanted[:20]!r} is no role", fix="choose admin or viewer")
    return Role(wanted)
