"""Leases from real logs and lease files, and lines that a client would like to be taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import MacAddress
from bridge.dhcp.leases import DhcpLog, Lease, Unanswered, parse_lease_file
from bridge.phones import parse_file_name

CLASS = "Cisco Systems, Inc. IP Phone CP-7961G"
MAC = MacAddress("0011223344FF")
DNSMASQ = f"""\
DHCP, IP range 192.0.2.100 -- 192.0.2.150, lease time 1h
4108405845 available DHCP range: 192.0.2.100 -- 192.0.2.150
4108405845 vendor class: {CLASS}
4108405845 client provides name: SEP0011223344FF
4108405845 DHCPREQUEST(server0) 192.0.2.137 00:11:22:33:44:ff\x20
4108405845 tags: server0
4108405845 DHCPACK(server0) 192.0.2.137 00:11:22:33:44:ff SEP0011223344FF
4108405845 sent size: 15 option: 12 hostname  SEP0011223344FF"""
KEA = f"""\
2026-11-26 04:12:43.762 DEBUG [kea-dhcp4.packets/739.139628845974016] DHCP4_QUERY_DATA [hwtype=1 00:11:22:33:44:ff], \
cid=[01:00:11:22:33:44:ff], tid=0x77f94b4d, packet details: local_address=255.255.255.255:67, remote_address=0.0.0.0:68
options:
  type=012, len=015: "SEP0011223344FF" (string)
  type=050, len=004: 192.0.2.137 (ipv4-address)
  type=060, len=037: "{CLASS}" (string)
  type=061, len=007: 01:00:11:22:33:44:ff
2026-11-26 04:12:43.762 DEBUG [kea-dhcp4.dhcpsrv/739.1] DHCPSRV_MEMFILE_ADD_ADDR4 adding IPv4 lease
2026-11-26 04:12:43.763 INFO  [kea-dhcp4.leases/739.139628845974016] DHCP4_LEASE_ALLOC [hwtype=1 00:11:22:33:44:ff], \
cid=[01:00:11:22:33:44:ff], tid=0x77f94b4d: lease 192.0.2.137 has been allocated for 7200 seconds"""


def read(text: str) -> list[Lease]:
    log = DhcpLog()
    return [lease for line in text.split("\n") if (lease := log.read(line)) is not None]


@pytest.mark.parametrize("name", ["dnsmasq-dhcp: ", "dnsmasq-dhcp[739]: "])
def test_dnsmasq_puts_its_name_before_what_it_writes_to_its_output(name: str) -> None:
    assert read("\n".join(f"{name}{line}" for line in DNSMASQ.split("\n"))) == read(DNSMASQ) != []


@pytest.mark.parametrize("text", [DNSMASQ, KEA])
def test_a_phone_gets_its_address(text: str) -> None:
    (lease,) = read(text)
    assert lease == Lease(MAC, "192.0.2.137", "SEP0011223344FF", CLASS)
    assert lease.phone is not None
    assert lease.phone.model is not None
    assert lease.phone.model.name == "7961G"


def test_the_name_from_dhcp_is_the_one_from_the_file() -> None:
    (lease,) = read(DNSMASQ)
    assert lease.device == parse_file_name("sep0011223344ff.cnf.xml").device
    assert Lease(MAC, "192.0.2.1", "", "CISCO ATA190").device == parse_file_name("ATA0011223344FF.cnf.xml").device
    assert Lease(MAC, "192.0.2.1", "sep0011223344ff").device == lease.device
    assert Lease(MAC, "192.0.2.1", "laptop", "MSFT 5.0").device is None
    assert Lease(MAC, "192.0.2.1", "SEP665544332211").device is None  # somebody else's name


def test_without_log_dhcp_dnsmasq_tells_name_and_address() -> None:
    (lease,) = read("DHCPACK(eth0) 192.0.2.137 00:11:22:33:44:ff SEP0011223344FF")
    assert lease == Lease(MAC, "192.0.2.137", "SEP0011223344FF")


def test_lease_files() -> None:
    lines = [
        "1795669961 00:11:22:33:44:ff 192.0.2.137 SEP0011223344FF 01:00:11:22:33:44:ff",
        "1795669961 00:11:22:33:44:aa 192.0.2.138 * *",
        "duid 00:01:00:01",
        "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context",
        "192.0.2.100,00:11:22:33:44:bb,01:00,7200,1795673563,1,0,0,sep0011223344bb,0,",
        "192.0.2.101,00:11:22:33:44:cc,01:00,7200,1795673563,1,0,0,gone,2,",
        "192.0.2.102,00:11:22:33:44:bb,01:00,7200,1795673999,1,0,0,sep0011223344bb,0,",
        "half a li",
    ]
    leases = parse_lease_file(lines)
    assert {mac.value[-2:]: lease.address for mac, lease in leases.items()} == {
        "FF": "192.0.2.137",
        "AA": "192.0.2.138",
        "BB": "192.0.2.102",
    }


_PIECES = st.sampled_from(
    ["1 ", "vendor class: ", "DHCPACK(e) ", "1.2.3.4 ", "00:11:22:33:44:55 ", ",", "\n", "DHCP4_LEASE_ALLOC "]
)
_LINES = st.lists(st.one_of(_PIECES, st.text(max_size=6)), max_size=12).map("".join)


@given(st.lists(_LINES, max_size=8))
def test_any_lines_are_read(lines: list[str]) -> None:
    log = DhcpLog()
    for line in lines:
        if (lease := log.read(line)) is not None:
            _ = lease.device
    parse_lease_file(lines)


def test_a_flood_of_clients_is_forgotten_oldest_first() -> None:
    log = DhcpLog()
    for number in range(10_000):
        log.read(f"{number} vendor class: {CLASS}")
    old = log.read("0 DHCPACK(e) 192.0.2.7 00:11:22:33:44:ff ")
    new = log.read("9999 DHCPACK(e) 192.0.2.7 00:11:22:33:44:ff ")
    assert (old, new) == (Lease(MAC, "192.0.2.7"), Lease(MAC, "192.0.2.7", "", CLASS))


@pytest.mark.parametrize("why", ["no address available", "ignored"])
def test_that_dnsmasq_has_no_address_for_a_phone(why: str) -> None:
    log = DhcpLog()
    for line in (
        "1596808053 available DHCP range: 192.0.2.100 -- 192.0.2.150",
        "1596808053 vendor class: Cisco Systems, Inc. IP Phone CP-7961G",
        "1596808053 client provides name: SEP06551DE0D384",
    ):
        assert log.read(line) is None
    told = log.read(f"1596808053 DHCPDISCOVER(server0) 06:55:1d:e0:d3:84 {why}")
    assert isinstance(told, Unanswered)
    assert (str(told.device), told.why) == ("SEP06551DE0D384", why)
    assert log.read("5 DHCPDISCOVER(server0) 06:55:1d:e0:d3:84 ") is None
    other = log.read(f"DHCPDISCOVER(server0) 06:55:1d:e0:d3:84 {why}")
    assert isinstance(other, Unanswered)
    assert other.device is None, "nothing says that it is a phone"
