"""Codes that are off leave nothing behind, and codes never stand before what the admin has."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from bridge.app.settings import settings_from
from bridge.errors import ConfigurationError, InvalidInput
from bridge.pbx.featurecodes import DEFAULT_CODES, FeatureCodes, service_text
from bridge.pbx.snippets import placeholders, service_snippets, snippet

NEEDS = {"SELF_PROVISION_SCRIPT": "/x"}


def text(name: str, codes: FeatureCodes) -> str:
    more = {key: value for key, value in NEEDS.items() if key in placeholders(name)}
    return service_text(name, codes, **more)


@pytest.mark.parametrize("code", sorted(asdict(DEFAULT_CODES)))
def test_a_code_that_is_off_has_no_extension(code: str) -> None:
    codes = replace(DEFAULT_CODES, **{code: ""})
    all_on = "".join(text(name, DEFAULT_CODES) for name in service_snippets())
    some_off = "".join(text(name, codes) for name in service_snippets())
    value = asdict(DEFAULT_CODES)[code]
    starts = (f"exten => {value},", f"exten => _{value}.", f"exten => _{value}X.")
    assert any(line.startswith(starts) for line in all_on.splitlines())
    # *8 is the beginning of *80, so whole extensions are compared, not beginnings.
    assert not any(line.startswith(starts) for line in some_off.splitlines())
    assert "@OFF@" not in some_off


def test_a_step_never_stays_without_its_extension() -> None:
    everything_off = FeatureCodes(**dict.fromkeys(asdict(DEFAULT_CODES), ""))
    for name in service_snippets():
        before = ""
        for line in text(name, everything_off).splitlines():
            if line.startswith(" same"):
                assert before.startswith((" same", "exten", ";")), (name, line)
            before = line


def test_codes_come_last() -> None:
    lines = snippet("sepbridge/extensions.conf").splitlines()
    start = lines.index("[sepbridge-phones]")
    includes = [line.partition("=> ")[2] for line in lines[start + 1 : start + 5]]
    assert includes == ["sepbridge-numbers", "sepbridge-services", "sepbridge-custom", "sepbridge-codes"]


def test_codes_are_settings() -> None:
    settings = settings_from({"codes": {"echo_test": "", "own_number": "*66"}, "selfprovisioning": {"code": "*56"}})
    assert settings.feature_codes == replace(DEFAULT_CODES, echo_test="", own_number="*66", self_provisioning="*56")


@pytest.mark.parametrize("codes", [{"echo_test": "*72"}, {"echo_test": "4x"}, {"self_provisioning": "*56"}])
def test_codes_that_cannot_be(codes: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        settings_from({"codes": codes})
    if "self_provisioning" not in codes:
        with pytest.raises(InvalidInput):
            FeatureCodes(**codes)  # type: ignore[arg-type]  # given by name: the call itself checks
