"""What the outside must offer, as Protocols, and the words spoken across them.

Everything above this module (use cases, shells, command line) talks to the database, to Asterisk, to the served files
and to the clock through these types alone.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self, TypeVar

from bridge.autoregistration.policy import AutoregistrationSettings
from bridge.core import (
    Account,
    ApiToken,
    CallingSearchSpace,
    CallKind,
    CallManagerGroup,
    CallPickupGroup,
    CallRecord,
    Claim,
    ClaimTries,
    CommonPhoneProfile,
    DateTimeGroup,
    Device,
    DeviceDefaults,
    DeviceName,
    DevicePool,
    DirectoryContact,
    DndMode,
    FileAnswer,
    FileElement,
    FileRequest,
    ForwardKind,
    Inventory,
    KeptCallBack,
    Line,
    LineFeatures,
    LoginSession,
    LoginTries,
    OnboardingCode,
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
    StoredFile,
    TranslationPattern,
    UniversalDeviceTemplate,
    UniversalLineTemplate,
)
from bridge.core.conferences import ConferenceMember
from bridge.core.events import Event
from bridge.core.extensions import ExtensionChange
from bridge.dialplan import Context

# --- clock, chance, events -------------------------------------------------------------------------------------------


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class IdSource(Protocol):
    """Secrets and identifiers nobody can guess."""

    def secret(self, length: int) -> str:
        """A new password of letters and digits, ``length`` characters long."""
        ...

    def digits(self, count: int) -> str:
        """So many digits."""
        ...

    def version_stamp(self) -> str:
        """A new version stamp for a phone's file: a GUID."""
        ...


class EventSink(Protocol):
    """Where events go. Recording never blocks and never raises."""

    def record(self, event: Event) -> None:
        """Take note of ``event``."""
        ...


# --- files -----------------------------------------------------------------------------------------------------------


class FileProvider(Protocol):
    """The one resolver behind TFTP, HTTP and HTTPS."""

    async def provide(self, request: FileRequest) -> FileAnswer:
        """Answer one request. Never raises for anything that the request holds."""
        ...


class FileStore(Protocol):
    """The admin's own files: firmware, ring tones, locales. Read-only for us."""

    def read(self, name: str) -> memoryview | None:
        """The content alone."""
        ...

    def look(self, name: str) -> StoredFile | None:
        """The file ``name`` (letter case ignored, always inside the tree), or None. Raises StoreError."""
        ...

    def at_once(self, name: str) -> tuple[bool, StoredFile | None]:
        """As ``look``, if that takes no time to speak of: True and the answer; else False, and ``look`` will do."""
        ...

    def files(self, directory: str) -> Sequence[tuple[str, int]]:
        """Names and sizes in octets of the files of a directory, "" for the root, by name. Raises StoreError."""
        ...


# --- database --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RefusedPhone:
    """An unknown phone that was turned away, once or many times."""

    device: DeviceName
    client: str
    reason: str
    text: str
    first_at: datetime
    last_at: datetime
    count: int
    model: str = ""
    """By its own words when it tried to register; empty while it only asked for files."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who changed what, and when."""

    at: datetime
    actor: str
    action: str
    detail: str = ""


class DeviceRepository(Protocol):
    """The devices and their lines."""

    def get(self, name: DeviceName) -> Device | None:
        """The device of that name, or None."""
        ...

    def get_many(self, names: Collection[DeviceName]) -> dict[DeviceName, Device]:
        """Those of the named devices that exist."""
        ...

    def all(self) -> Sequence[Device]:
        """Every device, ordered by name."""
        ...

    def states(self) -> Mapping[str, Hashable]:
        """What stands in each device's own row, by its name: cheap, and equal as long as the row was not changed."""
        ...

    def by_endpoint(self, endpoint: str) -> Device | None:
        """The device whose primary number is the name of this SIP endpoint, or None."""
        ...

    def lines(self) -> Sequence[Line]:
        """Every line that some device has, ordered by number and partition."""
        ...

    def count(self, *, temporary: bool = False) -> int:
        """How many devices there are; only those that autoregistered and were not assigned yet, if asked for."""
        ...

    def add(self, device: Device, *, sharing: bool = False) -> None:
        """Add a device with its lines; ``sharing`` lets it have lines that other devices have, too.

        Raises Conflict when the name, or a number in its partition, is taken; NotFound for an object that it names.
        """
        ...

    def update(self, device: Device, *, sharing: bool = False) -> None:
        """Replace a device that exists, lines included. Raises NotFound or Conflict.

        What is set for a line that other devices have, too, changes for them all.
        """
        ...

    def remove(self, name: DeviceName) -> None:
        """Remove a device; its numbers become free. Raises NotFound."""
        ...

    def sharing(self, line_of: Line) -> Sequence[DeviceName]:
        """The devices that have this line, ordered by name."""
        ...

    def numbers_in_use(self, partition: str | None = None) -> frozenset[str]:
        """Every directory number, or those of one partition."""
        ...


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


