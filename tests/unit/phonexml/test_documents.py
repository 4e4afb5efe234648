"""Documents for a phone's screen: byte for byte, held to the schema, and hostile texts."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.errors import LocalProtocolError
from bridge.lab.screenxml import read_screen_document
from bridge.phones import catalogue
from bridge.phonexml import (
    Charset,
    Directory,
    DirectoryEntry,
    Document,
    Execute,
    ExecuteItem,
    Image,
    ImageFile,
    Input,
    InputField,
    InputKind,
    Menu,
    MenuItem,
    Priority,
    ScreenKey,
    Text,
    dial,
    document_text,
    limits_of_model,
    soft_key,
    user_data,
    written,
)

KEYS = (ScreenKey("Dial", soft_key("Dial"), 1), ScreenKey("Next", "http://192.0.2.1/d?page=2&q=ä"[:-1], 2))
DOCUMENTS: dict[str, tuple[Document, str]] = {
    "menu": (
        Menu("Directories", (MenuItem("A & B", "http://192.0.2.1/x?a=1&b=2"),), "Choose", KEYS),
        """<CiscoIPPhoneMenu>
<Title>Directories</Title>
<Prompt>Choose</Prompt>
<MenuItem><Name>A &amp; B</Name><URL>http://192.0.2.1/x?a=1&amp;b=2</URL></MenuItem>
<SoftKeyItem><Name>Dial</Name><URL>SoftKey:Dial</URL><Position>1</Position></SoftKeyItem>
<SoftKeyItem><Name>Next</Name><URL>http://192.0.2.1/d?page=2&amp;q=</URL><Position>2</Position></SoftKeyItem>
</CiscoIPPhoneMenu>
""",
    ),
    "directory": (
        Directory("Staff", (DirectoryEntry("Käthe <Ö>", "1001"),)),
        """<CiscoIPPhoneDirectory>
<Title>Staff</Title>
<DirectoryEntry><Name>Käthe &lt;Ö&gt;</Name><Telephone>1001</Telephone></DirectoryEntry>
</CiscoIPPhoneDirectory>
""",
    ),
    "text": (
        Text("News", "one\ntwo \x07 <three>"),
        """<CiscoIPPhoneText>
<Title>News</Title>
<Text>one
two &lt;three&gt;</Text>
</CiscoIPPhoneText>
""",
    ),
    "input": (
        Input("Search", "http://192.0.2.1/s", (InputField("Name", "name"), InputField("PIN", "pin", InputKind.PIN))),
        """<CiscoIPPhoneInput>
<Title>Search</Title>
<URL>http://192.0.2.1/s</URL>
<InputItem><DisplayName>Name</DisplayName><QueryStringParam>name</QueryStringParam><DefaultValue></DefaultValue><InputFlags>A</InputFlags></InputItem>
<InputItem><DisplayName>PIN</DisplayName><QueryStringParam>pin</QueryStringParam><DefaultValue></DefaultValue><InputFlags>NP</InputFlags></InputItem>
</CiscoIPPhoneInput>
""",  # one element, one line
    ),
    "image": (
        Image("Dot", 2, 2, b"\x1b"),
        """<CiscoIPPhoneImage>
<Title>Dot</Title>
<LocationX>-1</LocationX><LocationY>-1</LocationY><Width>2</Width><Height>2</Height><Depth>2</Depth><Data>1B</Data>
</CiscoIPPhoneImage>
""",
    ),
    "image file": (
        ImageFile("Map", "http://192.0.2.1/map.png", 0, 0),
        """<CiscoIPPhoneImageFile>
<Title>Map</Title>
<LocationX>0</LocationX><LocationY>0</LocationY>
<URL>http://192.0.2.1/map.png</URL>
</CiscoIPPhoneImageFile>
""",
    ),
    "execute": (
        Execute((ExecuteItem(dial("1001")), ExecuteItem('http://192.0.2.1/"x"', Priority.IF_IDLE))),
        """<CiscoIPPhoneExecute>
