"""Provisional answers that arrive for certain (RFC 3262), on the answering side: RSeq, repetition, PRACK."""

from __future__ import annotations

import re
from collections import deque

from sipmessage import Request, Response

from bridge.sip.callrecord import CallRecord
from bridge.sip.events import EndReason
from bridge.sip.message import sequence, tokens

EXTENSION = "100rel"
MAX_WAITING = 8
"""Provisional answers that wait for the PRACK of the one before; further ones are dropped."""
_RACK = re.compile(r"\s*([0-9]{1,10})\s+([0-9]{1,10})\s+INVITE\s*")


class ReliableAnswers:
    """The provisional answers to one INVITE, one at a time."""

    __slots__ = ("_give_up_at", "_interval", "_number", "_open", "_record", "_repeat_at", "_waiting")

    def __init__(self, record: CallRecord) -> None:
        self._record = record
        self._open: Response | None = None
        self._waiting: deque[Response] = deque()
        self._number = 0
        self._interval = 0.0
        self._repeat_at: float | None = None
        self._give_up_at: float | None = None

    @staticmethod
    def are_wanted(invite: Request) -> bool:
        """True when the caller insists on them; where it only could, plain ones do."""
        return EXTENSION in tokens(invite, "Require")

    @property
    def holds_back_the_answer(self) -> bool:
        """True while a session of ours is not acknowledged: a 2xx must wait for that (section 3)."""
        return any(response.body for response in (self._open, *self._waiting) if response is not None)

    def send(self, response: Response, *, now: float) -> None:
        """Send a provisional answer, after those that wait."""
        if self._open is None:
            self._transmit(response, now)
        elif len(self._waiting) < MAX_WAITING:
            self._waiting.append(response)

    def acknowledged(self, prack: Request) -> bool:
        """Their PRACK. False when it acknowledges nothing: it is answered 481."""
        incoming = self._record.incoming
        match = _RACK.fullmatch(prack.headers.get("RAck") or "")
        if self._open is None or incoming is None or match is None:
            return False
        if (int(match[1]), int(match[2])) != (self._number, sequence(incoming.request).sequence):
            return False
        self._open = self._repeat_at = self._give_up_at = None
        return True

    def proceed(self, *, now: float) -> None:
        """Send the next one that waits."""
        if self._open is None and self._waiting:
            self._transmit(self._waiting.popleft(), now)

    def forget(self) -> None:
        """The INVITE has its final answer."""
        self._waiting.clear()
        self._open = self._repeat_at = self._give_up_at = None

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        times = [at for at in (self._repeat_at, self._give_up_at) if at is not None]
        return min(times) if times else None

    def handle_timer(self, *, now: float) -> None:
        """Repeat, or end a call whose caller acknowledges nothing (section 3: reject it with a 5xx)."""
        record = self._record
        if record.incoming is None or record.incoming.transaction.is_answered:
            self.forget()
        elif self._give_up_at is not None and self._give_up_at <= now:
            self.forget()
            record.refuse(record.incoming, 504, now=now)
            record.end(EndReason.NO_ACK, 504)
        elif self._open is not None and self._repeat_at is not None and self._repeat_at <= now:
            record.line.respond(record.incoming, self._open, now=now)
            self._interval *= 2
            self._repeat_at = now + self._interval

    def _transmit(self, response: Response, now: float) -> None:
        record = self._record
        if record.incoming is None:
            return
        self._number += 1
        response.headers.set("Require", EXTENSION)
        response.headers.set("RSeq", str(self._number))
        self._open = response
        self._interval = record.line.values.t1
        self._repeat_at = now + self._interval
        self._give_up_at = now + record.line.values.give_up
        record.line.respond(record.incoming, response, now=now)