class Journal(Protocol):
    """What happened: journeys, refusals, audit."""

    def append(self, events: Iterable[Event]) -> None:
        """Store events on their phones' journeys."""
        ...

    def journey(self, device: DeviceName, *, limit: int = 200) -> Sequence[Event]:
        """The newest events of one phone, oldest first."""
        ...

    def size(self) -> int:
        """Events on all journeys."""
        ...

    def newest(self, *, limit: int = 200) -> Sequence[Event]:
        """The newest events of all phones, oldest first."""
        ...

    def forget(self, before: datetime, *, most: int = 20_000) -> int:
        """Remove the oldest events that happened before, at most so many at a time; how many these were."""
        ...

    def refuse(self, device: DeviceName, client: str, reason: str, text: str, at: datetime, model: str = "") -> bool:
        """Note a refusal; a phone that comes back is counted, not listed twice. A model that was told once stays.

        True where it is news: a phone that was not refused before, or for another reason.
        """
        ...

    def forget_refusal(self, device: DeviceName) -> None:
        """The phone was admitted after all."""
        ...

    def refused_model(self, device: DeviceName) -> str:
        """Which model a phone that was turned away said it is; empty where nobody knows."""
        ...

    def refused(self) -> Sequence[RefusedPhone]:
        """Phones turned away and not admitted since, newest first."""
        ...

    def audit(self, entry: AuditEntry) -> None:
        """Note who changed what."""
        ...

    def audit_trail(self, *, limit: int = 200) -> Sequence[AuditEntry]:
        """The newest entries, oldest first."""
        ...

    def newest_audit(self) -> int:
        """A number that grows with every entry, whichever node writes it; 0 for none."""
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


class CallRecords(Protocol):
    """Records of calls, of all phones."""

    def add(self, record: CallRecord) -> None:
        """Write a call down."""
        ...

    def newest(
        self, *, devices: Collection[DeviceName] = (), since: datetime | None = None, most: int = 100
    ) -> Sequence[CallRecord]:
        """The newest calls, oldest first: of these phones if any are named, ended at ``since`` or later."""
        ...

    def forget(self, before: datetime) -> int:
        """Remove the calls that ended before; how many these were."""
        ...


class ClaimRepository(Protocol):
    """Extensions that wait for their phones, numbers that must not be claimed, and wrong attempts."""

    def all(self) -> Sequence[Claim]:
        """Every claim, claimed ones too, ordered by number."""
        ...

    def get(self, number: str) -> Claim | None:
        """The claim for this extension, or None."""
        ...

    def save(self, claim: Claim) -> None:
        """Write one, new or changed."""
        ...

    def remove(self, number: str) -> None:
        """Remove one. Raises NotFound."""
        ...

    def protected(self) -> Sequence[str]:
        """Numbers and patterns (``X`` is any digit) that must never be claimed, ordered."""
        ...

    def protect(self, pattern: str) -> None:
        """Add one; harmless when it is there."""
        ...

    def unprotect(self, pattern: str) -> None:
        """Remove one. Raises NotFound."""
        ...

    def tries(self, subject: str) -> ClaimTries | None:
        """Wrong attempts of a phone (``phone:SEP…``) or for an extension (``number:2001``); None for none."""
        ...

    def set_tries(self, subject: str, tries: ClaimTries | None) -> None:
        """Set them; None forgets them."""
        ...

    def forget_tries(self, before: datetime) -> None:
        """Forget those whose last attempt is older."""
        ...


