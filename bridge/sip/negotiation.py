"""Offer and answer over the life of one call: what we said last, what they said last (RFC 3264)."""

from __future__ import annotations

from zlib import crc32

from sipmessage import Request, Response

from bridge.errors import RemoteProtocolError
from bridge.sip.message import content_type
from bridge.sip.sdp import MEDIA_TYPE, AudioSession, Direction, answer_to, parse_session, write_session


def session_in(message: Request | Response) -> AudioSession | None:
    """The session that a message carries, None without a body. Raises RemoteProtocolError (415, 488)."""
    if not message.body.strip():
        return None
    kind = content_type(message)
    if kind and kind != MEDIA_TYPE:
        raise RemoteProtocolError(f"a body of the type {kind[:60]!r} cannot be used", reply=415)
    return parse_session(message.body)


class Negotiation:
    """The two sessions of one call. ``capability`` is what our side can do, apart from what was agreed."""

    __slots__ = ("_body", "_id", "_version", "agreed", "capability", "offered", "remote")

    def __init__(self, call_id: str) -> None:
        self.capability: AudioSession | None = None
        self.offered: AudioSession | None = None
        """Our offer that has no answer yet."""
        self.agreed: AudioSession | None = None
        """Our side of what stands."""
        self.remote: AudioSession | None = None
        """Their side of what stands."""
        self._id = crc32(call_id.encode())
        self._version = 0
        self._body = b""

    def offer(self, session: AudioSession) -> bytes:
        """Write our offer."""
        self.offered = session
        return self._write(session)

    def answer(self, offer: AudioSession, local: AudioSession) -> bytes:
        """Write our answer to ``offer``. Raises RemoteProtocolError (488) when nothing is common."""
        session = answer_to(offer, local)
        body = self._write(session)
        self.agreed, self.remote, self.offered = session, offer, None
        return body

    def take_answer(self, answer: AudioSession) -> None:
        """Their answer to our offer. Raises RemoteProtocolError (488) when it takes up nothing of it."""
        if self.offered is not None:
            common = [ours for ours in self.offered.codecs if any(ours.is_like(theirs) for theirs in answer.codecs)]
            if answer.port and all(codec.is_events for codec in common):
                raise RemoteProtocolError("the answer has no codec of the offer", reply=488)
            # what the answer leaves of our wish: nobody sends to a side that does not listen
            narrowed = Direction.of(
                sends=self.offered.direction.sends and answer.direction.receives,
                receives=self.offered.direction.receives and answer.direction.sends,
            )
            self.agreed = self.offered.with_direction(narrowed)
        self.remote, self.offered = answer, None

    def withdraw(self) -> None:
        """Our offer was refused: what stood before still stands."""
        self.offered = None

    def _write(self, session: AudioSession) -> bytes:
        # The version counts changes only: a description that says the same is the same (RFC 3264 section 8).
        if not self._body or write_session(session, session_id=self._id, version=self._version) != self._body:
            self._version += 1
            self._body = write_session(session, session_id=self._id, version=self._version)
        return self._body
