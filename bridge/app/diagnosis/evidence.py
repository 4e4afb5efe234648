"""What is known about phones that are not in the database yet, kept by device and by address while they boot."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.core import DeviceName, FileRequest
from bridge.phones.evidence import PhoneEvidence
from bridge.phones.requestedfile import FileKind, RequestedFile
from bridge.phones.useragent import parse_user_agent
from bridge.phones.vendorclass import VendorClass

MAX_ADDRESSES = 10_000
MAX_DEVICES_PER_ADDRESS = 2_000
ONE_BOOT = timedelta(minutes=2)
"""Within this time after its device file a phone asks for what else it boots with."""


@dataclass(slots=True)
class _Address:
    """What is known of one address."""

    nameless: PhoneEvidence = field(default_factory=PhoneEvidence)
    """From requests that name no device, such as ``term61.default.loads``."""
    devices: dict[DeviceName, PhoneEvidence] = field(default_factory=dict)
    given: dict[DeviceName, tuple[datetime | None, int]] = field(default_factory=dict)
    """How often a phone asked for its own file since it was seen last, and when that was."""
    device_files: dict[DeviceName, datetime] = field(default_factory=dict)
    """When a phone asked for its device file last."""


class EvidenceBook:
    """Gathers evidence request by request. Bounded: the addresses that were quiet longest are forgotten first."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[str, _Address] = OrderedDict()

    def note(self, request: FileRequest, client: str, asked: RequestedFile) -> None:
        """Take from a request what it tells about the phone behind it."""
        entry = self._entry(client)
        agent = parse_user_agent(request.user_agent) if request.user_agent else None
        if asked.device is None:
            entry.nameless = entry.nameless.with_file(asked, request.via).with_user_agent(agent)
        elif asked.device in entry.devices or len(entry.devices) < MAX_DEVICES_PER_ADDRESS:
            before = entry.devices.get(asked.device, PhoneEvidence())
            entry.devices[asked.device] = before.with_file(asked, request.via).with_user_agent(agent)
            if asked.kind is FileKind.DEVICE:
                entry.device_files[asked.device] = request.at

    def note_vendor_class(self, client: str, device: DeviceName, vendor_class: VendorClass) -> None:
        """Take what the phone said of itself when it got this address by DHCP."""
        devices = self._entry(client).devices
        if device in devices or len(devices) < MAX_DEVICES_PER_ADDRESS:
            devices[device] = devices.get(device, PhoneEvidence()).with_vendor_class(vendor_class)

    def _entry(self, client: str) -> _Address:
        entry = self._addresses.get(client)
        if entry is not None:
            self._addresses.move_to_end(client)
            return entry
        entry = self._addresses[client] = _Address()
        if len(self._addresses) > MAX_ADDRESSES:
            self._addresses.popitem(last=False)
        return entry

    def count_file(self, client: str, device: DeviceName, registered: datetime | None = None) -> int:
        """A phone that is not registered asks for its file once more; how often it did, this time included.

        ``registered``: when it was seen registered last, None for never. From then on it is counted anew.
        """
        entry = self._addresses.setdefault(client, _Address())
        if device not in entry.given and len(entry.given) >= MAX_DEVICES_PER_ADDRESS:
            return 1
        since, count = entry.given.get(device, (registered, 0))
        entry.given[device] = registered, count + 1 if since == registered else 1
        return entry.given[device][1]

    def boots_with_device_file(self, client: str, device: DeviceName, *, now: datetime) -> bool:
        """Whether this phone asked for its device file a moment ago: then it has firmware that reads such a file."""
        entry = self._addresses.get(client)
        asked = entry.device_files.get(device) if entry else None
        return asked is not None and now - asked < ONE_BOOT

    def about(self, client: str, device: DeviceName) -> PhoneEvidence:
        """What is known about a device at an address.

        Evidence without a name counts only while one phone alone was seen there: behind NAT it could be another's.
        """
        entry = self._addresses.get(client)
        if entry is None:
            return PhoneEvidence()
        named = entry.devices.get(device, PhoneEvidence())
        if len(entry.devices) > 1 or entry.nameless.models is None:
            return named
        return named.narrowed(entry.nameless.models, entry.nameless.rank)
