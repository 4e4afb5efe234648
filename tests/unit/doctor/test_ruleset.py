"""Packet filters followed by hand, against what Linux does with the packet."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from bridge.doctor.ruleset import Fate, Packet, fate, read_iptables, read_nft

PHONE = IPv4Address("192.168.7.50")


def packet(port: int = 2000, protocol: str = "tcp", source: IPv4Address = PHONE) -> Packet:
    return Packet(protocol, port, source, "eth0")


def dport(value: Any, verdict: dict[str, Any], protocol: str = "tcp", op: str = "==") -> list[dict[str, Any]]:
    left = {"payload": {"protocol": protocol, "field": "dport"}}
    return [{"match": {"op": op, "left": left, "right": value}}, {"counter": {"packets": 0, "bytes": 0}}, verdict]


def table(
    *rules: list[dict[str, Any]], policy: str = "accept", more: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    place = {"family": "inet", "table": "filter"}
    chain = {**place, "name": "input", "type": "filter", "hook": "input", "prio": 0, "policy": policy}
    written = [{"rule": {**place, "chain": "input", "expr": each}} for each in rules]
    return {"nftables": [{"metainfo": {}}, {"chain": chain}, *more, *written]}


DROP, ACCEPT = {"drop": None}, {"accept": None}
STATE = [{"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}, ACCEPT]
LOOPBACK = [{"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "lo"}}, ACCEPT]
LIMIT = [{"limit": {"rate": 5, "per": "second"}}, ACCEPT]
HOUSE = {
    "match": {
        "op": "==",
        "left": {"payload": {"protocol": "ip", "field": "saddr"}},
        "right": {"prefix": {"addr": "192.168.7.0", "len": 24}},
    }
}
SET = {"set": {"family": "inet", "table": "filter", "name": "phones", "elem": [2000, {"range": [6970, 6971]}]}}
CHAIN = {"chain": {"family": "inet", "table": "filter", "name": "voice"}}
VOICE = {"rule": {"family": "inet", "table": "filter", "chain": "voice", "expr": dport(2000, ACCEPT)}}
VMAP = [
    {
        "vmap": {
            "key": {"payload": {"protocol": "tcp", "field": "dport"}},
            "data": {"set": [[22, ACCEPT], [2000, DROP]]},
        }
    }
]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (table(), Fate.ACCEPTED),
        (table(policy="drop"), Fate.DROPPED),
        (table(STATE, LOOPBACK, policy="drop"), Fate.DROPPED),
        (table(dport(2000, ACCEPT), policy="drop"), Fate.ACCEPTED),
        (table(dport(2000, ACCEPT, "udp"), policy="drop"), Fate.DROPPED),
        (table(dport(2000, ACCEPT, "th"), policy="drop"), Fate.ACCEPTED),
        (table(dport({"set": [22, 2000]}, ACCEPT), policy="drop"), Fate.ACCEPTED),
        (table(dport({"range": [1900, 2100]}, ACCEPT), policy="drop"), Fate.ACCEPTED),
        (table(dport("@phones", ACCEPT), policy="drop", more=(SET,)), Fate.ACCEPTED),
        (table(dport("@nobody", ACCEPT), policy="drop"), Fate.UNCERTAIN),
        (table(dport(22, DROP, op="!=")), Fate.DROPPED),
        (table(dport(2000, {"reject": {"type": "tcp reset"}})), Fate.DROPPED),
        (table([HOUSE, ACCEPT], policy="drop"), Fate.ACCEPTED),
        (table(LIMIT, policy="drop"), Fate.UNCERTAIN),
        (table([{"limit": {"rate": 5, "per": "second"}}, DROP]), Fate.UNCERTAIN),
        (table(VMAP), Fate.DROPPED),
        (table([{"jump": {"target": "voice"}}], policy="drop", more=(CHAIN, VOICE)), Fate.ACCEPTED),
        (table([{"goto": {"target": "voice"}}], dport(2000, DROP), more=(CHAIN, VOICE)), Fate.ACCEPTED),
        (table([{"jump": {"target": "input"}}], policy="drop"), Fate.DROPPED),  # a circle, which nft would not take
    ],
)
def test_nftables(document: dict[str, Any], expected: Fate) -> None:
    assert fate(read_nft(document), packet())[0] is expected


def test_a_packet_must_pass_every_table() -> None:
    both = read_nft(table(dport(2000, ACCEPT), policy="drop")) + read_nft(table(dport(2000, DROP)))
    assert fate(both, packet())[0] is Fate.DROPPED


def test_an_answer_passes_where_answers_may() -> None:
    answer = Packet("udp", 40_000, PHONE, "eth0", state="established")
    assert fate(read_nft(table(STATE, policy="drop")), answer)[0] is Fate.ACCEPTED
    assert fate(read_nft(table(dport(69, ACCEPT, "udp"), policy="drop")), answer)[0] is Fate.DROPPED
    assert fate(read_nft(table(NOT_TO_US, TRANSLATED, policy="drop")), answer)[0] is Fate.DROPPED
    assert fate(read_nft(table(NOT_TO_US, STATE, policy="drop")), answer)[0] is Fate.ACCEPTED


def test_another_network_is_another_question() -> None:
    rules = read_nft(table([HOUSE, ACCEPT], policy="drop"))
    assert fate(rules, packet(source=IPv4Address("192.168.8.50")))[0] is Fate.DROPPED


# As a firewalld of today has it: packets whose address was translated pass, before anything else is asked.
TRANSLATED = [{"match": {"op": "in", "left": {"ct": {"key": "status"}}, "right": "dnat"}}, ACCEPT]
NOT_TO_US = [
    {"match": {"op": "!=", "left": {"fib": {"result": "type", "flags": ["daddr"]}}, "right": "local"}},
    DROP,
]


def test_a_packet_to_this_machine_is_neither_translated_nor_for_others() -> None:
    rules = read_nft(table(TRANSLATED, [{"reject": {"type": "icmpx", "expr": "admin-prohibited"}}]))
    assert fate(rules, packet())[0] is Fate.DROPPED
    assert fate(read_nft(table(NOT_TO_US)), packet())[0] is Fate.ACCEPTED


UFW = """\
*filter
:INPUT DROP [0:0]
:ufw-before-input - [0:0]
:ufw-user-input - [0:0]
-A INPUT -j ufw-before-input
-A INPUT -j ufw-user-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT
-A ufw-user-input -s 192.168.7.0/24 -p udp -m multiport --dports 69,5060:5070 -m comment --comment "the phones" -j ACCEPT
COMMIT
"""  # noqa: E501  # as nft prints it


# What is not for this machine is dropped, in a chain that is left for what is; then it depends on the port.
OTHERS = """\
*filter
:INPUT DROP [0:0]
:others - [0:0]
-A INPUT -j others
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A others -m addrtype --dst-type LOCAL -j RETURN
-A others -m limit --limit 3/min --limit-burst 10 -j LOG
-A others -j DROP
COMMIT
"""
# The same, but who is let out of the chain cannot be told.
PERHAPS = OTHERS.replace("-m addrtype --dst-type LOCAL", "-m set --match-set ours src")
PERHAPS_ELSEWHERE = PERHAPS.replace("-j RETURN", "-g elsewhere").replace(":others", ":elsewhere - [0:0]\n:others")


@pytest.mark.parametrize(
    ("text", "port", "protocol", "expected"),
    [
        (UFW, 22, "tcp", Fate.ACCEPTED),
        (UFW, 2000, "tcp", Fate.DROPPED),
        (UFW, 69, "udp", Fate.ACCEPTED),
        (UFW, 5065, "udp", Fate.ACCEPTED),
        (UFW, 69, "tcp", Fate.DROPPED),
        (
            "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ! -s 10.0.0.0/8 -j REJECT --reject-with icmp-x\n",
            69,
            "udp",
            Fate.DROPPED,
        ),
        ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m recent --update --seconds 60 -j DROP\n", 69, "udp", Fate.UNCERTAIN),
        (OTHERS, 22, "tcp", Fate.ACCEPTED),
        (OTHERS, 2000, "tcp", Fate.DROPPED),
        (PERHAPS, 22, "tcp", Fate.UNCERTAIN),
        (PERHAPS, 2000, "tcp", Fate.DROPPED),
        (PERHAPS_ELSEWHERE, 22, "tcp", Fate.UNCERTAIN),
        ("*nat\n:INPUT DROP [0:0]\nCOMMIT\n", 69, "udp", Fate.ACCEPTED),
    ],
)
def test_iptables(text: str, port: int, protocol: str, expected: Fate) -> None:
    assert fate(read_iptables(text), packet(port, protocol))[0] is expected


def test_the_rule_that_decides_is_named() -> None:
    verdict, rule = fate(read_nft(table(dport(2000, DROP))), packet())
    assert verdict is Fate.DROPPED
    assert rule == "nftables table inet filter: tcp dport 2000 drop"
