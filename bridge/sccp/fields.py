"""The kinds of field that a fixed layout is made of.

A field turns one or more values of a ``struct.Struct`` into one attribute of a message, and back. Which kinds exist:
SCCP wire reference, section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from bridge.errors import LocalProtocolError
from bridge.sccp.address import AddressFamily, StationAddress
from bridge.sccp.codepage import CodePage
from bridge.sccp.openenum import OpenEnum

Reader = Callable[[Any, CodePage], Any]
"""From the struct's value (a tuple of them, for a field of several) to the attribute."""
Writer = Callable[[Any, CodePage], Any]


class Field:
    """One field of a fixed layout. ``codes`` are its struct codes; the first value is ``name``'s own."""

    __slots__ = ("codes", "name")

    def __init__(self, name: str, *codes: str) -> None:
        self.name = name
        self.codes = codes

    def reader(self) -> Reader | None:
        """None where the struct's value is the attribute already."""
        return None

    def writer(self) -> Writer | None:
        """None where the attribute is what the struct wants."""
        return None


class Number(Field):
    """A little-endian number, of an enumeration where one is named."""

    __slots__ = ("enum",)

    def __init__(self, name: str, code: str, enum: type[OpenEnum] | None = None) -> None:
        super().__init__(name, code)
        self.enum = enum

    def reader(self) -> Reader | None:
        if self.enum is None:
            return None
        enum = self.enum
        known = {int(member): member for member in enum}
        return lambda value, _page: known[value] if value in known else enum(value)


class Text(Field):
    """Text in a field of fixed size, padded with NUL. What stands after the first NUL is leftover of the peer's memory.

    ``full``: the text may fill the field to its last byte, without a NUL.
    """

    __slots__ = ("room", "size")

    def __init__(self, name: str, size: int, *, full: bool = False) -> None:
        super().__init__(name, f"{size}s")
        self.size = size
        self.room = size if full else size - 1

    def reader(self) -> Reader:
        return lambda value, page: page.decode(value.partition(b"\0")[0])

    def writer(self) -> Writer:
        return lambda value, page: page.fit(value, self.room)


class Octets(Field):
    """Bytes with no further meaning here."""

    __slots__ = ("size",)

    def __init__(self, name: str, size: int) -> None:
        super().__init__(name, f"{size}s")
        self.size = size

    def writer(self) -> Writer:
        size = self.size

        def write(value: bytes, _page: CodePage) -> bytes:
            if len(value) > size:
                raise LocalProtocolError(f"{self.name} holds {size} bytes, not {len(value)}")
            return value.ljust(size, b"\0")

        return write


class Pad(Field):
    """Bytes that mean nothing and go out as zeros."""

    __slots__ = ()

    def __init__(self, size: int) -> None:
        super().__init__("", f"{size}x")


class Ip4(Field):
    """An IPv4 address in network order."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(name, "4s")

    def reader(self) -> Reader:
        return lambda value, _page: IPv4Address(value)

    def writer(self) -> Writer:
        return lambda value, _page: value.packed


class Ip6(Field):
    """An IPv6 address in network order."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(name, "16s")

    def reader(self) -> Reader:
        return lambda value, _page: IPv6Address(value)

    def writer(self) -> Writer:
        return lambda value, _page: value.packed


class NarrowAddress(Field):
    """A StationAddress up to version 16: four bytes, IPv4 only."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(name, "4s")

    def reader(self) -> Reader:
        return lambda value, _page: StationAddress(AddressFamily.IPV4, value + bytes(12))

    def writer(self) -> Writer:
        def write(value: StationAddress, _page: CodePage) -> bytes:
            if value.family != AddressFamily.IPV4 and not value.unspecified:
                raise LocalProtocolError(
                    f"{self.name}: {value.ip} cannot be told to a phone below protocol version 17",
                    why="older versions carry IPv4 addresses only",
                )
            return value.octets[:4]

        return write


class WideAddress(Field):
    """A StationAddress from version 17 on: its family, then sixteen bytes."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(name, "I", "16s")

    def reader(self) -> Reader:
        def read(values: Sequence[Any], _page: CodePage) -> StationAddress:
            family, octets = values
            if family == AddressFamily.IPV4:
                octets = octets[:4] + bytes(12)
            return StationAddress(AddressFamily(family), octets)

        return read

    def writer(self) -> Writer:
        return lambda value, _page: (value.family, value.octets)


