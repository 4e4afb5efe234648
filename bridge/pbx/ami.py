"""Asterisk's manager interface, kept connected: login, watchdog, capped back-off, state."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import PbxError, PbxLoginRefused, PbxRefused, PbxUnavailable
from bridge.pbx.amilink import AmiAnswer, AmiLink, AmiMessage, check_fields

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AmiSettings:
    """Where the manager interface is, who we are, and how patient. Times in seconds."""

    host: str = "127.0.0.1"
    port: int = 5038
    username: str = "sepbridge"
    secret: str = field(default="", repr=False)
    connect_timeout: float = 5.0
    login_timeout: float = 10.0
    """Asterisk takes one second to say no to a wrong secret."""
    boot_timeout: float = 60.0
    """How long after the login Asterisk may go on booting."""
    action_timeout: float = 20.0
    """A reload with 5,000 endpoints takes one to four seconds."""
    ping_every: float = 10.0
    first_retry: float = 0.2
    last_retry: float = 15.0
    """Retries double from the first to the last."""
    refused_retry: float = 60.0
    """After a refused login: rarely, since guards against break-ins count those."""


@dataclass(frozen=True, slots=True)
class AmiState:
    """Connected or not, and why not."""

    connected: bool = False
    version: str = ""
    """Asterisk's own version, for example ``22.10.1``."""
    trouble: PbxError | None = None


class Ami:
    """The connection that ``run`` keeps up.

    ``on_state`` is called when it comes and goes, ``on_event`` for every event that Asterisk sends on its own accord.
    Both are called in the event loop and must not block.
    """

    def __init__(
        self,
        settings: AmiSettings,
        *,
        on_state: Callable[[AmiState], None] = lambda state: None,
        on_event: Callable[[AmiMessage], None] = lambda event: None,
    ) -> None:
        check_fields([("Username", settings.username), ("Secret", settings.secret)])
        self._settings = settings
        self._on_state = on_state
        self._on_event = on_event
        self._link: AmiLink | None = None
        self._booted = asyncio.Event()
        self.state = AmiState(trouble=PbxUnavailable("Asterisk is not connected yet"))

    async def run(self) -> None:
        """Connect, stay connected, come back after every loss. Ends only by cancellation."""
        delay = self._settings.first_retry
        now = asyncio.get_running_loop().time
        while True:
            began = now()
            try:
                await self._one_connection()
                if now() - began > self._settings.last_retry:
                    delay = self._settings.first_retry  # it had been up for a while: come back fast
            except PbxLoginRefused as error:
                self._change(AmiState(trouble=error))
                delay = self._settings.refused_retry
            except PbxError as error:
                self._change(AmiState(trouble=error))
            await asyncio.sleep(delay)
            delay = min(delay * 2, self._settings.last_retry)

    async def action(
        self,
        name: str,
        fields: Sequence[tuple[str, str]] = (),
        *,
        within: float | None = None,
    ) -> AmiAnswer:
        """Send one action and return its answer, a list with all its events. ``within``: seconds.

        Fields may repeat and keep their order among equals. Raises PbxUnavailable (no connection, no answer in time)
        and InvalidInput (a line break in a field). A "no" from Asterisk is an answer: see ``AmiAnswer.success``.
        """
        if self._link is None or not self.state.connected:
            trouble = self.state.trouble
            raise PbxUnavailable(
                "Asterisk is not connected",
                why=trouble.why or trouble.what if trouble else "",
                fix=trouble.fix if trouble else "",
            )
        return await self._link.action(name, fields, within=within or self._settings.action_timeout)

    async def demand(
        self, name: str, fields: Sequence[tuple[str, str]] = (), *, within: float | None = None
    ) -> AmiAnswer:
        """``action``, but a "no" raises PbxRefused."""
        answer = await self.action(name, fields, within=within)
        if not answer.success:
            raise PbxRefused(f"Asterisk refused {name}", why=answer.message)
        return answer

    # --- one connection

    async def _one_connection(self) -> None:
        """From connecting to the loss of the connection. Raises PbxError when it never came up."""
        settings = self._settings
        place = f"{settings.host}:{settings.port}"
        self._booted.clear()
        try:
            async with asyncio.timeout(settings.connect_timeout):
                _, link = await asyncio.get_running_loop().create_connection(
                    lambda: AmiLink(self._event), settings.host, settings.port
                )
        except (OSError, TimeoutError) as error:
            raise PbxUnavailable(
                f"no connection to Asterisk's manager interface at {place}",
                why=(getattr(error, "strerror", None) or str(error) or "no answer"),
                fix="start Asterisk, and see that manager.conf has enabled = yes and this address and port",
            ) from error
        try:
            version = await self._log_in(link)
            self._link = link
            self._change(AmiState(connected=True, version=version))
            why = await self._watch(link)
            self._link = None
            self._change(
                AmiState(
                    trouble=PbxUnavailable(
                        "the connection to Asterisk was lost", why=why, fix="nothing to do if Asterisk is restarting"
                    )
                )
            )
        finally:
            self._link = None
            link.abort("closed by sepbridge")

    async def _log_in(self, link: AmiLink) -> str:
        """Log in, wait until Asterisk has booted, and return its version. Raises PbxError."""
        settings = self._settings
        credentials = [("Username", settings.username), ("Secret", settings.secret), ("Events", "on")]
        try:
            answer = await link.action("Login", credentials, within=settings.login_timeout)
        except PbxUnavailable as error:
            raise PbxUnavailable(
                f"what listens at {settings.host}:{settings.port} did not answer the login",
                why=error.why or error.what,
                fix="see that it is Asterisk's manager interface, and that Asterisk is not stuck",
            ) from error
        if not answer.success and "authentication" not in answer.message.lower():
            # For example while it shuts down.
            raise PbxUnavailable("Asterisk does not let anybody log in now", why=answer.message)
        if not answer.success:
            raise PbxLoginRefused(
                f"Asterisk refused the login of {settings.username!r}",
                why=answer.message,
                fix="give sepbridge the user name and secret that stand in Asterisk's manager.conf, "
                "and see that the account permits our address",
            )
        # Asterisk answers before its modules are up; a reload then would be refused.
        booted = asyncio.ensure_future(self._booted.wait())
        either: set[asyncio.Future[Any]] = {booted, link.closed}
        await asyncio.wait(either, timeout=settings.boot_timeout, return_when=asyncio.FIRST_COMPLETED)
        booted.cancel()
        core = await link.action("CoreSettings", (), within=settings.login_timeout)
        return core.response.get("AsteriskVersion")

    async def _watch(self, link: AmiLink) -> str:
        """Ping as long as it answers, and return why the connection ended."""
        while True:
            done, _ = await asyncio.wait({link.closed}, timeout=self._settings.ping_every)
            if done:
                return link.closed.result()
            with contextlib.suppress(PbxUnavailable):  # without an answer the link closes itself
                await link.action("Ping", (), within=self._settings.action_timeout)

    def _event(self, message: AmiMessage) -> None:
        if message.event == "FullyBooted":
            self._booted.set()
            return
        try:
            self._on_event(message)
        except Exception:
            _log.exception("an event %s of Asterisk could not be handled", message.event)

    def _change(self, state: AmiState) -> None:
        before, self.state = self.state, state
        if state.connected:
            _log.info("connected to Asterisk %s", state.version)
        elif before.connected or str(before.trouble) != str(state.trouble):
            _log.warning("%s", state.trouble)
        self._on_state(state)
