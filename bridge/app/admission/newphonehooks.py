"""Tells somebody else of new phones: a web address, a command, or both (requirement AR-05).

Nobody waits for them: what they do happens beside admitting, a bounded number at a time, is tried again a few times,
and is given up with a line in the log. The command is run with arguments, never by a shell.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Mapping
from http.client import HTTPException

from bridge.app.operations.redaction import plain_url
from bridge.app.settings import HookSettings
from bridge.core.events import Event, PhoneAdmitted

log = logging.getLogger(__name__)

MAX_WAITING = 1_000
"""News that wait to be told; beyond that they are dropped, with a line in the log."""
MAX_OUTPUT = 2_000
"""Characters of a command's complaint that reach the log."""


class NewPhoneHooks:
    """Listens to events and tells of admitted phones, one after the other, until cancelled."""

    def __init__(self, settings: HookSettings) -> None:
        self._settings = settings
        self._waiting: asyncio.Queue[PhoneAdmitted] = asyncio.Queue(MAX_WAITING)

    def heard(self, event: Event) -> None:
        """Take note of an event. Never blocks, never raises."""
        settings = self._settings
        if not isinstance(event, PhoneAdmitted) or not (settings.new_phone_url or settings.new_phone_command):
            return
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            log.error("nobody is told of the new phone %s: %d others wait already", event.device, MAX_WAITING)

    async def run(self) -> None:
        """Tell of them."""
        while True:
            event = await self._waiting.get()
            if self._settings.new_phone_url:
                await self._tried(f"the address {plain_url(self._settings.new_phone_url)}", event, self._post)
            if self._settings.new_phone_command:
                await self._tried(f"the command {self._settings.new_phone_command[0]}", event, self._run)

    async def _tried(self, whom: str, event: PhoneAdmitted, attempt: Callable[[PhoneAdmitted], Awaitable[str]]) -> None:
        trouble = ""
        for number in range(max(1, self._settings.attempts)):
            if number:
                await asyncio.sleep(self._settings.pause)
            try:
                trouble = await attempt(event)
            except (OSError, ValueError, HTTPException) as error:
                trouble = str(error) or type(error).__name__
            if not trouble:
                return
        log.error("%s was not told of the new phone %s: %s", whom, event.device, trouble)

    async def _post(self, event: PhoneAdmitted) -> str:
        """Empty, or what went wrong."""
        return await asyncio.to_thread(
            _post, self._settings.new_phone_url, json.dumps(news(event)).encode(), self._settings.timeout
        )

    async def _run(self, event: PhoneAdmitted) -> str:
        program, *first = self._settings.new_phone_command
        words = [*first, *(value for key, value in news(event).items() if key not in {"event", "at"})]
        with _complaints() as (stderr, complaint):
            process = await asyncio.create_subprocess_exec(
                program,
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
            )
            try:
                async with asyncio.timeout(self._settings.timeout):
                    await process.wait()
            except TimeoutError:
                return f"it took longer than {self._settings.timeout:g} s, and was ended"
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    await process.wait()
            if process.returncode == 0:
                return ""
            return f"it ended with {process.returncode}: {complaint().decode(errors='replace').strip()}"


@contextlib.contextmanager
def _complaints() -> Iterator[tuple[int, Callable[[], bytes]]]:
    """Where a command writes its complaints, and their beginning.

    Nobody waits for its end: what the command leaves in the background may hold it open long after the command is done.
    """
    loop = asyncio.get_running_loop()
    heard = bytearray()
    reading, writing = os.pipe()
    os.set_blocking(reading, False)

    def take() -> None:
        with contextlib.suppress(BlockingIOError):
            heard.extend(os.read(reading, MAX_OUTPUT)[: MAX_OUTPUT - len(heard)])

    def beginning() -> bytes:
        take()
        return bytes(heard)

    loop.add_reader(reading, take)  # so that a command with much to say does not wait for us
    try:
        yield writing, beginning
    finally:
        loop.remove_reader(reading)
        os.close(reading)
        os.close(writing)


def news(event: PhoneAdmitted) -> Mapping[str, str]:
    """What is told of a new phone; empty what nobody knows. A command gets it in this order."""
    return {
        "event": "new-phone",
        "at": event.at.isoformat(timespec="milliseconds"),
        "device": str(event.device),
        "number": event.number,
        "protocol": event.protocol.value,
        "address": event.client,
        "model": event.model,
        "vlan": str(event.vlan or ""),
        "neighbour": event.neighbour,
        "neighbour_port": event.neighbour_port,
    }


def _post(url: str, body: bytes, timeout: float) -> str:
    if not url.startswith(("http://", "https://")):
        return "it is no web address"
    request = urllib.request.Request(  # noqa: S310  checked above
        url, body, {"Content-Type": "application/json", "User-Agent": "sepbridge"}, method="POST"
    )
    try:
        with _OPENER.open(request, timeout=timeout) as answer:
            return "" if 200 <= answer.status < 300 else f"it answered {answer.status}"
    except urllib.error.HTTPError as error:
        error.close()
        return f"it answered {error.code}"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """What is told of a phone goes where the admin said, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        """None: the answer stands as it is."""


_OPENER = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
