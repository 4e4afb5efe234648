"""Whether an element that the admin sets reaches a phone, for every family."""

from __future__ import annotations

import pytest

from bridge.core import SignallingProtocol
from bridge.phones import ConfigFamily, catalogue
from bridge.provisioning import ElementReach, Renderer, check_element, element_reach, flat_template, support
from tests.samples import sample_device, sample_pool, template_loader

SIP, SCCP = SignallingProtocol.SIP, SignallingProtocol.SCCP
RENDERER = Renderer(template_loader())


def reach(path: str, model: str | None, protocol: SignallingProtocol = SIP) -> ElementReach:
    return element_reach(path, catalogue().require(model) if model else None, protocol)


@pytest.mark.parametrize(
    "model", [None, "7906", "7942", "6941", "7841", "8841", "8832", "8821", "9971", "8945", "3905"]
)
def test_an_element_reaches_phones_with_enterprise_firmware(model: str | None) -> None:
    assert reach("vendorConfig/pcPort", model) == ElementReach(True)
    assert reach("sipProfile/enableVad", model) == ElementReach(True)
    flat = reach("VLAN_ID", model)
    assert not flat.is_read
    assert "no flat profile" in flat.why


@pytest.mark.parametrize("model", ["7841-3PCC", "8851-3PCC", "9861", "SPA504G", "SPA942", "ATA 191-MPP", "PAP2T"])
def test_a_flat_profile_has_parameters_of_its_own(model: str) -> None:
    assert reach("VLAN_ID", model) == ElementReach(True)
    for path in ("vendorConfig/pcPort", "sipProfile/enableVad"):
        lost = reach(path, model)
        assert not lost.is_read
        assert "flat profile" in lost.why
        assert "parameter" in lost.fix
    assert "Register_Expires_1_" in reach("sipProfile/sipStack/timerRegisterExpires", model).fix
    assert "one for each line" in reach("sipProfile/dscpForAudio", model).fix


def test_a_parameter_for_a_phone_with_elements_names_the_element() -> None:
    assert "sipProfile/sipStack/timerRegisterExpires" in reach("Register_Expires_2_", "8841").fix
    assert "vendorConfig/webAccess" in reach("Station_Unknown_", "8841").fix


def test_what_a_counterpart_names_is_known_to_the_schema() -> None:
    from bridge.provisioning.elementreach import _parameters

    flat = {
        "Preferred_Codec_#_": "G722",
        "DTMF_Tx_Method_#_": "AVT",
        "SIP_Transport_#_": "TCP",
        "Time_Zone": "GMT+01:00",
    }
    ours = {
        "preferredCodec": "none",
        "dtmfOutofBand": "avt",
        "timeZone": "GMT Standard/Daylight Time",
        "name": "ntp",
        "timerRegisterExpires": "600",
    }
    for element, parameter in _parameters().items():
        whole = parameter.replace("#", "1")
        value = flat.get(parameter, "Yes" if parameter.startswith("Enable") else "60")
        assert check_element(whole, value) == "flat-profile"
        assert check_element(element, ours.get(element.rpartition("/")[2], "1")) == "device"


def test_a_7960_with_sip_firmware_has_keys_and_with_sccp_firmware_elements() -> None:
    key = reach("sipProfile/sipStack/timerT1", "7960")
    assert key.is_read
    assert "timer_t1" in key.why
    lost = reach("vendorConfig/pcPort", "7960")
    assert not lost.is_read
    assert "text files" in lost.why
    assert reach("vendorConfig/pcPort", "7960", SCCP) == ElementReach(True)


@pytest.mark.parametrize("model", ["7912", "7910", "7920", "7925", "7937", "7961", "6941", "8945"])
def test_phones_with_sccp_firmware_have_no_sip_profile(model: str) -> None:
    assert reach("vendorConfig/webAccess", model, SCCP) == ElementReach(True)
    lost = reach("sipProfile/enableVad", model, SCCP)
    assert not lost.is_read
    assert "SCCP" in lost.why
    assert "phones line" in lost.fix


def test_an_spa_phone_in_spcp_mode_is_uncertain() -> None:
    found = reach("vendorConfig/pcPort", "SPA504G", SCCP)
    assert found.is_read
    assert "no public source" in found.why


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("ATA 186", "binary profile"),
        ("30 VIP", "binary"),
        ("DX650", "Android"),
        ("Room Kit", "room system"),
        ("840", "Android"),
    ],
)
def test_what_reads_no_file_of_ours_is_told_why(model: str, why: str) -> None:
    lost = reach("vendorConfig/pcPort", model)
    assert not lost.is_read
    assert why in lost.why
    assert lost.fix


@pytest.mark.parametrize("family", list(ConfigFamily))
def test_every_family_has_an_answer_that_its_file_bears_out(family: ConfigFamily) -> None:
    """Where an element counts as read it stands in the rendered file; where not, somebody is told why."""
    for model in catalogue():
        if model.family is not family or not model.device_prefix:
            continue
        for protocol in sorted(model.protocols):
            found = element_reach("vendorConfig/settingsAccess", model, protocol)
            if not found.is_read:
                assert found.why
                assert found.fix
                continue
            assert not (flat_template(model) and protocol is SIP)
            assert support(model, protocol).supported
            rendered = RENDERER.render_phone_file(
                sample_device(protocol),
                sample_pool(),
                model=model,
                overrides={"vendorConfig/settingsAccess": "2"},
            )
            assert "<settingsAccess>2</settingsAccess>" in rendered.text
