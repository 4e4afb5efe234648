"""Arbitrary SCCP messages, made from the forms themselves: every field of a form gets any value that it can carry."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from bridge.sccp import (
    AddressFamily,
    CallInfo,
    CodePage,
    ConnectionStatisticsReq,
    ConnectionStatisticsRes,
    EnblocCall,
    Form,
    Message,
    StationAddress,
)
from bridge.sccp.fields import (
    Array,
    Field,
    Ip4,
    Ip6,
    NarrowAddress,
    Nested,
    Number,
    Octets,
    Text,
    WideAddress,
)
from bridge.sccp.segments import CString, Data, Entries, Fixed, Rest

_RANGES = {"B": (0, 0xFF), "H": (0, 0xFFFF), "I": (0, 0xFFFFFFFF), "i": (-(1 << 31), (1 << 31) - 1)}
_CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\0")

# Two forms of these are told apart by bytes that real values leave zero.
_SPECIAL: dict[tuple[type[Message], str], st.SearchStrategy[Any]] = {
    (EnblocCall, "line"): st.integers(0, 0xFFFFFF),
    (ConnectionStatisticsReq, "call_ref"): st.integers(1, 0xFFFFFF),
    (ConnectionStatisticsRes, "call_ref"): st.integers(1, 0xFFFFFF),
    (ConnectionStatisticsRes, "number"): st.text(st.sampled_from("0123456789*#+"), max_size=23),
    (ConnectionStatisticsRes, "quality"): st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=600),
}


def _texts(page: CodePage, room: int) -> st.SearchStrategy[str]:
    """Texts as a phone with this code page could have sent them."""
    return st.text(_CHARACTERS, max_size=min(room, 300)).map(lambda text: page.decode(page.fit(text, room)))


def _octets(size: int) -> st.SearchStrategy[bytes]:
    """Exactly so many bytes; many of them repeat a few, which keeps examples small."""
    if size <= 32:
        return st.binary(min_size=size, max_size=size)
    return st.binary(min_size=1, max_size=16).map(lambda few: (few * size)[:size])


def _value(field: Field, page: CodePage) -> st.SearchStrategy[Any]:
    match field:
        case Number():
            numbers = st.integers(*_RANGES[field.codes[0]])
            if field.enum is None:
                return numbers
            enum = field.enum
            highest = _RANGES[field.codes[0]][1]
            known = [member for member in enum if int(member) <= highest]
            return st.one_of(st.sampled_from(known), numbers.map(enum))
        case Text():
            return _texts(page, field.room)
        case Octets():
            return _octets(field.size)
        case Ip4():
            return st.ip_addresses(v=4)
        case Ip6():
            return st.ip_addresses(v=6)
        case NarrowAddress():
            return st.ip_addresses(v=4).map(StationAddress.of)
        case WideAddress():
            wide = st.builds(
                StationAddress,
                st.one_of(st.sampled_from(list(AddressFamily)), st.integers(4, 0xFFFFFFFF).map(AddressFamily)).filter(
                    lambda family: family != AddressFamily.IPV4
                ),
                st.binary(min_size=16, max_size=16),
            )
            return st.one_of(st.ip_addresses(v=4).map(StationAddress.of), wide)
        case Nested():
            return st.builds(field.factory, **{part.name: _value(part, page) for part in field.fields})
        case Array():
            return st.tuples(*[_value(field.element, page)] * field.times)
        case _:
            raise AssertionError(f"no strategy for {field}")


def messages_of(message: type[Message], form: Form, page: CodePage = CodePage.LATIN_1) -> st.SearchStrategy[Message]:
    """Messages of this class with any values in the fields that the form carries, and the default elsewhere."""
    values: dict[str, st.SearchStrategy[Any]] = {}
    for segment in form.segments:
        match segment:
            case Fixed():
                for field in segment.within(segment.size):
                    if field.name in form.attributes:
                        values[field.name] = _value(field, page)
            case CString():
                values[segment.name] = _texts(page, segment.limit - 1)
            case Data():
                values[segment.name] = st.binary(max_size=segment.limit)
            case Rest():
                values[segment.name] = _octets(segment.limit)
            case Entries():
                entry = st.builds(segment.factory, **{field.name: _value(field, page) for field in segment.fields})
                values[segment.name] = st.lists(entry, max_size=min(segment.limit, 64)).map(tuple)
            case _:
                raise AssertionError(f"no strategy for {segment}")
    for name in values:
        if (message, name) in _SPECIAL:
            values[name] = _SPECIAL[message, name]
    return st.builds(message, **values)


def distinguishable(message: type[Message], form: Form) -> bool:
    """False for the one form that only the version, and not the body, can tell from another."""
    return not (message is CallInfo and form.name == "13 strings")
