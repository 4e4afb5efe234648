"""Which of Asterisk's security events belong on a phone's journey.

Whoever is registered is asked for his password with every call, the lines of SCCP phones are our own user agents, and
a server on the internet is knocked at by strangers all day: none of that says anything of a phone's way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from bridge.app.diagnosis.journeydesk import JourneyDesk
from bridge.app.files.guard import plain_address
from bridge.core import SignallingProtocol
from bridge.core.events import SipChallenged, SipRefused
from bridge.ports import EventSink

log = logging.getLogger(__name__)


class SipSecurity:
    """Takes Asterisk's security events, and records what tells of a phone that is on its way."""

    def __init__(self, desk: JourneyDesk, sink: EventSink, own: Iterable[str] = ()) -> None:
        """``own``: addresses from which our own user agents come."""
        self._desk = desk
        self._sink = sink
        self._own = frozenset(own)

    def heard(self, event: SipChallenged | SipRefused) -> None:
        """One event. Called in the event loop; does not block."""
        event = replace(event, client=plain_address(event.client))
        device = self._desk.whose(event)
        if device is None:
            if isinstance(event, SipRefused):
                log.info("Asterisk refused %r from %s: %s", event.account, event.client, event.reason)
            return
        journey = self._desk.seen(device)
        if journey is not None and journey.stage.is_up:
            return
        if self._desk.speaks(event.account) is SignallingProtocol.SCCP:
            # Our own user agent registers its line; from where the phone itself is, it is SIP firmware (RG-06).
            from_phone = journey is not None and event.client == journey.client and event.client not in self._own
            if not from_phone or not isinstance(event, SipRefused):
                return
        self._sink.record(replace(event, device=device))
