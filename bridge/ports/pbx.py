"""Asterisk, as the house speaks of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bridge.core import (
    DeviceName,
    DndMode,
    ForwardKind,
    LineFeatures,
)
from bridge.core.conferences import ConferenceMember
from bridge.core.extensions import ExtensionChange
from bridge.dialplan import Context


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

    async def calls(self) -> Sequence[str]:
        """Who is in a call: for each channel the name of its endpoint, or of its trunk. Raises PbxError."""
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
