"""What the database keeps of the site: its objects, and what an admin set."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from bridge.autoregistration.policy import AutoregistrationSettings
from bridge.core import (
    CallingSearchSpace,
    CallKind,
    CallManagerGroup,
    CallPickupGroup,
    CommonPhoneProfile,
    DateTimeGroup,
    DeviceDefaults,
    DeviceName,
    DevicePool,
    DirectoryContact,
    FileElement,
    Partition,
    PastCall,
    PatternKey,
    PhoneButtonTemplate,
    Region,
    Rollout,
    RolloutPhone,
    RolloutState,
    RoutePattern,
    Server,
    SignallingProtocol,
    SoftkeyTemplate,
    TranslationPattern,
    UniversalDeviceTemplate,
    UniversalLineTemplate,
)


class AutoregistrationRepository(Protocol):
    """The one row of autoregistration settings, and what was decided on single phones."""

    def load(self, *, for_update: bool = False) -> AutoregistrationSettings:
        """The settings. ``for_update`` locks them until the unit of work ends, against other nodes too."""
        ...

    def save(self, settings: AutoregistrationSettings) -> None:
        """Replace them."""
        ...

    def verdicts(self, names: Collection[DeviceName] | None = None) -> dict[DeviceName, bool]:
        """What admins decided on phones by name: approved or denied. Of all phones, or of those named."""
        ...

    def judge(self, name: DeviceName, approved: bool | None, at: datetime) -> None:
        """Note what an admin decided on a phone; None forgets it."""
        ...


Key = TypeVar("Key", contravariant=True)


Record = TypeVar("Record")


class Records(Protocol[Key, Record]):
    """The site's objects of one kind."""

    def all(self) -> Sequence[Record]:
        """Every one of them, ordered by its key."""
        ...

    def get(self, key: Key) -> Record | None:
        """The one with this key, or None."""
        ...

    def save(self, record: Record) -> None:
        """Write one, new or changed. Raises NotFound for another object that it names, Conflict, ConfigurationError."""
        ...

    def remove(self, key: Key) -> None:
        """Remove one. Raises NotFound, or Conflict while another object names it."""
        ...


class SiteObjects(Protocol):
    """The site's objects, kind by kind. A later kind may name objects of an earlier one."""

    servers: Records[str, Server]
    groups: Records[str, CallManagerGroup]
    regions: Records[str, Region]
    date_time_groups: Records[str, DateTimeGroup]
    partitions: Records[str, Partition]
    calling_search_spaces: Records[str, CallingSearchSpace]
    patterns: Records[PatternKey, RoutePattern | TranslationPattern]
    softkey_templates: Records[str, SoftkeyTemplate]
    button_templates: Records[str, PhoneButtonTemplate]
    phone_profiles: Records[str, CommonPhoneProfile]
    pickup_groups: Records[str, CallPickupGroup]
    pools: Records[str, DevicePool]
    line_templates: Records[str, UniversalLineTemplate]
    device_templates: Records[str, UniversalDeviceTemplate]
    device_defaults: Records[tuple[int, SignallingProtocol], DeviceDefaults]


class SiteRepository(Protocol):
    """Servers, groups, pools, device defaults."""

    def autoregistration_group(self) -> CallManagerGroup:
        """The group whose servers unknown phones are sent to. Raises ConfigurationError when there is none."""
        ...

    def pool(self, name: str) -> DevicePool:
        """The device pool. Raises NotFound."""
        ...

    def pools(self) -> Sequence[DevicePool]:
        """Every device pool, ordered by name."""
        ...

    def partitions(self) -> Sequence[str]:
        """The names of all partitions, ordered; the empty name is CUCM's ``<None>`` and always there."""
        ...

    def save_partition(self, name: str, description: str = "") -> None:
        """Write a partition: a name space for directory numbers."""
        ...

    def device_defaults(self) -> Sequence[DeviceDefaults]:
        """Every row, ordered by model number and protocol."""
        ...

    def save_pool(self, pool: DevicePool) -> None:
        """Write a pool with its group, servers, region and date/time group."""
        ...

    def save_device_defaults(self, defaults: DeviceDefaults) -> None:
        """Write one row."""
        ...


class PhonebookRepository(Protocol):
    """Contacts, personal directories and their PINs, and the calls that phones had."""

    def contacts(self, owner: str = "") -> Sequence[DirectoryContact]:
        """All contacts of a personal directory, or of the corporate one; in no order."""
        ...

    def add_contacts(self, contacts: Collection[DirectoryContact]) -> int:
        """Add those that are not there yet; how many these were. Raises Conflict when the directory gets too long."""
        ...

    def remove_contacts(self, *, owner: str = "", name: str = "", number: str = "") -> int:
        """Remove the contacts of an owner with this name and number, where empty means any; how many these were."""
        ...

    def pin(self, owner: str) -> str:
        """The hash of the PIN that a personal directory asks for; empty for none."""
        ...

    def set_pin(self, owner: str, hashed: str) -> None:
        """Set that hash; an empty one removes it."""
        ...

    def note_call(self, call: PastCall) -> None:
        """Remember a call. Only the newest ones of a phone are kept."""
        ...

    def calls(self, device: DeviceName, kind: CallKind) -> Sequence[PastCall]:
        """A phone's calls of this kind, newest first."""
        ...


class FirmwareRepository(Protocol):
    """Loads that are wanted for single phones, and roll-outs."""

    def wanted(self) -> dict[DeviceName, str]:
        """The loads set for single phones; they go before the device defaults."""
        ...

    def set_wanted(self, device: DeviceName, load: str) -> None:
        """Set the load of one phone; an empty one goes back to the device defaults. Raises NotFound."""
        ...

    def begin(self, rollout: Rollout) -> Rollout:
        """Add a roll-out; it comes back with its id. Raises Conflict while another one is running."""
        ...

    def newest(self) -> Rollout | None:
        """The roll-out that was begun last."""
        ...

    def set_state(self, rollout: int, state: RolloutState, detail: str = "") -> None:
        """Note how a roll-out stands."""
        ...

    def set_phone(self, rollout: int, phone: RolloutPhone) -> None:
        """Note how far a phone is."""
        ...


class FileElementRepository(Protocol):
    """Elements of phones' files that an admin set. Those of a phone go when the phone is removed."""

    def all(self) -> Sequence[FileElement]:
        """Every one, those of all phones first, by phone and path."""
        ...

    def set(self, element: FileElement) -> None:
        """Write one, new or changed."""
        ...

    def remove(self, path: str, device: DeviceName | None) -> None:
        """Remove one. Raises NotFound."""
        ...
