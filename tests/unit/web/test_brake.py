"""What keeps made-up cookies, tokens and passwords from the database, and what it must not keep from its work."""

from __future__ import annotations

import asyncio

import pytest

from bridge.errors import LoginRefused, LoginRequired, StoreUnavailable, TooManyTries
from bridge.web.brake import (
    CREDENTIAL_REFILL,
    CREDENTIAL_TRIES,
    LOGIN_REFILL,
    LOGIN_TRIES,
    LOGINS_AT_ONCE,
    MOST_ADDRESSES,
    MOST_CREDENTIALS,
    WRONG_FOR,
    AddressBrake,
    CredentialBrake,
    LoginBrake,
)

HERE, THERE = "192.0.2.1", "192.0.2.2"


class Desk:
    """Knows some secrets, and counts who asks."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.brake = CredentialBrake(clock=lambda: self.now)
        self.good = {"good"}
        self.looks = 0
        self.away = False
        self.door = asyncio.Event()
        self.door.set()

    async def ask(self, secret: str, address: str = HERE) -> str:
        async def look() -> str:
            self.looks += 1
            await self.door.wait()
            if self.away:
                raise StoreUnavailable("away")
            if secret not in self.good:
                raise LoginRequired("unknown")
            return secret

        return await self.brake.look("token", secret, address, look)


async def use_up(desk: Desk, address: str = HERE) -> None:
    for number in range(CREDENTIAL_TRIES):
        with pytest.raises(LoginRequired):
            await desk.ask(f"{address}-{number}-{desk.now}", address)


async def test_the_same_wrong_one_is_looked_for_once_in_a_while_and_costs_one_try() -> None:
    desk = Desk()
    for _ in range(500):  # a program whose token is over
        with pytest.raises(LoginRequired):
            await desk.ask("old")
    assert desk.looks == 1
    desk.now += WRONG_FOR
    desk.good.add("old")  # a backup was restored
    assert await desk.ask("old") == "old"


async def test_many_wrong_ones_of_an_address_are_refused_and_it_is_said_until_when() -> None:
    desk = Desk()
    await use_up(desk)
    with pytest.raises(TooManyTries) as refused:
        await desk.ask("another")
    assert 0 < refused.value.wait <= CREDENTIAL_REFILL
    assert desk.looks == CREDENTIAL_TRIES
    await use_up(desk, THERE)  # elsewhere nobody feels it
    desk.now += refused.value.wait
    with pytest.raises(LoginRequired):
        await desk.ask("another")
    with pytest.raises(TooManyTries):
        await desk.ask("yet another")


async def test_asking_on_and_on_does_not_prolong_it() -> None:
    desk = Desk()
    await use_up(desk)
    for _ in range(50):
        with pytest.raises(TooManyTries):
            await desk.ask(f"on and on {_}")
    desk.now += CREDENTIAL_REFILL
    assert await desk.ask("good") == "good"


async def test_whoever_works_there_already_feels_nothing_of_it() -> None:
    desk = Desk()
    assert await desk.ask("good") == "good"
    await use_up(desk)
    for _ in range(200):
        assert await desk.ask("good") == "good"
    # A session that was just made counts as known, too.
    desk.good.add("new")
    desk.brake.right("token", "new")
    assert await desk.ask("new") == "new"
    # And one that is revoked is refused at the next request: nothing is let in unseen.
    desk.good.clear()
    with pytest.raises(LoginRequired):
        await desk.ask("good")


async def test_a_thousand_at_once_are_no_way_around() -> None:
    desk = Desk()
    desk.door.clear()
    asked = [asyncio.create_task(desk.ask(f"guess {number}")) for number in range(1000)]
    asked += [asyncio.create_task(desk.ask("guess 1")) for _ in range(1000)]  # the same one is looked for once
    await asyncio.sleep(0)
    desk.door.set()
    ends = [type(each) for each in await asyncio.gather(*asked, return_exceptions=True)]
    assert desk.looks == CREDENTIAL_TRIES
    assert set(ends) == {LoginRequired, TooManyTries}


async def test_a_client_that_hangs_up_takes_nobody_with_it() -> None:
    desk = Desk()
    desk.door.clear()
    first, second = (asyncio.create_task(desk.ask("good")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    desk.door.set()
    assert await second == "good"
    assert desk.looks == 1


async def test_a_database_that_is_away_is_nobodys_guess() -> None:
    desk = Desk()
    desk.away = True
    for number in range(CREDENTIAL_TRIES * 3):
        with pytest.raises(StoreUnavailable):
            await desk.ask(f"any {number}")
    desk.away = False
    assert await desk.ask("good") == "good"


async def test_memory_is_bounded() -> None:
    desk = Desk()
    for number in range(MOST_CREDENTIALS + 500):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        with pytest.raises(LoginRequired):
            await desk.ask(f"guess {number}", address)
    assert desk.brake.remembered <= MOST_CREDENTIALS + MOST_ADDRESSES


def test_whoever_has_a_network_of_ipv6_has_one_stock() -> None:
    brake = AddressBrake(2, 1.0, "tries")
    brake.pay("2001:db8:0:1::1", 0.0)
    brake.pay("2001:db8:0:1:ffff::9", 0.0)
    with pytest.raises(TooManyTries):
        brake.pay("2001:db8:0:1::3", 0.0)
    brake.pay("2001:db8:0:2::3", 0.0)


def test_what_is_full_again_is_forgotten() -> None:
    brake = AddressBrake(2, 1.0, "tries")
    brake.pay(HERE, 0.0)
    brake.give_back(HERE, 0.0)
    assert len(brake) == 0


def test_logins_are_counted_when_they_are_wrong() -> None:
    now = 0.0
    brake = LoginBrake(clock=lambda: now)

    def wrong() -> None:
        with pytest.raises(LoginRefused), brake.trying(HERE):
            raise LoginRefused("wrong")

    for _ in range(LOGIN_TRIES * 3):  # right ones are free
        with brake.trying(HERE):
            pass
    for _ in range(LOGIN_TRIES):
        wrong()
    with pytest.raises(TooManyTries), brake.trying(HERE):
        raise AssertionError("looked at")
    with brake.trying(THERE):
        pass
    now = LOGIN_REFILL
    with brake.trying(HERE):  # the owner, who now gets it right, has his try back
        pass
    with brake.trying(HERE):
        pass


def test_one_address_cannot_take_all_places_in_the_queue() -> None:
    brake = LoginBrake()
    open_ones = [brake.trying(HERE) for _ in range(LOGINS_AT_ONCE)]
    for each in open_ones:
        each.__enter__()
    with pytest.raises(TooManyTries), brake.trying(HERE):
        raise AssertionError("looked at")
    with brake.trying(THERE):
        pass
    open_ones[0].__exit__(None, None, None)
    with brake.trying(HERE):
        pass
    for each in open_ones[1:]:
        each.__exit__(None, None, None)