class CallBackRepository(Protocol):
    """Whom the users of phones want to call back."""

    def all(self) -> Sequence[KeptCallBack]:
        """Every request, ordered by device."""
        ...

    def save(self, kept: KeptCallBack) -> None:
        """Write the request of a phone, in the place of the one before."""
        ...

    def remove(self, device: DeviceName) -> None:
        """Forget the request of a phone, if it has one."""
        ...

    def forget(self, before: datetime) -> None:
        """Forget those that ended before this moment."""


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


class OnboardingRepository(Protocol):
    """One-time codes with which phones fetch their first profile."""

    def all(self) -> Sequence[OnboardingCode]:
        """Every code, used ones too, the newest first."""
        ...

    def get(self, digest: str) -> OnboardingCode | None:
        """The code with this digest, or None."""
        ...

    def add(self, code: OnboardingCode) -> None:
        """Add one. Raises Conflict where there is such a code already."""
        ...

    def use(self, digest: str, device: DeviceName, now: datetime) -> bool:
        """Use a code up; False where somebody else did, on this node or another one."""
        ...

    def remove(self, digest: str) -> None:
        """Remove one. Raises NotFound."""


class InventoryRepository(Protocol):
    """What phones were seen to be."""

    def all(self) -> Mapping[DeviceName, Inventory]:
        """What is known of every phone of which something is."""
        ...

    def get(self, name: DeviceName) -> Inventory:
        """The same of one phone; ``NOTHING_SEEN`` where nothing is known."""
        ...

    def save(self, seen: Mapping[DeviceName, Inventory]) -> None:
        """Write what is known of these phones; of those that the database does not have, nothing."""
        ...


class AccountRepository(Protocol):
    """Who may log in, who has, programs' tokens, and wrong logins."""

    def all(self) -> Sequence[Account]:
        """Every account, ordered by name."""
        ...

    def get(self, name: str) -> Account | None:
        """The account of that name, or None."""
        ...

    def save(self, account: Account) -> None:
        """Write one, new or changed."""
        ...

    def remove(self, name: str) -> None:
        """Remove one with its sessions. Raises NotFound."""
        ...

    def session(self, digest: str) -> LoginSession | None:
        """The session whose cookie has this hash, or None."""
        ...

    def add_session(self, session: LoginSession) -> None:
        """Add one; sessions that are over go."""
        ...

    def touch_session(self, digest: str, at: datetime) -> None:
        """Note that it is used."""
        ...

    def end_sessions(self, *, digest: str = "", account: str = "", but: str = "") -> None:
        """End the session with this hash, or all of an account save the one whose hash is ``but``."""
        ...

    def tokens(self) -> Sequence[ApiToken]:
        """Every token, ordered by name."""
        ...

    def token(self, digest: str) -> ApiToken | None:
        """The token with this hash, or None."""
        ...

    def add_token(self, token: ApiToken) -> None:
        """Add one. Raises Conflict when the name is taken."""
        ...

    def touch_token(self, digest: str, at: datetime) -> None:
        """Note that it is used."""
        ...

    def remove_token(self, name: str) -> None:
        """Remove one. Raises NotFound."""
        ...

    def tries(self, subject: str) -> LoginTries | None:
        """Wrong logins of a subject; None for none."""
        ...

    def count_try(self, subject: str, at: datetime) -> None:
        """One more."""
        ...

    def forget_tries(self, *, subject: str = "", before: datetime | None = None) -> None:
        """Forget those of a subject, or those whose last one is older."""
        ...


