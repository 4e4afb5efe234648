"""Whatever a phone, or somebody who is none, says: knowing phones never raises and never leaves the tree."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from bridge.core import DeviceName
from bridge.phones import FileKind, parse_file_name, parse_load, parse_user_agent, parse_vendor_class
from bridge.phones.filenames import LONGEST_NAME

prefixes = st.sampled_from(["../", "./", "/", "\\", "C:", "%2e", ".", "..", "~", "\0", "\n", " ", "é", "Desktops/"])
words = st.sampled_from(["SEP", "ATA", "ata", "001122AABBCC", "term", "61", "XMLDefault", "List.xml", "g3", "-sip.jar"])
endings = st.sampled_from([".cnf.xml", ".sgn", ".enc", ".default.loads", ".xml", ".tlv"])
pieces = st.one_of(prefixes, words, endings)
names = st.one_of(st.text(max_size=300), st.lists(pieces, max_size=12).map("".join))
macs = st.integers(1, 2**48 - 1).map(lambda value: f"{value:012X}").filter(lambda mac: not int(mac[:2], 16) & 1)


@given(names)
@example("/" * LONGEST_NAME)
@example("C:/./")
@example("a" * 100_000)
def test_any_name_gets_an_answer_inside_the_tree(name: str) -> None:
    found = parse_file_name(name)
    if found.kind is FileKind.INVALID:
        assert found.canonical == ""
        return
    assert found.canonical
    assert ".." not in found.canonical
    assert "\\" not in found.canonical
    assert not found.canonical.startswith("/")
    assert found.canonical.isprintable()
    assert parse_file_name(found.canonical).kind is found.kind or found.signed


@given(
    macs,
    st.sampled_from(["", "./", "/", "\\", "c:\\", "././/"]),
    st.sampled_from([str.lower, str.upper, str.title]),
    st.sampled_from(["", ".sgn", ".enc.sgn"]),
)
def test_every_phone_is_found_however_it_writes_its_name(mac: str, prefix: str, case: object, ending: str) -> None:
    assert callable(case)
    found = parse_file_name(prefix + case(f"SEP{mac}.cnf.xml{ending}"))
    assert found.device == DeviceName("SEP" + mac)
    assert found.kind is FileKind.DEVICE
    assert found.signed is bool(ending)


@given(st.text(max_size=300), st.binary(max_size=300))
def test_nothing_else_that_a_phone_says_raises(text: str, data: bytes) -> None:
    parse_load(text)
    parse_user_agent(text)
    parse_user_agent("Cisco-CP" + text)
    parse_vendor_class(data)
    parse_vendor_class("Cisco Systems, Inc. IP Phone CP-" + text)
