"""The decision on an unknown phone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from bridge.autoregistration import (
    Admission,
    AutoregistrationSettings,
    Deferral,
    FileArrival,
    ModelFacts,
    Refusal,
    RefusalReason,
    RegistrationArrival,
    Window,
    decide,
    desired_protocol,
    met_again,
    new_device,
)
from bridge.core import (
    Device,
    DeviceDefaults,
    DeviceName,
    DeviceSettings,
    NumberRange,
    OnboardingMethod,
    SignallingProtocol,
)

SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PHONE = DeviceName("SEP001122AABBCC")
OPEN = AutoregistrationSettings(
    range=NumberRange("1000", "1001"), window=Window(NOW - MINUTE, NOW + MINUTE), protocol=SIP
)
NONE: frozenset[str] = frozenset()

NINE = {
    7905: 20000,
    7911: 307,
    7912: 30007,
    7940: 8,
    7941: 115,
    7960: 7,
    7961: 30018,
    7970: 30006,
    7971: 119,
}
"""The dual-protocol models of 5.x with their type numbers."""

ASKS = FileArrival(PHONE, "10.0.0.5")


def registers(protocol: SignallingProtocol, model: ModelFacts | None = None) -> RegistrationArrival:
    return RegistrationArrival(PHONE, "10.0.0.5", protocol, model)


def reason(decision: object) -> RefusalReason:
    assert isinstance(decision, Refusal)
    return decision.reason


class TestClosed:
    @pytest.mark.req("AR-03")
    @pytest.mark.parametrize("arrival", [ASKS, registers(SCCP), registers(SIP)])
    def test_a_new_system_lets_nobody_in(self, arrival: FileArrival | RegistrationArrival) -> None:
        refusal = decide(arrival, AutoregistrationSettings(), now=NOW, in_use=NONE)
        assert reason(refusal) is RefusalReason.AUTOREG_OFF
        assert RefusalReason.AUTOREG_OFF.shown.mib_name == "noEntryInDatabase"

    @pytest.mark.req("AR-06")
    def test_before_and_after_the_window(self) -> None:
        late = decide(ASKS, OPEN, now=NOW + MINUTE, in_use=NONE)
        assert reason(late) is RefusalReason.WINDOW_CLOSED
        assert "closed at 2026-03-01 12:01:00 UTC" in late.text
        early = decide(ASKS, OPEN, now=NOW - 2 * MINUTE, in_use=NONE)
        assert "opens at 2026-03-01 11:59:00 UTC" in early.text

    @pytest.mark.req("AR-11")
    def test_a_disabled_server_lets_nobody_in(self) -> None:
        assert (
            reason(decide(ASKS, replace(OPEN, server_disabled=True), now=NOW, in_use=NONE)) is RefusalReason.AUTOREG_OFF
        )


class TestNetworks:
    SETTINGS = replace(OPEN, allowed_networks=(ip_network("10.0.0.0/24"), ip_network("fd00::/64")))

    @pytest.mark.req("AR-05")
    @pytest.mark.parametrize("client", ["10.0.1.5", "", "phone.example", "::ffff:10.0.1.5", "fd00:1::5"])
    def test_strangers(self, client: str) -> None:
        decision = decide(replace(ASKS, client=client), self.SETTINGS, now=NOW, in_use=NONE)
        assert reason(decision) is RefusalReason.NOT_IN_ALLOW_LIST

    @pytest.mark.req("AR-05")
    @pytest.mark.parametrize("client", ["10.0.0.5", "::ffff:10.0.0.5", "fd00::5"])
    def test_welcome(self, client: str) -> None:
        assert isinstance(decide(replace(ASKS, client=client), self.SETTINGS, now=NOW, in_use=NONE), Admission)


class TestNumbers:
    def test_a_batch_shares_nothing(self) -> None:
        first = decide(ASKS, OPEN, now=NOW, in_use=NONE)
        assert isinstance(first, Admission)
        assert first == Admission("1000", SIP, replace(OPEN, next_number="1001"))
        second = decide(ASKS, first.settings, now=NOW, in_use={first.number})
        assert isinstance(second, Admission)
        assert second.number == "1001"
        assert second.settings.next_number == "1000"

    @pytest.mark.req("AR-15")
    def test_exhausted_and_free_again(self) -> None:
        third = decide(registers(SCCP), replace(OPEN, protocol=SCCP), now=NOW, in_use={"1000", "1001"})
        assert reason(third) is RefusalReason.RANGE_EXHAUSTED
        assert third.sip_warning("pbx") == '399 pbx "Autoregistration range exhausted 1000-1001"'
        assert isinstance(decide(registers(SCCP), replace(OPEN, protocol=SCCP), now=NOW, in_use={"1000"}), Admission)


class TestFileRequests:
    @pytest.mark.req("AR-22")
    def test_sip_sites_admit_at_once(self) -> None:
        assert isinstance(decide(ASKS, OPEN, now=NOW, in_use=NONE), Admission)

    @pytest.mark.req("AR-22")
    def test_sccp_sites_wait_for_the_registration(self) -> None:
        decision = decide(ASKS, replace(OPEN, protocol=SCCP), now=NOW, in_use=NONE)
        assert isinstance(decision, Deferral)
        assert decision.protocol is SCCP

    @pytest.mark.req("AR-25")
    def test_evidence_beats_the_parameter(self) -> None:
        sip_only = replace(ASKS, evidence_protocol=SIP)
        decision = decide(sip_only, replace(OPEN, protocol=SCCP), now=NOW, in_use=NONE)
        assert isinstance(decision, Admission)
        assert decision.protocol is SIP
        assert isinstance(decide(replace(ASKS, evidence_protocol=SCCP), OPEN, now=NOW, in_use=NONE), Deferral)

    @pytest.mark.req("AR-24")
    def test_who_was_just_turned_away_for_its_firmware_waits_until_it_registers_with_another(self) -> None:
        decision = decide(ASKS, OPEN, now=NOW, in_use=NONE, speaks_otherwise=True)
        assert isinstance(decision, Deferral)
        assert decision.why == "its firmware was refused: it gets its number when it registers over SIP"
        known = replace(ASKS, evidence_protocol=SIP)
        assert isinstance(decide(known, OPEN, now=NOW, in_use=NONE, speaks_otherwise=True), Admission)
        assert isinstance(decide(registers(SIP), OPEN, now=NOW, in_use=NONE, speaks_otherwise=True), Admission)


class TestRegistrations:
    @pytest.mark.req("AR-24")
    @pytest.mark.parametrize("parameter", [SCCP, SIP])
    @pytest.mark.parametrize("name", NINE)
    def test_dual_models_follow_the_parameter(self, name: int, parameter: SignallingProtocol) -> None:
        model = ModelFacts(NINE[name], f"Cisco {name}")
        settings = replace(OPEN, protocol=parameter)
        defaults = [
            DeviceDefaults(NINE[name], SCCP, "SCCP-load"),
            DeviceDefaults(NINE[name], SIP, "SIP-load"),
            DeviceDefaults(1, parameter, "another-model"),
        ]
        assert desired_protocol(model, parameter) is parameter

        wrong = decide(registers(parameter.other, model), settings, now=NOW, in_use=NONE, device_defaults=defaults)
        assert reason(wrong) is RefusalReason.WRONG_PROTOCOL
        assert RefusalReason.WRONG_PROTOCOL.shown.mib_name == "protocolMismatch"
        assert wrong.load == f"{parameter}-load"
        assert wrong.load in wrong.fix

        after_upgrade = decide(registers(parameter, model), settings, now=NOW, in_use=NONE, device_defaults=defaults)
        assert isinstance(after_upgrade, Admission)
        assert after_upgrade.protocol is parameter

    def test_no_load_to_name(self) -> None:
        wrong = decide(registers(SCCP, ModelFacts(115)), OPEN, now=NOW, in_use=NONE)
        assert reason(wrong) is RefusalReason.WRONG_PROTOCOL
        assert wrong.load == ""

    @pytest.mark.req("AR-25")
    @pytest.mark.parametrize(
        ("model", "parameter"),
        [(ModelFacts(683, "Cisco 8841", SIP), SCCP), (ModelFacts(431, "Cisco 7937", SCCP), SIP)],
    )
    def test_single_protocol_models_ignore_the_parameter(
        self, model: ModelFacts, parameter: SignallingProtocol
    ) -> None:
        only = model.only_protocol
        assert only is not None
        decision = decide(registers(only, model), replace(OPEN, protocol=parameter), now=NOW, in_use=NONE)
        assert isinstance(decision, Admission)
        assert decision.protocol is only
        assert desired_protocol(model, parameter) is only

    @pytest.mark.req("AR-26")
    @pytest.mark.parametrize("parameter", [SCCP, SIP])
    def test_7902_is_sccp_whatever_the_parameter_says(self, parameter: SignallingProtocol) -> None:
        model = ModelFacts(30008, "Cisco 7902", SCCP)
        decision = decide(registers(SCCP, model), replace(OPEN, protocol=parameter), now=NOW, in_use=NONE)
        assert isinstance(decision, Admission)
        assert decision.protocol is SCCP

    @pytest.mark.parametrize("protocol", [SCCP, SIP])
    def test_a_model_that_nobody_knows_comes_in_as_it_is(self, protocol: SignallingProtocol) -> None:
        decision = decide(registers(protocol), OPEN, now=NOW, in_use=NONE)
        assert isinstance(decision, Admission)
        assert decision.protocol is protocol


class TestDevice:
    def admitted(self, arrival: FileArrival | RegistrationArrival, *defaults: DeviceDefaults) -> Device:
        admission = decide(arrival, OPEN, now=NOW, in_use=NONE)
        assert isinstance(admission, Admission)
        return new_device(arrival, admission, secret="s3cret", version_stamp="v1", now=NOW, device_defaults=defaults)

    def test_from_a_file_request(self) -> None:
        device = self.admitted(ASKS)
        assert device.number == "1000"
        assert device.desired_protocol is SIP
        assert device.observed_protocol is None
        assert device.temporary
        assert device.pool == "Default"
        assert device.address == "10.0.0.5"
        assert "s3cret" not in repr(device)

    def test_from_a_registration(self) -> None:
        model = ModelFacts(115, "Cisco 7941")
        device = self.admitted(
            registers(SIP, model), DeviceDefaults(115, SCCP, pool="A"), DeviceDefaults(115, SIP, pool="B")
        )
        assert (device.model_number, device.model, device.pool) == (115, "Cisco 7941", "B")
        assert device.observed_protocol is SIP

    @pytest.mark.req("AR-14")
    @pytest.mark.req("AR-22")
    def test_a_device_keeps_its_number_and_shows_what_it_speaks(self) -> None:
        device = self.admitted(registers(SIP))
        moved = met_again(device, now=NOW + MINUTE, client="10.9.9.9")
        assert (moved.lines, moved.address, moved.last_seen) == (device.lines, "10.9.9.9", NOW + MINUTE)
        changed = met_again(moved, now=NOW + MINUTE, protocol=SCCP)
        assert changed.number == "1000"
        assert changed.desired_protocol is SIP
        assert changed.observed_protocol is SCCP
        assert changed.address == "10.9.9.9"

    @pytest.mark.req("AR-20")
    def test_pool_and_templates_of_the_models_defaults(self) -> None:
        rows = (
            DeviceDefaults(115, SCCP, pool="A", button_template="B41", softkey_template="S41"),
            DeviceDefaults(683, SIP, pool="B", button_template="B88"),
        )
        old = self.admitted(registers(SCCP, ModelFacts(115, only_protocol=SCCP)), *rows)
        new = self.admitted(registers(SIP, ModelFacts(683, only_protocol=SIP)), *rows)
        assert (old.pool, old.settings.button_template, old.settings.softkey_template) == ("A", "B41", "S41")
        assert (new.pool, new.settings.button_template, new.settings.softkey_template) == ("B", "B88", "")
        without = self.admitted(registers(SIP, ModelFacts(683, only_protocol=SIP)), rows[0])
        assert (without.pool, without.settings) == ("Default", DeviceSettings())

    @pytest.mark.req("AR-20")
    def test_a_model_that_an_admin_adds_by_hand_does_not_autoregister(self) -> None:
        row = DeviceDefaults(115, SCCP, onboarding=OnboardingMethod.MANUAL)
        arrival = registers(SCCP, ModelFacts(115, only_protocol=SCCP))
        decision = decide(arrival, OPEN, now=NOW, in_use=NONE, device_defaults=(row,))
        assert reason(decision) is RefusalReason.NOT_IN_ALLOW_LIST
        other = registers(SCCP, ModelFacts(30018, only_protocol=SCCP))
        assert isinstance(decide(other, OPEN, now=NOW, in_use=NONE, device_defaults=(row,)), Admission)