class UnitOfWork(Protocol):
    """One transaction. Leaving the block without ``commit()`` undoes everything in it."""

    devices: DeviceRepository
    autoregistration: AutoregistrationRepository
    site: SiteRepository
    objects: SiteObjects
    journal: Journal
    phonebook: PhonebookRepository
    firmware: FirmwareRepository
    calls: CallRecords
    claims: ClaimRepository
    callbacks: CallBackRepository
    elements: FileElementRepository
    onboarding: OnboardingRepository
    inventory: InventoryRepository
    accounts: AccountRepository

    def commit(self) -> None:
        """Make the changes lasting. Raises Conflict, StoreUnavailable or StoreReadOnly."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Store(Protocol):
    """The database."""

    def read(self) -> UnitOfWork:
        """A transaction that only reads. Raises StoreUnavailable."""
        ...

    def write(self) -> UnitOfWork:
        """A transaction that may write. Raises StoreUnavailable or StoreReadOnly."""
        ...


# --- Asterisk --------------------------------------------------------------------------------------------------------


class Transport(StrEnum):
    """What carries SIP between a phone and Asterisk."""

    TCP = "tcp"
    UDP = "udp"


MOST_BUSY_AT = 1000
"""The most calls at a time from which an endpoint may count as busy."""


@dataclass(frozen=True, slots=True)
class SipEndpoint:
    """What Asterisk must know about one line: endpoint, aor, auth, extension and hint all follow from it."""

    name: str
    """Name of endpoint, aor and auth user: the primary directory number."""
    secret: str = field(repr=False)
    device: DeviceName
    number: str
    caller_name: str = ""
    context: str = "sepbridge-phones"
    """The dialplan context in which the phone's calls start."""
    transport: Transport = Transport.TCP
    codecs: tuple[str, ...] = ("g722", "ulaw", "alaw")
    busy_at: int = 2
    """Calls at a time from which the phone counts as busy."""
    no_answer_seconds: int = 60
    """After so long a call counts as not answered, and goes where it is forwarded to or into the mailbox."""
    max_forwards: int = 12
    """How often one call may be forwarded."""
    forward_context: str = "sepbridge-phones"
    """The dialplan context in which its forwards' targets are looked up."""
    mailbox: str = ""
    """The line's mailbox with its context, ``1001@default``; empty for none."""
    names_mailbox: bool = False
    """The line says itself which mailbox it has: where the site wants that, it is made."""
    call_group: str = ""
    """The pickup group to which its calls belong; empty for none."""
    pickup_group: str = ""
    """The pickup group whose calls it may pick up."""
    other_groups: tuple[str, ...] | None = None
    """The groups whose calls OPickUp takes; None for all."""
    music_on_hold: str = ""
    """The class of music that the other side of its calls hears on hold; empty for Asterisk's default."""
    partition: str = ""
    """Of the number: it can be called only by those who reach that partition."""
    variables: tuple[tuple[str, str], ...] = ()
    """Channel variables that its calls begin with."""
    username: str = ""
    """Of the device that the secret belongs to: its primary number. Empty for the name."""
    sharers: tuple[tuple[DeviceName, str, str], ...] = field(default=(), repr=False)
    """Other devices with this line, each with its own user name and secret: all of them may register it."""
    contacts: int = 1
    """Registrations at a time: one for each phone with SIP firmware, and one for all others, which we register."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A registration as Asterisk knows it."""

    endpoint: str
    uri: str
    user_agent: str
    address: str
    """``address:port`` the registration came from; may be empty."""
    call_id: str
    """Call-ID of the phone's REGISTER; a restart request must name it."""
    status: str = ""


class RestartKind(StrEnum):
    """The two ways to make a phone read its files again."""

    RESTART = "restart"
    """Leave, read the files again, register."""
    RESET = "reset"
    """A full boot, like power off and on."""


class RestartEvent(StrEnum):
    """The SIP event that carries the request; families listen to different ones."""

    SERVICE_CONTROL = "service-control"
    CHECK_SYNC = "check-sync"
    """7940 and 7960."""
    RESYNC = "resync"
    """Phones that read flat profiles: they fetch theirs and decide by themselves."""


@dataclass(frozen=True, slots=True)
class PbxStatus:
    """How things stand with Asterisk."""

    connected: bool
    since: datetime | None
    """When the present state began."""
    version: str = ""
    trouble: str = ""
    """Why there is no connection, why changes cannot be written or reloaded, or which endpoint Asterisk does not take,
    in words with a fix; empty while all is well."""
    pending: tuple[str, ...] = ()
    """Endpoints whose change Asterisk has not confirmed."""
    reloads: int = 0
    """Reloads since the start of the service."""


class PbxListener(Protocol):
    """Who is told what happens at Asterisk. Called in the event loop; must not block."""

    def contact_added(self, contact: Contact) -> None:
        """A phone registered (or re-registered from elsewhere)."""
        ...

    def contact_removed(self, endpoint: str, why: str) -> None:
        """A registration ended."""
        ...


class ExtensionFollower(Protocol):
    """Who takes up what others changed of our extensions, in the PBX's own pages."""

    async def follow(self, changes: Sequence[ExtensionChange]) -> None:
        """Take them up, in this order, and declare the endpoints anew. Raises StoreError: they come again then."""
        ...


