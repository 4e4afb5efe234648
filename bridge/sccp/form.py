"""Forms: the layouts in which one message goes over the wire, and which of them is meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bridge.errors import RemoteProtocolError
from bridge.sccp.codepage import CodePage
from bridge.sccp.fields import Field
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.segments import Fixed, Segment
from bridge.sccp.versions import NEWEST

Chooser = Callable[[bytes, int], int]
"""From a body and the negotiated version to the index among the forms of one message id that the body is written in."""


class Form:
    """One layout of a message.

    ``since`` and ``until``: the negotiated versions in which it is the one to send (``since`` above the newest version:
    only where asked for). ``size``: sent bodies are cut to, or filled up to, so many bytes. ``from_length``: shortest
    body that is read by it, where a message id has several. ``least``: a body shorter than this says nothing at all.
    """

    __slots__ = ("from_length", "id", "least", "name", "segments", "since", "size", "until")

    def __init__(
        self,
        message_id: MessageId,
        *parts: Field | Segment,
        name: str = "",
        since: int = 0,
        until: int = NEWEST,
        size: int = 0,
        from_length: int = 0,
        least: int = 0,
    ) -> None:
        self.id = message_id
        self.name = name
        self.since = since
        self.until = until
        self.size = size
        self.from_length = from_length
        self.least = least
        segments: list[Segment] = []
        for is_field, group in groupby(parts, key=lambda part: isinstance(part, Field)):
            if is_field:
                segments.append(Fixed(*(part for part in group if isinstance(part, Field))))
            else:
                segments.extend(part for part in group if not isinstance(part, Field))
        self.segments = tuple(segments)

    def __repr__(self) -> str:
        return f"<Form {self.id.name} {self.name}>"

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes of its message that this form has a place for; the others read as their default."""
        first = self.segments[0] if len(self.segments) == 1 else None
        if self.size and isinstance(first, Fixed):
            return frozenset(field.name for field in first.within(self.size))
        return frozenset(name for segment in self.segments for name in segment.attributes)

    def read(self, message: type[Message], body: bytes, page: CodePage) -> Message:
        """The message in this body. Raises RemoteProtocolError where too little of it came."""
        if len(body) < self.least:
            raise RemoteProtocolError(
                f"{self.id.name} with a body of {len(body)} bytes", why=f"it says nothing below {self.least} bytes"
            )
        values: dict[str, Any] = {}
        offset = 0
        for segment in self.segments:
            offset = segment.read(body, offset, page, values)
        return message(**values)

    def write(self, message: Message, page: CodePage) -> bytes:
        """The body, filled up to a multiple of four. Raises LocalProtocolError for values that it cannot carry."""
        out = bytearray()
        for segment in self.segments:
            segment.write(message, page, out)
        if self.size:
            return bytes(out[: self.size].ljust(self.size, b"\0"))
        out += bytes(-len(out) % 4)
        return bytes(out)


@dataclass(frozen=True, slots=True)
class Shape:
    """How exactly one peer writes a message, where that differs from what its version calls for.

    A 7912 registers with 52 bytes and acknowledges a channel with 16; a 7961 at version 22 sends the oldest form of its
    capabilities. ``leftovers`` are bytes that no field accounts for: (offset, bytes).
    """

    message: type[Message]
    form: Form
    length: int | None = None
    """Bytes of the body; None for the natural length."""
    leftovers: tuple[tuple[int, bytes], ...] = ()

    def write(self, message: Message, page: CodePage) -> bytes:
        """The body in this shape. Raises LocalProtocolError for values that the form cannot carry."""
        body = self.form.write(message, page)
        if self.length is not None:
            body = body[: self.length].ljust(self.length, b"\0")
        if self.leftovers:
            patched = bytearray(body)
            for offset, data in self.leftovers:
                patched[offset : offset + len(data)] = data
            body = bytes(patched)
        return body
