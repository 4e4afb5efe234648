"""Each cause is found from what it leaves behind, and goes away with what mends it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app.files.phonefiles import reads_text_files
from bridge.core.events import (
    CANNOT_BE_MADE,
    SENT_AROUND,
    ClockTold,
    DhcpUnanswered,
    Event,
    FileRefused,
    FileRequested,
    ModelLearnt,
    OutOfServiceTold,
    PhoneMoved,
    PhoneUnregistered,
    TlsFailed,
    TrustListNamed,
)
from bridge.core.files import Via
from bridge.core.findings import Weight
from bridge.core.protocol import SignallingProtocol
from bridge.journey import (
    CertificateFacts,
    DhcpAnswer,
    Environment,
    FixKind,
    NetworkState,
    PortCheck,
    PortState,
    SiteFacts,
    certificate_findings,
)
from bridge.journey.case import Case
from bridge.phones import Model, catalogue
from bridge.provisioning import profile_template, uses_udp_alone
from tests.unit.journey.story import (
    CLIENT,
    OWN,
    PHONE,
    SCCP,
    SERVER,
    SIP,
    SITE,
    aborts,
    alarm,
    asks,
    at,
    challenged,
    codes,
    connects,
    device,
    gets,
    journey,
    judge,
    lease,
    misses,
    refused,
    registered,
    registers,
    shows,
    signed,
    sip_refused,
    site,
)

DIAL_PLAN = "dialplan.xml"
UDP = frozenset({"udp"})
BLOCKED = PortState.BLOCKED


def first(*events: Event, facts: SiteFacts = SITE, after: float) -> str:
    found = judge(*events, facts=facts, after=after)
    assert found, "nothing was found"
    assert found[0].evidence
    assert found[0].fixes
    return found[0].code


# --- nothing is wrong -------------------------------------------------------------------------------------------------


def test_a_phone_that_boots_registers_and_stays_has_no_finding_at_any_time() -> None:
    story = [lease(), asks("CTLSEP001122334455.tlv"), misses("CTLSEP001122334455.tlv"), asks(), gets(),
             asks(DIAL_PLAN, 3), gets(DIAL_PLAN, 3), challenged(4), registered(5)]  # fmt: skip
    for length, seconds in itertools.product(range(1, len(story) + 1), (1, 5, 30, 60, 80)):
        if isinstance(story[length - 1], FileRequested) and seconds > 5:
            continue  # nothing boots so slowly that a small file stays unanswered
        assert codes(*story[:length], facts=site(), after=5 + seconds) == []
    assert codes(*story, facts=site(), after=86_400) == []


def test_harmless_messages_are_no_finding() -> None:
    harmless = ("File Not Found CTLFile.tlv", "No Trust List installed", "Error update locale", "VPN not configured")
    missing = [misses(name) for name in ("CTLSEP001122334455.tlv", "ITLFile.tlv", "defaultheadsetconfig.json",
                                         "English_United_States/mk-sip.jar")]  # fmt: skip
    assert codes(asks(), gets(), *missing, shows(*harmless), registered(9), facts=site(), after=300) == []


# --- no file request --------------------------------------------------------------------------------------------------


@pytest.mark.req("RG-09")
@pytest.mark.req("RG-22")
def test_a_lease_and_no_request_for_90_seconds_means_that_dhcp_names_no_file_server() -> None:
    assert codes(lease(), after=89) == []
    assert codes(lease(), after=90) == ["missing_tftp_option", "no_tftp_request"]
    assert codes(lease(), asks(seconds=95), after=100) == []
    (_, symptom) = judge(lease(), after=90)
    assert "differs by model" in symptom.cause


@pytest.mark.parametrize("why", ["no address available", "ignored"])
def test_a_phone_that_gets_no_address(why: str) -> None:
    nothing = DhcpUnanswered(at=at(0), device=PHONE, why=why)
    assert codes(nothing, after=1) == ["no_dhcp_address"]
    assert codes(nothing, lease(1), after=2) == []
    assert codes(nothing, asks(), after=2) == [], "its address is set by hand"


@pytest.mark.req("RG-22")
def test_a_wrong_option_is_told_from_a_missing_one() -> None:
    elsewhere = replace(SITE, dhcp=DhcpAnswer(option_150=("192.168.1.99",)))
    assert first(lease(), facts=elsewhere, after=90) == "wrong_tftp_address"
    name = replace(SITE, dhcp=DhcpAnswer(problems=("bad_option_150",)))
    assert first(lease(), facts=name, after=90) == "bad_option_150"
    right = replace(SITE, dhcp=DhcpAnswer(option_150=(SERVER,)))
    assert first(lease(), facts=right, after=90) == "no_tftp_request"
    two = replace(SITE, servers=(SERVER, "192.168.1.98"), own_servers=(SERVER,))
    assert first(lease(), asks(server="192.168.1.98"), facts=two, after=10) == "wrong_tftp_address"
    assert codes(lease(), asks(server="192.168.9.2"), facts=two, after=10) == [], "another address of our own"
    assert first(lease(), shows(tftp_server="192.168.1.97"), after=10) == "wrong_tftp_address"


@pytest.mark.req("RG-31")
def test_the_same_symptom_means_another_thing_in_another_environment() -> None:
    found = {
        environment: judge(lease(), facts=replace(SITE, environment=environment), after=90)[0]
        for environment in Environment
    }
    assert {environment: each.code for environment, each in found.items()} == {
        Environment.LAN: "missing_tftp_option",
        Environment.LAB: "no_static_tftp_address",
        Environment.REMOTE: "provisioning_url_unreachable",
    }
    assert "150" in found[Environment.LAN].fixes[-1].text
    assert found[Environment.LAB].fixes[0].kind is FixKind.KEYS
    assert "certificate" in found[Environment.REMOTE].cause


@pytest.mark.req("RG-31")
@pytest.mark.parametrize(
    ("client", "expected"),
    [("127.0.0.5", Environment.LAB), ("10.1.2.3", Environment.LAN), ("fe80::1%eth0", Environment.LAN),
     ("8.8.8.8", Environment.REMOTE), ("", Environment.LAN)],
)  # fmt: skip
def test_the_address_tells_the_environment_unless_the_settings_do(client: str, expected: Environment) -> None:
    assert SITE.environment_of(client) is expected
    assert replace(SITE, environment=Environment.LAN).environment_of(client) is Environment.LAN


@pytest.mark.req("RG-13")
def test_a_blocked_file_port_is_named() -> None:
    tftp = PortCheck("TFTP", SERVER, 69, "udp", BLOCKED)
    assert judge(lease(), facts=replace(SITE, ports=(tftp,)), after=90)[0].title == "UDP 69 (TFTP) cannot be reached"
    http = PortCheck("files over HTTP", SERVER, 6970, "tcp", BLOCKED)
    assert first(asks(), gets(), facts=site(ports=(http,)), after=5) == "port_blocked"
    assert codes(asks(), gets(), registered(), facts=site(ports=(http,)), after=5) == []


@pytest.mark.req("RG-14")
def test_no_voice_vlan_is_a_note_and_a_problem_where_the_phone_gets_no_further() -> None:
    none = OutOfServiceTold(at=at(3), device=PHONE, voice_vlan=4095, neighbour="sw1", neighbour_port="Gi1/0/7")
    (note,) = judge(asks(), gets(), none, facts=site(), after=9)
    assert (note.code, note.severity) == ("no_voice_vlan", Weight.NOTE)
    assert "sw1 Gi1/0/7" in note.fixes[0].text
    (stuck,) = judge(asks(), none, after=9)
    assert stuck.severity is Weight.PROBLEM
    assert codes(asks(), gets(), replace(none, voice_vlan=110), after=9) == []


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.req("RG-26")
def test_a_phone_that_asks_for_signed_files_alone_holds_an_old_trust_list() -> None:
    assert first(asks("CTLSEP001122334455.tlv"), signed(), misses(f"{OWN}.sgn"), after=5) == "leftover_trust_list"
    # One that goes on to the plain file does not.
    assert codes(signed(), asks(), gets(), after=9) == []
    assert "leftover_trust_list" in codes(signed(), signed(50), asks("XMLDefault.cnf.xml", 51), after=60)


@pytest.mark.req("RG-26")
def test_a_foreign_itl_is_named_even_while_the_phone_is_registered() -> None:
    told = TrustListNamed(at=at(3), device=PHONE, itl_server="cucm-115.home.lab")
    (finding,) = judge(asks(), gets(), told, registered(), facts=site(), after=9)
    assert finding.code == "leftover_trust_list"
    assert "cucm-115.home.lab" in finding.title
    assert codes(asks(), gets(), replace(told, itl_server=SERVER), registered(), facts=site(), after=9) == []


@pytest.mark.req("RG-26")
def test_alarms_31_and_106_raise_the_rules_of_trust_and_tls() -> None:
    for events in ([alarm(31)], [alarm(31), registered()]):
        assert first(asks(), gets(), *events, facts=site(), after=9) == "leftover_trust_list"
    for events in ([alarm(106)], [alarm(106), registered()]):
        assert first(asks(), gets(), *events, facts=site(), after=9) == "tls_handshake_failed"
    # What it said at an earlier boot is over.
    again = (asks(seconds=100), gets(seconds=101), registered(102))
    assert codes(asks(), gets(), alarm(31), registered(), *again, facts=site(), after=110) == []


@pytest.mark.req("RG-26")
@pytest.mark.parametrize(
    ("reason", "code"),
    [("31", "leftover_trust_list"), ("106", "tls_handshake_failed"), ("1", "config_too_large"),
     ("0", "firmware_rejected"), ("16", "address_lost"), ("21", "address_lost"), ("25", ""), ("", ""), ("²", "")],
)  # fmt: skip
def test_the_number_counts_in_an_alarm_document_as_in_a_line(reason: str, code: str) -> None:
    """Newer phones send LastOutOfServiceInformation alone (diagnosis reference, section 3.1)."""
    told = OutOfServiceTold(at=at(3), device=PHONE, reason=reason, voice_vlan=110)
    found = judge(asks(), gets(), told, facts=site(), after=9)
    assert [each.code for each in found] == ([code] if code else [])
    assert all(each.evidence[0].what == f"alarm: out of service for reason {reason}" for each in found)


@pytest.mark.parametrize(("model", "words"), [
    ("7961G", "Settings > Security Configuration"), ("8841", "Admin settings > Security setup"), ("7960G", "press 2"),
])  # fmt: skip
def test_the_keys_are_those_of_that_model(model: str, words: str) -> None:
    facts = site()
    assert facts.device is not None
    facts = replace(facts, device=replace(facts.device, model=model))
    finding = judge(signed(), facts=facts, after=5)[0]
    assert words in finding.fixes[0].text
    assert finding.fixes[0].kind is FixKind.KEYS


def test_a_transfer_without_one_acknowledgement_is_a_blocked_way_back_and_one_that_breaks_off_is_not() -> None:
    assert first(asks(), aborts(), after=5) == "tftp_return_blocked"
    assert first(asks(), aborts(acknowledged=1024), after=5) == "transfer_aborted"
    assert codes(asks(), aborts(), asks(seconds=10), gets(seconds=11), after=12) == []
    # While the server still tries, the phone has asked anew already.
    assert codes(asks(), asks(seconds=6), after=9) == []
    assert first(asks(), asks(seconds=6), after=11) == "tftp_return_blocked"


@pytest.mark.req("RG-09")
def test_a_file_that_does_not_exist_is_config_missing() -> None:
    lost = (asks(), misses(), asks("XMLDefault.cnf.xml"), gets("XMLDefault.cnf.xml"), refused("autoreg_off"))
    assert codes(*lost, after=9) == ["device_not_configured", "config_missing"]
    assert first(asks(), misses(), after=9) == "config_missing"
    assert codes(asks(), misses(), asks("XMLDefault.cnf.xml"), gets("XMLDefault.cnf.xml"), after=9) == []


@pytest.mark.req("RG-09")
def test_a_file_that_cannot_be_made_is_missing_though_the_default_file_is_there() -> None:
    """The default sends it to be let in, which it is: it goes round, and every part of that looks well."""
    broken = misses(why=f"{CANNOT_BE_MADE}: the template x is broken")
    default = (asks("XMLDefault.cnf.xml", 2), gets("XMLDefault.cnf.xml", 3), registers(SIP, 4))
    (finding,) = judge(asks(), broken, *default, facts=site(), after=9)
    assert finding.code == "config_missing"
    assert "the template x is broken" in finding.evidence[0].what
    assert codes(asks(), broken, *default, asks(seconds=20), gets(seconds=21), facts=site(), after=30) == []
    assert codes(asks(), broken, *default, registered(20), facts=site(), after=30) == []


def fetching(times: int) -> list[Event]:
    return [each for n in range(times) for each in (asks(seconds=45 * n), gets(seconds=45 * n + 1))]


@pytest.mark.req("RG-09")
def test_the_same_file_five_times_in_ten_minutes_is_a_loop() -> None:
    assert "config_loop" not in codes(*fetching(4), facts=site(SCCP), after=140)
    assert "config_loop" in codes(*fetching(5), facts=site(SCCP), after=190)
    assert first(*fetching(5), facts=site(SCCP), after=190) == "config_loop"
    assert codes(*fetching(5), registered(200), facts=site(), after=210) == []
    # Spread over an hour it is none.
    slow = [each for n in range(5) for each in (asks(seconds=700 * n), gets(seconds=700 * n + 1))]
    assert "config_loop" not in codes(*slow, facts=site(SCCP), after=2802)


def test_a_file_fetched_twice_and_never_acted_upon_was_refused() -> None:
    assert codes(*fetching(1), facts=site(), after=10) == []
    assert first(*fetching(2), facts=site(), after=50) == "config_refused"
    accepted = [*fetching(1), asks(DIAL_PLAN, 3), asks(seconds=45), gets(seconds=46), asks(DIAL_PLAN, 47)]
    assert "config_refused" not in codes(*accepted, facts=site(), after=50)
    assert first(asks(), gets(), shows("Error parsing config"), facts=site(), after=5) == "config_refused"


def test_a_file_too_large_is_told_by_the_phone() -> None:
    assert first(asks(), gets(), alarm(1), facts=site(), after=9) == "config_too_large"
    assert first(asks(), gets(), shows("CFG TFTP Size Error"), facts=site(), after=9) == "config_too_large"


def test_an_address_outside_the_allowed_networks_is_named() -> None:
    no = FileRefused(
        at=at(1), device=PHONE, name=OWN, client=CLIENT, via=Via.TFTP, why=f"{CLIENT} is not in server.allowed_networks"
    )
    finding = judge(asks(), no, after=2)[0]
    assert finding.code == "network_not_allowed"
    assert "192.168.1.0/24" in finding.fixes[0].text
    assert first(asks(), refused("not_in_allow_list"), after=9) == "network_not_allowed"


# --- firmware ---------------------------------------------------------------------------------------------------------

LOAD = "jar41sip.9-4-2SR3-1S.sbn"


@pytest.mark.req("RG-18")
def test_a_missing_firmware_file_is_named() -> None:
    finding = judge(asks(), gets(), asks(LOAD, 3), misses(LOAD, 4), facts=site(), after=9)[0]
    assert finding.code == "firmware_file_missing"
    assert LOAD in finding.title
    assert codes(asks(), gets(), misses(LOAD, 4), asks(LOAD, 5), gets(LOAD, 6), facts=site(), after=9) == []
    # A phone that goes on with what it runs has a note of it, until it boots without asking.
    (note,) = judge(asks(), gets(), misses(LOAD, 4), registered(), facts=site(), after=9)
    assert (note.code, note.severity) == ("firmware_file_missing", Weight.NOTE)
    later = (asks(seconds=100), gets(seconds=101), registered(102))
    assert codes(asks(), gets(), misses(LOAD, 4), registered(), *later, facts=site(), after=110) == []


@pytest.mark.parametrize("told", [
    alarm(0), alarm(3), alarm(5), shows("Load rejected HC"), shows("Version error"), shows("Checksum Error"),
])  # fmt: skip
def test_firmware_that_the_phone_refuses(told: Event) -> None:
    assert first(asks(), gets(), told, facts=site(), after=9) == "firmware_rejected"


def test_a_phone_that_refuses_its_firmware_registers_with_what_it_has() -> None:
    """What it said before it registered counts for this boot."""
    story = (asks(), gets(), alarm(0, last="Load Rejected HC"), registered(5, SCCP))
    (note,) = judge(*story, facts=site(SCCP), after=9)
    assert (note.code, note.severity) == ("firmware_rejected", Weight.NOTE)
    again = (asks(seconds=100), gets(seconds=101), registered(102, SCCP))
    assert codes(*story, *again, facts=site(SCCP), after=110) == []


LIST = "sip88xx.14-1-1-0001-136.loads"


def test_a_list_whose_files_are_not_asked_for_was_refused() -> None:
    facts = site()
    assert facts.device is not None
    facts = replace(facts, device=replace(facts.device, model="8841"))
    up = replace(registered(6), load="12.8.1")
    read = (asks(), gets(), asks(LIST, 3), gets(LIST, 3))
    (note,) = judge(*read, up, facts=facts, after=9)
    assert (note.code, note.severity) == ("firmware_rejected", Weight.NOTE)
    assert "runs 12.8.1" in note.evidence[-1].what
    # Its status list tells more; alone, of a phone that is up, it tells old troubles.
    page = shows("10:26a Image authentication failed", seconds=7)
    assert [each.code for each in judge(*read, up, page, facts=facts, after=9)] == ["firmware_unsigned"]
    assert codes(asks(), gets(), up, page, facts=facts, after=9) == []
    # One that fetches the files, or runs that load already, is well; so is one that has said nothing yet.
    assert codes(*read, asks("kern88xx.14-1.sbn", 4), gets("kern88xx.14-1.sbn", 5), up, facts=facts, after=9) == []
    assert codes(*read, replace(up, load="14.1.1"), facts=facts, after=9) == []
    assert codes(*read, facts=facts, after=9) == []
    # A 7960 reads the list at every boot.
    old = replace(facts, device=replace(facts.device, model="7960G"))
    assert codes(asks(), gets(), gets("P0S3-8-12-00.loads", 3), replace(up, load="8.6"), facts=old, after=9) == []


def test_old_messages_of_a_phone_that_is_up_are_no_finding() -> None:
    old = ("DHCP timeout", "DNS unknown host", "CFG TFTP Size Error", "Trust List update failed", "Checksum Error",
           "Cert key size is not FIPS compliant", "Error parsing config")  # fmt: skip
    assert codes(asks(), gets(), registered(), shows(*old, seconds=9), facts=site(), after=20) == []


def test_a_load_with_a_known_fault_is_a_note() -> None:
    old = ModelLearnt(at=at(4), device=PHONE, model="9971", evidence="")
    up = replace(registered(), load="9.2.2", protocol=SIP)
    (note,) = judge(asks(), gets(), old, up, after=9)
    assert (note.code, note.severity) == ("load_with_blocking_bug", Weight.NOTE)
    assert "No Trust List" in note.cause
    assert codes(asks(), gets(), old, replace(up, load="9.4.2"), after=9) == []


def test_firmware_without_a_signature() -> None:
    assert first(asks(), shows("Image Authentication Failed"), facts=site(), after=9) == "firmware_unsigned"


def test_the_same_load_three_times_is_a_loop() -> None:
    rounds = [gets("SIP41.9-4-2SR3-1S.loads", 60 * n) for n in range(3)]
    finding = judge(asks(), *rounds, facts=site(), after=130)[0]
    assert finding.code == "firmware_loop"
    # What it runs nobody knows before it registers: if it is very old, there is a load to go over.
    assert "8.3(3) to 8.5(2)" in finding.fixes[0].text
    newer = replace(SITE, device=device(model="8841"))
    others = [gets("sip88xx.14-1-1-0001-136.loads", 60 * n) for n in range(3)]
    assert "firmware check" in judge(asks(), *others, facts=newer, after=130)[0].fixes[0].text
    rounds = [gets("SIP41.9-4-2SR3-1S.loads", 60 * n) for n in range(3)]
    assert "firmware_loop" not in codes(asks(), *rounds[:2], facts=site(), after=70)


# --- wrong firmware for the protocol ----------------------------------------------------------------------------------


@pytest.mark.req("RG-06")
def test_sccp_register_of_a_sip_phone_and_the_reverse() -> None:
    assert first(asks(), gets(), registers(SCCP), facts=site(SIP), after=9) == "wrong_protocol_firmware"
    assert first(asks(), gets(), registers(SIP), facts=site(SCCP), after=9) == "wrong_protocol_firmware"
    assert first(asks(), gets(), sip_refused("InvalidPassword"), facts=site(SCCP), after=9) == "wrong_protocol_firmware"
    assert codes(asks(), gets(), registers(SCCP), facts=site(SCCP), after=9) == []


@pytest.mark.req("RG-06")
@pytest.mark.req("RG-24")
def test_silence_after_the_file_names_the_load_and_the_port() -> None:
    story = (asks(), asks("SCCP41.9-4-2SR3-1S.loads", 1), gets())
    assert codes(*story, facts=site(), after=121) == []
    found = {each.code: each for each in judge(*story, facts=site(), after=122)}
    evidence = found["wrong_protocol_firmware"].evidence[-1].what
    assert "SCCP41.9-4-2SR3-1S" in evidence
    assert "port 5060" in evidence


@pytest.mark.req("RG-06")
def test_a_stranger_that_speaks_the_other_protocol_is_told_so_and_not_that_it_has_no_file() -> None:
    story = (asks(), misses(why="deferred: it gets its number when it registers over SCCP"))
    story = (*story, registers(SIP, 4), refused("wrong_protocol", 5))
    finding = judge(*story, after=9)[0]
    assert finding.code == "wrong_protocol_firmware"
    assert "speaks SIP" in finding.title
    assert finding.fixes[0].text == "sepbridge autoregistration protocol SIP"
    assert codes(*story, registered(20), after=30) == []


@pytest.mark.req("RG-06")
def test_a_stranger_that_is_let_in_on_a_guess_and_put_out_again_is_told_the_same_all_the_time() -> None:
    """Its request for a file has it admitted, its Register shows what it speaks, and then it asks for a file again."""
    withheld = misses(seconds=3, why=f"{SENT_AROUND}: it is sent to XMLDefault to show what it speaks")
    shown = (asks(), gets(), asks(seconds=3), withheld, asks("XMLDefault.cnf.xml", 4), gets("XMLDefault.cnf.xml", 4))
    shown = (*shown, registers(SCCP, 5), replace(refused("wrong_protocol", 5), model="7941G"))
    again = (asks(seconds=50), gets(seconds=51))
    once_more = (asks(seconds=95), replace(withheld, at=at(95)), *shown[4:6])
    guessed = replace(SITE, device=replace(device(model=""), temporary=True))
    for story, facts in ((shown, SITE), ((*shown, *again), guessed), ((*shown, *again, *once_more), guessed)):
        (finding, *others) = judge(*story, facts=facts, after=99)
        assert finding.code == "wrong_protocol_firmware"
        assert finding.fixes[0].text == "sepbridge autoregistration protocol SCCP"
        assert "config_missing" not in [each.code for each in others]
        assert "SIP41" in finding.fixes[-1].text, "its Register told the model"


def test_a_phone_that_was_turned_away_and_then_added_is_judged_by_what_it_does_with_its_file() -> None:
    story = (asks(), misses(), refused("window_closed"))
    assert first(*story, facts=site(), after=9) == "window_closed", "it has not asked again yet"
    story = (*story, asks(seconds=20), gets(seconds=21))
    assert codes(*story, facts=site(), after=30) == []
    blocked = PortCheck("SIP", SERVER, 5060, "tcp", BLOCKED)
    assert first(*story, facts=site(ports=(blocked,)), after=200) == "port_blocked"


@pytest.mark.req("RG-06")
def test_where_others_of_its_network_register_silence_is_the_firmware() -> None:
    def near(protocol: SignallingProtocol) -> SiteFacts:
        return site(SCCP, networks=(NetworkState("192.168.1.0/24", protocol, stuck=1, up=3),))

    assert first(asks(), gets(), facts=near(SCCP), after=130) == "wrong_protocol_firmware"
    assert first(asks(), gets(), facts=near(SIP), after=130) == "unreachable_after_config"


@pytest.mark.req("RG-06")
def test_silence_alone_blames_no_firmware_that_there_is_not() -> None:
    """An 8841 has SIP firmware alone; and who registered as it should has the right one."""
    silent = (asks(), gets())
    both, single = site(), replace(SITE, device=device(model="8841"))
    found = {each.code: each for each in judge(*silent, facts=both, after=200)}
    assert found["wrong_protocol_firmware"].title == "The phone is to speak SIP, and its firmware may not"
    assert found["wrong_protocol_firmware"].severity is Weight.NOTE
    assert codes(*silent, facts=single, after=200) == ["unreachable_after_config"]
    assert both.device is not None
    was_right = replace(both, device=replace(both.device, observed_protocol=SIP))
    assert codes(*silent, facts=was_right, after=200) == ["unreachable_after_config"]
    (spoke, *_) = judge(*silent, registers(SCCP, 130), facts=single, after=200)
    assert spoke.title == "The phone is to speak SIP, and its firmware does not"


@pytest.mark.req("RG-06")
def test_the_language_that_it_asks_for_tells_the_firmware() -> None:
    jar = asks("English_United_States/mk-sip.jar", 3)
    assert first(asks(), gets(), jar, facts=site(SCCP), after=9) == "wrong_protocol_firmware"
    assert codes(asks(), gets(), jar, facts=site(SIP), after=9) == []


@pytest.mark.req("RG-24")
def test_three_signs_are_one_finding_with_three_pieces_of_evidence_until_the_right_load_registers() -> None:
    story = (asks(), gets(), alarm(25, load="SCCP41.8-5-3S"), registers(SCCP), refused("wrong_protocol"))
    silent = (asks(seconds=20), gets(seconds=21))
    (finding,) = [each for each in judge(*story, facts=site(), after=30) if each.code == "wrong_protocol_firmware"]
    assert len(finding.evidence) == 3
    assert finding.severity is Weight.PROBLEM
    assert any(str(PHONE) in fix.text and "rollout" in fix.text for fix in finding.fixes)
    right = (alarm(23, 300, load="SIP41.9-4-2SR3-1S"), registered(301, SIP))
    assert codes(*story, *silent, *right, facts=site(), after=310) == []


@pytest.mark.req("RG-24")
def test_all_three_detections_of_one_phone_are_one_finding_with_three_pieces_of_evidence() -> None:
    """Set to SIP: its file and silence, then an SCCP Register. Set to SCCP: a SIP REGISTER, for it was flashed too."""
    silence = (asks(), gets())
    as_sccp = (registers(SCCP, 130), refused("wrong_protocol", 131))
    as_sip = (sip_refused("InvalidAccountID", 140),)
    for events, facts in (((*silence, *as_sccp), site(SIP)), ((*silence, *as_sccp, *as_sip), site(SCCP))):
        found = [each for each in judge(*events, facts=facts, after=150) if each.code == "wrong_protocol_firmware"]
        (finding,) = found
        assert len(finding.evidence) == 3, finding.evidence
        assert any("nothing on any port for 128 s" in each.what for each in finding.evidence)
    right = (alarm(25, 300, load="SCCP41.9-4-2SR3-1S"), registers(SCCP, 301), registered(302, SCCP))
    assert codes(*silence, *as_sccp, *as_sip, *right, facts=site(SCCP), after=310) == []


@pytest.mark.req("RG-04")
def test_a_phone_registered_over_the_other_protocol_is_found_though_it_works() -> None:
    (finding,) = judge(asks(), gets(), registered(5, SIP), facts=site(SCCP), after=9)
    assert finding.code == "wrong_protocol_firmware"


# --- ports ------------------------------------------------------------------------------------------------------------


@pytest.mark.req("RG-19")
@pytest.mark.req("RG-13")
def test_a_file_and_no_call_for_two_minutes() -> None:
    assert codes(asks(), gets(), facts=site(SCCP), after=121) == []
    found = codes(asks(), gets(), facts=site(SCCP), after=122)
    assert found[0] == "unreachable_after_config"
    assert codes(asks(), gets(), connects(), facts=site(SCCP), after=500) == []


@pytest.mark.req("RG-13")
@pytest.mark.parametrize(("protocol", "port"), [(SCCP, 2000), (SIP, 5060)])
def test_the_self_test_names_the_port(protocol: SignallingProtocol, port: int) -> None:
    check = PortCheck(protocol.value, SERVER, port, "tcp", BLOCKED)
    finding = judge(asks(), gets(), facts=site(protocol, ports=(check,)), after=130)[0]
    assert finding.code == "port_blocked"
    assert f"TCP {port}" in finding.title
    assert codes(asks(), gets(), registered(5, protocol), facts=site(protocol, ports=(check,)), after=130) == []


@pytest.mark.req("RG-25")
def test_a_network_that_falls_silent_is_named_and_phones_elsewhere_stay_clean() -> None:
    networks = (NetworkState("192.168.1.0/24", SIP, stuck=5, up=0), NetworkState("192.168.7.0/24", SIP, stuck=0, up=9))
    finding = judge(asks(), gets(), facts=site(networks=networks), after=130)[0]
    assert finding.code == "port_blocked"
    assert "5060" in finding.title
    assert "192.168.1.0/24" in finding.title
    elsewhere = (asks(client="192.168.7.4"), gets(client="192.168.7.4"), registered(address="192.168.7.4"))
    assert codes(*elsewhere, facts=site(networks=networks), after=130) == []
    all_silent = (NetworkState("192.168.1.0/24", SIP, stuck=5, up=0),)
    assert first(asks(), gets(), facts=site(networks=all_silent), after=130) == "unreachable_after_config"


def test_a_transport_that_is_off() -> None:
    nobody = PortCheck("SIP", SERVER, 5060, "tcp", PortState.REFUSED)
    assert first(asks(), gets(), facts=site(ports=(nobody,)), after=130) == "transport_off"
    assert first(asks(), gets(), facts=site(transports=frozenset({"udp"})), after=130) == "transport_off"
    assert first(asks(), gets(), sip_refused("InvalidTransport"), facts=site(), after=9) == "transport_off"


def test_a_phone_that_speaks_udp_is_not_told_of_tcp() -> None:
    """A 7940 with SIP firmware registers over UDP alone, so that a missing TCP transport is nothing to it."""
    facts = replace(SITE, device=device(SIP, model="7940G"))
    no_tcp = PortCheck("SIP", SERVER, 5060, "tcp", PortState.REFUSED)
    blocked = replace(no_tcp, state=BLOCKED)
    for more in (replace(facts, ports=(no_tcp,)), replace(facts, ports=(blocked,)), replace(facts, transports=UDP)):
        (finding,) = [each for each in judge(asks(), gets(), facts=more, after=130) if each.severity is Weight.PROBLEM]
        assert finding.code == "unreachable_after_config"
        assert "UDP 5060" in finding.fixes[0].text
    found = judge(asks(), gets(), facts=replace(facts, transports=frozenset({"tcp"})), after=130)
    assert found[0].code == "transport_off"
    assert "UDP 5060" in found[0].title
    over_sccp = judge(asks(), gets(), facts=replace(SITE, device=device(SCCP, model="7940G")), after=130)
    assert "TCP 2000" in over_sccp[0].fixes[0].text


@pytest.mark.parametrize("model", [m for m in catalogue() if SIP in m.protocols], ids=lambda model: model.name)
def test_what_phones_are_told_to_register_over_is_what_the_diagnosis_waits_for(model: Model) -> None:
    told_udp = uses_udp_alone(model) or reads_text_files(model) or bool(profile_template(model, SIP))
    case = Case(journey(asks()), replace(SITE, device=device(SIP, model=model.name)), at(9))
    assert case.carrier == ("UDP" if told_udp else "TCP")


@pytest.mark.parametrize(("name", "model"), [("ld001122334455", "7905G"), ("gk001122334455", "7912G")])
def test_a_phone_that_fetches_its_binary_profile_and_falls_silent(name: str, model: str) -> None:
    facts = replace(SITE, device=device(SIP, model=model))
    story = asks(name), gets(name)
    assert codes(*story, facts=facts, after=121) == []
    (finding,) = judge(*story, facts=facts, after=122)
    assert finding.code == "binary_profile_unused"
    assert finding.severity is Weight.PROBLEM
    assert "untested on hardware" in finding.cause
    assert "UDP 5060" in finding.cause
    advised = [fix.text for fix in finding.fixes]
    assert advised[0] == f"sepbridge phones file {PHONE}"
    assert any("EncryptKey" in text for text in advised)
    assert any(f"among the files as {name}" in text for text in advised)
    assert codes(*story, registered(), facts=facts, after=130) == []


def test_an_adapter_that_is_silent_with_its_profile_may_have_sip_firmware() -> None:
    facts = replace(SITE, device=device(SCCP, model="ATA 186"))
    story = asks("ata001122334455"), gets("ata001122334455")
    finding, *_ = judge(*story, facts=facts, after=130)
    assert finding.code == "binary_profile_unused"
    assert "TCP 2000" in finding.cause
    assert any('--model "ATA 186" --protocol SIP' in fix.text for fix in finding.fixes)


def test_a_name_that_the_phone_cannot_resolve() -> None:
    assert first(asks(), gets(), shows("DNS unknown host"), facts=site(), after=9) == "dns"
    assert first(asks(), gets(), facts=site(servers=("pbx.example.com",)), after=130) == "dns"


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_a_wrong_password() -> None:
    bad = (asks(), gets(), challenged(), sip_refused("InvalidPassword"))
    assert first(*bad, facts=site(), after=9) == "wrong_secret"
    assert codes(*bad, registered(10), facts=site(), after=12) == []


def test_an_account_that_asterisk_does_not_know_and_one_that_is_somebody_elses() -> None:
    bad = (asks(), gets(), sip_refused("InvalidAccountID"))
    assert first(*bad, facts=site(), after=9) == "unknown_at_pbx"
    taken = site(foreign_numbers=frozenset({"1001"}))
    assert first(asks(), gets(), sip_refused("InvalidPassword"), facts=taken, after=9) == "number_in_use"


def test_an_access_list_of_asterisk() -> None:
    assert first(asks(), gets(), sip_refused("FailedACL"), facts=site(), after=9) == "address_not_allowed"


def test_answers_that_never_reach_the_phone() -> None:
    asked = [challenged(seconds) for seconds in (3, 4, 8, 20)]
    assert first(asks(), gets(), *asked, facts=site(), after=40) == "answers_lost"
    assert codes(asks(), gets(), *asked, registered(41), facts=site(), after=42) == []


def test_a_phone_behind_nat() -> None:
    told = judge(asks(), gets(), challenged(), registered(address="10.9.9.9"), facts=site(), after=9)
    assert [(each.code, each.severity) for each in told] == [("nat", Weight.NOTE)]


def test_two_phones_that_throw_each_other_out() -> None:
    moves = [
        PhoneMoved(at=at(10), device=PHONE, before=CLIENT, after="192.168.1.77"),
        PhoneMoved(at=at(20), device=PHONE, before="192.168.1.77", after=CLIENT),
    ]
    assert first(asks(), gets(), registered(), *moves, facts=site(), after=30) == "two_phones_one_number"
    assert codes(asks(), gets(), registered(), moves[0], facts=site(), after=30) == []


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("RG-23")
@pytest.mark.parametrize(
    ("reason", "code"),
    [("window_closed", "window_closed"), ("range_exhausted", "range_exhausted"),
     ("autoreg_off", "device_not_configured"),
     ("awaiting_approval", "device_not_configured"), ("insert_failed", "refused_insert_failed")],
)  # fmt: skip
def test_a_refusal_is_the_first_finding_until_the_phone_registers(reason: str, code: str) -> None:
    story = (asks(), misses(), refused(reason))
    assert first(*story, after=9) == code
    assert codes(*story, asks(seconds=20), gets(seconds=21), registered(25), facts=site(), after=30) == []


@pytest.mark.req("RG-23")
def test_a_stranger_that_is_refused_can_be_added_with_one_command() -> None:
    finding = judge(asks(), misses(), refused("autoreg_off"), after=9)[0]
    assert str(PHONE) in finding.title
    assert finding.fixes[0].text == f"sepbridge phones add {PHONE}"


# --- certificates, clocks, losses -------------------------------------------------------------------------------------

GOOD = CertificateFacts("files over HTTPS", at(-9), at(86_400), "EC", 256, "sha256", (SERVER,))


@pytest.mark.req("RG-26")
@pytest.mark.parametrize(
    ("bad", "code"),
    [(replace(GOOD, not_after=at(0)), "certificate_expired"),
     (replace(GOOD, not_before=at(99)), "certificate_not_yet_valid"),
     (replace(GOOD, key="RSA", bits=1024), "certificate_key_too_small"),
     (replace(GOOD, names=("x.org",)), "certificate_wrong_name"),
     (replace(GOOD, signature_hash="sha1"), "certificate_weak_hash")],
)  # fmt: skip
def test_each_fault_of_a_certificate_is_a_finding_of_its_own(bad: CertificateFacts, code: str) -> None:
    assert certificate_findings([GOOD], [SERVER], now=at(9)) == ()
    assert [each.code for each in certificate_findings([bad], [SERVER], now=at(9))] == [code]
    failed = TlsFailed(at=at(3), device=PHONE, client=CLIENT, server_port=6971, why="unknown ca")
    assert first(asks(), failed, facts=site(certificates=(bad,)), after=9) == code
    assert first(asks(), failed, facts=site(certificates=(GOOD,)), after=9) == "tls_handshake_failed"


@pytest.mark.req("RG-26")
def test_every_fault_of_every_certificate_is_named() -> None:
    failed = TlsFailed(at=at(3), device=PHONE, client=CLIENT, server_port=6971, why="unknown ca")
    old = replace(GOOD, not_after=at(0), key="RSA", bits=1024)
    other = replace(GOOD, purpose="SCCP over TLS", not_after=at(1), names=("x.org",))
    found = judge(asks(), failed, facts=site(certificates=(old, other)), after=9)
    assert [each.code for each in found] == [
        "certificate_expired",
        "certificate_key_too_small",
        "certificate_wrong_name",
    ]
    assert all("6971" in each.evidence[0].what for each in found)
    told = " ".join(each.what for each in found[0].evidence)
    assert found[0].title == "The certificate for files over HTTPS has expired"
    assert "SCCP over TLS has expired" in told, "both certificates have this fault"


@pytest.mark.req("RG-26")
def test_only_the_certificate_that_the_phone_was_shown_counts() -> None:
    files = replace(GOOD, not_after=at(0), ports=(6971,))
    sccp = replace(GOOD, purpose="SCCP over TLS", ports=(2443,))
    facts = site(certificates=(files, sccp))

    def failed(port: int) -> TlsFailed:
        return TlsFailed(at=at(3), device=PHONE, client=CLIENT, server_port=port, why="unknown ca")

    assert first(asks(), failed(6971), facts=facts, after=9) == "certificate_expired"
    assert codes(asks(), failed(2443), facts=facts, after=9) == ["tls_handshake_failed"]
    assert first(asks(), gets(), alarm(106), facts=facts, after=9) == "certificate_expired", "it names no port"
    assert first(asks(), failed(2443), alarm(106), facts=facts, after=9) == "certificate_expired"


@pytest.mark.req("RG-27")
def test_a_clock_that_is_a_day_off_and_one_that_is_four_minutes_off() -> None:
    def told(span: timedelta) -> ClockTold:
        return ClockTold(at=at(3), device=PHONE, told=at(3) + span)

    (finding,) = judge(asks(), gets(), told(timedelta(days=1)), facts=site(), after=9)
    assert finding.code == "clock_skew"
    assert "+86400" in finding.evidence[0].what
    assert codes(asks(), gets(), told(timedelta(minutes=4)), facts=site(), after=9) == []
    assert codes(asks(), gets(), told(timedelta(days=-1)), facts=site(has_ntp=False), after=9) == [
        "clock_skew",
        "ntp_missing",
    ]


@pytest.mark.req("RG-27")
def test_a_missing_time_server_is_that_of_the_phone_s_own_file() -> None:
    told = ClockTold(at=at(3), device=PHONE, told=at(3) + timedelta(days=1))
    pools = (("Default", (SERVER,)), ("Branch", (SERVER,)))
    facts = site(pools=pools, has_ntp=False, pools_without_ntp=frozenset({"Branch"}))
    assert facts.device is not None
    for pool, expected in (("Default", ["clock_skew"]), ("Branch", ["clock_skew", "ntp_missing"])):
        known = facts.about(replace(facts.device, pool=pool))
        assert codes(asks(), gets(), told, facts=known, after=9) == expected


def test_an_account_that_nobody_knows_is_no_wrong_password() -> None:
    """As Asterisk 22 tells it of one REGISTER: unknown, asked all the same, unknown again, and a wrong answer."""
    unknown = replace(sip_refused("InvalidAccountID"), account="9999")
    failed = replace(sip_refused("ChallengeResponseFailed", 5), account="<unknown>")
    asked = replace(challenged(4), account="<unknown>")
    story = (asks(), gets(), unknown, asked, unknown, failed)
    assert codes(*story, facts=site(), after=9) == ["unknown_at_pbx"]
    known = replace(failed, account="1001")
    assert codes(asks(), gets(), challenged(4), known, facts=site(), after=9) == ["wrong_secret"]


def test_a_phone_that_fell_silent() -> None:
    gone = PhoneUnregistered(at=at(90), device=PHONE, endpoint="1001", why="keepAliveTimeout: no keepalive in time")
    assert first(asks(), gets(), registered(), gone, facts=site(), after=99) == "connection_lost"
    left = replace(gone, why="the phone unregistered")
    assert codes(asks(), gets(), registered(), left, facts=site(), after=99) == []


def test_a_lost_address() -> None:
    assert first(asks(), gets(), shows("Duplicate IP"), facts=site(), after=9) == "address_lost"
    for cause in (16, 21):
        assert first(asks(), gets(), alarm(cause), facts=site(), after=9) == "address_lost"
        assert codes(asks(), gets(), alarm(cause), registered(), facts=site(), after=9) == []
