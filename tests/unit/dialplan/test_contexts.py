"""The site's objects become contexts."""

from __future__ import annotations

import pytest

from bridge.core import CallingSearchSpace, DiscardDigits, ReleaseCause, RoutePattern, TranslationPattern
from bridge.dialplan import DigitPlan, Waiting
from bridge.dialplan.contexts import Context, DialledLine, SitePlan, context_of, numbers_context
from bridge.dialplan.effects import context_name
from bridge.errors import ConfigurationError

SPACES = {
    "Internal": CallingSearchSpace("Internal", ("Staff",)),
    "Local": CallingSearchSpace("Local", ("Blocks", "Staff", "PSTN")),
    "Open": CallingSearchSpace("Open", ("PSTN",)),
}
LINES = (DialledLine("1001", "Staff"), DialledLine("1002", "Staff"), DialledLine("2001"))
OUT = RoutePattern(
    pattern="9.1[2-9]XXXXXXXXX", partition="PSTN", destination="trunk", discard_digits=DiscardDigits.PRE_DOT
)


def plan(*routes: RoutePattern, translations: tuple[TranslationPattern, ...] = ()) -> SitePlan:
    return SitePlan(SPACES, LINES, routes, translations)


def digits(of: SitePlan, line_css: str, device_css: str) -> DigitPlan:
    return DigitPlan(of.entries(line_css, device_css), of.outside_tones(line_css, device_css))


def steps(context: Context, extension: str) -> list[str]:
    """The steps of an extension, as the dialplan reads them."""
    (found,) = [one for one in context.extensions if one.name == extension]
    return [
        f"{step.application}({step.arguments})" + (f" [{step.label}]" if step.label else "") for step in found.steps
    ]


def test_plain_numbers_are_called_by_their_partitions_contexts() -> None:
    context = context_of(plan(OUT), "Internal", "")
    assert context.extensions == ()
    assert context.includes == (numbers_context("Staff"), "sepbridge-numbers", "sepbridge-services")


def test_a_partition_that_is_not_reached_is_not_there() -> None:
    context = context_of(plan(OUT), "", "Open")
    assert [one.name for one in context.extensions] == ["_91NXXXXXXXXX"]
    assert context.includes == (numbers_context("PSTN"), "sepbridge-numbers", "sepbridge-services")


def test_a_route_drops_its_access_code_and_leaves_by_its_trunk() -> None:
    context = context_of(plan(OUT), "Local", "")
    assert steps(context, "_91NXXXXXXXXX") == [
        "Set(NUMBER=${EXTEN:1})",
        "Gosub(sepbridge-leave,s,1(${NUMBER},trunk))",
        "Hangup()",
    ]


def test_a_number_stands_beside_the_patterns_that_would_go_before_it() -> None:
    wide = RoutePattern(pattern="1XXX", partition="PSTN", destination="old-pbx")
    context = context_of(plan(wide), "Local", "")
    assert {one.name for one in context.extensions} == {"_1XXX", "1001", "1002"}
    assert steps(context, "1001") == [f"Goto({numbers_context('Staff')},1001,1)"]


def test_a_block_wins_by_its_partition_and_tells_why() -> None:
    block = RoutePattern(
        pattern="9.1900XXXXXXX", partition="Blocks", block=True, release_cause=ReleaseCause.CALL_REJECTED
    )
    context = context_of(plan(OUT, block), "Local", "")
    assert steps(context, "_91900XXXXXXX") == ["Hangup(21)"]
    assert context.warnings == ()


def test_a_block_that_a_narrower_route_defeats_is_told() -> None:
    block = RoutePattern(pattern="9.011!", partition="Blocks", block=True)
    route = RoutePattern(pattern="9.01144!", partition="PSTN", destination="trunk")
    (warning,) = context_of(plan(block, route), "Local", "").warnings
    assert "9.01144! is narrower than the blocked 9.011!" in warning


def test_an_open_route_takes_digits_and_a_hash_that_ends_them() -> None:
    routes = (
        RoutePattern(pattern="9.011!", partition="PSTN", destination="trunk"),
        RoutePattern(pattern="9.011!#", partition="PSTN", destination="trunk"),
    )
    context = context_of(plan(*routes), "Open", "")
    assert steps(context, "_9011.") == [
        'GotoIf($[${REGEX("^[0-9]+#?$" ${EXTEN:4})}]?digits)',
        "Hangup(28)",
        "NoOp() [digits]",
        "Set(NUMBER=${EXTEN})",
        'ExecIf($["${NUMBER:-1}" = "#"]?Set(NUMBER=${NUMBER:0:-1}))',
        "Gosub(sepbridge-leave,s,1(${NUMBER},trunk))",
        "Hangup()",
    ]


@pytest.mark.parametrize(
    ("pattern", "mask", "seen"),
    [
        ("XXXX", "972813XXXX", "972813${NUMBER:0:4}"),
        ("XXXX", "XX", "${NUMBER:2:2}"),
        ("XXXX", "9XXXXXX", "9${NUMBER:0:4}"),
        ("XXXXXX", "XX00XX", "${NUMBER:0:2}00${NUMBER:4:2}"),
        ("XXXX", "5551234", "5551234"),
        ("23!", "55XXX", "55${NUMBER:-3}"),
        ("23!", "XX0", "${NUMBER:-3:2}0"),
    ],
)
def test_masks(pattern: str, mask: str, seen: str) -> None:
    route = RoutePattern(pattern=pattern, partition="PSTN", destination="t", called_mask=mask, prefix_digits="+1")
    context = context_of(plan(route), "Open", "")
    extension = next(one for one in context.extensions if one.name.startswith("_"))
    arguments = [step.arguments for step in extension.steps]
    assert f"NUMBER={seen}" in arguments
    assert arguments.index("NUMBER=+1${NUMBER}") > arguments.index(f"NUMBER={seen}")