class Length(Field):
    """How many entries, or bytes, another attribute has; no attribute of its own."""

    __slots__ = ()

    def __init__(self, of: str, code: str = "I") -> None:
        super().__init__(of, code)

    def writer(self) -> Writer:
        return lambda value, page: len(page.encode(value)) if isinstance(value, str) else len(value)


class Nested(Field):
    """A structure inside the layout: an attribute that is a dataclass of its own."""

    __slots__ = ("_plan", "factory", "fields")

    def __init__(self, name: str, factory: Callable[..., Any], *fields: Field) -> None:
        super().__init__(name, *(code for field in fields for code in field.codes))
        self.factory = factory
        self.fields = fields
        self._plan = plan(fields)

    def reader(self) -> Reader:
        def read(values: Sequence[Any], page: CodePage) -> Any:
            return self.factory(**read_values(self._plan, values, page))

        return read

    def writer(self) -> Writer:
        names = [step.field.name for step in self._plan]

        def write(value: Any, page: CodePage) -> list[Any]:
            return write_values(self._plan, [getattr(value, name) for name in names], page)

        return write


class Array(Field):
    """The same field several times in a row: an attribute that is a tuple, shorter ones filled up with ``blank``."""

    __slots__ = ("_steps", "blank", "element", "times")

    def __init__(self, name: str, element: Field, times: int, blank: object) -> None:
        super().__init__(name, *(element.codes * times))
        self.element = element
        self.times = times
        self.blank = blank
        self._steps = plan((element,) * times)

    def reader(self) -> Reader:
        def read(values: Sequence[Any], page: CodePage) -> tuple[Any, ...]:
            return tuple(step.take(values, page) for step in self._steps)

        return read

    def writer(self) -> Writer:
        def write(value: tuple[Any, ...], page: CodePage) -> list[Any]:
            if len(value) > self.times:
                raise LocalProtocolError(f"{self.name} holds {self.times} entries, not {len(value)}")
            return write_values(self._steps, [*value, *[self.blank] * (self.times - len(value))], page)

        return write


class Step:
    """Where a field's values stand among those of its struct, and how to turn them; made once, at import."""

    __slots__ = ("field", "read", "start", "stop", "write")

    def __init__(self, field: Field, start: int) -> None:
        self.field = field
        self.start = start
        self.stop = start + sum(1 for code in field.codes if not code.endswith("x"))
        self.read = field.reader()
        self.write = field.writer()

    @property
    def single(self) -> bool:
        """True for a field of one struct value."""
        return self.stop - self.start == 1 and not isinstance(self.field, Nested | Array)

    def take(self, values: Sequence[Any], page: CodePage) -> Any:
        """The attribute, out of the values of the whole struct."""
        value = values[self.start] if self.single else values[self.start : self.stop]
        return value if self.read is None else self.read(value, page)


def plan(fields: Sequence[Field]) -> tuple[Step, ...]:
    """The steps for fields that stand one after the other; padding has none."""
    steps: list[Step] = []
    start = 0
    for field in fields:
        step = Step(field, start)
        start = step.stop
        if not isinstance(field, Pad):
            steps.append(step)
    return tuple(steps)


def read_values(steps: Sequence[Step], values: Sequence[Any], page: CodePage) -> dict[str, Any]:
    """Attribute names and values."""
    return {step.field.name: step.take(values, page) for step in steps}


def write_values(steps: Sequence[Step], attributes: Sequence[Any], page: CodePage) -> list[Any]:
    """The struct's values for these attributes, in the order of the steps."""
    values: list[Any] = []
    for step, attribute in zip(steps, attributes, strict=True):
        value = attribute if step.write is None else step.write(attribute, page)
        if step.single:
            values.append(value)
        else:
            values.extend(value)
    return values


def u8(name: str, enum: type[OpenEnum] | None = None) -> Number:
    """An unsigned number of one byte."""
    return Number(name, "B", enum)


def u16(name: str, enum: type[OpenEnum] | None = None) -> Number:
    """An unsigned number of two bytes."""
    return Number(name, "H", enum)


def u32(name: str, enum: type[OpenEnum] | None = None) -> Number:
    """An unsigned number of four bytes."""
    return Number(name, "I", enum)


def i32(name: str) -> Number:
    """A signed number of four bytes."""
    return Number(name, "i")
