"""Session timers (RFC 4028): calls whose end nobody told us of do not live for ever."""

from __future__ import annotations

import re

from sipmessage import Request, Response

from bridge.errors import RemoteProtocolError
from bridge.sip.message import Header, Message, seconds, tokens

SMALLEST = 90
"""Seconds; no interval may be shorter (section 5)."""
LARGEST = 86_400
_REFRESHER = re.compile(r";\s*refresher\s*=\s*(uac|uas)\b", re.IGNORECASE)


class SessionTimer:
    """One call's timer. ``wanted`` is what we ask for, in seconds; 0 leaves it to the peer whether there is one."""

    __slots__ = ("_wanted", "expires_at", "interval", "minimum", "refresh_at", "we_refresh")

    def __init__(self, wanted: int) -> None:
        self._wanted = min(max(wanted, SMALLEST), LARGEST) if wanted else 0
        self.interval = 0
        """Seconds agreed; 0 while there is no timer."""
        self.minimum = SMALLEST
        self.we_refresh = False
        self.refresh_at: float | None = None
        self.expires_at: float | None = None

    def request_headers(self) -> list[Header]:
        """For an INVITE or UPDATE of ours (section 7.1; section 7.4 for a refresh)."""
        interval = self.interval or self._wanted
        if not interval:
            return []
        refresher = ""
        if self.interval:
            refresher = ";refresher=uac" if self.we_refresh else ";refresher=uas"
        found = [Header("Session-Expires", f"{max(interval, self.minimum)}{refresher}")]
        if self.minimum > SMALLEST:
            found.append(Header("Min-SE", str(self.minimum)))
        return found

    def lengthened(self, response: Response) -> bool:
        """Take the peer's minimum from a 422 (section 7.3). False when that changes nothing: it is a refusal then."""
        least = seconds(response, "Min-SE")
        if least is None or not self.minimum < least <= LARGEST:
            return False
        self.minimum = least
        return True

    def check(self, request: Request) -> None:
        """Their INVITE or UPDATE: raises RemoteProtocolError (422) for an interval that is too short (section 9)."""
        asked = seconds(request, "Session-Expires")
        if asked is not None and asked < SMALLEST and "timer" in tokens(request, "Supported"):
            raise RemoteProtocolError("the session timer is too short", why=f"{asked} s", reply=422)

    def accept(self, request: Request, *, now: float) -> list[Header]:
        """Headers of our 2xx to their INVITE or UPDATE; the timer starts anew (section 9)."""
        asked = seconds(request, "Session-Expires")
        theirs = "timer" in tokens(request, "Supported")
        if asked is None and not (self._wanted or self.interval):
            self.stop()
            return []
        least = max(SMALLEST, seconds(request, "Min-SE") or 0)
        interval = asked if asked is not None else max(self._wanted or self.interval, least)
        match = _REFRESHER.search(request.headers.get("Session-Expires") or "")
        caller_refreshes = theirs and (match is None or match[1].lower() == "uac")
        self._start(min(max(interval, SMALLEST), LARGEST), we_refresh=not caller_refreshes, now=now)
        headers = [Header("Session-Expires", f"{self.interval};refresher={'uac' if caller_refreshes else 'uas'}")]
        if caller_refreshes:
            headers.append(Header("Require", "timer"))
        return headers

    def accepted(self, response: Message, *, now: float) -> None:
        """Their 2xx to our INVITE or UPDATE (section 7.2)."""
        granted = seconds(response, "Session-Expires")
        if granted is None:
            self.stop()
            return
        match = _REFRESHER.search(response.headers.get("Session-Expires") or "")
        ours = match is None or match[1].lower() == "uac"
        self._start(min(max(granted, SMALLEST), LARGEST), we_refresh=ours, now=now)

    def stop(self) -> None:
        """No timer any more."""
        self.interval = 0
        self.refresh_at = self.expires_at = None

    def timer(self) -> float | None:
        """When something is due, or None."""
        times = [at for at in (self.refresh_at, self.expires_at) if at is not None]
        return min(times) if times else None

    def _start(self, interval: int, *, we_refresh: bool, now: float) -> None:
        self.interval, self.we_refresh = interval, we_refresh
        # section 10: half the interval for the refresher; the other side waits nearly to the end
        self.refresh_at = now + interval / 2 if we_refresh else None
        self.expires_at = now + interval - (0 if we_refresh else min(32.0, interval / 3))
