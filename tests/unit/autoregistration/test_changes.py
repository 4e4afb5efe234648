"""What an admin may change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from bridge.autoregistration import (
    AutoregistrationSettings,
    Window,
    disable,
    enable,
    remaining,
    reset_pointer,
    set_allowed_networks,
    set_next_number,
    set_protocol,
    set_range,
    set_server_disabled,
)
from bridge.core import NumberRange, SignallingProtocol
from bridge.errors import Conflict, InvalidInput

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WITH_RANGE = AutoregistrationSettings(range=NumberRange("1000", "1009"), next_number="1004")


def entered(
    text: str, settings: AutoregistrationSettings | None = None, **options: timedelta | None
) -> AutoregistrationSettings:
    return set_range(settings or AutoregistrationSettings(), NumberRange.parse(text), now=NOW, **options)


class TestEnable:
    @pytest.mark.req("AR-06")
    def test_for_an_hour_unless_told_otherwise(self) -> None:
        opened = enable(WITH_RANGE, now=NOW)
        assert opened.is_open(NOW)
        assert opened.is_open(NOW + 60 * MINUTE - timedelta(seconds=1))
        assert not opened.is_open(NOW + 60 * MINUTE)

    @pytest.mark.req("AR-06")
    def test_two_minutes_are_over_at_two_minutes_and_one_second(self) -> None:
        opened = enable(WITH_RANGE, now=NOW, duration=2 * MINUTE)
        assert not opened.is_open(NOW + timedelta(seconds=121))
        assert remaining(opened.window, NOW + MINUTE) == MINUTE
        assert remaining(opened.window, NOW + 3 * MINUTE) == timedelta(0)

    @pytest.mark.req("AR-06")
    def test_without_an_end_only_by_force(self) -> None:
        with pytest.raises(InvalidInput, match="--force"):
            enable(WITH_RANGE, now=NOW, duration=timedelta(0))
        forced = enable(WITH_RANGE, now=NOW, duration=timedelta(0), force=True)
        assert forced.window == Window(NOW, None)
        assert remaining(forced.window, NOW) is None
        assert forced.is_open(NOW + timedelta(days=4000))

    @pytest.mark.parametrize("duration", [timedelta(seconds=-1), timedelta(days=400)])
    def test_times_that_make_no_sense(self, duration: timedelta) -> None:
        with pytest.raises(InvalidInput, match="cannot be open for"):
            enable(WITH_RANGE, now=NOW, duration=duration, force=True)

    def test_until_a_moment(self) -> None:
        assert enable(WITH_RANGE, now=NOW, until=NOW + 5 * MINUTE).window == Window(NOW, NOW + 5 * MINUTE)
        with pytest.raises(InvalidInput, match="over"):
            enable(WITH_RANGE, now=NOW, until=NOW)

    @pytest.mark.req("AR-03")
    def test_not_without_a_range(self) -> None:
        with pytest.raises(Conflict, match="autoregistration range 1000-1999"):
            enable(AutoregistrationSettings(), now=NOW)

    def test_not_on_a_disabled_server(self) -> None:
        with pytest.raises(Conflict, match="autoregistration move"):
            enable(replace(WITH_RANGE, server_disabled=True), now=NOW)

    def test_disable_keeps_everything_else(self) -> None:
        assert disable(enable(WITH_RANGE, now=NOW)) == WITH_RANGE


class TestRange:
    @pytest.mark.req("AR-11")
    @pytest.mark.parametrize(
        ("text", "why"), [("1010-1000", "starts after its end"), ("999-1000", "unequal length"), ("10-1x", "not a dir")]
    )
    def test_errors(self, text: str, why: str) -> None:
        with pytest.raises(InvalidInput, match=why):
            NumberRange.parse(text)

    @pytest.mark.req("AR-11")
    def test_ten_numbers_switch_it_on(self) -> None:
        settings = entered("1000-1009")
        assert len(settings.range) == 10
        assert settings.is_open(NOW)
        assert settings.window == Window(NOW, NOW + 60 * MINUTE)

    @pytest.mark.req("AR-11")
    def test_equal_ends_switch_it_off(self) -> None:
        settings = entered("1000-1000", replace(enable(WITH_RANGE, now=NOW), partition="Phones"))
        assert not settings.is_open(NOW)
        assert settings.window is None
        assert settings.partition == ""

    @pytest.mark.req("AR-11")
    def test_a_disabled_server_stays_disabled(self) -> None:
        settings = entered("1000-1009", set_server_disabled(AutoregistrationSettings(), disabled=True))
        assert len(settings.range) == 10
        assert not settings.is_open(NOW)

    def test_a_closed_window_is_not_opened_by_another_range(self) -> None:
        assert entered("1000-1999", WITH_RANGE).window is None

    def test_the_first_range_may_leave_it_closed(self) -> None:
        assert entered("1000-1009", open_for=None).window is None

    @pytest.mark.parametrize(
        ("text", "pointer"), [("1000-1999", "1004"), ("1005-1009", "1005"), ("01000-01009", "01000")]
    )
    def test_the_pointer_is_kept_while_it_fits(self, text: str, pointer: str) -> None:
        assert entered(text, WITH_RANGE).next_number == pointer

    @pytest.mark.req("AR-13")
    def test_off_and_on_again_resets_the_pointer(self) -> None:
        # The number that stands for "off" lies inside the range that is entered again.
        assert entered("1000-1009", entered("1004-1004", WITH_RANGE)).next_number == "1000"
        assert reset_pointer(WITH_RANGE).next_number == "1000"

    def test_the_pointer_can_be_set_inside_the_range_only(self) -> None:
        assert set_next_number(WITH_RANGE, "1007").next_number == "1007"
        with pytest.raises(InvalidInput, match="outside the range 1000-1009"):
            set_next_number(WITH_RANGE, "1010")


class TestProtocol:
    @pytest.mark.req("AR-23")
    def test_sccp_in_a_new_system(self) -> None:
        assert AutoregistrationSettings().protocol is SignallingProtocol.SCCP

    @pytest.mark.req("AR-23")
    @pytest.mark.parametrize("text", ["SIP", "sip", " Sip "])
    def test_two_values(self, text: str) -> None:
        assert set_protocol(WITH_RANGE, text).protocol is SignallingProtocol.SIP

    @pytest.mark.req("AR-23")
    @pytest.mark.parametrize("text", ["", "MGCP", "SIP SCCP", "SCCP\n\nSIP"])
    def test_nothing_else(self, text: str) -> None:
        with pytest.raises(InvalidInput, match="SCCP or SIP"):
            set_protocol(WITH_RANGE, text)


class TestNetworks:
    @pytest.mark.req("AR-05")
    def test_networks(self) -> None:
        settings = set_allowed_networks(WITH_RANGE, ["10.0.0.0/24", " fd00::/64", "192.0.2.7", "10.0.0.0/24"])
        assert settings.allowed_networks == (
            ip_network("10.0.0.0/24"),
            ip_network("fd00::/64"),
            ip_network("192.0.2.7"),
        )
        assert set_allowed_networks(settings, []).allowed_networks == ()

    @pytest.mark.parametrize("text", ["10.0.0.1/24", "10.0.0", "lan", ""])
    def test_errors(self, text: str) -> None:
        with pytest.raises(InvalidInput, match="is not a network"):
            set_allowed_networks(WITH_RANGE, [text])


def test_disabling_the_server_closes_the_window() -> None:
    disabled = set_server_disabled(enable(WITH_RANGE, now=NOW), disabled=True)
    assert disabled.window is None
    assert set_server_disabled(disabled, disabled=False) == WITH_RANGE
