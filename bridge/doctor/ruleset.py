"""What a Linux packet filter does with a phone's packet, as far as its rules can be followed from outside.

Rules that ask for something unknown (rate limits, marks, a set that was not shown) make the answer uncertain, never
wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import Any

_DEEPEST = 16
_MOST_STEPS = 20_000


class Fate(StrEnum):
    """What becomes of the packet."""

    ACCEPTED = "accepted"
    DROPPED = "dropped"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of a phone, not by the loopback interface: its first one, if nothing else is said."""

    protocol: str
    port: int
    source: IPv4Address
    interface: str = ""
    """Empty for one that is not known."""
    state: str = "new"
    """What it is to connection tracking: ``new``, or ``established`` where this machine has sent there first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: every match must hold. A match that is None cannot be judged."""

    text: str
    matches: tuple[Match | None, ...]
    verdict: str
    """accept, drop, return, jump:NAME, goto:NAME, or empty."""


@dataclass(frozen=True, slots=True)
class Match:
    """A field that must, or must not, have one of these values."""

    field: str
    """protocol, port, source, interface, state; or fact: what holds of any phone's packet (``yes``), or does not."""
    values: tuple[tuple[int, int] | IPv4Network | str, ...]
    negated: bool = False


@dataclass(slots=True)
class Ruleset:
    """Chains of one table; several hooked chains are passed one after the other."""

    name: str
    chains: dict[str, list[Rule]] = field(default_factory=dict)
    hooked: list[tuple[int, str, str]] = field(default_factory=list)
    """Priority, chain and policy of the chains for packets that come in."""


def fate(rulesets: list[Ruleset], packet: Packet) -> tuple[Fate, str]:
    """What becomes of a packet, and the rule that decides. A packet must pass every table."""
    uncertain = ""
    hooks = sorted((hook, index) for index, each in enumerate(rulesets) for hook in each.hooked)
    for (_, chain, policy), index in hooks:
        walk = _Walk(rulesets[index], packet)
        verdict, text = walk.chain(chain, 0)
        if verdict not in ("accept", "drop"):
            verdict, text = policy, f"policy {policy} of chain {chain}"
        if verdict == "drop" and not walk.maybe_accepted:
            return Fate.DROPPED, f"{rulesets[index].name}: {text}"
        if verdict == "drop" or walk.maybe_dropped:
            uncertain = uncertain or f"{rulesets[index].name}: {walk.maybe_dropped or text}"
    return (Fate.UNCERTAIN, uncertain) if uncertain else (Fate.ACCEPTED, "")


class _Walk:
    """One packet's way through one table."""

    def __init__(self, ruleset: Ruleset, packet: Packet) -> None:
        self._ruleset = ruleset
        self._packet = packet
        self._steps = 0
        self.maybe_accepted = False
        self.maybe_dropped = ""

    def chain(self, name: str, depth: int) -> tuple[str, str]:
        if depth > _DEEPEST:
            return "", ""
        may_have_left = False
        for rule in self._ruleset.chains.get(name, []):
            self._steps += 1
            if self._steps > _MOST_STEPS:
                return "", ""
            held = [None if match is None else _holds(match, self._packet) for match in rule.matches]
            if False in held:
                continue
            kind, _, target = rule.verdict.partition(":")
            verdict = (kind, rule.text)
            if kind in ("jump", "goto"):
                verdict = self.chain(target, depth + 1)
            if None in held:
                self._maybe(verdict)
                may_have_left |= kind in ("return", "goto")
            elif kind == "return":
                return "", ""
            elif verdict[0] in ("accept", "drop"):
                if not may_have_left:
                    return verdict
                # Whether the packet got here is not known: it goes on where this chain was called from, too.
                self._maybe(verdict)
                return "", ""
            elif kind == "goto":
                return "", ""
        return "", ""

    def _maybe(self, verdict: tuple[str, str]) -> None:
        """It may come to this verdict, or not: note it."""
        if verdict[0] == "accept":
            self.maybe_accepted = True
        elif verdict[0] == "drop" and not self.maybe_dropped:
            self.maybe_dropped = verdict[1]


def _holds(match: Match, packet: Packet) -> bool | None:
    result: bool | None
    match match.field:
        case "port":
            result = any(isinstance(each, tuple) and each[0] <= packet.port <= each[1] for each in match.values)
        case "protocol":
            result = packet.protocol in match.values
        case "source":
            result = any(isinstance(each, IPv4Network) and packet.source in each for each in match.values)
        case "state":
            result = packet.state in match.values
        case "fact":
            result = "yes" in match.values
        case "interface":
            if match.values == ("lo",):
                result = False
            elif not packet.interface:
                return None
            else:
                result = any(
                    packet.interface == each
                    or (str(each).endswith(("*", "+")) and packet.interface.startswith(each[:-1]))
                    for each in match.values
                    if isinstance(each, str)
                )
        case _:
            return None
    return result is not match.negated


