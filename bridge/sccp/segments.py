"""The pieces that a layout is made of: a run of fixed fields, text that ends with NUL, counted data and entries.

Rule for every piece (SCCP wire reference, sections 1 and 2): a field exists when the body reaches its end, a missing
one reads as 0, bytes after the last one are ignored. A text that the body cuts short is what there is of it.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import Any, Protocol

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sccp.codepage import CodePage
from bridge.sccp.fields import Field, Length, Pad, Text, plan, write_values


class Segment(Protocol):
    """One piece. ``read`` puts its attributes into ``values`` and returns where the next piece starts."""

    @property
    def attributes(self) -> tuple[str, ...]: ...

    def read(self, body: bytes, offset: int, page: CodePage, values: dict[str, Any]) -> int: ...

    def write(self, message: Any, page: CodePage, out: bytearray) -> None: ...


def _length_of(name: str) -> str:
    """Under which key a Length waits for the piece that it measures; no attribute can bear such a name."""
    return f"#{name}"


class Fixed:
    """Fixed fields in a row, read and written by one precompiled struct."""

    __slots__ = ("_ends", "_get", "_keys", "_single", "_steps", "_struct", "_texts", "fields", "size")

    def __init__(self, *fields: Field) -> None:
        self.fields = fields
        codes = [code for field in fields for code in field.codes]
        self._struct = struct.Struct("<" + "".join(codes))
        self.size = self._struct.size
        self._steps = plan(fields)
        self._keys = tuple(
            (_length_of(step.field.name) if isinstance(step.field, Length) else step.field.name, step)
            for step in self._steps
        )
        names = [step.field.name for step in self._steps]
        self._get = attrgetter(*names)
        self._single = len(names) == 1
        self._ends = list(accumulate(struct.calcsize("<" + code) for code in codes))
        self._texts = [isinstance(field, Text) for field in fields for _ in field.codes]

    @property
    def attributes(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.within(self.size))

    def within(self, size: int) -> tuple[Field, ...]:
        """The fields with an attribute that end within the first ``size`` bytes."""
        ends = accumulate(struct.calcsize("<" + "".join(field.codes)) for field in self.fields)
        return tuple(
            field
            for field, end in zip(self.fields, ends, strict=True)
            if end <= size and not isinstance(field, Pad | Length)
        )

    def read(self, body: bytes, offset: int, page: CodePage, values: dict[str, Any]) -> int:
        end = offset + self.size
        raw = self._struct.unpack_from(body if len(body) >= end else self._completed(body, offset), offset)
        for key, step in self._keys:
            values[key] = step.take(raw, page)
        return end

    def _completed(self, body: bytes, offset: int) -> bytes:
        """A short body, cut after its last whole field (or inside a text) and filled with zeros."""
        present = len(body) - offset
        if present > 0:
            index = bisect_right(self._ends, present)
            if not self._texts[index]:
                body = body[: offset + (self._ends[index - 1] if index else 0)]
        return body.ljust(offset + self.size, b"\0")

    def write(self, message: Any, page: CodePage, out: bytearray) -> None:
        attributes = self._get(message)
        values = write_values(self._steps, (attributes,) if self._single else attributes, page)
        try:
            out += self._struct.pack(*values)
        except struct.error as error:
            raise LocalProtocolError(
                f"{type(message).__name__} holds a number that its field cannot carry", why=str(error)
            ) from error


class CString:
    """Text that ends with NUL, the next piece right after it. ``limit`` bytes at most go out, the NUL included."""

    __slots__ = ("limit", "name")

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit

    @property
    def attributes(self) -> tuple[str, ...]:
        return (self.name,)

    def read(self, body: bytes, offset: int, page: CodePage, values: dict[str, Any]) -> int:
        end = body.find(b"\0", offset)
        if end < 0:
            end = len(body)
        values[self.name] = page.decode(body[offset:end])
        return end + 1

    def write(self, message: Any, page: CodePage, out: bytearray) -> None:
        out += page.fit(getattr(message, self.name), self.limit - 1)
        out.append(0)


class Data:
    """Bytes, or text, whose length an earlier Length field says; at most ``limit`` bytes."""

    __slots__ = ("limit", "name", "text")

    def __init__(self, name: str, limit: int, *, text: bool = False) -> None:
        self.name = name
        self.limit = limit
        self.text = text

    @property
    def attributes(self) -> tuple[str, ...]:
        return (self.name,)

    def read(self, body: bytes, offset: int, page: CodePage, values: dict[str, Any]) -> int:
        length: int = values.pop(_length_of(self.name))
        if length > self.limit or offset + length > max(len(body), offset):
            raise RemoteProtocolError(
                f"{self.name} claims {length} bytes, where {max(0, len(body) - offset)} follow",
                why=f"at most {self.limit} are allowed",
            )
        data = body[offset : offset + length]
        values[self.name] = page.decode(data) if self.text else data
        return offset + length

    def write(self, message: Any, page: CodePage, out: bytearray) -> None:
        value = getattr(message, self.name)
        data = page.encode(value) if self.text else value
        if len(data) > self.limit:
            raise LocalProtocolError(f"{self.name} holds at most {self.limit} bytes, not {len(data)}")
        out += data


class Entries:
    """Entries of one kind, as many as an earlier Length field says.

    ``slots``: sizes to which the list is filled up with ``blank`` on the wire, ascending; unused slots are never read.
    """

    __slots__ = ("_fixed", "blank", "factory", "limit", "name", "slots")

    def __init__(
        self,
        name: str,
        factory: Callable[..., Any],
        *fields: Field,
        limit: int,
        slots: Sequence[int] = (),
        blank: bytes | None = None,
    ) -> None:
        self.name = name
        self.factory = factory
        self._fixed = Fixed(*fields)
        self.limit = limit
        self.slots = tuple(slots)
        self.blank = bytes(self._fixed.size) if blank is None else blank

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of one entry."""
        return self._fixed.fields

    @property
    def attributes(self) -> tuple[str, ...]:
        return (self.name,)

    def read(self, body: bytes, offset: int, page: CodePage, values: dict[str, Any]) -> int:
        size = self._fixed.size
        count = min(values.pop(_length_of(self.name)), self.limit, max(0, len(body) - offset) // size)
        entries: list[Any] = []
        for index in range(count):
            entry: dict[str, Any] = {}
            self._fixed.read(body, offset + index * size, page, entry)
            entries.append(self.factory(**entry))
        values[self.name] = tuple(entries)
        return offset + self._slots_for(count) * size

    def write(self, message: Any, page: CodePage, out: bytearray) -> None:
        entries = getattr(message, self.name)
        if len(entries) > self.limit:
            raise LocalProtocolError(f"{self.name} holds at most {self.limit} entries, not {len(entries)}")
        for entry in entries:
            self._fixed.write(entry, page, out)
        out += self.blank * (self._slots_for(len(entries)) - len(entries))

    def _slots_for(self, count: int) -> int:
        return next((slots for slots in self.slots if slots >= count), count)


class Rest:
    """The bytes to the end of the body, padding included."""

    __slots__ = ("limit", "name")

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit

    @property
    def attributes(self) -> tuple[str, ...]:
        return (self.name,)

    def read(self, body: bytes, offset: int, _page: CodePage, values: dict[str, Any]) -> int:
        values[self.name] = body[offset : offset + self.limit]
        return max(len(body), offset)

    def write(self, message: Any, _page: CodePage, out: bytearray) -> None:
        out += getattr(message, self.name)[: self.limit]
