"""What an answer of a DHCP server means for a Cisco phone (diagnosis reference, section 7; requirement RG-07).

Option 150, a list of IPv4 addresses, is read first; option 66, one text, when 150 is absent. SCCP and SIP loads read
both.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address

from bridge.core.findings import Finding, Weight
from bridge.dhcp.packet import DhcpReply

_SNIPPET = "`sepbridge dhcp snippet --server …` prints what to configure"


def judge(reply: DhcpReply | None, expected: Collection[IPv4Address]) -> list[Finding]:
    """Judge one answer, or that none came. ``expected``: the addresses under which phones reach our TFTP."""
    if reply is None:
        return [
            Finding(
                "no_answer",
                Weight.PROBLEM,
                "no DHCP server answered",
                "there is none on this network, its pool is full, a relay is missing, or it answers known clients only",
                "look into the DHCP server's log; on a voice VLAN see that the router relays DHCP",
            )
        ]
    findings = [*_option_150(reply, expected), *_option_66(reply, expected)]
    if 3 not in reply.options:
        findings.append(
            Finding("no_router", Weight.NOTE, "no router is offered (option 3)", "phones reach their own network only")
        )
    return findings


def _option_150(reply: DhcpReply, expected: Collection[IPv4Address]) -> list[Finding]:
    value = reply.options.get(150)
    if value is None:
        if 66 in reply.options:
            return [
                Finding(
                    "only_option_66",
                    Weight.NOTE,
                    "option 66 is there, option 150 is not",
                    "most phones accept that; a 7920 needs option 150, and 66 can name one server only",
                    _SNIPPET,
                )
            ]
        return [
            Finding(
                "missing_tftp_option",
                Weight.PROBLEM,
                "neither option 150 nor option 66 is there",
                "a phone gets an address, and then does not know where its files are: it stays at “Configuring IP”",
                _SNIPPET,
            )
        ]
    text = value.rstrip(b"\0")
    is_text = len(text) > 4 and text.isascii() and text.decode("ascii").isprintable()
    if not value or len(value) % 4 or is_text:
        shown = f"holds the text {text.decode('ascii')!r}" if is_text else f"has {len(value)} octets"
        return [
            Finding(
                "bad_option_150",
                Weight.PROBLEM,
                f"option 150 {shown}",
                "it must be a list of IPv4 addresses of four octets each; a phone ignores it, or asks a wrong address",
                f"configure it as an address (list), not as a text; {_SNIPPET}",
            )
        ]
    addresses = [IPv4Address(value[place : place + 4]) for place in range(0, len(value), 4)]
    shown = ", ".join(map(str, addresses))
    if not expected or addresses[0] in expected:
        return [Finding("option_150", Weight.OK, f"option 150: {shown}")]
    if set(addresses) & set(expected):
        return [
            Finding(
                "not_first",
                Weight.NOTE,
                f"option 150 names this server, but not first: {shown}",
                "phones ask the first one, and the others only when it is silent",
                "put this server first, unless the other one is meant to be asked",
            )
        ]
    return [_elsewhere("150", shown, expected)]


def _option_66(reply: DhcpReply, expected: Collection[IPv4Address]) -> list[Finding]:
    if 66 not in reply.options:
        return []
    text = reply.options[66].rstrip(b"\0").decode("utf-8", "replace")
    try:
        address = IPv4Address(text.strip())
    except ValueError:
        return [
            Finding(
                "option_66_is_a_name",
                Weight.NOTE if 150 in reply.options else Weight.PROBLEM,
                f"option 66 holds the name {text!r} instead of an address",
                "a phone must ask DNS for it, and cannot before it has a DNS server that knows the name",
                f"write the address; {_SNIPPET}",
            )
        ]
    if not expected or address in expected:
        return [Finding("option_66", Weight.OK, f"option 66: {address}")]
    found = _elsewhere("66", str(address), expected)
    if 150 in reply.options:
        return [Finding(found.code, Weight.NOTE, found.what, "phones read option 150 first", found.fix)]
    return [found]


def _elsewhere(option: str, shown: str, expected: Collection[IPv4Address]) -> Finding:
    return Finding(
        "wrong_tftp_server",
        Weight.PROBLEM,
        f"option {option} sends phones to {shown}",
        f"this server is {', '.join(map(str, expected))}",
        f"change the option, or give --address if phones reach this server so; {_SNIPPET}",
    )
