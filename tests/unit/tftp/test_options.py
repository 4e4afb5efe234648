"""Option negotiation."""

from __future__ import annotations

import pytest

from bridge.errors import RemoteProtocolError
from bridge.tftp import ErrorCode, OptionLimits, Terms, negotiate


def test_no_option_means_no_answer() -> None:
    assert negotiate((), size=1) == Terms()


def test_all_four() -> None:
    asked = (("blksize", "1428"), ("tsize", "0"), ("timeout", "2"), ("windowsize", "16"))
    granted = (("blksize", "1428"), ("tsize", "5000000"), ("timeout", "2"), ("windowsize", "16"))
    assert negotiate(asked, size=5_000_000) == Terms(1428, 16, 2, granted)


def test_names_in_any_letter_case_and_answered_as_spelt() -> None:
    assert negotiate((("BlkSize", "600"),), size=1).granted == (("BlkSize", "600"),)


def test_unknown_options_are_left_out() -> None:
    assert negotiate((("multicast", ""), ("tsize", "0")), size=7).granted == (("tsize", "7"),)
    assert negotiate((("password", "x"),), size=7) == Terms()


def test_too_ambitious_values_are_lowered() -> None:
    assert negotiate((("blksize", "65465"),), size=1).block_size == 65464
    limits = OptionLimits(block_size=1428, window_size=4)
    terms = negotiate((("windowsize", "65535"), ("blksize", "9000")), size=1, limits=limits)
    assert (terms.block_size, terms.window_size) == (1428, 4)
    assert terms.granted == (("windowsize", "4"), ("blksize", "1428"))


def test_window_is_bounded_in_octets() -> None:
    terms = negotiate((("windowsize", "64"), ("blksize", "65464")), size=1)
    assert terms.window_size * terms.block_size <= OptionLimits().window_octets
    assert terms.granted[0] == ("windowsize", str(terms.window_size))


def test_long_timeout_is_not_granted() -> None:
    assert negotiate((("timeout", "255"),), size=1) == Terms()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("blksize", "7"),
        ("blksize", ""),
        ("blksize", "-512"),
        ("blksize", "0x200"),
        ("blksize", "५१२"),
        ("blksize", "9" * 5000),
        ("timeout", "0"),
        ("timeout", "256"),
        ("windowsize", "0"),
        ("tsize", "big"),
    ],
)
def test_values_no_rfc_defines_are_refused(option: str, value: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        negotiate(((option, value),), size=1)
    assert caught.value.reply == ErrorCode.OPTION_REFUSED


def test_option_twice_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="blksize comes twice"):
        negotiate((("blksize", "512"), ("BLKSIZE", "1024")), size=1)
