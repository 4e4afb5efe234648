"""The SIP side of the proxied phones: one user agent for each line that a phone has, with a socket to Asterisk.

A line that several phones have is opened once, and closed when the last of them is gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bridge.callcontrol import SharedLine
from bridge.core import Device, DeviceName, Line
from bridge.net.sipids import RandomSipIds
from bridge.net.siptransport import SipLink
from bridge.net.tap import NO_TAP, Wiretap
from bridge.sip import Account, Destination, Event, Registered, RegistrationFailed, RegistrationState, UserAgent

log = logging.getLogger(__name__)

EXPIRES = 300
"""Seconds asked for in REGISTER: after a restart of Asterisk that lost its contacts, calls reach the phone again after
half of it on average."""
RETRY_SOCKET = 5.0
MAX_CALLS = 32
"""Calls of one line at a time, over all phones that have it."""
LOOK_AGAIN = 0.2
"""Seconds after which it is looked again whether Asterisk knows a line."""
RENEWAL = 3.0
"""Seconds over which the registrations of all lines are renewed."""
_REFUSED = (401, 403, 407)
"""What is said to a login that is not, or no longer, good."""


class OpenLine:
    """A line with its socket. ``heard`` is called after each event of the line has gone to its phones."""

    def __init__(
        self,
        account: Account,
        opened_for: DeviceName,
        ids: RandomSipIds,
        heard: Callable[[], None],
        is_there: Callable[[str], bool],
        *,
        tap: Wiretap = NO_TAP,
    ) -> None:
        self.opened_for = opened_for
        """The device whose login it uses."""
        self.shared = SharedLine(UserAgent(account, ids, ("", 0), max_calls=MAX_CALLS))
        self.users = 0
        self._logins = {opened_for: account}
        """Those of all devices that have taken it: each is good for the line, but may change, or go with its device."""
        self._heard = heard
        self._is_there = is_there
        self._link = SipLink(self.shared.agent, self._event, tap=tap)
        self._asked_early = False
        """A REGISTER was under way when Asterisk came to know the line: its answer may still be that of before."""
        self._waiting: list[Callable[[], None]] = []
        self._opening: asyncio.Task[None] | None = None

    @property
    def account(self) -> Account:
        """The line's account at Asterisk."""
        return self.shared.agent.account

    def taken_by(self, device: DeviceName, account: Account) -> None:
        """A device has the line, with this login of its own."""
        self.users += 1
        self._logins[device] = account
        if device == self.opened_for and account != self.account:
            self.shared.agent.log_in_as(account)

    def when_connected(self, connected: Callable[[], None]) -> None:
        """Open the socket if it is not; ``connected`` hears when it stands, perhaps at once."""
        if self._link.is_connected:
            connected()
            return
        self._waiting.append(connected)
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())

    def renew(self) -> None:
        """Send a REGISTER, if the line is, or wants to be, registered."""
        agent = self.shared.agent
        # By the wish, not the state: a line that is just leaving would else come back, with no phone behind it.
        if self._link.is_connected and agent.wants_registration:
            agent.register(now=self._link.now)
            self._link.flush()

    def try_again(self) -> None:
        """Send a REGISTER, if the last one was refused; if one is under way, as soon as it is."""
        state = self.shared.agent.registration_state
        self._asked_early = state is RegistrationState.REGISTERING
        if state is RegistrationState.WAITING:
            self.renew()

    def flush(self) -> None:
        """Send what was done to the user agent."""
        if self._link.is_connected:
            self._link.flush()

    def close(self) -> None:
        """Close the socket."""
        if self._opening is not None:
            self._opening.cancel()
        self._waiting.clear()
        self._link.close()

    async def _open(self) -> None:
        account = self.account
        while not self._link.is_connected:
            # A further line logs in with the first one's name. Did it ask before Asterisk knows the line, Asterisk
            # would take it for the first one, whose registration it would replace.
            if account.username != account.user and not self._is_there(account.user):
                await asyncio.sleep(LOOK_AGAIN)
                continue
            try:
                await self._link.connect()
            except (OSError, TimeoutError) as error:
                log.warning("no socket to Asterisk at %s: %s", self.account.server, error)
                await asyncio.sleep(RETRY_SOCKET)
        self._opening = None
        waiting, self._waiting = self._waiting, []
        for connected in waiting:
            connected()

    def _event(self, event: Event) -> None:
        self.shared.receive(event, now=self._link.now)
        self._heard()
        if isinstance(event, RegistrationFailed) and event.status in _REFUSED:
            self._log_in_otherwise()
        if self._asked_early and isinstance(event, Registered | RegistrationFailed):
            self._asked_early = False
            self.try_again()

    def _log_in_otherwise(self) -> None:
        """The next attempt is with the next device's login: that of the first one may be gone with it."""
        devices = list(self._logins)
        if len(devices) == 1:
            return
        self.opened_for = devices[(devices.index(self.opened_for) + 1) % len(devices)]
        self.shared.agent.log_in_as(self._logins[self.opened_for])


class OpenLines:
    """The lines of all phones of this node, by number."""

    def __init__(
        self,
        server: Destination,
        ids: RandomSipIds,
        heard: Callable[[], None],
        *,
        is_there: Callable[[str], bool] = lambda number: True,
        tap: Wiretap = NO_TAP,
    ) -> None:
        """``is_there``: whether Asterisk knows a number."""
        self._is_there = is_there
        self._server = server
        self._tap = tap
        self._ids = ids
        self._heard = heard
        self._open: dict[str, OpenLine] = {}

    def take(self, device: Device) -> tuple[OpenLine, ...]:
        """The lines of a device that was let in; ``give_back`` them when it is gone."""
        return tuple(self._take(device, each.line) for each in device.lines)

    def give_back(self, lines: tuple[OpenLine, ...]) -> None:
        """A phone needs them no more."""
        for line in lines:
            line.users -= 1
            if not line.users:
                line.close()
                if self._open.get(line.account.user) is line:
                    del self._open[line.account.user]

    def renew(self) -> None:
        """Asterisk may have lost its registrations: send all of them anew, spread over a few seconds."""
        loop = asyncio.get_running_loop()
        for index, line in enumerate(self._open.values()):
            loop.call_later(RENEWAL * index / len(self._open), line.renew)

    def endpoint_is_there(self, number: str) -> None:
        """Asterisk knows the number now: who asked too early need not wait for his next attempt."""
        if (line := self._open.get(number)) is not None:
            line.try_again()

    def _take(self, device: Device, wanted: Line) -> OpenLine:
        account = self._account(device, wanted.number, wanted.display_name)
        line = self._open.get(wanted.number)
        # Each device's secret is good for the line; the first one's is used. It stays the same line, whatever changes:
        # else phones that have it would have two, which fight for the one registration and know nothing of each other.
        if line is None:
            line = self._open[wanted.number] = OpenLine(
                account, device.name, self._ids, self._heard, self._is_there, tap=self._tap
            )
        line.taken_by(device.name, account)
        return line

    def _account(self, device: Device, number: str, name: str) -> Account:
        return Account(
            user=number,
            domain=self._server.host,
            server=self._server,
            username=device.number,
            password=device.secret,
            display_name=name,
            expires=EXPIRES,
        )
