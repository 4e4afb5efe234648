"""May it in? The decision on an unknown phone, from the site's settings and the evidence at hand.

Source: autoregistration reference, sections 3, 4, 5.3 and 7. Known devices never come here: no window concerns them.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.autoregistration.allocation import allocate
from bridge.autoregistration.phonelists import ListEntry, ListKind, address_of, matches
from bridge.autoregistration.policy import ROGUE_POOL, AutoregistrationSettings, UnknownMode
from bridge.autoregistration.reasons import Refusal, RefusalReason
from bridge.autoregistration.templates import NO_TEMPLATES, UniversalTemplates, furnished
from bridge.core import (
    NOWHERE,
    Device,
    DeviceDefaults,
    DeviceName,
    Line,
    LineAppearance,
    NetworkPlace,
    OnboardingMethod,
    SignallingProtocol,
)

SHOWN_FOR = timedelta(minutes=5)
"""How long it counts that a phone registered with firmware of the wrong protocol. It tries again about once a minute,
and must not be given a number each time; afterwards other firmware may be in it."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What must be known about a model to decide: its number, its name, and the one protocol it speaks, if only one."""

    number: int
    name: str = ""
    only_protocol: SignallingProtocol | None = None
    """None for models whose firmware exists for both protocols."""

    @property
    def dual_protocol(self) -> bool:
        """Whether firmware decides which protocol the phone speaks."""
        return self.only_protocol is None


@dataclass(frozen=True, slots=True)
class FileArrival:
    """An unknown phone asked for a file of its own. That tells its name, not its protocol (AR-22)."""

    device: DeviceName
    client: str
    """The IP address that asked."""
    evidence_protocol: SignallingProtocol | None = None
    """Set when some evidence proves a phone that speaks one protocol only: a known model, a request on HTTP 6970."""
    model: str = ""
    """The model that the evidence speaks for, to be told to people; empty where it leaves that open."""


@dataclass(frozen=True, slots=True)
class RegistrationArrival:
    """An unknown phone tries to register: an SCCP Register, or a REGISTER at our own SIP doorway."""

    device: DeviceName
    client: str
    protocol: SignallingProtocol
    """What its firmware speaks now."""
    model: ModelFacts | None = None
    """None when the phone did not say, or said a number that the catalogue does not hold."""
    place: NetworkPlace = NOWHERE
    """Where it hangs, as far as it said so before it registered."""


Arrival = FileArrival | RegistrationArrival


@dataclass(frozen=True, slots=True)
class Admission:
    """The phone is let in: its number, its protocol, and the settings to save, with the pointer moved on."""

    number: str
    protocol: SignallingProtocol
    settings: AutoregistrationSettings
    rogue: bool = False
    """It is let into the rogue pool alone."""

    @property
    def partition(self) -> str:
        """The partition of its number."""
        return self.settings.rogue_partition if self.rogue else self.settings.partition


@dataclass(frozen=True, slots=True)
class Deferral:
    """The phone is welcome, but must show its protocol first.

    It is told that its own file does not exist, so that it reads XMLDefault.cnf.xml, takes the load named there and
    registers; then it is decided upon again.
    """

    protocol: SignallingProtocol
    why: str


Decision = Admission | Deferral | Refusal


