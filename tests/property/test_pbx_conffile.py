"""Whatever is put into a section comes back out of it, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.core import DeviceName
from bridge.errors import InvalidInput
from bridge.pbx.conffile import Item, Section, parse, render
from bridge.pbx.includeblock import has_block, with_block, without_block
from bridge.pbx.pjsipconf import PjsipOptions, endpoint_sections, endpoint_text
from bridge.ports import SipEndpoint

_keys = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,20}", fullmatch=True)
_names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,20}", fullmatch=True)
_awkward = st.one_of(st.text(max_size=40), st.text(alphabet="a;-\\\r\n[]()#=> \t!+'\"", max_size=40))


@given(_names, st.lists(st.tuples(_keys, _awkward, st.booleans())))
def test_what_is_written_is_what_is_read(name: str, lines: list[tuple[str, str, bool]]) -> None:
    items: list[Item] = []
    for key, value, arrow in lines:
        try:
            Item(key, value, arrow).text()
        except InvalidInput:
            continue
        items.append(Item(key, value, arrow))
    section = Section(name, tuple(items))
    file = parse(render([section, Section("after")]))
    assert file.sections == (section, Section("after"))
    assert file.includes == ()
    assert not file.open_comment


@given(_awkward, _awkward, _awkward, _awkward)
def test_nothing_from_outside_becomes_a_section(name: str, secret: str, number: str, caller: str) -> None:
    endpoint = SipEndpoint(name, secret, DeviceName("SEP001122334455"), number, caller)
    try:
        text = endpoint_text(endpoint, PjsipOptions())
    except InvalidInput:
        return
    file = parse(text)
    assert file.sections == endpoint_sections(endpoint, PjsipOptions())
    assert [section.name for section in file.sections] == [name] * 3
    assert file.includes == ()


@given(_awkward)
def test_any_caller_name_can_be_written(caller: str) -> None:
    endpoint = SipEndpoint("1001", "secret", DeviceName("SEP001122334455"), "1001", caller)
    text = endpoint_text(endpoint, PjsipOptions())
    assert len(parse(text).sections) == 3
    assert parse(text).sections[0].last("callerid").endswith("<1001>")


@given(st.text(max_size=200), st.text(max_size=50))
def test_a_block_is_added_once_and_comes_off_without_a_trace(text: str, later: str) -> None:
    once = with_block(text, '#include "x.conf"')
    assert with_block(once, '#include "x.conf"') == once
    assert without_block(once) == text
    if text.endswith("\n"):
        assert without_block(once + later) == text + later
        assert has_block(once + later)
