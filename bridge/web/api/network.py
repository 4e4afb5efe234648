"""The network around: DHCP; and texts for the screens of phones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge.app.diagnosis.dhcpcheck import DhcpCheck, check_dhcp, tftp_addresses
from bridge.app.phones.screenmessages import LONGEST_DOCUMENT, Delivery, checked_document, checked_message
from bridge.core import Role
from bridge.dhcp import DhcpServer, snippet
from bridge.errors import InvalidInput
from bridge.net.dhcp import VENDOR_CLASS
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.schema import Many, Number, Text

network = Operations("Network and screens")
_Addresses = Annotated[tuple[Annotated[str, Text(50, 1)], ...], Many(8)]


@dataclass(frozen=True, slots=True)
class SnippetQuery:
    """For which DHCP server."""

    server: DhcpServer
    address: _Addresses = ()
    """Of the TFTP server, in order of preference; this server's own when left out."""
    voice_vlan: Annotated[int, Number(1, 4094)] | None = None


@dataclass(frozen=True, slots=True)
class Snippet:
    """What to configure."""

    server: DhcpServer
    addresses: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class CheckWish:
    """How to ask."""

    interface: Annotated[str, Text(15, 1)]
    addresses: _Addresses = ()
    """That are expected; this server's own when left out."""
    mac: Annotated[str, Text(17)] = ""
    """To ask with; the interface's own when empty."""
    vendor_class: Annotated[str, Text(200, 1)] = VENDOR_CLASS
    """Option 60: what phone to pass for."""
    wait: Annotated[float, Number(0.1, 20)] = 4.0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Message:
    """A text for screens."""

    text: Annotated[str, Text(1000)] = ""
    """Empty: take back what was shown with this priority, or as the idle text."""
    document: Annotated[str, Text(LONGEST_DOCUMENT)] = ""
    """Instead of a text: an XML object, a menu for example."""
    phones: Annotated[tuple[Annotated[str, Text(50, 1)], ...], Many(5000)] = ()
    pool: Annotated[str, Text(50)] = ""
    """Instead of phones: all of this device pool."""
    everybody: bool = False
    """Instead of phones: all."""
    seconds: Annotated[int, Number(0, 86400)] = 10
    """0: until it is taken back."""
    priority: Annotated[int, Number(1, 9)] = 7
    """A lower number shows over a higher one."""
    idle: bool = False
    """As the idle text, until it is taken back."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What became of it, phone by phone."""

    phones: tuple[Delivery, ...]


@network.add("GET", "/dhcp/snippet")
async def dhcp_snippet(ask: Ask, query: SnippetQuery) -> Snippet:
    """What to configure in a DHCP server, so that phones find this one"""
    addresses = tftp_addresses(ask.service.settings, query.address)
    text = snippet(query.server, addresses, voice_vlan=query.voice_vlan)
    return Snippet(query.server, tuple(str(each) for each in addresses), text)


@network.add("POST", "/dhcp/check", role=Role.ADMIN)
async def dhcp_check(ask: Ask, body: CheckWish) -> DhcpCheck:
    """Ask the network as a phone would, and judge the answers

    No address is taken. The service needs CAP_NET_RAW for it.
    """
    return await ask.run(
        check_dhcp,
        body.interface,
        tftp_addresses(ask.service.settings, body.addresses),
        mac=body.mac,
        vendor_class=body.vendor_class,
        wait=body.wait,
    )


@network.add("POST", "/messages")
async def message_phones(ask: Ask, body: Message) -> Deliveries:
    """Show a text on the screens of phones"""
    if (bool(body.phones), bool(body.pool), body.everybody).count(True) != 1:
        raise InvalidInput("whom to tell?", fix="give phones, pool, or everybody = true")
    if body.document and body.text:
        raise InvalidInput("a text or a document, not both", fix="leave one out")
    message = (
        checked_document(body.document.encode())
        if body.document
        else checked_message(body.text, seconds=body.seconds, priority=body.priority, stays=body.idle)
    )
    names = [await ask.phone(each) for each in body.phones]
    return Deliveries(await ask.service.message_phones(message, names=names, pool=body.pool))