def decide(
    arrival: Arrival,
    settings: AutoregistrationSettings,
    *,
    now: datetime,
    in_use: AbstractSet[str],
    device_defaults: Iterable[DeviceDefaults] = (),
    rogue_in_use: AbstractSet[str] = frozenset(),
    verdict: bool | None = None,
    admits_here: bool = True,
    speaks_otherwise: bool = False,
) -> Decision:
    """Decide on one unknown phone.

    ``in_use`` holds every number of the plan in ``settings.partition``, ``rogue_in_use`` those that the rogue range
    cannot give. ``verdict`` is what an admin decided on this very phone, None if nothing. ``admits_here`` is false on
    a server that leaves admitting to another one (AR-19). ``speaks_otherwise``: at a registration within ``SHOWN_FOR``
    its firmware spoke what it is not to speak, so that its requests for files get it no number. For a batch: save the
    settings of each Admission by passing them to the next call, and add its number to the numbers in use.
    """
    closed = None if verdict and not _is_shut(settings) else _closed(settings, now)
    rogue = closed is not None and settings.takes_rogues
    if closed is not None and not rogue:
        return closed
    if verdict is False:
        return Refusal(RefusalReason.NOT_IN_ALLOW_LIST, detail="an admin denied it")
    if not admits_here:
        return Refusal(RefusalReason.PRIMARY_UNAVAILABLE)
    unwelcome = None if verdict else _unwelcome(arrival, settings)
    if unwelcome is not None:
        return unwelcome
    if rogue:
        return _rogue(arrival, settings, rogue_in_use)
    if settings.approval and verdict is None:
        return Refusal(RefusalReason.AWAITING_APPROVAL)
    allocation = allocate(settings.range, settings.next_number, in_use)
    if allocation is None:
        return Refusal(RefusalReason.RANGE_EXHAUSTED, detail=str(settings.range))
    match arrival:
        case FileArrival():
            protocol = arrival.evidence_protocol or settings.protocol
            if protocol is SignallingProtocol.SCCP:
                return Deferral(protocol, "it gets its number when it registers over SCCP")
            if speaks_otherwise and arrival.evidence_protocol is None:
                return Deferral(
                    protocol, f"its firmware was refused: it gets its number when it registers over {protocol}"
                )
        case RegistrationArrival():
            protocol = arrival.protocol
            if (refusal := _by_hand(arrival, device_defaults)) is not None:
                return refusal
            if (refusal := mismatch(arrival, settings.protocol, device_defaults)) is not None:
                return refusal
    left = settings.phones_left
    moved = replace(
        settings, next_number=allocation.next_number, phones_left=None if left is None else max(0, left - 1)
    )
    return Admission(allocation.number, protocol, moved)


def _rogue(arrival: Arrival, settings: AutoregistrationSettings, in_use: AbstractSet[str]) -> Decision:
    """A strange phone is let in as it is: it shall stop rebooting, not be converted to other firmware (AR-10)."""
    numbers = settings.rogue.range
    allocation = allocate(numbers, settings.rogue.next_number, in_use)
    if allocation is None:
        return Refusal(RefusalReason.RANGE_EXHAUSTED, detail=f"rogue pool, {numbers}")
    match arrival:
        case FileArrival():
            protocol = arrival.evidence_protocol or settings.protocol
            if protocol is SignallingProtocol.SCCP:
                return Deferral(protocol, "it gets a number of the rogue pool when it registers over SCCP")
        case RegistrationArrival():
            protocol = arrival.protocol
    moved = replace(settings, rogue=replace(settings.rogue, next_number=allocation.next_number))
    return Admission(allocation.number, protocol, moved, rogue=True)


def mismatch(
    arrival: RegistrationArrival, parameter: SignallingProtocol, device_defaults: Iterable[DeviceDefaults] = ()
) -> Refusal | None:
    """The refusal of a dual-protocol phone whose firmware speaks what the site does not want; None where it fits."""
    wanted = desired_protocol(arrival.model, parameter)
    if arrival.model is None or not arrival.model.dual_protocol or arrival.protocol is wanted:
        return None
    return _wrong_protocol(arrival.model, arrival.protocol, wanted, device_defaults)


def desired_protocol(model: ModelFacts | None, parameter: SignallingProtocol) -> SignallingProtocol:
    """What a phone of this model is to speak.

    Dual-protocol models, and models not known yet, follow the Auto Registration Phone Protocol; the others cannot
    (AR-24 to AR-26).
    """
    return parameter if model is None or model.only_protocol is None else model.only_protocol


def new_device(
    arrival: Arrival,
    admission: Admission,
    *,
    secret: str,
    version_stamp: str,
    now: datetime,
    device_defaults: Iterable[DeviceDefaults] = (),
    templates: UniversalTemplates = NO_TEMPLATES,
) -> Device:
    """The record of an admitted phone: its number on line 1, pool and templates of its model's defaults (AR-20).

    A strange phone of the rogue pool is made from no template: it gets nothing but a number.
    """
    registers = isinstance(arrival, RegistrationArrival)
    rogue = admission.rogue
    model = arrival.model if isinstance(arrival, RegistrationArrival) else None
    defaults = None if model is None else defaults_of(model.number, admission.protocol, device_defaults)
    device = Device(
        name=arrival.device,
        desired_protocol=admission.protocol,
        observed_protocol=admission.protocol if registers else None,
        created_at=now,
        version_stamp=version_stamp,
        secret=secret,
        lines=(LineAppearance(1, Line(admission.number, admission.partition)),),
        model_number=None if model is None else model.number,
        model="" if model is None else model.name,
        description=f"{'Rogue' if rogue else 'Auto'} {admission.number}",
        pool=ROGUE_POOL if rogue else admission.settings.pool,
        address=arrival.client,
        last_seen=now,
        temporary=True,
    )
    return device if rogue else furnished(device, defaults, admission.settings, templates)


