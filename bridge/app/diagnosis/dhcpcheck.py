"""What to configure in the network's DHCP server, and whether it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from bridge import journey
from bridge.app.diagnosis.dhcpmemory import answer_of
from bridge.app.settings import Settings
from bridge.app.system import own_address
from bridge.core import MacAddress
from bridge.core.findings import Finding, Weight
from bridge.dhcp import judge
from bridge.errors import InvalidInput
from bridge.net.dhcp import VENDOR_CLASS, discover, interface_mac

LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class DhcpAnswer:
    """What one DHCP server offered, and what that means for phones."""

    server: str
    """Empty where it does not say, or nobody answered."""
    address: str
    """The address that it offered."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class DhcpCheck:
    """All answers, or one that says that there was none."""

    interface: str
    expected: tuple[str, ...]
    answers: tuple[DhcpAnswer, ...]
    offers: int
    told: journey.DhcpAnswer | None = None
    """What a phone makes of the first answer; None without one."""

    @property
    def is_bad(self) -> bool:
        """Whether phones do not come up until it is mended."""
        return any(finding.weight is Weight.PROBLEM for each in self.answers for finding in each.findings)


def tftp_addresses(settings: Settings, given: Sequence[str] = ()) -> tuple[IPv4Address, ...]:
    """The addresses that phones are to be told: those given, else this server's own. Raises InvalidInput."""
    texts = tuple(given) or (settings.server.address or own_address(),)
    try:
        return tuple(IPv4Address(each) for each in texts)
    except ValueError as error:
        raise InvalidInput(
            f"{', '.join(texts)[:200]} is not an IPv4 address",
            why="phones are given addresses in option 150, and a name would need DNS on every phone",
            fix="give the address of this server",
        ) from error


def check_dhcp(
    interface: str,
    expected: Sequence[IPv4Address],
    *,
    mac: str = "",
    vendor_class: str = VENDOR_CLASS,
    wait: float = 4.0,
) -> DhcpCheck:
    """Ask the network as a phone would, and judge the answers. Takes no address; blocks for ``wait`` seconds.

    Raises InvalidInput, ConfigurationError when it cannot be asked.
    """
    if not vendor_class.isascii() or not 1 <= len(vendor_class) <= 200:
        raise InvalidInput("the vendor class must be 1 to 200 ASCII characters")
    sender = MacAddress.parse(mac) if mac else interface_mac(interface)
    offers = discover(interface, sender, vendor_class=vendor_class, within=min(max(wait, 0.1), LONGEST_WAIT))
    answers = [
        DhcpAnswer(str(each.server) if each.server else "", str(each.address), tuple(judge(each, expected)))
        for each in offers
    ] or [DhcpAnswer("", "", tuple(judge(None, expected)))]
    told = None
    if offers:
        bad = tuple(each.code for each in answers[0].findings if each.weight is Weight.PROBLEM)
        told = answer_of(offers[0], bad)
    return DhcpCheck(interface, tuple(str(each) for each in expected), tuple(answers), len(offers), told)
