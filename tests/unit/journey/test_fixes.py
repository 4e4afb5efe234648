"""What is advised: of every finding, for every model, in words that fit the phone and the product."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from bridge.cli.main import whole
from bridge.core.findings import Weight
from bridge.journey import FixKind
from bridge.journey.case import Case
from bridge.journey.diagnosis import RULES
from bridge.journey.findings import Finding
from bridge.journey.keys import Panel, panel_of
from bridge.phones import ConfigFamily, DeviceClass, Model, catalogue
from bridge.web.dashboard.house import NAVIGATION
from bridge.web.dashboard.siteform import label_of
from bridge.web.dashboard.sitepage import tabs
from tests.unit.journey.causes import findings, stories
from tests.unit.journey.story import at, journey

KINDS = {DeviceClass.PHONE, DeviceClass.ATA, DeviceClass.SOFTPHONE, DeviceClass.GATEWAY}
MODELS = [each for each in catalogue() if each.device_class in KINDS and each.family is not ConfigFamily.NONE]
"""Everything that reads files of ours, or may come here by mistake."""
CHOICES = {"PACKAGE"}
"""Words that only the admin can replace: which file he downloaded."""
SETTINGS, ADMIN = re.compile(r"\bSettings >|\bSettings, then"), re.compile(r"\bAdmin settings >")


@pytest.fixture(scope="module")
def of_a_7961() -> tuple[Finding, ...]:
    return findings("7961G")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_has_a_story(rule: object) -> None:
    """9971: the load that one of the stories is about has a known fault on that model alone."""
    assert callable(rule)
    assert any(
        rule(Case(journey(*events), facts, at(after)))
        for model in ("7961G", "9971")
        for events, facts, after in stories(model)
    )


def test_a_finding_says_what_happened_why_and_what_to_do(of_a_7961: tuple[Finding, ...]) -> None:
    for each in of_a_7961:
        assert each.evidence, each.code
        assert all(proof.what.strip() for proof in each.evidence), each.code
        assert each.title, each.code
        assert each.cause.endswith("."), each.code
        assert each.fixes, each.code
        assert each.code == each.code.lower()
        assert each.severity in Weight


@pytest.mark.parametrize("model", ["", *(each.name for each in MODELS)])
def test_no_fix_is_empty_or_left_half_filled_in(model: str) -> None:
    for each in findings(model):
        assert each.fixes, each.code
        for fix in each.fixes:
            assert len(fix.text) > 8, each.code
            assert not re.search(r"[{}]|\bNone\b|  |\bTODO\b|^\s|\s$", fix.text), (each.code, fix.text)
            if fix.kind is FixKind.COMMAND:
                shlex.split(fix.text)
                words = set(re.findall(r"(?<![\w-])[A-Z]{4,}(?:-[A-Z]+)*(?![\w-])", fix.text.replace(model or "-", "")))
                assert words - CHOICES <= {"SCCP"}, (each.code, fix.text)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_keys_are_on_that_very_model(model: Model) -> None:
    panel = panel_of(model.name)
    for each in findings(model.name):
        for fix in each.fixes:
            if fix.kind is not FixKind.KEYS:
                continue
            assert panel not in (Panel.NO_KEYS, Panel.PROGRAM, Panel.WEB_PAGE), fix.text
            assert bool(SETTINGS.search(fix.text)) <= (panel in (Panel.SETTINGS, Panel.OLD_SETTINGS)), fix.text
            assert bool(ADMIN.search(fix.text)) <= (panel is Panel.ADMIN_SETTINGS), fix.text
            others = {"79xx:", "78xx and 88xx:"} if panel is not None else set()
            assert not any(other in fix.text for other in others), fix.text
            # Phone boot reference, section 7.1: the sequence is known of these alone.
            known = panel in (Panel.SETTINGS, Panel.OLD_SETTINGS, Panel.ADMIN_SETTINGS)
            assert ("123456789*0#" in fix.text) <= known, fix.text
            assert ("press 2" in fix.text) <= (model.name in {"7940G", "7960G"}), fix.text


def test_both_ways_are_told_where_the_model_is_not_known() -> None:
    texts = " ".join(fix.text for each in findings("") for fix in each.fixes if fix.kind is FixKind.KEYS)
    assert "79xx:" in texts
    assert "78xx and 88xx:" in texts


@pytest.mark.parametrize("model", ["7961G", "8841", "ATA 190", "9971", ""])
def test_every_command_that_is_advised_exists_with_its_options(model: str) -> None:
    advised = {fix.text for each in findings(model) for fix in each.fixes if fix.kind is FixKind.COMMAND}
    ours = [text for text in advised if text.startswith("sepbridge ")]
    assert len(ours) > 15
    for text in ours:
        words = shlex.split(text)[1:]
        at_hand: click.Command = whole()
        while words and isinstance(at_hand, click.Group):
            name = words.pop(0)
            assert name in at_hand.commands, text
            at_hand = at_hand.commands[name]
        options = {option for each in at_hand.params for option in each.opts}
        assert [word for word in words if word.startswith("--") and word not in options] == [], text
        wanted = [each for each in at_hand.params if isinstance(each, click.Argument) and each.required]
        plain = [word for word in words if not word.startswith("--")]
        assert len(plain) >= len(wanted), text


def test_every_click_leads_through_the_dashboard(of_a_7961: tuple[Finding, ...]) -> None:
    pages = {title for _, _, title, _ in NAVIGATION}
    clicks = {fix.text for each in of_a_7961 for fix in each.fixes if fix.kind is FixKind.CLICK}
    assert len(clicks) >= 4
    for text in clicks:
        page, *rest = text.partition(":")[0].split(" > ")
        assert page in pages, text
        if page == "Site":
            (section,) = [each for each in tabs() if each.title == rest[0]]
            labels = {label_of(name).lower() for name in FIELDS[section.word]}
            assert rest[1].lower() in labels, text


FIELDS = {"date-time-groups": ("ntp_servers",), "defaults": ("load",)}
"""Fields of the site's objects that findings name; that the objects have them, the site's own tests show."""


def test_the_range_that_is_advised_is_the_site_s_made_wider() -> None:
    advised = {fix.text for each in findings("8841") for fix in each.fixes if "autoregistration range" in fix.text}
    assert advised == {"sepbridge autoregistration range 1000-1019"}