class LineFeatureStore(Protocol):
    """Forwards and do-not-disturb of numbers, where the PBX keeps them, shared with its own codes and pages."""

    async def read(self, number: str) -> LineFeatures:
        """How ``number`` stands. Raises PbxError."""
        ...

    async def set_forward(self, number: str, kind: ForwardKind, target: str) -> None:
        """Forward ``number``; an empty target ends the forward. Raises InvalidInput, PbxError."""
        ...

    async def set_dnd(self, number: str, mode: DndMode) -> None:
        """Set do-not-disturb; others see it. Raises PbxError."""
        ...

    async def ring_through(self, number: str, seconds: float) -> None:
        """For so long calls to ``number`` ring whatever is set. Raises PbxError."""


class Conferences(Protocol):
    """The conferences that run at Asterisk, by the names of their rooms."""

    async def members(self, room: str) -> Sequence[ConferenceMember]:
        """Who is there, in the order in which they came; empty where there is no such room. Raises PbxError."""
        ...

    async def mute(self, room: str, channel: str, *, muted: bool) -> None:
        """Let the others no longer hear a member, or hear it again. Raises PbxError."""
        ...

    async def remove(self, room: str, channel: str) -> None:
        """Take a member out. Raises PbxError."""
        ...


class Recordings(Protocol):
    """Recording of calls by Asterisk."""

    async def start(self, endpoint: str, call_id: str, file: str, *, beep: int = 0) -> str:
        """Record a phone's leg of a call, named by its SIP Call-ID; returns what ``stop`` wants to be told.

        ``file`` is below Asterisk's directory of recordings; ``beep``: seconds between two beeps, 0 for none. It ends
        with the leg. Raises NotFound for a call that is not there, InvalidInput and PbxError.
        """
        ...

    async def stop(self, recording: str) -> None:
        """End it before. Raises PbxError."""
        ...


class NumberStates(Protocol):
    """Whether numbers can be called just now."""

    def watch(self, number: str, context: str) -> None:
        """Tell from now on how ``number`` stands, looked for in a context of the dialplan. Raises InvalidInput."""
        ...

    def unwatch(self, number: str) -> None:
        """Nobody wants to know any more."""
        ...


class Pbx(Protocol):
    """Asterisk. It may be away: changes are kept and applied when it is back, in one reload for many phones."""

    def replace_all(self, endpoints: Iterable[SipEndpoint]) -> None:
        """Declare the complete set of our endpoints (at start-up). Returns at once."""
        ...

    def put(self, endpoints: Iterable[SipEndpoint]) -> None:
        """Add or change endpoints. Returns at once; see ``settled``."""
        ...

    def drop(self, names: Iterable[str]) -> None:
        """Remove endpoints. Returns at once."""
        ...

    def set_dial_plan(self, contexts: Iterable[Context]) -> None:
        """Declare the contexts of the site's dial plan, all of them. Returns at once."""
        ...

    async def settled(self, name: str, *, within: float) -> bool:
        """Wait until Asterisk has confirmed the endpoint; False after ``within`` seconds, or at once while away."""
        ...

    def is_there(self, name: str) -> bool:
        """Whether Asterisk knows the endpoint, as it is desired now or as it was before it changed."""
        ...

    def status(self) -> PbxStatus:
        """How things stand."""
        ...

    @property
    def others(self) -> frozenset[str]:
        """Numbers of others as last seen, without asking anybody; ``foreign_numbers`` has them all."""
        ...

    async def foreign_numbers(self) -> frozenset[str]:
        """Names of endpoints in Asterisk that are not ours: numbers that must not be given out."""
        ...

    async def extensions(self, contexts: Collection[str]) -> Mapping[str, str]:
        """Extensions and patterns of these contexts and of what they include, with their kinds. Raises PbxError."""
        ...

    async def calls(self) -> int:
        """How many channels are in a call. Raises PbxError."""
        ...

    async def contacts(self) -> Sequence[Contact]:
        """Every registration of our endpoints. Raises PbxError."""
        ...

    async def restart_phone(
        self, endpoint: str, kind: RestartKind, *, event: RestartEvent = RestartEvent.SERVICE_CONTROL
    ) -> None:
        """Tell a registered phone to restart. ``kind`` matters with ``SERVICE_CONTROL`` alone. Raises PbxError,
        NotFound."""
        ...
