"""The numbers of meet-me conferences in the dialplan."""

from __future__ import annotations

import pytest

from bridge.core import NumberRange
from bridge.errors import InvalidInput
from bridge.pbx.dialplanconf import meetme_text


def test_every_number_has_its_line() -> None:
    text = meetme_text([NumberRange("0098", "0101")])
    assert text.splitlines()[1:] == [
        "[sepbridge-meetme-numbers]",
        *(
            f"exten => {number},1,Gosub(sepbridge-meetme,join,1({number}))"
            for number in ("0098", "0099", "0100", "0101")
        ),
    ]


def test_without_numbers_there_is_no_context() -> None:
    assert meetme_text([]) == ""


def test_there_is_an_end_to_them() -> None:
    with pytest.raises(InvalidInput, match="1001 numbers"):
        meetme_text([NumberRange("10000", "11000")])
