"""Tokens: which server takes a phone that has several."""

from __future__ import annotations

import pytest

from bridge.app.stations.failback import FailBack
from bridge.core import CallManagerGroup, DeviceName, Server

PHONE = DeviceName("SEP001122334455")
GROUP = CallManagerGroup(
    "Default", (Server("one", "192.0.2.1"), Server("two", "192.0.2.2"), Server("three", "192.0.2.3"))
)


class Network:
    """Which servers take connections."""

    def __init__(self, *up: str) -> None:
        self.up = set(up)
        self.asked: list[str] = []
        self.asterisk = True

    async def listens(self, host: str, port: int, within: float) -> bool:
        assert port == 2000
        assert within == 2.0
        self.asked.append(host)
        return host in self.up

    def server(self, name: str) -> FailBack:
        failback = FailBack(name, asterisk_is_up=lambda: self.asterisk, listens=self.listens)
        failback.is_ready = True
        return failback


async def test_the_first_server_takes_everybody_and_asks_nobody() -> None:
    network = Network("192.0.2.2")
    assert await network.server("one").refusal(PHONE, GROUP, is_served=True, now=0.0) == ""
    assert network.asked == []


@pytest.mark.parametrize("name", ["two", "three", "a stranger"])
async def test_another_server_takes_a_phone_only_while_all_better_ones_are_down(name: str) -> None:
    network = Network("192.0.2.1")
    second = network.server(name)
    assert await second.refusal(PHONE, GROUP, is_served=True, now=0.0) == "one comes first and is up"
    network.up.clear()
    assert await second.refusal(PHONE, GROUP, is_served=True, now=5.0), "what was found out is used for 10 s"
    network.asked.clear()
    assert await second.refusal(PHONE, GROUP, is_served=True, now=10.1) == ""
    assert network.asked[:1] == ["192.0.2.1"]


async def test_a_phone_that_nobody_serves_and_that_comes_again_is_taken() -> None:
    second = Network("192.0.2.1").server("two")
    assert await second.refusal(PHONE, GROUP, is_served=False, now=0.0)
    assert await second.refusal(PHONE, GROUP, is_served=False, now=60.0) == ""
    assert await second.refusal(PHONE, GROUP, is_served=False, now=61.0), "it counts anew"
    assert await second.refusal(PHONE, GROUP, is_served=False, now=700.0), "too late to be a repetition"
    assert await second.refusal(PHONE, GROUP, is_served=True, now=760.0), "it has a server"


async def test_nobody_is_taken_while_the_server_starts_or_asterisk_is_away() -> None:
    network = Network()
    first = network.server("one")
    first.is_ready = False
    assert await first.refusal(PHONE, GROUP, is_served=True, now=0.0) == "this server is starting"
    first.is_ready = True
    network.asterisk = False
    for now in (1.0, 61.0):
        assert "Asterisk" in await first.refusal(PHONE, GROUP, is_served=False, now=now)


async def test_a_phone_without_another_server_is_taken_in_any_case() -> None:
    network = Network()
    network.asterisk = False
    alone = CallManagerGroup("Default", GROUP.servers[:1])
    assert await network.server("one").refusal(PHONE, alone, is_served=False, now=0.0) == ""