# --- nftables, as JSON


def read_nft(document: Mapping[str, Any]) -> list[Ruleset]:
    """The tables of ``nft -j list ruleset``; those with rules of iptables that nft cannot tell are left out."""
    tables: dict[tuple[str, str], Ruleset] = {}
    sets: dict[tuple[str, str, str], list[Any]] = {}
    foreign: set[tuple[str, str]] = set()
    entries = [each for each in document.get("nftables", []) if isinstance(each, dict)]
    for entry in entries:
        if isinstance(named := entry.get("set"), dict):
            sets[named["family"], named["table"], named["name"]] = list(named.get("elem", []))
    for entry in entries:
        chain, rule = entry.get("chain"), entry.get("rule")
        one = chain or rule
        if not isinstance(one, dict) or one.get("family") not in ("ip", "inet"):
            continue
        key = (one["family"], one["table"])
        table = tables.setdefault(key, Ruleset(f"nftables table {one['family']} {one['table']}"))
        if isinstance(chain, dict):
            table.chains.setdefault(chain["name"], [])
            if chain.get("hook") == "input" and chain.get("type") == "filter":
                table.hooked.append((_number(chain.get("prio")), chain["name"], chain.get("policy", "accept")))
        elif isinstance(rule, dict):
            expressions = rule.get("expr", [])
            if any("xt" in each for each in expressions if isinstance(each, dict)):
                foreign.add(key)
            named_sets = {name: elements for (family, tab, name), elements in sets.items() if (family, tab) == key}
            table.chains.setdefault(rule["chain"], []).extend(_nft_rules(expressions, named_sets))
    return [table for key, table in tables.items() if key not in foreign]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _nft_rules(expressions: list[Any], sets: Mapping[str, list[Any]]) -> Iterator[Rule]:
    matches: list[Match | None] = []
    words: list[str] = []
    for each in expressions:
        if not isinstance(each, dict):
            continue
        (kind, body), *_ = each.items()
        match kind:
            case "match":
                matches += _nft_match(body, sets)
                words.append(_words(body))
            case "accept" | "drop" | "return":
                yield Rule(" ".join([*words, kind]), tuple(matches), kind)
                return
            case "reject":
                yield Rule(" ".join([*words, kind]), tuple(matches), "drop")
                return
            case "jump" | "goto":
                yield Rule(" ".join([*words, kind]), tuple(matches), f"{kind}:{body['target']}")
                return
            case "vmap":
                yield from _vmap(body, matches, words, sets)
                return
            case "counter" | "log" | "meta" | "mangle":
                continue
            case _:
                matches.append(None)
                words.append(kind)


def _vmap(
    body: Mapping[str, Any], matches: list[Match | None], words: list[str], sets: Mapping[str, list[Any]]
) -> Iterator[Rule]:
    data = body.get("data")
    pairs = data.get("set", []) if isinstance(data, dict) else sets.get(str(data).removeprefix("@"), [])
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], dict)):
            continue
        more = _nft_match({"left": body.get("key"), "right": pair[0], "op": "=="}, sets)
        (kind, target), *_ = pair[1].items()
        verdict = f"{kind}:{target['target']}" if kind in ("jump", "goto") else kind
        yield Rule(" ".join([*words, f"{pair[0]} : {kind}"]), (*matches, *more), verdict)


def _nft_match(body: Mapping[str, Any], sets: Mapping[str, list[Any]]) -> tuple[Match | None, ...]:
    """The conditions of one match; a rule about a TCP port holds for no UDP packet, which makes two of one."""
    negated = body.get("op") == "!="
    values = _nft_values(body.get("right"), sets)
    if body.get("op") not in ("==", "!=", "in") or values is None:
        return (None,)
    match body.get("left"):
        case {"payload": {"protocol": "tcp" | "udp" as protocol, "field": "dport"}}:
            return Match("protocol", (protocol,)), Match("port", values, negated)
        case {"payload": {"protocol": "th", "field": "dport"}}:
            return (Match("port", values, negated),)
        case {"payload": {"protocol": "ip", "field": "saddr"}}:
            return (Match("source", values, negated),)
        case {"payload": {"protocol": "ip", "field": "protocol"}} | {"meta": {"key": "l4proto"}}:
            return (Match("protocol", values, negated),)
        case {"payload": {"protocol": "ip6" | "icmp" | "icmpv6"}}:
            return (Match("protocol", ("icmp",)),)
        case {"meta": {"key": "iifname" | "iif"}}:
            return (Match("interface", values, negated),)
        case {"meta": {"key": "nfproto"}}:
            return (_fact("ipv4" in values, negated=negated),)
        case {"fib": {"result": "type", "flags": "daddr" | ["daddr"]}}:
            return (_to_us([each for each in values if isinstance(each, str)], negated=negated),)
        case {"ct": {"key": "state"}}:
            return (Match("state", values, negated),)
        case {"ct": {"key": "status"}} if set(values) <= {"dnat", "snat"}:
            return (_fact(False, negated=negated),)  # nobody has translated its address
        case _:
            return (None,)


