"""What is known about an unknown phone, gathered piece by piece from what it does.

A MAC never tells the model (phone boot reference, section 8). File names, an HTTP request, a User-Agent, DHCP option 60
and the numbers in a registration each narrow the choice. Evidence of a better rank replaces weaker evidence that it
contradicts; weaker evidence never replaces better.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum

from bridge.core import SignallingProtocol, Via
from bridge.phones.catalogue import ConfigFamily, Model, catalogue
from bridge.phones.loads import parse_load
from bridge.phones.requestedfile import FileKind, RequestedFile
from bridge.phones.useragent import PhoneAgent
from bridge.phones.vendorclass import VendorClass

HTTP_FAMILIES = frozenset(
    {
        ConfigFamily.SERIES_78XX,
        ConfigFamily.SERIES_88XX,
        ConfigFamily.SERIES_88XX_WIRELESS,
        ConfigFamily.SERIES_88XX_CONFERENCE,
        ConfigFamily.SERIES_99XX,
    }
)
"""Families that fetch over HTTP 6970 (phone boot reference, section 4, "Who"); all of them speak SIP alone."""


class Rank(IntEnum):
    """How good a piece of evidence is; the order of phone boot reference, section 8."""

    NOTHING = 0
    TRANSPORT = 1
    FILE_NAME = 2
    DEFAULT_LOAD = 3
    DHCP = 4
    USER_AGENT = 5
    REGISTRATION = 6


@dataclass(frozen=True, slots=True)
class PhoneEvidence:
    """What is known so far about one phone. Starts empty; every ``with_…`` gives a new one."""

    models: frozenset[str] | None = None
    """Catalogue names that are still possible; None while nothing narrows them."""
    rank: Rank = Rank.NOTHING
    """The best evidence that ``models`` rests on."""
    observed: SignallingProtocol | None = None
    """What its firmware was seen to speak, or to fetch."""
    holds_trust_list: bool = False
    """It asked for a signed file over TFTP or plain HTTP: it may refuse ours (phone boot reference, section 7)."""

    def with_file(self, requested: RequestedFile, via: Via = Via.TFTP) -> PhoneEvidence:
        """After a request for a file."""
        known = self
        if via is Via.HTTP or via is Via.HTTPS:
            known = known.narrowed(_in_families(HTTP_FAMILIES), Rank.TRANSPORT)
        if requested.families or requested.models:
            names = requested.models or _in_families(requested.families)
            rank = Rank.DEFAULT_LOAD if requested.kind is FileKind.DEFAULT_LOADS else Rank.FILE_NAME
            known = known.narrowed(names, rank)
        if requested.protocol is not None and known.observed is None:
            known = replace(known, observed=requested.protocol)
        if requested.signed and requested.device is not None and via is not Via.HTTPS:
            known = replace(known, holds_trust_list=True)
        return known

    def with_user_agent(self, agent: PhoneAgent | None) -> PhoneEvidence:
        """After a SIP or HTTP message with a User-Agent."""
        if agent is None or agent.model is None:
            return self
        return self.narrowed(frozenset({agent.model.name}), Rank.USER_AGENT)

    def with_vendor_class(self, vendor_class: VendorClass | None) -> PhoneEvidence:
        """After a DHCP request with option 60."""
        if vendor_class is None or vendor_class.model is None:
            return self
        return self.narrowed(frozenset({vendor_class.model.name}), Rank.DHCP)

    def with_load(self, name: str) -> PhoneEvidence:
        """After the phone named the load that it runs (SCCP Register, the Reason of a REGISTER, LLDP)."""
        load = parse_load(name)
        names = load.models or _in_families(load.families)
        known = self.narrowed(names, Rank.USER_AGENT) if names else self
        return replace(known, observed=load.protocol) if load.protocol is not None else known

    def with_registration(self, number: int | None, protocol: SignallingProtocol) -> PhoneEvidence:
        """After a registration, which carries the device type number and proves what the firmware speaks."""
        model = catalogue().by_number(number) if number is not None else None
        known = self.narrowed(frozenset({model.name}), Rank.REGISTRATION) if model is not None else self
        return replace(known, observed=protocol)

    def candidates(self) -> tuple[Model, ...]:
        """The models that are still possible, in the catalogue's order; empty while nothing is known."""
        if self.models is None:
            return ()
        return tuple(model for model in catalogue() if model.name in self.models)

    def model(self) -> Model | None:
        """The model, once only one is possible."""
        if self.models is None or len(self.models) != 1:
            return None
        return catalogue().by_name(next(iter(self.models)))

    def single_protocol(self) -> SignallingProtocol | None:
        """The one protocol that every possible model speaks and is offered with; None while that is open."""
        protocols = {model.only_protocol for model in self.candidates()}
        return protocols.pop() if len(protocols) == 1 else None

    def narrowed(self, names: Iterable[str], rank: Rank) -> PhoneEvidence:
        """After any evidence that the phone is one of the models so named."""
        offered = frozenset(names)
        both = offered if self.models is None else self.models & offered
        if both:
            return replace(self, models=both, rank=max(rank, self.rank))
        return replace(self, models=offered, rank=rank) if rank > self.rank else self


def _in_families(families: frozenset[ConfigFamily]) -> frozenset[str]:
    return frozenset(model.name for model in catalogue() if model.family in families)
