"""What happens, live, for many listeners: events as JSON, each listener with a queue of its own that is bounded."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import dataclass, replace

from bridge.app.asjson import plain
from bridge.app.diagnosis.findingwatch import TurnListener
from bridge.app.ending import end_task
from bridge.app.operations.recorder import Listener, describe
from bridge.app.status import WindowStatus
from bridge.core import DeviceName
from bridge.core.events import Event
from bridge.errors import SepbridgeError, StoreError
from bridge.journey import FindingTurned, Progress

MOST_LISTENERS = 200
MOST_WAITING = 1000
"""Messages that wait for one listener; of a slow one, the oldest go, and it is told how many."""
REMEMBERED = 2000
"""Messages that are kept for those who come back."""
WINDOW_EVERY = 1.0
"""Seconds between two looks at the window: other nodes and commands change it, too."""
MOST_DEVICES = 10_000

STAGE, FINDING, WINDOW, DROPPED = "stage", "finding", "window", "dropped"
"""Kinds that are no events of the recorder: a phone's stage changed, something is found of it or no more, the window
changed, messages are missing."""


class TooManyListeners(SepbridgeError):
    """No further one is served."""

    status = 503


@dataclass(slots=True)
class LiveMessage:
    """One message.

    A phone's every request is one, and mostly nobody listens: JSON is made of it when the first listener wants it.
    """

    number: int
    kind: str
    device: DeviceName | None
    what: object
    """An event, or what is said of something else; it does not change any more."""
    _json: str = ""

    @property
    def data(self) -> str:
        """JSON, made once for all listeners."""
        if not self._json:
            what = _told(self.what) if isinstance(self.what, Event) else self.what
            self._json = json.dumps(plain(what), ensure_ascii=False, separators=(",", ":"))
        return self._json


class LiveListener:
    """One listener's queue."""

    def __init__(self, kinds: Collection[str], device: DeviceName | None) -> None:
        self._kinds = frozenset(kinds)
        self._device = device
        self._waiting: deque[LiveMessage] = deque()
        self._arrived = asyncio.Event()
        self.dropped = 0
        """Messages that were lost since ``take_dropped``."""
        self.is_over = False

    def offer(self, message: LiveMessage) -> None:
        """Take a message, if it is wanted. Never blocks."""
        if self._kinds and message.kind not in self._kinds:
            return
        if self._device is not None and message.device not in (None, self._device):
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(message)
        self._arrived.set()

    def end(self) -> None:
        """There will be no more."""
        self.is_over = True
        self._arrived.set()

    async def next(self, within: float) -> LiveMessage | None:
        """The next message; None after ``within`` seconds, or when it is over."""
        if not self._waiting and not self.is_over:
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), within)
        return self._waiting.popleft() if self._waiting else None

    def take_dropped(self) -> int:
        """How many messages were lost since the last time."""
        count, self.dropped = self.dropped, 0
        return count


class LiveFeed:
    """Hears every event of this node, follows the window, and tells all listeners."""

    def __init__(
        self,
        subscribe: Callable[[Listener], Callable[[], None]],
        stages: Callable[[DeviceName], Progress | None],
        window: Callable[[], WindowStatus],
        findings: Callable[[TurnListener], Callable[[], None]],
    ) -> None:
        """``subscribe``: to the recorder. ``stages``: how far a device is. ``window`` blocks: it reads the database.

        ``findings``: subscribes to what is found of phones.
        """
        self._subscribe = subscribe
        self._stages = stages
        self._window = window
        self._findings = findings
        self._listeners: set[LiveListener] = set()
        self._past: deque[LiveMessage] = deque(maxlen=REMEMBERED)
        self._number = 0
        self._stage_of: OrderedDict[DeviceName, str] = OrderedDict()
        self.run_id = secrets.token_hex(4)
        """Tells this run of the service from others: numbers begin anew with each."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[LiveFeed]:
        """Work inside the block; all listeners end with it."""
        leave, leave_findings = self._subscribe(self._heard), self._findings(self._turned)
        task = asyncio.create_task(self._watch_window(), name="live feed")
        try:
            yield self
        finally:
            leave()
            leave_findings()
            self.end()
            await end_task(task)

    def end(self) -> None:
        """Let go of all listeners."""
        for listener in self._listeners:
            listener.end()

    @contextlib.contextmanager
    def listening(
        self, kinds: Collection[str] = (), device: DeviceName | None = None, after: str = ""
    ) -> Iterator[LiveListener]:
        """Listen. ``after``: the id of the last message that was seen; what is remembered of later ones comes first.

        Raises TooManyListeners.
        """
        if len(self._listeners) >= MOST_LISTENERS:
            raise TooManyListeners(f"{MOST_LISTENERS} programs and pages listen already", fix="close some of them")
        listener = LiveListener(kinds, device)
        if after:
            self._catch_up(listener, after)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def id_of(self, message: LiveMessage) -> str:
        """What a listener gives as ``after`` when it comes back."""
        return f"{self.run_id}-{message.number}"

    def _catch_up(self, listener: LiveListener, after: str) -> None:
        run, _, number = after.partition("-")
        if run != self.run_id or not (number.isascii() and number.isdigit() and len(number) < 19):
            listener.dropped += 1  # of another run: nobody knows how many
            return
        seen = int(number)
        if self._past and self._past[0].number > seen + 1:
            listener.dropped += self._past[0].number - seen - 1
        for message in self._past:
            if message.number > seen:
                listener.offer(message)

    def _heard(self, event: Event) -> None:
        self._tell(type(event).__name__, event.device, event)
        device = event.device
        progress = self._stages(device) if device is not None else None
        if device is not None and progress is not None and self._stage_of.get(device) != progress.stage:
            self._stage_of[device] = progress.stage
            self._stage_of.move_to_end(device)
            if len(self._stage_of) > MOST_DEVICES:
                self._stage_of.popitem(last=False)
            self._tell(STAGE, device, progress)

    def _turned(self, turned: FindingTurned) -> None:
        told = {"at": turned.at, "phone": turned.device, "turn": turned.turn, "finding": turned.finding}
        self._tell(FINDING, turned.device, told)

    def _tell(self, kind: str, device: DeviceName | None, what: object) -> None:
        self._number += 1
        message = LiveMessage(self._number, kind, device, what)
        self._past.append(message)
        for listener in self._listeners:
            listener.offer(message)

    async def _watch_window(self) -> None:
        known: WindowStatus | None = None
        while True:
            if self._listeners:
                with contextlib.suppress(StoreError):  # the status says so
                    now = await asyncio.to_thread(self._window)
                    # The seconds that are left are no news.
                    if known is None or replace(now, seconds_left=None) != replace(known, seconds_left=None):
                        self._tell(WINDOW, None, now)
                    known = now
            await asyncio.sleep(WINDOW_EVERY)


def _told(event: Event) -> dict[str, object]:
    return {"at": event.at, "phone": event.device, "text": describe(event), "details": _details(event)}


def _details(event: Event) -> dict[str, object]:
    return {
        name: value
        for name in event.__dataclass_fields__
        if name not in {"at", "device"} and (value := getattr(event, name)) not in ("", None)
    }
