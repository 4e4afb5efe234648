"""Who a user agent is, and where it sends."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.sip.addressing import quoted, user_part
from bridge.sip.destination import Destination, host_and_port
from bridge.sip.digest import Credentials
from bridge.sip.identity import IdentityHeaders, identity_headers
from bridge.sip.message import Header

ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, INFO, UPDATE, REFER, PRACK"
EXTENSIONS = frozenset({"100rel", "replaces", "timer"})
"""What a Require of the peer's may ask of us."""
SUPPORTED = ", ".join(sorted(EXTENSIONS))


@dataclass(frozen=True, slots=True)
class Account:
    """One line: an address of record at a server, with what it takes to prove it."""

    user: str
    """User part of the address of record."""
    domain: str
    """Its host part: the registrar. An IP address (IPv6 in brackets) or a name."""
    server: Destination
    """Where every request goes: the PBX."""
    username: str = ""
    """For authentication; empty means ``user``."""
    password: str = field(default="", repr=False)
    display_name: str = ""
    contact_user: str = ""
    """User part of the Contact; empty means ``user``."""
    contact_parameters: str = ""
    """Added to the Contact as they stand, with their semicolon: ``;+sip.instance="<urn:uuid:…>"``."""
    expires: int = 3600
    """Seconds asked for in REGISTER."""
    product: str = "sepbridge"
    """User-Agent of requests, Server of responses."""
    register_headers: tuple[Header, ...] = ()
    """Further headers of REGISTER: ``Supported``, ``Reason``."""
    keepalive: float = 0.0
    """Seconds between CRLF keep-alives on TCP (RFC 5626 section 3.5.1); 0 switches them off."""

    identity: IdentityHeaders = IdentityHeaders.NONE
    """Headers in which calls carry our own name and number, for servers that trust them."""

    session_expires: int = 0
    """Session timer that we ask for (RFC 4028), in seconds, at least 90; 0 leaves it to the other side."""
    redirects: int = 5
    """How many 3xx answers a call follows (RFC 3261 section 8.1.3.4); 0 follows none."""
    redirect_hosts: tuple[str, ...] = ()
    """Hosts besides our own server and domain that a 3xx may send a call to."""

    @property
    def credentials(self) -> Credentials:
        """What answers a challenge."""
        return Credentials(self.username or self.user, self.password)

    @property
    def address_of_record(self) -> str:
        """``sip:1001@192.0.2.1``."""
        return f"sip:{user_part(self.user)}@{self.domain}"

    def from_header(self, tag: str) -> str:
        """Our From, with a tag."""
        name = f"{quoted(self.display_name)} " if self.display_name else ""
        return f"{name}<{self.address_of_record}>;tag={tag}"

    def identity_headers(self, *, is_caller: bool) -> list[Header]:
        """Our identity as ``identity`` says; ``is_caller`` when it goes into a request of a call of ours."""
        return identity_headers(self.identity, self.display_name, self.user, self.domain, is_caller=is_caller)

    def contact_uri(self, local: tuple[str, int]) -> str:
        """Where we can be reached."""
        transport = ";transport=tcp" if self.server.transport.reliable else ""
        return f"sip:{user_part(self.contact_user or self.user)}@{host_and_port(*local)}{transport}"
