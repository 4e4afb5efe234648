"""Text on the wire: code pages, labels inside them, and cuts at character borders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sccp import CodePage, DisplayPromptStatus, Label, encode


def test_the_same_name_in_both_code_pages() -> None:
    assert CodePage.LATIN_1.encode("Jürgen") == b"J\xfcrgen"
    assert CodePage.UTF_8.encode("Jürgen") == b"J\xc3\xbcrgen"
    assert CodePage.LATIN_1.decode(b"J\xfcrgen") == CodePage.UTF_8.decode(b"J\xc3\xbcrgen") == "Jürgen"


def test_letters_that_a_page_lacks_lose_their_accent_and_then_become_question_marks() -> None:
    assert CodePage.LATIN_1.encode("Čapek Жук") == b"Capek ???"
    assert CodePage.LATIN_2.encode("Čapek") == b"\xc8apek"
    assert CodePage.CYRILLIC.encode("Жук") == b"\xb6\xe3\xda"


@pytest.mark.parametrize("page", CodePage)
def test_a_label_is_the_same_two_bytes_in_every_page(page: CodePage) -> None:
    assert page.encode(Label.FROM + "1003") == b"\x80\x171003"
    assert page.decode(b"\x80\x171003") == Label.FROM + "1003"


def test_a_label_between_letters_of_several_bytes() -> None:
    text = "ü" + Label.FROM + "—" + Label.BUSY + "é"
    assert CodePage.UTF_8.decode(CodePage.UTF_8.encode(text)) == text


@pytest.mark.parametrize(
    ("page", "text", "size", "expected"),
    [
        (CodePage.UTF_8, "Müller", 2, b"M"),
        (CodePage.UTF_8, "Müller", 3, b"M\xc3\xbc"),
        (CodePage.UTF_8, "€uro", 2, b""),
        (CodePage.UTF_8, "a😀", 4, b"a"),
        (CodePage.UTF_8, "a😀", 5, b"a\xf0\x9f\x98\x80"),
        (CodePage.LATIN_1, "Müller", 2, b"M\xfc"),
        (CodePage.UTF_8, "a" + Label.FROM + "b", 2, b"a"),
        (CodePage.UTF_8, "a" + Label.FROM + "b", 3, b"a\x80\x17"),
        (CodePage.LATIN_1, "a" + Label.FROM + "b", 2, b"a"),
        (CodePage.UTF_8, "À" + Label.FROM, 3, b"\xc3\x80"),
        (CodePage.UTF_8, "Àb", 2, b"\xc3\x80"),
        (CodePage.UTF_8, "a\x1e\x39b", 2, b"a"),
        (CodePage.LATIN_1, "one\0two", 10, b"one"),
    ],
)
def test_texts_are_cut_between_characters_and_between_labels(
    page: CodePage, text: str, size: int, expected: bytes
) -> None:
    assert page.fit(text, size) == expected


@given(text=st.text(), size=st.integers(0, 40), page=st.sampled_from(CodePage))
def test_any_text_fits_and_what_fits_reads_as_its_beginning(text: str, size: int, page: CodePage) -> None:
    data = page.fit(text, size)
    assert len(data) <= size
    whole = page.decode(page.encode(text.partition("\0")[0]))
    assert whole.startswith(page.decode(data))


@given(data=st.binary(), page=st.sampled_from(CodePage))
def test_any_bytes_can_be_read(data: bytes, page: CodePage) -> None:
    page.encode(page.decode(data))


def test_a_long_prompt_is_cut_to_its_field_with_a_nul_at_the_end() -> None:
    data = encode(DisplayPromptStatus("ü" * 40), 3, CodePage.UTF_8)
    assert data[16:48] == "ü".encode() * 15 + b"\0\0"
