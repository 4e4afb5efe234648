"""Which of Asterisk's security events belong on a phone's journey.

Whoever is registered is asked for his password with every call, the lines of SCCP phones are our own user agents, and
a server on the internet is knocked at by strangers all day: none of that says anything of a phone's way.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from bridge.app.guard import plain_address
from bridge.app.journeydesk import JourneyDesk
from bridge.core import SignallingProtocol
from bridge.core.events import SipChallenged, SipRefused
from bridge.ports import EventSink

log = logging.getLogger(__name__)


class SipSecurity:
    """Takes Asterisk's security events, and records what tells of a phone that is on its way."""

    def __init__(self, desk: JourneyDesk, sink: EventSink) -> None:
        self._desk = desk
        self._sink = sink

    def heard(self, event: SipChallenged | SipRefused) -> None:
        """One event. Called in the event loop; does not block."""
        event = replace(event, client=plain_address(event.client))
        device = self._desk.whose(event)
        if device is None:
            if isinstance(event, SipRefused):
                log.info("Asterisk refused %r from %s: %s", event.account, event.client, event.reason)
            return
        journey = self._desk.seen(device)
        if self._desk.speaks(event.account) is SignallingProtocol.SCCP or (journey is not None and journey.stage.is_up):
            return
        self._sink.record(replace(event, device=device))
