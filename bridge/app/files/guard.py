"""Who may have which file: allowed networks, address rules for files with secrets, and a brake on name guessing.

Phones' files hold SIP passwords and TFTP knows no login, so the address is all there is (design, section 6). Public
tools fetch such files by guessing neighbouring MACs, thousands in a row (phone boot reference, section 5).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from bridge.app.settings import Network, SecretsTo
from bridge.core import Device, DeviceName, MacAddress

MacLookup = Callable[[str], MacAddress | None]
"""The MAC that an address on our own link has; None where nobody can tell (routed, loopback)."""

MAX_CLIENTS = 10_000
_MINUTE = timedelta(minutes=1)
_OWN_NAMES = 2
_REMEMBERED = timedelta(minutes=10)


@lru_cache(maxsize=4096)
def plain_address(client: str) -> str:
    """``::ffff:192.0.2.7`` as ``192.0.2.7``; scope ids dropped; everything else as it is."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


@lru_cache(maxsize=4096)
def is_allowed(client: str, networks: tuple[Network, ...]) -> bool:
    """Whether the address lies in one of the networks."""
    try:
        address = ip_address(plain_address(client))
    except ValueError:
        return False
    return any(address in network for network in networks if network.version == address.version)


def why_not_theirs(device: Device, client: str, policy: SecretsTo, mac_of: MacLookup) -> str:
    """Why this address may not have the device's file; an empty text when it may."""
    if policy is SecretsTo.ANY or not device.address or client == device.address:
        return ""
    seen = mac_of(client)
    if seen is not None and device.name.mac is not None:
        return "" if seen == device.name.mac else f"{client} has the MAC {seen.colons}, which is another machine"
    if policy is SecretsTo.KNOWN:
        return f"the phone is known at {device.address}, and {client} is another address"
    if device.registered:
        return f"the phone is registered from {device.address}, and {client} claims to be the same phone"
    return ""


class CodeBrake:
    """Counts wrong onboarding codes of an address: after some within a minute it is heard no more for ten minutes."""

    MOST = 5

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def is_closed(self, client: str, *, now: datetime) -> bool:
        """Whether this address tried too many."""
        since, count = self._wrong.get(client, (now, 0))
        return count >= self.MOST and now - since < _REMEMBERED

    def note(self, client: str, *, now: datetime) -> bool:
        """One more that was wrong; True when it is the last one that was heard."""
        since, count = self._wrong.get(client, (now, 0))
        if now - since >= (_REMEMBERED if count >= self.MOST else _MINUTE):
            since, count = now, 0
        self._wrong[client] = since, count + 1
        self._wrong.move_to_end(client)
        if len(self._wrong) > MAX_CLIENTS:
            self._wrong.popitem(last=False)
        return count + 1 == self.MOST


class GuessingBrake:
    """Counts how many different unknown phones one address asks for; too many in a minute look like guessing.

    ``limit`` is the number per minute and address; 0 switches the brake off. Memory is bounded: the least recently
    seen addresses are forgotten first.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._seen: OrderedDict[str, tuple[datetime, set[DeviceName]]] = OrderedDict()
        self._strange: OrderedDict[str, tuple[datetime, set[DeviceName]]] = OrderedDict()
        self._caught: OrderedDict[str, datetime] = OrderedDict()

    def was_guessing(self, client: str, *, now: datetime) -> bool:
        """Whether this address was caught in the last ten minutes."""
        caught = self._caught.get(client)
        return caught is not None and now - caught < _REMEMBERED

    def asks_for_many(self, client: str, device: DeviceName, *, now: datetime) -> bool:
        """Note a request for a phone that is not known at this address; True when there were too many such phones.

        A phone that moved asks for its own file alone (an ATA for two).
        """
        if self.limit == 0:
            return False
        since, names = self._strange.get(client, (now, set()))
        if now - since >= _MINUTE:
            since, names = now, set()
        many = device not in names and len(names) >= _OWN_NAMES
        if not many:
            names.add(device)
        self._strange[client] = since, names
        self._strange.move_to_end(client)
        if len(self._strange) > MAX_CLIENTS:
            self._strange.popitem(last=False)
        return many

    def catch(self, client: str, *, now: datetime) -> bool:
        """Note that this address guesses; True when it is news (again after a minute without a guess)."""
        before = self._caught.get(client)
        self._caught[client] = now
        self._caught.move_to_end(client)
        if len(self._caught) > MAX_CLIENTS:
            self._caught.popitem(last=False)
        return before is None or now - before >= _MINUTE

    def is_guessing(self, client: str, device: DeviceName, *, now: datetime) -> bool:
        """Note the request; True when this address has asked for too many different unknown phones."""
        if self.limit == 0:
            return False
        since, names = self._seen.get(client, (now, set()))
        if now - since >= _MINUTE:
            since, names = now, set()
        known = device in names
        if not known and len(names) < self.limit:
            names.add(device)
            known = True
        self._seen[client] = since, names
        self._seen.move_to_end(client)
        if len(self._seen) > MAX_CLIENTS:
            self._seen.popitem(last=False)
        return not known