def met_again(device: Device, *, now: datetime, client: str = "", protocol: SignallingProtocol | None = None) -> Device:
    """A known device came back, perhaps from another address or with other firmware. Its numbers stay (AR-14)."""
    return replace(
        device,
        address=client or device.address,
        observed_protocol=protocol or device.observed_protocol,
        last_seen=now,
    )


def _closed(settings: AutoregistrationSettings, now: datetime) -> Refusal | None:
    if settings.is_open(now):
        return None
    window = settings.window
    if settings.is_locked:
        return Refusal(RefusalReason.AUTOREG_OFF, detail="secure mode")
    if settings.is_off or window is None:
        return Refusal(RefusalReason.AUTOREG_OFF)
    if settings.phones_left == 0 and window.is_open(now):
        return Refusal(RefusalReason.WINDOW_CLOSED, detail="as many phones as it was opened for are in")
    if now < window.opens_at:
        return Refusal(RefusalReason.WINDOW_CLOSED, detail=f"opens at {window.opens_at:%Y-%m-%d %H:%M:%S} UTC")
    return Refusal(RefusalReason.WINDOW_CLOSED, detail=f"closed at {window.closes_at:%Y-%m-%d %H:%M:%S} UTC")


def _is_shut(settings: AutoregistrationSettings) -> bool:
    """Whether not even a phone that an admin approved by name may in."""
    return (
        settings.range.is_empty
        or settings.server_disabled
        or settings.is_locked
        or settings.unknown is UnknownMode.REFUSE
    )


def _unwelcome(arrival: Arrival, settings: AutoregistrationSettings) -> Refusal | Deferral | None:
    model = arrival.model if isinstance(arrival, RegistrationArrival) else None
    facts = arrival.device, arrival.client, None if model is None else model.number
    if (entry := matches(settings.denied, *facts)) is not None:
        return Refusal(RefusalReason.NOT_IN_ALLOW_LIST, detail=f"{entry} is in the deny list")
    if settings.allowed_networks:
        address = address_of(arrival.client)
        if address is None or not any(address in network for network in settings.allowed_networks):
            return Refusal(RefusalReason.NOT_IN_ALLOW_LIST, detail=arrival.client)
    if settings.allowed and matches(settings.allowed, *facts) is None:
        if not _waits_for_model(arrival, settings):
            return Refusal(RefusalReason.NOT_IN_ALLOW_LIST, detail=f"{arrival.device} matches no entry")
    elif not (isinstance(arrival, FileArrival) and _has_models(settings.denied)):
        return None
    return Deferral(settings.protocol, "it has to register first, since its model decides")


def _waits_for_model(arrival: Arrival, settings: AutoregistrationSettings) -> bool:
    return isinstance(arrival, FileArrival) and _has_models(settings.allowed)


def _has_models(entries: Iterable[ListEntry]) -> bool:
    return any(each.kind is ListKind.MODEL for each in entries)


def _by_hand(arrival: RegistrationArrival, device_defaults: Iterable[DeviceDefaults]) -> Refusal | None:
    """The refusal of a model whose phones an admin adds one by one (AR-20)."""
    defaults = None if arrival.model is None else defaults_of(arrival.model.number, arrival.protocol, device_defaults)
    if defaults is None or defaults.onboarding is not OnboardingMethod.MANUAL:
        return None
    return Refusal(RefusalReason.NOT_IN_ALLOW_LIST, detail="phones of its model are added by hand")


def _wrong_protocol(
    model: ModelFacts,
    observed: SignallingProtocol,
    wanted: SignallingProtocol,
    device_defaults: Iterable[DeviceDefaults],
) -> Refusal:
    defaults = defaults_of(model.number, wanted, device_defaults)
    load = "" if defaults is None else defaults.load
    detail = f"it speaks {observed}, unknown phones of model {model.name or model.number} are to speak {wanted}"
    return Refusal(RefusalReason.WRONG_PROTOCOL, detail=detail, load=load)


def defaults_of(
    model_number: int | None, protocol: SignallingProtocol, device_defaults: Iterable[DeviceDefaults]
) -> DeviceDefaults | None:
    """The device defaults of a model and protocol, if there are any."""
    return next(
        (each for each in device_defaults if (each.model_number, each.protocol) == (model_number, protocol)), None
    )
