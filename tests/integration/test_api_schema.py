"""The running API against its own description, judged by schemathesis, with all of its checks.

The node has no Asterisk, so that what needs one is answered with 502 or 503; 422 is ours for values that fit the
description and cannot be used, which no description can rule out.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import pytest

from bridge.app.accounts import Accounts
from bridge.app.diagnosis import dhcpcheck
from bridge.app.operations import support
from bridge.core import Device, DeviceName, Line, LineAppearance, MacAddress, Role, SignallingProtocol
from bridge.dhcp import DhcpReply
from bridge.errors import Conflict
from bridge.net.dhcp import discover
from bridge.web.api import events
from tests.webnode import WebNode, running_web_node, web_settings

pytestmark = [pytest.mark.peer("schemathesis"), pytest.mark.timeout(240)]
CONFIG = """
[checks]
max_response_time = 60
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "502", "503"]
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422", "502", "503"]
"""
STREAM = 0.2
"""Seconds after which the stream of events ends here: it is read whole."""
JUDGE = "judge"
"""The token that schemathesis is run with. It finds its name on the list, and tries to remove it."""
ALIKE = r"/site/(groups|regions|date-time-groups|css|translations|softkey|button|phone-profiles|line-|device-)"
"""Kinds of the site's objects that go the same way as those that stay."""


@pytest.fixture
def within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would not end, would leave this machine, or would saw off the branch that the judge sits on."""
    monkeypatch.setattr(events, "LIFE", STREAM)

    def asked_at_home(interface: str, mac: MacAddress, *, vendor_class: str, within: float) -> Sequence[DhcpReply]:
        return discover("lo", mac, vendor_class=vendor_class, within=min(within, STREAM))

    monkeypatch.setattr(dhcpcheck, "interface_mac", lambda interface: MacAddress("001122334455"))
    monkeypatch.setattr(dhcpcheck, "discover", asked_at_home)
    # The doctor looks at this machine for seconds, in a process of its own: for a support bundle it gets no more.
    monkeypatch.setattr(support, "_DOCTOR_SECONDS", STREAM)
    remove = Accounts.remove_token

    def spared(self: Accounts, name: str, actor: str) -> None:
        if name == JUDGE:
            raise Conflict("that is the token that asks", fix="remove another one")
        remove(self, name, actor)

    monkeypatch.setattr(Accounts, "remove_token", spared)


@pytest.fixture
async def node(tmp_path: Path, within_bounds: None) -> AsyncIterator[WebNode]:
    async with running_web_node(web_settings(tmp_path)) as node:
        with node.service.store.write() as work:
            for number in ("1001", "1002"):
                name, line = DeviceName(f"SEP00112233{number}"), LineAppearance(1, Line(number))
                at = node.service.clock.now()
                work.devices.add(Device(name, SignallingProtocol.SCCP, at, "stamp", "x" * 12, (line,), 30018, "7961"))
            work.commit()
        yield node


@pytest.mark.parametrize(
    "phase",
    [
        ["--phases", "fuzzing,stateful", "--max-examples", "4"],
        ["--phases", "coverage", "--exclude-path-regex", ALIKE],
    ],
    ids=["at random", "at the bounds"],
)
async def test_the_api_does_what_its_description_says(node: WebNode, tmp_path: Path, phase: list[str]) -> None:
    made = await asyncio.to_thread(node.accounts.add_token, JUDGE, Role.ADMIN, "tester")
    token = made.secret
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        document = await (await session.get(f"{node.url}/api/v1/openapi.json")).json()
    description, config = tmp_path / "openapi.json", tmp_path / "schemathesis.toml"
    description.write_text(json.dumps(document))
    config.write_text(CONFIG)
    command = [
        *(str(Path(sys.executable).with_name("st")), "--config-file", str(config)),
        *("run", str(description), "--url", node.url, "-H", f"Authorization: Bearer {token}"),
        *("--checks", "all", "--seed", "1", "--no-color", "--warnings", "off", *phase),
        *("--request-timeout", "60"),  # a thousand assignments at once take their time on a machine that is busy
    ]
    judge = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path
    )
    said, _ = await judge.communicate()
    text = said.decode()
    assert judge.returncode == 0, text[:20_000]
    assert "Test cases" in text
    # It was the admin whom the node heard all the time.
    async with node.client(token) as session:
        assert (await session.get("/api/v1/phones")).status == 200
