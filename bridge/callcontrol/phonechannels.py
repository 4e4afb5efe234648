"""What the phone answers when its channels are opened, and what goes on from there.

Source: SCCP flows reference, section 5.
"""

from __future__ import annotations

from collections.abc import Callable

from bridge.callcontrol.channel import ChannelState, Purpose
from bridge.callcontrol.codecs import reachable_address
from bridge.callcontrol.feature import Workings
from bridge.callcontrol.phonecall import PhoneCall
from bridge.sccp.stationevents import PortTold, ReceiveChannelOpened


class Channels:
    """The voice channels of one phone's calls: each answer goes to who waits for it."""

    __slots__ = ("_at_work", "_desk")

    def __init__(self, workings: Workings) -> None:
        self._at_work = workings
        self._desk = workings.desk

    def opened(self, event: ReceiveChannelOpened, *, now: float) -> None:
        """An acknowledgement."""
        for call in self._desk.all_calls:
            address = reachable_address(event.address, self._desk.session.peer[0])
            match call.channel.acknowledged(event, address):
                case True:
                    self._open(call, now)
                case False:
                    self._silent(call, now)
                case None:
                    continue
            return

    def told(self, event: PortTold, *, now: float) -> None:
        """The answer to PortReq."""
        address = reachable_address(event.address, self._desk.session.peer[0])
        for call in self._desk.all_calls:
            match call.channel.answered(event, address):
                case True:
                    self._at_work.outgoing.channel_opened(call, now=now)
                case False:
                    self._silent(call, now)
                case None:
                    continue
            return

    def handle_timer(self, *, now: float) -> None:
        """No answer came in time."""
        for call in self._desk.all_calls:
            if call.channel.deadline is not None and call.channel.deadline <= now:
                self._silent(call, now)

    def _open(self, call: PhoneCall, now: float) -> None:
        work = self._at_work
        match call.channel.purpose:
            case Purpose.OFFER:
                work.outgoing.channel_opened(call, now=now)
            case Purpose.ANSWER:
                work.incoming.channel_opened(call, now=now)
            case Purpose.LATE_ANSWER:
                work.outgoing.late_opened(call, now=now)
            case Purpose.RESUME:
                work.midcall.resumed(call, now=now)
            case Purpose.CODEC:
                work.midcall.codec_opened(call, now=now)

    def _silent(self, call: PhoneCall, now: float) -> None:
        desk, work = self._desk, self._at_work
        if call.channel.state is ChannelState.ASKING:
            desk.answers_port_requests = False
        again = call.channel.again(now + desk.settings.channel_ack)
        if again is not None:
            desk.screen.send(*again)
            return
        failed: dict[Purpose, Callable[[PhoneCall], None]] = {
            Purpose.OFFER: lambda one: work.outgoing.channel_failed(one, now=now),
            Purpose.ANSWER: lambda one: work.incoming.channel_failed(one, now=now),
            Purpose.LATE_ANSWER: lambda one: work.incoming.channel_failed(one, now=now),
            Purpose.RESUME: lambda one: work.midcall.resume_failed(one, now=now),
            Purpose.CODEC: lambda one: work.midcall.codec_failed(one, now=now),
        }
        failed[call.channel.purpose](call)
