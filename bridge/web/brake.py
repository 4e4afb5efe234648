"""A brake on credentials that are made up: cookies, tokens and passwords, by address, before the database is asked.

Each address has a stock of tries that fills again by itself. A try is paid for before it is looked at, so that a
thousand at once are no way around, and given back when it was right. What was right a moment ago costs nothing:
whoever works here already is not kept waiting by somebody who guesses from the same address.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import IPv6Address, ip_address
from typing import TypeVar

from bridge.errors import LoginRefused, LoginRequired, SepbridgeError, TooManyTries

MOST_ADDRESSES = 4096
MOST_CREDENTIALS = 8192
"""Of each kind that is remembered, wrong and right ones; 32 octets each."""
WRONG_FOR = 30.0
"""Seconds for which a wrong credential is wrong without a look: a restored database may know it again."""
RIGHT_FOR = 600.0
"""Seconds for which one that was right is not paid for. It is looked at all the same: it may be over by now."""
CREDENTIAL_TRIES, CREDENTIAL_REFILL = 30, 2.0
"""Wrong cookies and tokens of one address that are looked at in a row, and seconds until there is one more."""
LOGIN_TRIES, LOGIN_REFILL = 30, 5.0
"""The same of names and passwords; the locks that the database keeps are narrower, and hold for all nodes."""
LOGINS_AT_ONCE = 4
"""Of one address; the others of all addresses wait their turn behind them."""
_IPV6_SITE = 64
"""Bits that name a network: whoever has one can take any address in it."""

K = TypeVar("K")
T = TypeVar("T")


class _Remembered:
    """Hashes with the moment until which they count; the oldest go."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def has(self, digest: bytes, now: float) -> bool:
        return self._until.get(digest, now) > now

    def add(self, digest: bytes, now: float) -> None:
        self._until[digest] = now + self._seconds
        self._until.move_to_end(digest)
        if len(self._until) > self._most:
            self._until.popitem(last=False)

    def remove(self, digest: bytes) -> None:
        self._until.pop(digest, None)


class AddressBrake:
    """The stocks of all addresses: ``tries`` at first, and one more every ``refill`` seconds."""

    def __init__(self, tries: int, refill: float, what: str) -> None:
        """``what`` there were too many of, for the answer."""
        self._tries = tries
        self._refill = refill
        self._what = what
        self._stocks: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What was left, and when."""

    def __len__(self) -> int:
        return len(self._stocks)

    def pay(self, address: str, now: float) -> None:
        """Take one try. Raises TooManyTries where none is left; asking again does not prolong it."""
        key = _network_of(address)
        left = self._left(key, now)
        if left < 1:
            wait = max(1, -int(-(1 - left) * self._refill // 1))
            raise TooManyTries(
                f"there were too many wrong {self._what} from your address",
                why="others from there are looked at again one at a time",
                fix=f"try again in {wait} s",
                wait=wait,
            )
        self._keep(key, left - 1, now)

    def give_back(self, address: str, now: float) -> None:
        """That try was right."""
        key = _network_of(address)
        self._keep(key, min(self._tries, self._left(key, now) + 1), now)

    def _left(self, key: str, now: float) -> float:
        left, at = self._stocks.get(key, (float(self._tries), now))
        return min(self._tries, left + (now - at) / self._refill)

    def _keep(self, key: str, left: float, now: float) -> None:
        if left >= self._tries:  # as good as one that never tried
            self._stocks.pop(key, None)
            return
        self._stocks[key] = left, now
        self._stocks.move_to_end(key)
        if len(self._stocks) > MOST_ADDRESSES:
            self._stocks.popitem(last=False)


class CredentialBrake:
    """In front of the look for a cookie or a token."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._addresses = AddressBrake(CREDENTIAL_TRIES, CREDENTIAL_REFILL, "tokens or sessions")
        self._wrong = _Remembered(MOST_CREDENTIALS, WRONG_FOR)
        self._right = _Remembered(MOST_CREDENTIALS, RIGHT_FOR)
        self._looking: dict[bytes, asyncio.Task[object]] = {}

    @property
    def remembered(self) -> int:
        """Entries in all of its memories."""
        return len(self._wrong) + len(self._right) + len(self._addresses) + len(self._looking)

    async def look(self, kind: str, secret: str, address: str, look: Callable[[], Awaitable[T]]) -> T:
        """What ``look`` finds for this secret. The same one asked for at once is looked for once.

        Raises LoginRequired, TooManyTries, and whatever ``look`` raises.
        """
        digest, now = hashlib.sha256(f"{kind}:{secret}".encode()).digest(), self._clock()
        if self._wrong.has(digest, now):
            raise LoginRequired(
                "that login or token is unknown, or it has expired",
                fix="log in again, or make another token: sepbridge tokens add",
            )
        if (task := self._looking.get(digest)) is None:
            free = self._right.has(digest, now)
            if not free:
                self._addresses.pay(address, now)
            task = asyncio.ensure_future(self._looked(digest, look, "" if free else address))
            task.add_done_callback(_heard)
            self._looking[digest] = task
        # Who asked first may hang up; the others still want to know.
        return await asyncio.shield(task)  # type: ignore[arg-type]  # what is found for a secret has its kind's type

    def right(self, kind: str, secret: str) -> None:
        """This one was just given to somebody."""
        self._right.add(hashlib.sha256(f"{kind}:{secret}".encode()).digest(), self._clock())

    async def _looked(self, digest: bytes, look: Callable[[], Awaitable[object]], payer: str) -> object:
        try:
            found = await look()
        except LoginRequired:
            self._wrong.add(digest, self._clock())
            self._right.remove(digest)
            raise
        except BaseException:  # the database is away, or we stop: that is nobody's guess
            if payer:
                self._addresses.give_back(payer, self._clock())
            raise
        finally:
            del self._looking[digest]
        self._right.add(digest, self._clock())
        if payer:
            self._addresses.give_back(payer, self._clock())
        return found


class LoginBrake:
    """In front of the look at a name and a password."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._addresses = AddressBrake(LOGIN_TRIES, LOGIN_REFILL, "logins")
        self._under_way: dict[str, int] = {}

    @contextlib.contextmanager
    def trying(self, address: str) -> Iterator[None]:
        """Around one login. Raises TooManyTries, and what the login itself raises."""
        key = _network_of(address)
        if self._under_way.get(key, 0) >= LOGINS_AT_ONCE:
            raise TooManyTries("too many people log in at once there", fix="try again in a few seconds", wait=3)
        self._addresses.pay(address, self._clock())
        self._under_way[key] = self._under_way.get(key, 0) + 1
        try:
            yield
        except (LoginRefused, TooManyTries):
            raise
        except SepbridgeError:  # the database is away: that is nobody's guess
            self._addresses.give_back(address, self._clock())
            raise
        else:
            self._addresses.give_back(address, self._clock())
        finally:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]


def _heard(task: asyncio.Task[object]) -> None:
    """An error that all who wanted to know did not wait for is no secret of the event loop."""
    if not task.cancelled():
        task.exception()


def _network_of(address: str) -> str:
    """What counts as one address."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:45]
    if isinstance(found, IPv6Address):
        return f"{IPv6Address(int(found) >> (128 - _IPV6_SITE) << (128 - _IPV6_SITE))}/{_IPV6_SITE}"
    return address
