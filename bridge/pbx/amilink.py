"""One connection to Asterisk's manager interface, from connecting to its loss.

Framing, action ids and the collecting of list answers are panoramisk's (its protocol, action and message classes). Its
``Manager`` is left aside: it reconnects where it should not, cannot be stopped while it is not connected, sends actions
twice, and does not judge its login (reference: libraries, section 1.2). What takes its place here ends with the
connection; nothing outlives it.
"""

from __future__ import annotations

import asyncio
import codecs
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol

from bridge.errors import InvalidInput, PbxUnavailable

LARGEST_MESSAGE = 4 * 1024 * 1024
"""Characters that may come without an empty line before we take the peer for something else."""
_FORBIDDEN = ("\r", "\n", "\0")

_library_log = logging.getLogger("bridge.pbx.panoramisk")
_library_log.propagate = False
_library_log.addHandler(logging.NullHandler())
"""The library logs whole messages, passwords included (Login, AuthDetail). Nothing of that leaves this module."""


@dataclass(frozen=True, slots=True)
class AmiMessage:
    """A response or an event. Letter case of names does not count; a missing header is an empty text."""

    headers: tuple[tuple[str, str], ...] = field(repr=False)

    def get(self, name: str) -> str:
        """The first value of that header, or an empty text."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of that header."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key == wanted)

    @property
    def event(self) -> str:
        """The event's name; empty for a response."""
        return self.get("event")

    def __repr__(self) -> str:  # values may be passwords
        return f"AmiMessage({self.event or self.get('response')!r}, {len(self.headers)} headers)"


@dataclass(frozen=True, slots=True)
class AmiAnswer:
    """The answer to one action: the response, and the events of the list if it was one."""

    response: AmiMessage
    events: tuple[AmiMessage, ...] = ()

    @property
    def success(self) -> bool:
        """Whether Asterisk said yes."""
        return self.response.get("response").lower() in ("success", "follows", "goodbye")

    @property
    def message(self) -> str:
        """What Asterisk said, in its words."""
        return self.response.get("message").strip()

    def named(self, event: str) -> tuple[AmiMessage, ...]:
        """The list's events of that name."""
        return tuple(message for message in self.events if message.event == event)


def check_fields(fields: Sequence[tuple[str, str]]) -> None:
    """Refuse what would end a line, and so start a second action (reference: libraries, 1.2, defect 1)."""
    for key, value in fields:
        if any(character in key or character in value for character in _FORBIDDEN) or ":" in key or not key:
            raise InvalidInput(
                f"the field {key!r} cannot be sent to Asterisk", why="it holds a line break or a null character"
            )


def _message(library_message: Any) -> AmiMessage:
    headers: list[tuple[str, str]] = []
    for key, value in library_message.items():
        values = value if isinstance(value, list) else [value]
        headers.extend((str(key).lower(), str(one)) for one in values)
    return AmiMessage(tuple(headers))


def _answer(result: Any) -> AmiAnswer:
    if isinstance(result, list):
        return AmiAnswer(_message(result[0]), tuple(_message(one) for one in result[1:]))
    return AmiAnswer(_message(result))


class _Factory:
    """What panoramisk's protocol expects to find behind itself in place of its Manager."""

    save_stream = None
    forgetable_actions: tuple[str, ...] = ()

    def __init__(self, link: AmiLink) -> None:
        self._link = link

    @property
    def awaiting_actions(self) -> deque[Any]:
        """Where the library puts actions to send again after a loss. We never do: a new deque, at once forgotten."""
        return deque(maxlen=0)

    def dispatch(self, event: Any) -> None:
        self._link.event_arrived(_message(event))

    def connection_lost(self, cause: object) -> None:
        self._link.lost(str(cause) if isinstance(cause, OSError) else "Asterisk closed the connection")


class AmiLink(asyncio.Protocol):
    """One connection. ``on_event`` is called for events that belong to no list, ``closed`` resolves with the reason."""

    def __init__(self, on_event: Callable[[AmiMessage], None]) -> None:
        self._on_event = on_event
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._inner = AMIProtocol()
        self._transport: asyncio.Transport | None = None
        self._waiting: set[asyncio.Future[Any]] = set()
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    # --- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected; the login is the next step."""
        self._transport = cast("asyncio.Transport", transport)
        self._inner.connection_made(transport)
        self._inner.factory = _Factory(self)
        self._inner.log = _library_log
        self._inner.encoding = "utf-8"

    def data_received(self, data: bytes) -> None:
        """Decode without losing a character that was cut in two (defect 2), and pass on."""
        self._inner.data_received(self._decoder.decode(data).encode())
        if self._inner.queue and len(self._inner.queue[0]) > LARGEST_MESSAGE:
            self.abort("what answers there does not speak the manager protocol")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        self._inner.connection_lost(exc)
        self.lost(str(exc) if exc else "Asterisk closed the connection")

    # --- our side

    @property
    def banner(self) -> str:
        """Version of the manager protocol as Asterisk announced it; empty before."""
        return str(self._inner.version or "")

    async def action(self, name: str, fields: Sequence[tuple[str, str]], *, within: float) -> AmiAnswer:
        """Send one action and wait for its whole answer, at most ``within`` seconds.

        Raises InvalidInput for line breaks, PbxUnavailable when the connection ends first or nothing comes in time. An
        action without an answer ends the connection, since whatever follows on it would wait behind.
        """
        check_fields([("Action", name), *fields])
        if self.closed.done():
            raise PbxUnavailable("Asterisk is not connected", why=self.closed.result())
        collected: dict[str, list[str]] = {}
        for key, value in fields:
            collected.setdefault(key, []).append(value)
        action = Action({"Action": name, **collected})
        future: asyncio.Future[Any] = action.future
        self._waiting.add(future)
        try:
            async with asyncio.timeout(within):
                self._inner.send(action, as_list=None)  # None: the library looks whether it is one
                return _answer(await future)
        except TimeoutError:
            self.abort(f"no answer to {name} within {within:g} s")
            raise PbxUnavailable(
                f"Asterisk did not answer {name}",
                why=f"nothing came within {within:g} s",
                fix="see whether Asterisk is overloaded or stopped",
            ) from None
        finally:
            self._waiting.discard(future)

    def event_arrived(self, message: AmiMessage) -> None:
        """Called by the protocol for every event that belongs to no list."""
        self._on_event(message)

    def abort(self, why: str) -> None:
        """End the connection at once."""
        self.lost(why)
        if self._transport is not None:
            self._transport.abort()

    def lost(self, why: str) -> None:
        """Resolve everything that waits (defect 3: futures that never end)."""
        if self.closed.done():
            return
        self.closed.set_result(why)
        for future in self._waiting:
            if not future.done():
                future.set_exception(PbxUnavailable("the connection to Asterisk was lost", why=why))
