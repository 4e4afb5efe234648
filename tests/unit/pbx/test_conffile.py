"""The conf writer lets nothing through that Asterisk would read as something else, and the reader never refuses."""

from __future__ import annotations

import pytest

from bridge.errors import InvalidInput
from bridge.pbx.conffile import Include, Item, Section, is_ours, is_untouched, parse, render, stamped, token


@pytest.mark.parametrize(
    "value",
    [
        "a\nsecret = x",
        "a\r[evil]",
        "a\0b",
        "a\x0bb",
        "a\x85b",
        "a\u2028b",
        "back\\slash",
        "\\;",
        " leading",
        "trailing ",
        "x" * 1001,
        "\ud800",
    ],
)
def test_values_that_could_change_the_file_are_refused(value: str) -> None:
    with pytest.raises(InvalidInput):
        Item("callerid", value).text()


@pytest.mark.parametrize("name", ["", "a]", "a](!)", "a\n[b", "a b", "(+)", "#include x", ";x"])
def test_section_names_that_could_change_the_file_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        Section(name).text()
    with pytest.raises(InvalidInput):
        Section("ok", inherits=(name,)).text()


@pytest.mark.parametrize("key", ["", "a b", "a=b", "#include", "a\n", ";a", "[a]"])
def test_keys_that_could_change_the_file_are_refused(key: str) -> None:
    with pytest.raises(InvalidInput):
        Item(key, "x").text()


@pytest.mark.parametrize("word", ["", "a,b", "a/b", "a;b", "a\n", "${X}", "a b", "-a", "..", "x" * 80])
def test_token_refuses_what_is_no_plain_word(word: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be the name of a context"):
        token(word, what="the name of a context")


def test_semicolons_are_escaped_and_read_back() -> None:
    text = Item("allow", "a;b;--c").text()
    assert text == "allow = a\\;b\\;--c\n"
    assert parse(f"[x]\n{text}").sections[0].last("allow") == "a;b;--c"


def test_headings_carry_template_append_and_parents() -> None:
    section = Section(
        "1001", (Item("exten", "1,1,NoOp()", arrow=True),), template=True, append=True, inherits=("base",)
    )
    assert section.text() == "[1001](!,+,base)\nexten => 1,1,NoOp()\n"
    assert parse(section.text()).sections == (section,)


def test_reader_takes_what_other_people_write() -> None:
    file = parse(
        "#include <a.conf>\r\n"
        "#tryinclude 'b/*.conf' ; comment\n"
        ";-- a block\n[hidden]\n--; key=early\n"
        "nonsense\n"
        "  [general] ; heading\n"
        "Enabled=no;comment\n"
        "enabled => yes\n"
        "password=a\\;b\n"
        "just words\n"
        "[1000](tmpl, +)\n"
        ";--- a line of dashes\n"
        "type = aor\n"
    )
    assert file.includes == (Include("include", "a.conf"), Include("tryinclude", "b/*.conf"))
    assert [section.name for section in file.sections] == ["general", "1000"]
    assert file.named("general")[0].values("ENABLED") == ["no", "yes"]
    assert file.named("general")[0].last("password") == "a;b"
    assert file.sections[1].append
    assert file.sections[1].inherits == ("tmpl",)
    assert file.sections[1].last("type") == "aor"
    assert not file.open_comment


def test_an_open_comment_is_noticed() -> None:
    assert parse("[a]\n;-- for ever\nb=c\n").open_comment
    assert not parse("[a]\n;-- not for ever --;\n").open_comment


def test_the_stamp_tells_whether_somebody_edited() -> None:
    text = stamped(render([Section("a", (Item("b", "c"),))]), about="A test.")
    assert is_ours(text)
    assert is_untouched(text)
    assert not is_untouched(text + "\n")
    assert not is_untouched(text.replace("b = c", "b = d"))
    assert not is_ours("[a]\n")
