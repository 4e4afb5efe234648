"""What stands on a CUCM, in its own words: nothing is judged or translated yet.

Texts are as CUCM writes them, empty where it says nothing. Sources: migration reference, sections 2 and 3, and its
tables of columns and of AXL fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.migration.notes import NOWHERE, Note, Origin


@dataclass(frozen=True, slots=True)
class CucmForward:
    """Where calls of a number are forwarded to."""

    kind: str
    """``all``, ``busy``, ``no answer``, or CUCM's name of one that there is none of here."""
    destination: str = ""
    voicemail: bool = False
    external: bool = False
    """For calls from outside; CUCM keeps these apart."""


@dataclass(frozen=True, slots=True)
class CucmLine:
    """A directory number; what is set for it counts on all of its phones."""

    number: str
    partition: str = ""
    css: str = ""
    forward_css: str = ""
    pickup_group: str = ""
    voicemail_profile: str = ""
    alerting_name: str = ""
    auto_answer: str = ""
    no_answer_seconds: str = ""
    hold_reversion_seconds: str = ""
    forwards: tuple[CucmForward, ...] = ()
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class CucmAppearance:
    """A line on a phone."""

    index: int
    line: CucmLine
    label: str = ""
    display: str = ""
    external_mask: str = ""
    max_calls: str = ""
    busy_trigger: str = ""
    lamp: str = ""
    audible_messages: str = ""
    ring_idle: str = ""
    ring_busy: str = ""
    recording: str = ""
    log_missed: str = ""


@dataclass(frozen=True, slots=True)
class CucmSpeedDial:
    """A speed dial; CUCM counts them apart from lines."""

    index: int
    number: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class CucmBusyLamp:
    """A BLF speed dial: a destination, or a directory number."""

    index: int
    number: str
    label: str = ""
    pickup: bool = False


@dataclass(frozen=True, slots=True)
class CucmPhone:
    """A device."""

    name: str
    origin: Origin = NOWHERE
    description: str = ""
    model: str = ""
    protocol: str = ""
    pool: str = ""
    css: str = ""
    button_template: str = ""
    softkey_template: str = ""
    phone_profile: str = ""
    security_profile: str = ""
    owner: str = ""
    user_locale: str = ""
    network_locale: str = ""
    load: str = ""
    modules: tuple[str, ...] = ()
    dnd_option: str = ""
    dnd_alert: str = ""
    privacy: str = ""
    barge: str = ""
    idle_url: str = ""
    lines: tuple[CucmAppearance, ...] = ()
    speed_dials: tuple[CucmSpeedDial, ...] = ()
    busy_lamps: tuple[CucmBusyLamp, ...] = ()
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CucmPool:
    """A device pool."""

    name: str
    group: str = ""
    region: str = ""
    date_time_group: str = ""
    autoreg_css: str = ""
    network_locale: str = ""
    local_route_group: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class CucmRegion:
    """A region; ``bandwidth`` is what calls inside it may have, as CUCM writes it (``64 kbps``, ``G.729``)."""

    name: str
    bandwidth: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class CucmDateTimeGroup:
    """Time zone and date format."""

    name: str
    time_zone: str = ""
    separator: str = ""
    date_format: str = ""
    time_format: str = ""
    ntp_servers: tuple[str, ...] = ()
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class CucmPartition:
    """A partition."""

    name: str
    description: str = ""
    schedule: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class CucmSpace:
    """A calling search space with its partitions in order."""

    name: str
    partitions: tuple[str, ...] = ()
    description: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class CucmPattern:
    """A route or translation pattern."""

    pattern: str
    translation: bool = False
    partition: str = ""
    description: str = ""
    block: bool = False
    release_cause: str = ""
    urgent: bool = False
    discard: str = ""
    prefix: str = ""
    called_mask: str = ""
    use_external_mask: bool = False
    calling_mask: str = ""
    calling_prefix: str = ""
    outside_dial_tone: bool = True
    route_filter: str = ""
    destination: str = ""
    """The route list or gateway."""
    emergency: bool = False
    css: str = ""
    use_originator_css: bool = False
    dont_wait: bool = False
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class CucmButtonTemplate:
    """A phone button template: feature and label of each button, in order."""

    name: str
    buttons: tuple[tuple[str, str], ...] = ()
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class CucmPickupGroup:
    """A call pickup group."""

    name: str
    description: str = ""
    notification: str = ""
    notification_wait: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class CucmUser:
    """A user; passwords and PINs are never read."""

    user_id: str
    first_name: str = ""
    last_name: str = ""
    primary_extension: str = ""
    devices: tuple[str, ...] = ()
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that was read."""

    phones: tuple[CucmPhone, ...] = ()
    pools: tuple[CucmPool, ...] = ()
    regions: tuple[CucmRegion, ...] = ()
    date_time_groups: tuple[CucmDateTimeGroup, ...] = ()
    partitions: tuple[CucmPartition, ...] = ()
    spaces: tuple[CucmSpace, ...] = ()
    patterns: tuple[CucmPattern, ...] = ()
    button_templates: tuple[CucmButtonTemplate, ...] = ()
    softkey_templates: tuple[str, ...] = ()
    """Names alone: no export has the keys of a template in a form that a public source shows."""
    pickup_groups: tuple[CucmPickupGroup, ...] = ()
    groups: tuple[str, ...] = ()
    """CallManager groups."""
    users: tuple[CucmUser, ...] = ()
    notes: tuple[Note, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many of each kind were read, by the kind's name."""

    def __add__(self, other: Inventory) -> Inventory:
        """Both; the counts are added."""
        lists = {name: (*getattr(self, name), *getattr(other, name)) for name in _LISTS}
        kinds = dict.fromkeys((*self.counts, *other.counts))
        return Inventory(**lists, counts={each: self.counts.get(each, 0) + other.counts.get(each, 0) for each in kinds})


_LISTS = (
    "phones",
    "pools",
    "regions",
    "date_time_groups",
    "partitions",
    "spaces",
    "patterns",
    "button_templates",
    "softkey_templates",
    "pickup_groups",
    "groups",
    "users",
    "notes",
)
