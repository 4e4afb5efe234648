"""Soft keys of SIP phones."""

from __future__ import annotations

from defusedxml.ElementTree import fromstring

from bridge.core import Softkey, SoftkeyState, SoftkeyTemplate, StateKeys
from bridge.provisioning import Renderer, check_file, render_soft_key_file, soft_key_file_name
from bridge.provisioning.softkeyfile import soft_key_states
from tests.samples import template_loader

RENDERER = Renderer(template_loader())


def template(*states: StateKeys) -> SoftkeyTemplate:
    return SoftkeyTemplate("Front desk (2)", states)


def test_a_state_of_the_template_has_its_keys_and_the_others_the_usual_ones() -> None:
    keys = (Softkey.NEW_CALL, Softkey.BLANK, Softkey.DND)
    rendered = render_soft_key_file(RENDERER, template(StateKeys(SoftkeyState.ON_HOOK, keys)))
    assert rendered.name == "softkeys-front-desk-2.xml"
    assert check_file(rendered.name, rendered.content) == ()
    sets = {
        each.get("id"): [key.get("keyID") for key in each] for each in fromstring(rendered.content).iter("softKeySet")
    }
    assert sets["On Hook"] == ["NewCall", "Undefined", "DND"]
    assert sets["Digits After First"] == ["<<", "EndCall"]
    assert sets["Remote In Use"] == []


def test_keys_that_a_state_of_sip_phones_does_not_know_are_left_out() -> None:
    keys = (Softkey.END_CALL, Softkey.BARGE, Softkey.HOLD, Softkey.VIDEO_MODE)
    states = {each.name: each.keys for each in soft_key_states(template(StateKeys(SoftkeyState.CONNECTED, keys)))}
    assert states["Connected"] == ("EndCall", "Hold")


def test_every_key_of_every_set_is_defined() -> None:
    root = fromstring(render_soft_key_file(RENDERER, template()).content)
    defined = {each.get("keyID") for each in root.iter("softKeyDef")}
    assert {each.get("keyID") for each in root.iter("softKey")} <= defined


def test_a_template_without_letters_has_no_file() -> None:
    assert soft_key_file_name("…") == ""
