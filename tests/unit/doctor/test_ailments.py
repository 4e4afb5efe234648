"""Every ailment is found from the facts that show it, and from nothing less."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Interface, IPv4Network, ip_network

import pytest

from bridge.core.findings import Finding, Weight
from bridge.doctor.ailment import Area, unchecked
from bridge.doctor.asterisk import (
    ACTIONS,
    NEEDED,
    REALTIME,
    USEFUL,
    AmiFacts,
    ConfigurationFacts,
    Door,
    TransportFacts,
    check_ami,
    check_codecs,
    check_configuration,
    check_endpoints,
    check_modules,
)
from bridge.doctor.catalogue import AILMENTS
from bridge.doctor.certificates import CertificateFacts, check_certificate
from bridge.doctor.firewall import Ban, FirewallFacts, Manager, check_bans, check_firewall
from bridge.doctor.keeping import (
    DatabaseFacts,
    DiskFacts,
    SettingsFacts,
    StateFacts,
    check_database,
    check_disks,
    check_settings,
    check_state,
)
from bridge.doctor.machine import (
    ClockFacts,
    ConfinementFacts,
    LimitFacts,
    check_clock,
    check_confinement,
    check_limits,
    check_zones,
)
from bridge.doctor.network import AddressFacts, InterfaceAddress, check_addresses, check_names
from bridge.doctor.phones import PhoneFinding, check_phones
from bridge.doctor.ports import (
    Answer,
    PortFacts,
    ServiceFacts,
    UnitFacts,
    WantedPort,
    check_ports,
    check_service,
    check_units,
)
from bridge.doctor.realtime import RealtimeFacts, check_realtime
from bridge.doctor.ruleset import read_iptables

NOW = datetime(2026, 11, 26, tzinfo=UTC)
HOUSE = IPv4Network("192.168.7.0/24")
GOOD_AMI = AmiFacts(
    Door.OPEN,
    "",
    "22.10.1",
    frozenset({*NEEDED, *USEFUL, *REALTIME, "codec_ulaw"}),
    frozenset(ACTIONS),
    frozenset({"1000"}),
)
GOOD_CONFIGURATION = ConfigurationFacts(
    "/etc/asterisk", (), (), (TransportFacts("u", "udp"), TransportFacts("t", "tcp")), (10000, 20000)
)
GOOD_CERTIFICATE = CertificateFacts(
    "/c.pem",
    "",
    NOW - timedelta(days=1),
    NOW + timedelta(days=900),
    "ec",
    256,
    "ecdsa-with-SHA256",
    ("192.168.7.2",),
    key_fits=True,
)
ETH = InterfaceAddress("eth0", IPv4Interface("192.168.7.2/24"))
LO = InterfaceAddress("lo", IPv4Interface("127.0.0.1/8"))
DOCKER = InterfaceAddress("docker0", IPv4Interface("172.17.0.1/16"))
SECOND = InterfaceAddress("eth1", IPv4Interface("10.1.1.2/24"))
ALLOWED = (ip_network("192.168.0.0/16"), ip_network("172.16.0.0/12"))
GOOD_ADDRESSES = AddressFacts("192.168.7.2", True, (LO, ETH, DOCKER), {"HTTP": ("0.0.0.0",)}, ALLOWED)
SCCP = WantedPort("tcp", 2000, "SCCP")
SIP = WantedPort("tcp", 5060, "SIP", ours=False)
TFTP = WantedPort("udp", 69, "TFTP")
CLOSED_INPUT = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n"
STATELESS = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p udp -m udp --dport 69 -j ACCEPT\nCOMMIT\n"
STATEFUL = STATELESS.replace("COMMIT", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\nCOMMIT")
HIGH_PORTS = STATELESS.replace("COMMIT", "-A INPUT -p udp -m udp --dport 1024:65535 -j ACCEPT\nCOMMIT")
LIMITED = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m hashlimit --hashlimit-above 5/sec -j DROP\nCOMMIT\n"


def ports(*facts: PortFacts, running: bool = True) -> Iterable[Finding]:
    return check_ports(facts, running=running)


def certificate(**changes: object) -> Iterable[Finding]:
    return check_certificate(replace(GOOD_CERTIFICATE, **changes), now=NOW, told="192.168.7.2")  # type: ignore[arg-type]  # given by name: the call itself checks


def configuration(**changes: object) -> Iterable[Finding]:
    facts = replace(GOOD_CONFIGURATION, **changes)  # type: ignore[arg-type]  # given by name: the call itself checks
    return check_configuration(facts, sip_port=5060, our_udp=[69, 5060, 5070], phones=[HOUSE])


def addresses(**changes: object) -> Iterable[Finding]:
    return check_addresses(replace(GOOD_ADDRESSES, **changes))  # type: ignore[arg-type]  # given by name: the call itself checks


def firewall(text: str, port: WantedPort = SCCP) -> Iterable[Finding]:
    return check_firewall(FirewallFacts(tuple(read_iptables(text))), [port], [(HOUSE, "eth0")])


SICK: list[tuple[str, Iterable[Finding]]] = [
    ("settings_missing", check_settings(SettingsFacts(None))),
    ("settings_wrong", check_settings(SettingsFacts("/s", trouble="there is no section tpft"))),
    ("settings_readable_by_all", check_settings(SettingsFacts("/s", 0o644, has_secret=True))),
    ("ami_secret_missing", check_settings(SettingsFacts("/s", 0o600))),
    ("database_unreachable", check_database(DatabaseFacts(None, "2", ("1", "2"), "no route"))),
    ("database_not_migrated", check_database(DatabaseFacts(None, "2", ("1", "2")))),
    ("database_not_migrated", check_database(DatabaseFacts("1", "2", ("1", "2")))),
    ("database_too_new", check_database(DatabaseFacts("3", "2", ("1", "2")))),
    ("state_directory_missing", check_state(StateFacts("/var/lib/sepbridge", is_there=False))),
    ("state_directory_missing", check_state(StateFacts("/var/lib/sepbridge", is_writable=False))),
    ("files_unreadable", check_state(StateFacts("/v", unreadable=("a.loads",)))),
    ("disk_full", check_disks((DiskFacts("/v", 5_000_000),))),
    ("disk_full", check_disks((DiskFacts("/v", 5_000_000_000, 12),))),
    ("disk_low", check_disks((DiskFacts("/v", 500_000_000, 100_000),))),
    ("service_not_running", check_service(ServiceFacts(False))),
    ("service_troubled", check_service(ServiceFacts(True, "", ("Asterisk: gone",)))),
    ("unit_failed", check_units([UnitFacts("sepbridge", active="failed")])),
    ("unit_failed", check_units([UnitFacts("sepbridge", restarts=9)])),
    ("unit_not_enabled", check_units([UnitFacts("sepbridge", enabled="disabled")])),
    ("port_taken", ports(PortFacts(SCCP, "a", Answer.YES, "asterisk (process 7)", True, False))),
    ("port_taken", ports(PortFacts(SCCP, "a", Answer.UNTRIED, "chan", True, False), running=False)),
    ("port_blocked", ports(PortFacts(SCCP, "a", Answer.NOTHING, held=True, held_by_right_one=True))),
    ("port_closed", ports(PortFacts(SCCP, "a", Answer.REFUSED))),
    ("port_closed", ports(PortFacts(SIP, "a", Answer.REFUSED), running=False)),
    ("tftp_silent", ports(PortFacts(TFTP, "a", Answer.NOTHING, held=True))),
    ("ami_unreachable", check_ami(AmiFacts(Door.AWAY, "nobody there"))),
    ("ami_login_refused", check_ami(AmiFacts(Door.REFUSED, "Authentication failed"))),
    ("ami_rights_missing", check_ami(replace(GOOD_AMI, actions=frozenset(ACTIONS) - {"Setvar"}))),
    ("asterisk_too_old", check_ami(replace(GOOD_AMI, version="16.28.0"))),
    ("asterisk_too_old", check_ami(replace(GOOD_AMI, version="certified/13.8"))),
    ("clock_skew", check_ami(replace(GOOD_AMI, seconds_ahead=86400.0))),
    ("clock_skew", check_ami(replace(GOOD_AMI, seconds_ahead=-301.0))),
    ("module_missing", check_modules(replace(GOOD_AMI, modules=GOOD_AMI.modules - {"res_pjsip_notify"}))),
    ("feature_module_missing", check_modules(replace(GOOD_AMI, modules=GOOD_AMI.modules - {"res_parking"}))),
    ("old_channel_driver", check_modules(replace(GOOD_AMI, modules=GOOD_AMI.modules | {"chan_sip"}))),
    ("codec_missing", check_codecs(GOOD_AMI, {"Default": ("ulaw", "g722", "strange")}, ("ulaw", "g722"))),
    ("endpoints_missing", check_endpoints(GOOD_AMI, {"1000", "1001"})),
    ("includes_missing", configuration(missing=("sepbridge/pjsip.conf",))),
    ("includes_outdated", configuration(outdated=("sepbridge/extensions.conf",))),
    ("transport_missing", configuration(transports=(TransportFacts("u", "udp"),))),
    ("transport_elsewhere", configuration(transports=(TransportFacts("u", "udp", 5160), TransportFacts("t", "tcp")))),
    (
        "nat_without_local_net",
        configuration(
            transports=(
                TransportFacts("u", "udp", 5060, "198.51.100.7", (ip_network("192.168.8.0/24"),)),
                TransportFacts("t", "tcp"),
            )
        ),
    ),
    ("endpoint_named_twice", configuration(twice=("1002",))),
    ("module_missing", check_modules(replace(GOOD_AMI, modules=GOOD_AMI.modules - {"res_odbc"}), realtime=True)),
    ("endpoints_missing", check_endpoints(GOOD_AMI, {"1000", "1001"}, realtime=True)),
    ("realtime_database", check_realtime(RealtimeFacts("the database has no table ps_aors"))),
    ("realtime_files", check_realtime(RealtimeFacts("", ("sorcery.conf: auth=realtime,ps_auths",), "sepbridge", 0))),
    ("realtime_no_connection", check_realtime(RealtimeFacts("", (), "sepbridge", 0))),
    ("realtime_no_connection", check_realtime(RealtimeFacts("", (), "sepbridge", -1))),
    ("rtp_range_small", configuration(rtp=(10000, 10020))),
    ("rtp_range_overlaps", configuration(rtp=(5000, 31000))),
    ("address_is_a_name", addresses(told="pbx.example.net")),
    ("address_not_ours", addresses(told="192.168.7.99")),
    ("address_loopback", addresses(told="127.0.0.1")),
    ("address_container", addresses(told="172.17.0.1")),
    ("several_addresses", addresses(is_set=False, own=(LO, ETH, SECOND))),
    ("address_unknown", addresses(told="")),
    ("listens_elsewhere", addresses(listeners={"SCCP": ("10.1.1.2",)})),
    ("network_not_allowed", addresses(allowed=(ip_network("10.0.0.0/8"),))),
    ("name_unresolved", check_names({"ami.address": "pbx.invalid (unknown)"})),
    ("firewall_drops", firewall(CLOSED_INPUT)),
    ("firewall_drops_transfers", firewall(STATELESS, TFTP)),
    ("firewall_may_drop", firewall(LIMITED)),
    ("phone_banned", check_bans([Ban("asterisk", "192.168.7.50")], [HOUSE])),
    ("clock_not_synchronised", check_clock(ClockFacts(NOW, synchronised=False))),
    ("clock_wrong", check_clock(ClockFacts(datetime(1970, 1, 1, tzinfo=UTC), synchronised=False))),
    ("time_zone_unknown", check_zones({"Default": "Europe/Berln"}, {"Europe/Berlin"})),
    ("ntp_missing", check_zones({}, {"Europe/Berlin"}, ["Default"])),
    ("open_files_low", check_limits(LimitFacts(1024, 5000))),
    ("inotify_low", check_limits(LimitFacts(65536, 1, watches_logs=True, inotify_instances=2, inotify_watches=9000))),
    ("selinux_enforcing", check_confinement(ConfinementFacts(selinux_enforcing=True))),
    ("apparmor_profile", check_confinement(ConfinementFacts(profiles=("/usr/sbin/in.tftpd",)))),
    ("certificate_unreadable", certificate(trouble="No such file")),
    ("certificate_expired", certificate(not_after=NOW - timedelta(days=1))),
    ("certificate_expires", certificate(not_after=NOW + timedelta(days=3))),
    ("certificate_not_yet_valid", certificate(not_before=NOW + timedelta(days=1))),
    ("certificate_key_short", certificate(key_kind="rsa", key_bits=1024)),
    ("certificate_key_short", certificate(key_bits=192)),
    ("certificate_hash_weak", certificate(signature="sha1WithRSAEncryption")),
    ("certificate_wrong_name", certificate(names=("pbx.example.net",))),
    ("certificate_wrong_key", certificate(key_fits=False)),
    ("phones_stuck", check_phones({"SEP001122334455": PhoneFinding("window_closed", "Autoregistration is off")})),
]


@pytest.mark.parametrize(("code", "findings"), SICK, ids=[code for code, _ in SICK])
def test_found(code: str, findings: Iterable[Finding]) -> None:
    found = list(findings)
    assert [each.code for each in found] == [code]
    (finding,) = found
    assert finding.weight is not Weight.OK
    assert finding.what
    assert finding.why
    assert finding.fix


def test_every_ailment_is_among_them() -> None:
    # Those of a FreePBX are judged where its answers are read.
    assert {code for code, _ in SICK} == {each.code for each in AILMENTS if each.area is not Area.FREEPBX}
    assert len({each.code for each in AILMENTS}) == len(AILMENTS)


HEALTHY: list[Iterable[Finding]] = [
    check_settings(SettingsFacts("/s", 0o640, has_secret=True)),
    check_database(DatabaseFacts("2", "2", ("1", "2"))),
    check_state(StateFacts("/v")),
    check_disks((DiskFacts("/v", 5_000_000_000, 100_000), DiskFacts("/w", 5_000_000_000))),
    check_service(ServiceFacts(True)),
    check_units([UnitFacts("sepbridge"), UnitFacts("asterisk", is_there=False, active="failed")]),
    ports(PortFacts(SCCP, "a", Answer.YES, held=True, held_by_right_one=True), PortFacts(SIP, "a", Answer.YES)),
    # Of a service that does not run one finding is enough.
    ports(PortFacts(SCCP, "a", Answer.REFUSED), PortFacts(TFTP, "a", Answer.NOTHING), running=False),
    check_ami(replace(GOOD_AMI, seconds_ahead=240.0)),
    # Without its module the action does not exist: that is the module's finding.
    check_ami(
        replace(GOOD_AMI, modules=GOOD_AMI.modules - {"res_pjsip_notify"}, actions=frozenset(ACTIONS) - {"PJSIPNotify"})
    ),
    check_modules(GOOD_AMI),
    check_modules(AmiFacts(Door.AWAY)),
    check_modules(GOOD_AMI, realtime=True),
    check_modules(replace(GOOD_AMI, modules=GOOD_AMI.modules - {"res_odbc"})),
    check_realtime(RealtimeFacts("", (), "sepbridge", 1)),
    check_realtime(RealtimeFacts("", (), "sepbridge", None)),
    check_codecs(GOOD_AMI, {"Default": ("ulaw",)}, ("ulaw", "g722")),
    check_endpoints(GOOD_AMI, {"1000"}),
    configuration(),
    configuration(
        transports=(
            TransportFacts("u", "udp", 5060, "198.51.100.7", (ip_network("192.168.0.0/16"),)),
            TransportFacts("t", "tcp"),
        )
    ),
    addresses(),
    addresses(told="127.0.0.1", listeners={"HTTP": ("127.0.0.1",)}),  # a lab
    check_names({}),
    check_phones({}),
    firewall("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"),
    firewall("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", TFTP),
    firewall(STATEFUL, TFTP),
    firewall(HIGH_PORTS, TFTP),
    check_bans([Ban("sshd", "203.0.113.9"), Ban("odd", "no address")], [HOUSE]),
    check_clock(ClockFacts(NOW, synchronised=True)),
    check_clock(ClockFacts(NOW)),
    check_zones({"Default": "Europe/Berlin"}, {"Europe/Berlin"}),
    check_limits(LimitFacts(1024, 100)),
    check_limits(LimitFacts(65536, 1, inotify_instances=2)),
    check_confinement(ConfinementFacts()),
    certificate(),
    certificate(key_kind="rsa", key_bits=2048, signature="sha256WithRSAEncryption"),
]


@pytest.mark.parametrize("findings", HEALTHY)
def test_nothing_is_found_in_the_healthy(findings: Iterable[Finding]) -> None:
    assert list(findings) == []


def test_the_fix_names_what_the_admin_manages_the_filter_with() -> None:
    rules = tuple(read_iptables(CLOSED_INPUT))
    fixes = {}
    for manager in Manager:
        (finding,) = check_firewall(FirewallFacts(rules, manager), [SCCP], [(HOUSE, "eth0")])
        fixes[manager] = finding.fix
    assert fixes[Manager.UFW] == "ufw allow from 192.168.7.0/24 to any port 2000 proto tcp"
    assert "firewall-cmd --permanent --add-port=2000/tcp" in fixes[Manager.FIREWALLD]
    assert "Connectivity > Firewall > Networks" in fixes[Manager.FREEPBX]
    assert "tcp dport 2000 accept" in fixes[Manager.NONE]


def test_phones_are_gathered_by_what_keeps_them() -> None:
    trust, closed = (
        PhoneFinding("leftover_trust_list", "It trusts another"),
        PhoneFinding("window_closed", "SEP0000000000AA waits"),
    )
    phones = {f"SEP00000000000{number}": trust for number in range(5)} | {"SEP0000000000AA": closed}
    first, second = check_phones(phones)
    assert (
        first.what
        == "SEP000000000000, SEP000000000001, SEP000000000002 and 2 more: It trusts another (leftover_trust_list)"
    )
    assert first.fix.startswith("sepbridge phones diagnose SEP000000000000 ")
    assert second.what == "SEP0000000000AA: waits (window_closed)"


def test_what_could_not_be_checked_is_said() -> None:
    finding = unchecked("bans", "permission denied")
    assert (finding.code, finding.weight, finding.why) == ("unchecked_bans", Weight.NOTE, "permission denied")
