"""A calling search space keeps nobody from an emergency number."""

from __future__ import annotations

from bridge.core import CallingSearchSpace, DialPattern, DiscardDigits, RoutePattern, TranslationPattern
from bridge.dialplan import DialledLine, SitePlan, emergency_routes

PRE_DOT = DiscardDigits.PRE_DOT
SPACES = {
    "Inside": CallingSearchSpace("Inside", ("Staff",)),
    "Out": CallingSearchSpace("Out", ("Staff", "PSTN")),
    "Barred": CallingSearchSpace("Barred", ("Blocks", "PSTN")),
}


def found(*patterns: DialPattern, css: str = "Inside", only_blocked: bool = False) -> dict[str, str]:
    """Each route that is added, and where it leaves; a dot stands where digits are dropped."""
    routes = tuple(each for each in patterns if isinstance(each, RoutePattern))
    plan = SitePlan(SPACES, (DialledLine("1001", "Staff"),), routes)
    added = list(emergency_routes(plan, css, "", ("911",), "9", last_resort="custom", only_blocked=only_blocked))
    assert all(each.emergency for each in added)
    return {each.pattern: each.destination for each in added}


def test_without_any_pattern_the_last_resort_has_it() -> None:
    assert found() == {"911": "custom", "9.911": "custom"}
    assert found(only_blocked=True) == {}  # it is looked up elsewhere


def test_the_sites_own_pattern_for_the_number_is_taken_whatever_its_partition() -> None:
    own = RoutePattern(pattern="911", partition="PSTN", destination="trunk")
    assert found(own) == {"911": "trunk", "9.911": "trunk"}
    coded = RoutePattern(pattern="9.911", partition="PSTN", destination="city", discard_digits=PRE_DOT)
    assert found(coded) == {"911": "custom", "9.911": "city"}
    assert found(own, coded) == {"911": "trunk", "9.911": "city"}


def test_what_is_reached_anyway_stays_as_it_is() -> None:
    own = RoutePattern(pattern="911", partition="PSTN", destination="trunk")
    coded = RoutePattern(pattern="9.911", partition="PSTN", destination="city", discard_digits=PRE_DOT)
    assert found(own, coded, css="Out") == {}
    marked = RoutePattern(pattern="911", partition="Elsewhere", destination="trunk", emergency=True)
    assert found(marked) == {"9.911": "trunk"}
    # All outside numbers with their code: 9911 leaves as 911, but 911 would leave as 11.
    wide = RoutePattern(pattern="9.!", partition="PSTN", destination="city", discard_digits=PRE_DOT)
    assert found(wide, css="Out") == {"911": "custom"}
    abroad = RoutePattern(
        pattern="9.!", partition="PSTN", destination="city", discard_digits=PRE_DOT, prefix_digits="00"
    )
    assert found(abroad, css="Out") == {"911": "custom", "9.911": "custom"}
    shown = RoutePattern(pattern="XXX", partition="PSTN", destination="city", called_mask="555XXX")
    assert found(shown, css="Out") == {"911": "custom", "9.911": "custom"}
    meant = RoutePattern(pattern="911", partition="PSTN", destination="city", prefix_digits="0")
    assert found(meant, css="Out") == {"9.911": "city"}


def test_a_block_does_not_count() -> None:
    wide = RoutePattern(pattern="9.!", partition="PSTN", destination="city", discard_digits=PRE_DOT)
    blocks = [RoutePattern(pattern=text, partition="Blocks", block=True) for text in ("911", "9911")]
    for only_blocked in (False, True):
        assert found(wide, *blocks, css="Barred", only_blocked=only_blocked) == {"911": "custom", "9.911": "custom"}
    own = RoutePattern(pattern="911", partition="Elsewhere", destination="trunk")
    assert found(wide, own, *blocks, css="Barred") == {"911": "trunk", "9.911": "trunk"}


def test_a_directory_number_or_a_translation_that_is_reached_is_left_alone() -> None:
    plan = SitePlan(SPACES, (DialledLine("112", "Staff"),), (), (TranslationPattern(pattern="911", partition="Staff"),))
    assert list(emergency_routes(plan, "Inside", "", ("112", "911"), last_resort="custom")) == []