def test_a_mask_that_reaches_further_than_a_number_surely_does_is_refused() -> None:
    route = RoutePattern(pattern="9!", partition="PSTN", destination="t", called_mask="XXXX")
    with pytest.raises(ConfigurationError, match="reaches over 4 digits, but a number may have 2"):
        context_of(plan(route), "Open", "")


def test_the_callers_number() -> None:
    route = RoutePattern(
        pattern="8XXX",
        partition="PSTN",
        destination="local-route-group",
        use_external_mask=True,
        calling_mask="555XXXX",
        calling_prefix="+1",
    )
    assert steps(context_of(plan(route), "Open", ""), "_8XXX") == [
        "Set(NUMBER=${EXTEN})",
        'ExecIf($["${SEPBRIDGE_EXTERNAL}" != ""]?Set(CALLERID(num)=${SEPBRIDGE_EXTERNAL}))',
        "Set(CALLERID(num)=555${CALLERID(num):-4})",
        "Set(CALLERID(num)=+1${CALLERID(num)})",
        "Gosub(sepbridge-leave,s,1(${NUMBER},${SEPBRIDGE_TRUNK}))",
        "Hangup()",
    ]


@pytest.mark.parametrize("own", [True, False])
def test_a_translation_is_looked_up_again_and_cannot_go_round_for_ever(own: bool) -> None:
    translation = TranslationPattern(
        pattern="8XXX", partition="Staff", css="Open", use_originator_css=own, called_mask="1XXX"
    )
    context = context_of(plan(translations=(translation,)), "Internal", "")
    target = context_name("Internal", "") if own else context_name("Open", "")
    assert steps(context, "_8XXX") == [
        "Set(NUMBER=${EXTEN})",
        "Set(NUMBER=1${NUMBER:1:3})",
        "Set(__SEPBRIDGE_REWRITES=$[0${SEPBRIDGE_REWRITES} + 1])",
        "GotoIf($[${SEPBRIDGE_REWRITES} > 10]?loop)",
        f"GotoIf($[${{DIALPLAN_EXISTS({target},${{NUMBER}},1)}}]?{target},${{NUMBER}},1)",
        "Hangup(1)",
        "Hangup(25) [loop]",
    ]


def test_emergency_patterns_are_reached_by_all_and_go_before_everything_else() -> None:
    emergency = RoutePattern(pattern="911", partition="PSTN", destination="trunk", emergency=True)
    block = RoutePattern(pattern="911", partition="Blocks", block=True)
    for line_css in ("", "Internal", "Local"):
        context = context_of(plan(emergency, block), line_css, "")
        assert steps(context, "911")[-2] == "Gosub(sepbridge-leave,s,1(${NUMBER},trunk))"
    longer = RoutePattern(pattern="9.11XX", partition="PSTN", destination="trunk")
    assert digits(plan(emergency, longer), "Local", "").waiting("911") is Waiting.COMPLETE


def test_a_national_plan_is_written_out_and_its_access_code_dropped() -> None:
    route = RoutePattern(
        pattern="9.@", partition="PSTN", destination="trunk", discard_digits=DiscardDigits.PRE_AT, numbering_plan="NANP"
    )
    context = context_of(plan(route), "Open", "")
    assert {one.name for one in context.extensions} >= {"_91NXXNXXXXXX", "_9NXXNXXXXXX", "_9011.", "_9N11"}
    assert "Set(NUMBER=${EXTEN:1})" in steps(context, "_9N11")


def test_digits_of_a_pair() -> None:
    both = digits(plan(OUT), "Internal", "Open")
    assert both.is_complete("1001")
    assert both.outside_tone("9")
    assert both.is_complete("912345678901")
    assert digits(plan(OUT), "Internal", "").waiting("9") is Waiting.NO_MATCH


def test_a_search_space_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigurationError, match="no calling search space Gone"):
        context_of(plan(), "Gone", "")


def test_names_that_look_alike_have_contexts_of_their_own() -> None:
    names = {context_name(*pair) for pair in [("A b", ""), ("a-B", ""), ("", "A b"), ("", ""), ("ä", "")]}
    assert len(names) == 5
    assert all(len(name) < 80 for name in names)
    assert numbers_context("") == "sepbridge-numbers"


def test_where_the_pbx_has_all_numbers_they_are_called_there() -> None:
    context = context_of(plan(OUT), "Local", "", numbers="from-internal", includes=("from-internal-custom",))
    assert steps(context, "1001") == ["Goto(from-internal,1001,1)"]
    assert context.includes == ("from-internal-custom",)


def test_somebody_elses_context_is_wrapped_and_decides_what_the_plan_does_not() -> None:
    block = RoutePattern(pattern="9.1900XXXXXXX", partition="Blocks", block=True)
    context = context_of(plan(OUT, block), "Local", "", wraps="from-internal")
    assert context.includes == ("from-internal",)
    assert steps(context, "_91900XXXXXXX") == ["Hangup(16)"]
    assert "1001" not in {each.name for each in context.extensions}
    # Our own number would be swallowed by a pattern of the plan: it is called there, as the closest match wants.
    wide = RoutePattern(pattern="1XXX", partition="PSTN", destination="trunk")
    context = context_of(plan(OUT, wide), "Local", "", wraps="from-internal")
    assert steps(context, "1001") == ["Goto(from-internal,1001,1)"]
    assert "2001" not in {each.name for each in context.extensions}
