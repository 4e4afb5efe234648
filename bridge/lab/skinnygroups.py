"""The multicast groups that an SCCP phone was told to play.

It plays what comes there on its loudspeaker until it is told to stop, and says whether it could join. No source tells
what a phone does that gets two such streams, or a call besides: this one plays all.
Source: SCCP wire reference, section 8.
"""

from __future__ import annotations

from collections.abc import Callable

from bridge.lab.skinnyevents import GroupUnwanted, GroupWanted, StationEvent
from bridge.lab.skinnymodels import SkinnyTraits
from bridge.sccp import (
    Message,
    MulticastMediaReceptionAck,
    MulticastStatus,
    StartMulticastMediaReception,
    StopMulticastMediaReception,
)

_MOST = 4


class StationGroups:
    """All groups of one phone."""

    def __init__(
        self,
        traits: SkinnyTraits,
        *,
        send: Callable[[Message], None],
        report: Callable[[StationEvent], None],
        fault: Callable[[str], None],
    ) -> None:
        self._traits = traits
        self._send = send
        self._report = report
        self._fault = fault
        self._groups: dict[int, int] = {}
        """By the server's token for a stream: the call reference that came with it."""

    def receive(self, message: Message) -> bool:
        """Take a message; False for one that is not about groups."""
        match message:
            case StartMulticastMediaReception():
                self._start(message)
            case StopMulticastMediaReception(party_id=party):
                known = self._groups.pop(party, None)
                if known is not None:
                    self._report(GroupUnwanted(party))
            case _:
                return False
        return True

    def joined(self, party_id: int, *, well: bool) -> None:
        """The shell joined the group, or could not."""
        known = self._groups.get(party_id)
        if known is None:
            return
        if not well:
            del self._groups[party_id]
        status = MulticastStatus.OK if well else MulticastStatus.ERROR
        self._send(MulticastMediaReceptionAck(status, party_id, known))

    def _start(self, message: StartMulticastMediaReception) -> None:
        group, party = message.group_ip.ip, message.party_id
        if group is None or not group.is_multicast or not 0 < message.group_port < 0x10000:
            self._fault(f"StartMulticastMediaReception for {group}:{message.group_port}")
        elif message.codec not in self._traits.codecs:
            self._fault(f"StartMulticastMediaReception with codec {message.codec.name}, which the phone did not offer")
        elif party not in self._groups and len(self._groups) < _MOST:
            self._groups[party] = message.call_ref
            self._report(GroupWanted(party, str(group), message.group_port))
            return
        self._send(MulticastMediaReceptionAck(MulticastStatus.ERROR, party, message.call_ref))