<ExecuteItem Priority="0" URL="Dial:1001"/>
<ExecuteItem Priority="2" URL="http://192.0.2.1/&quot;x&quot;"/>
</CiscoIPPhoneExecute>
""",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_reads_as_it_should(name: str) -> None:
    document, expected = DOCUMENTS[name]
    assert document_text(document) == expected
    shown, faults = read_screen_document(written(expected))
    assert faults == ()
    assert shown.kind == type(document).__name__


@given(st.text(max_size=200), st.text(max_size=200), st.integers(0, 32))
@example("\ufb01" * 32, "\uff1cMenu\uff1e \uff06amp", 1)  # ligatures; brackets and ampersand of double width
def test_whatever_stands_in_the_texts_the_document_keeps_the_schema(title: str, name: str, count: int) -> None:
    entries = tuple(DirectoryEntry(name, "1001") for _ in range(count))
    for charset in Charset:
        shown, faults = read_screen_document(written(document_text(Directory(title, entries, name)), charset))
        assert faults == ()
        assert len(shown.items) == count


@given(st.text(max_size=5000))
def test_a_long_text_is_cut(text: str) -> None:
    _, faults = read_screen_document(written(document_text(Text("T", text))))
    assert faults == ()


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (Menu("M", (MenuItem("x", "http://a/"),) * 101), "100 choices"),
        (Directory("D", (DirectoryEntry("x", "1"),) * 33), "32 entries"),
        (Input("I", "http://a/", (InputField("x", "x"),) * 6), "5 fields"),
        (Input("I", "http://a/", (InputField("x", "a&b"),)), "query parameter"),
        (Execute((ExecuteItem("Dial:1"),) * 4), "3 commands"),
        (Menu("M", (MenuItem("x", "http://a/" + "b" * 250),)), "256"),
        (Menu("M", (MenuItem("x", "http://a/ b"),)), "256"),
        (Menu("M", keys=(ScreenKey("a", "SoftKey:Exit", 1), ScreenKey("b", "SoftKey:Exit", 1))), "different places"),
        (Image("I", 200, 1, bytes(50)), "does not fit"),
        (Image("I", 2, 2, bytes(2)), "four points"),
    ],
)
def test_what_no_phone_takes_is_an_error_of_ours(document: Document, why: str) -> None:
    with pytest.raises(LocalProtocolError, match=why):
        document_text(document)


def test_a_69xx_shows_title_or_prompt() -> None:
    limits = limits_of_model(catalogue().require("6941"))
    assert "Prompt" not in document_text(Menu("T", prompt="P"), limits)
    assert "Prompt" in document_text(Menu("", prompt="P"), limits)


@pytest.mark.parametrize(
    ("header", "charset"),
    [
        ("", Charset.UTF_8),
        ("utf-8,iso-8859-1;q=0.8", Charset.UTF_8),
        ("iso-8859-1", Charset.LATIN_1),
        ("ISO-8859-1;q=0.5, us-ascii", Charset.LATIN_1),
        ("iso-8859-1, *", Charset.UTF_8),
    ],
)
def test_the_phone_says_what_it_reads(header: str, charset: Charset) -> None:
    assert Charset.accepted(header) is charset


def test_letters_that_latin_1_lacks_lose_their_accents() -> None:
    data = written(document_text(Text("Łódź Žižek Müller", "日")), Charset.LATIN_1)
    assert b'encoding="iso-8859-1"' in data
    assert "?ódz Zizek Müller".encode("latin-1") in data


def test_addresses_hold_what_a_phone_can_dial_and_send() -> None:
    assert user_data(9081, "ADD", line=1, call_ref=5, transaction_id=3) == "UserCallData:9081:1:5:3:ADD"
    with pytest.raises(LocalProtocolError):
        dial("1001;x")
    with pytest.raises(LocalProtocolError):
        soft_key("Exit:1")
    with pytest.raises(LocalProtocolError):
        user_data(1, "a b")
