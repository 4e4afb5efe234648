"""What would happen if this phone dialled: lines, routes, rewriting, blocks, circles."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bridge.app.dialling import DialOutcome, DialTest, Verdict, having_lines
from bridge.app.dialplans import DialPlans
from bridge.app.roguepool import EmergencyList
from bridge.autoregistration import ROGUE_POOL, AutoregistrationSettings
from bridge.core import (
    AppearanceSettings,
    CallingSearchSpace,
    Device,
    DeviceSettings,
    DiscardDigits,
    Line,
    LineAppearance,
    NumberRange,
    ReleaseCause,
    RoutePattern,
    SignallingProtocol,
    TranslationPattern,
)
from bridge.dialplan import Waiting
from bridge.errors import InvalidInput
from tests.samples import sample_device, sample_pool

SPACES = {
    each.name: each
    for each in (CallingSearchSpace("Staff", ("Inside", "Out")), CallingSearchSpace("Hall", ("Inside",)))
}


def ask(dialled: str, *patterns: Any, device: Device | None = None, trunk: str = "", **settings: Any) -> DialOutcome:
    ada = device or replace(
        sample_device(
            SignallingProtocol.SIP,
            LineAppearance(1, Line("1001", "Inside"), settings=AppearanceSettings(external_mask="030555XXXX")),
        ),
        settings=DeviceSettings(css="Staff"),
    )
    bob = sample_device(SignallingProtocol.SIP, LineAppearance(1, Line("1002", "Inside")), name="SEP001122AABBDD")
    site: Any = SimpleNamespace(
        pools={"Default": replace(sample_pool(), trunk=trunk), ROGUE_POOL: sample_pool()},
        spaces=SPACES,
        patterns=patterns,
        lines=[each.line for device in (ada, bob) for each in device.lines],
        autoregistration=AutoregistrationSettings(**settings),
    )
    plans = DialPlans(site, plain_context="sepbridge-phones", emergency=EmergencyList())
    return DialTest(plans, having_lines([ada, bob])).ask(ada, dialled)


def test_another_phone_rings() -> None:
    outcome = ask("1002")
    assert outcome.verdict is Verdict.RINGS
    assert [str(each) for each in outcome.rings] == ["SEP001122AABBDD"]
    assert outcome.partitions == ("Inside", "Out", "")
    assert outcome.waiting is Waiting.COMPLETE
    assert outcome.caller == "1001"


def test_a_route_drops_the_access_code_and_shows_the_number_that_the_outside_knows() -> None:
    route = RoutePattern(
        pattern="0.!",
        partition="Out",
        destination="trunk-isp",
        discard_digits=DiscardDigits.PRE_DOT,
        prefix_digits="+49",
        use_external_mask=True,
    )
    outcome = ask("030123", route)
    assert (outcome.verdict, outcome.text) == (Verdict.LEAVES, "+4930123 leaves by trunk-isp")
    assert outcome.caller == "0305551001"
    assert [(each.pattern, each.number) for each in outcome.steps] == [("0.!", "+4930123")]
    assert outcome.waiting is Waiting.MAY_END


def test_the_narrower_pattern_wins_and_a_block_refuses_with_its_cause() -> None:
    wide = RoutePattern(pattern="0.!", partition="Out", destination="trunk")
    block = RoutePattern(pattern="0190XXX", partition="Out", block=True, release_cause=ReleaseCause.CALL_REJECTED)
    outcome = ask("0190123", wide, block)
    assert outcome.verdict is Verdict.REFUSED
    assert "cause 21, call rejected" in outcome.steps[0].what


def test_a_translation_is_followed_into_its_own_search_space() -> None:
    translation = TranslationPattern(pattern="7XXX", partition="Inside", called_mask="1XXX", css="Hall")
    outcome = ask("7002", translation)
    assert outcome.verdict is Verdict.RINGS
    assert [(each.dialled, each.number) for each in outcome.steps] == [("7002", "1002"), ("1002", "1002")]


def test_patterns_that_go_in_a_circle_are_refused() -> None:
    circle = TranslationPattern(pattern="7XXX", partition="Inside", use_originator_css=True)
    outcome = ask("7002", circle)
    assert outcome.verdict is Verdict.REFUSED
    assert "circle" in outcome.text


def test_the_local_route_group_is_the_trunk_of_the_callers_pool() -> None:
    route = RoutePattern(pattern="9.XX", partition="Out", destination="local-route-group")
    assert ask("912", route, trunk="berlin").text == "912 leaves by berlin"
    without = ask("912", route)
    assert (without.verdict, without.text) == (Verdict.REFUSED, "the pool Default has no trunk")


def test_what_is_not_in_the_search_space_is_nobody() -> None:
    ada = replace(
        sample_device(SignallingProtocol.SIP, LineAppearance(1, Line("1001", "Inside"))),
        settings=DeviceSettings(css="Hall"),
    )
    route = RoutePattern(pattern="0.!", partition="Out", destination="trunk")
    assert ask("030123", route, device=ada).verdict is Verdict.NOBODY


def test_a_free_number_of_the_range_is_nobody() -> None:
    outcome = ask("1500", range=NumberRange("1000", "1999"))
    assert outcome.verdict is Verdict.NOBODY


def test_a_phone_of_the_rogue_pool_reaches_emergency_numbers_alone() -> None:
    rogue = replace(sample_device(), pool=ROGUE_POOL)
    assert ask("1002", device=rogue).verdict is Verdict.NOBODY
    assert ask("112", device=rogue).verdict is Verdict.LEAVES


@pytest.mark.parametrize("dialled", ["", "  ", "10 02", "Robert'); DROP", "1\r\n2"])
def test_what_cannot_be_dialled(dialled: str) -> None:
    with pytest.raises(InvalidInput):
        ask(dialled)
