"""A whole node without Asterisk, for tests of what admins see of it, and clients that are logged in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bridge.app.accounts import Accounts, login_rules
from bridge.app.service import Service
from bridge.app.settings import (
    Address,
    AmiSettings,
    AsteriskSettings,
    FilesSettings,
    HttpSettings,
    SccpSettings,
    ServerSettings,
    Settings,
    SipSettings,
    StateSettings,
    TftpSettings,
    WebSettings,
)
from bridge.app.system import SystemIds
from bridge.core import Role
from bridge.store import upgrade
from bridge.web.node import running_node

ANYWHERE = (Address("127.0.0.1", 0),)
PASSWORD = "three words together"


def web_settings(directory: Path) -> Settings:
    """Everything on loopback; no Asterisk to be found."""
    return Settings(
        server=ServerSettings(name="pbx", address="127.0.0.1"),
        state=StateSettings(directory / "state"),
        tftp=TftpSettings(listen=ANYWHERE),
        http=HttpSettings(listen=ANYWHERE),
        web=WebSettings(listen=ANYWHERE),
        sip=SipSettings(doorway=()),
        sccp=SccpSettings(listen=()),
        ami=AmiSettings(address=Address("127.0.0.1", 9), secret="x"),
        asterisk=AsteriskSettings(directory / "asterisk"),
        files=FilesSettings(wait_for_pbx=0.0),
    )


@dataclass
class WebNode:
    """It runs."""

    service: Service
    accounts: Accounts

    @property
    def url(self) -> str:
        """Of the admins' site."""
        host, port = self.service.web_addresses[0]
        return f"{'https' if self.service.settings.web.tls else 'http'}://{host}:{port}"

    def client(self, token: str = "") -> aiohttp.ClientSession:
        """A client; with a token it sends that one. Cookies of an address count, too."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return aiohttp.ClientSession(self.url, headers=headers, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def token(self, role: Role = Role.ADMIN) -> str:
        """A new token of that role."""
        made = await asyncio.to_thread(self.accounts.add_token, f"{role}-token", role, "tester")
        return made.secret


@contextlib.asynccontextmanager
async def running_web_node(settings: Settings) -> AsyncIterator[WebNode]:
    """Run it on a new database."""
    settings.state.directory.mkdir(exist_ok=True)
    settings.asterisk.directory.mkdir(exist_ok=True)
    await asyncio.to_thread(upgrade, settings.database_url)
    async with running_node(settings) as service:
        yield WebNode(service, Accounts(service.store, service.clock, SystemIds(), login_rules(settings.web)))