def _to_us(kinds: Sequence[str], *, negated: bool) -> Match:
    """What kind of address the packet goes to: one of this machine's, not a group's and not everybody's."""
    return _fact("local" in kinds, negated=negated)


def _fact(holds: bool, *, negated: bool) -> Match:
    """A condition that holds, or does not, whatever packet of a phone it is."""
    return Match("fact", ("yes" if holds else "no",), negated)


def _nft_values(right: Any, sets: Mapping[str, list[Any]]) -> tuple[tuple[int, int] | IPv4Network | str, ...] | None:
    """The values that a field is compared with; None where they cannot be understood."""
    if isinstance(right, str) and right.startswith("@"):
        if right[1:] not in sets:
            return None
        right = {"set": sets[right[1:]]}
    if isinstance(right, dict) and "set" in right:
        right = right["set"]
    found: list[tuple[int, int] | IPv4Network | str] = []
    for one in right if isinstance(right, list) else [right]:
        each = one["elem"].get("val") if isinstance(one, dict) and isinstance(one.get("elem"), dict) else one
        match each:
            case int():
                found.append((each, each))
            case {"range": [int() as first, int() as last]}:
                found.append((first, last))
            case {"prefix": {"addr": str() as address, "len": int() as length}}:
                if ":" not in address:
                    found.append(IPv4Network(f"{address}/{length}", strict=False))
            case str():
                found.append(_value(each))
            case _:
                return None
    return tuple(found)


def _value(text: str) -> IPv4Network | str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return text
    return network if isinstance(network, IPv4Network) else text


def _words(body: Mapping[str, Any]) -> str:
    match body.get("left"):
        case {"payload": {"protocol": protocol, "field": name}}:
            left = f"{protocol} {name}"
        case {"meta": {"key": key}} | {"ct": {"key": key}}:
            left = str(key)
        case _:
            left = "?"
    return f"{left} {body.get('right')}"


# --- iptables, as iptables-save prints it


def read_iptables(text: str) -> list[Ruleset]:
    """The filter table of ``iptables-save``."""
    ruleset = Ruleset("iptables")
    inside = False
    for line in text.splitlines():
        if line.startswith("*"):
            inside = line.strip() == "*filter"
        elif inside and line.startswith(":"):
            name, policy, *_ = line[1:].split()
            ruleset.chains.setdefault(name, [])
            if name == "INPUT":
                ruleset.hooked.append((0, name, "drop" if policy == "DROP" else "accept"))
        elif inside and line.startswith("-A "):
            words = line.split()
            ruleset.chains.setdefault(words[1], []).append(_iptables_rule(words[2:], line))
    return [ruleset] if ruleset.hooked else []


_VERDICTS = {
    "ACCEPT": "accept",
    "DROP": "drop",
    "REJECT": "drop",
    "RETURN": "return",
    "LOG": "",
    "NFLOG": "",
    "MARK": "",
}


def _iptables_rule(words: list[str], line: str) -> Rule:
    matches: list[Match | None] = []
    verdict = ""
    negated = False
    place = 0
    while place < len(words):
        word = words[place]
        value = words[place + 1] if place + 1 < len(words) else ""
        place += 2
        match word:
            case "!":
                negated, place = True, place - 1
                continue
            case "-p":
                matches.append(Match("protocol", (value,), negated))
            case "--dport" | "--dports":
                matches.append(Match("port", tuple(_span(each) for each in value.split(",")), negated))
            case "-s":
                matches.append(Match("source", (IPv4Network(value, strict=False),), negated))
            case "-i":
                matches.append(Match("interface", (value,), negated))
            case "--dst-type":
                matches.append(_to_us(value.lower().split(","), negated=negated))
            case "--ctstate" | "--state":
                matches.append(Match("state", tuple(value.lower().split(",")), negated))
            case "-j":
                verdict = _VERDICTS.get(value, f"jump:{value}")
            case "-g":
                verdict = f"goto:{value}"
            case "-m" if value in ("tcp", "udp", "multiport", "conntrack", "state", "comment", "addrtype"):
                pass
            case "--reject-with" | "--log-prefix" | "--log-level":
                pass
            case "--comment":
                while place < len(words) and not words[place].startswith("-"):
                    place += 1
            case _:
                matches.append(None)
                # An option of a match that is not known; whether it takes a value can be guessed at best.
                if not word.startswith("-") or value.startswith("-"):
                    place -= 1
        negated = False
    return Rule(line, tuple(matches), verdict)


def _span(text: str) -> tuple[int, int]:
    first, _, last = text.partition(":")
    return int(first), int(last or first)
