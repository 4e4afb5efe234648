"""Each decision is one line of the log, with the phone and its number as fields, and no secret in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.app.operations.auditlog import AuditLog
from bridge.app.operations.logs import JsonFormatter
from bridge.app.operations.support import known_secrets
from bridge.app.phones.phones import PhoneDesk
from bridge.app.settings import AmiSettings
from bridge.app.system import SystemClock, SystemIds
from bridge.core import ClaimOutcome, DeviceName, Role, SignallingProtocol
from bridge.core.events import (
    CallFinished,
    ClaimRefused,
    EmergencyNumberDialled,
    Event,
    FileRefused,
    FileServedBeside,
    GroupPaged,
    MaliciousCallMarked,
    NamesGuessed,
    PhoneClaimed,
    PhoneMoved,
    PhoneRestartSent,
    SecondConnectionRefused,
    TokenAnswered,
)
from bridge.core.files import Via
from bridge.ports import AuditEntry
from tests.unit.app.conftest import NOON
from tests.webnode import PASSWORD, WebNode, running_web_node, web_settings

ONE, TWO, NEW = "SEP001122331001", "SEP001122331002", "SEP00AABBCCDDEE"
WITHIN = 10.0


class Lines(logging.Handler):
    """What the service logs at its usual level, as programs read it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(JsonFormatter())
        self.all: list[dict[str, Any]] = []
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        self.text += line + "\n"
        self.all.append(json.loads(line))

    def naming(self, *words: str) -> list[dict[str, Any]]:
        return [each for each in self.all if all(word in each["message"] for word in words)]

    async def one(self, *words: str) -> dict[str, Any]:
        """The only line with these words, when it came."""
        async with asyncio.timeout(WITHIN):
            while not self.naming(*words):  # noqa: ASYNC110  # lines come from threads, too, which ring no bell here
                await asyncio.sleep(0.05)
        (line,) = self.naming(*words)
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler, root = Lines(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
async def node(tmp_path: Path, lines: Lines) -> AsyncIterator[WebNode]:
    settings = web_settings(tmp_path)
    settings = replace(settings, ami=AmiSettings(settings.ami.address, secret="MarkedAmiSecret"))
    async with running_web_node(settings) as node:
        yield node


async def fetch(node: WebNode, name: str) -> int:
    host, port = node.service.http_addresses[0]
    async with aiohttp.ClientSession() as phone, phone.get(f"http://{host}:{port}/{name}") as response:
        await response.read()
        return response.status


async def test_a_day_of_decisions_is_a_line_for_each(node: WebNode, lines: Lines, tmp_path: Path) -> None:
    secrets = {PASSWORD, "70615243"}
    maker = await asyncio.to_thread(node.accounts.add_token, "maker", Role.ADMIN, "tester")
    assert node.service.first_login is not None
    secrets |= {maker.secret, node.service.first_login.password}
    # Another process, as the command line is one: only the database is common to both.
    desk = PhoneDesk(node.service.store, SystemClock(), SystemIds(), "root")
    for name, number in ((ONE, "1001"), (TWO, "1002")):
        how = {"number": number, "protocol": SignallingProtocol.SIP, "model": "8841"}
        await asyncio.to_thread(lambda name=name, how=how: desk.add(DeviceName(name), **how))
    await node.service.refresh()
    added = await lines.one(f"root: added {ONE}")
    assert (added["device"], added["mac"], added["number"]) == (ONE, "001122331001", "1001")
    assert (added["event"], added["actor"], added["logger"]) == ("Audited", "root", "bridge.app.operations.auditlog")
    await lines.one("tester: made the token maker")

    async with node.client(maker.secret) as admin:

        async def do(method: str, path: str, body: object = None) -> None:
            answer = await admin.request(method, f"/api/v1{path}", json=body)
            assert answer.status in (200, 201), (path, await answer.text())

        await do("PUT", "/autoregistration/range", {"range": "2000-2009"})
        await do("POST", "/autoregistration/disable")
        await lines.one("disabled autoregistration")
        assert await fetch(node, f"{NEW}.cnf.xml") == 404
        refused = await lines.one(NEW, "refused")
        assert (refused["event"], refused["mac"], refused["reason"]) == ("PhoneRefused", "00AABBCCDDEE", "autoreg_off")
        await do("POST", "/autoregistration/enable", {"seconds": 600, "force": True})
        assert "token maker" in (await lines.one("enabled autoregistration"))["actor"]
        assert await fetch(node, f"{NEW}.cnf.xml") == 200
        admitted = await lines.one(NEW, "admitted")
        assert (admitted["event"], admitted["number"], admitted["client"]) == ("PhoneAdmitted", "2000", "127.0.0.1")
        served = await lines.one(NEW, "holds its password")
        assert (served["event"], served["number"], served["secret"]) == ("FileDelivered", "2000", True)
        await do("POST", "/site/pools", {"name": "Floor 2"})
        await lines.one("added", "Floor 2")
        await do("POST", "/phones/1001/move", {"pool": "Floor 2", "restart": False})
        assert (await lines.one(f"changed {ONE}"))["device"] == ONE
        await do("DELETE", "/phones/1002")  # its number is given back
        gone = await lines.one(f"removed {TWO}")
        assert (gone["device"], gone["number"]) == (TWO, "1002")
        await do("POST", "/claims", {"number": "1003", "pin": "70615243"})
        await lines.one("lets 1003 be claimed")
        await do("POST", "/messages", {"text": "Fire drill", "everybody": True})
        await lines.one("a text was sent to the screens of 0 phones")
        await do("POST", "/users", {"name": "ann", "role": "viewer", "password": PASSWORD})
        await lines.one("added the user ann")
    async with node.client() as door:
        for password, status in (("wrong", 401), (PASSWORD, 200)):
            answer = await door.post("/api/v1/session", json={"name": "ann", "password": password})
            assert answer.status == status
    await lines.one("ann from 127.0.0.1: could not log in")
    await lines.one("ann from 127.0.0.1: logged in")
    secrets |= known_secrets(node.service.settings)
    assert len(secrets) > 8
    for secret in secrets:
        assert secret not in lines.text
    # Nothing was said twice, by whatever way it came into the log.
    decided = [each["message"] for each in lines.all if each.get("event") not in (None, "PbxLost")]
    assert len(decided) == len(set(decided))


AT: dict[str, Any] = {"at": NOON, "device": DeviceName(ONE)}
DECISIONS: tuple[Event, ...] = (
    FileRefused(**AT, name=f"{ONE}.cnf.xml", client="192.0.2.9", via=Via.TFTP, why="not its address"),
    FileServedBeside(**AT, name=f"{ONE}.cnf.xml", client="192.0.2.9", via=Via.TFTP, secret=True),
    NamesGuessed(at=NOON, client="192.0.2.9", count=21),
    PhoneClaimed(**AT, before="2000", number="1001", via="phone"),
    ClaimRefused(**AT, outcome=ClaimOutcome.WRONG_PIN.value, via="phone", number="1001"),
    PhoneRestartSent(**AT, how="restart", why="its file changed"),
    PhoneMoved(**AT, before="192.0.2.1:5060", after="192.0.2.2:5060"),
    SecondConnectionRefused(**AT, client="192.0.2.9"),
    TokenAnswered(**AT, granted=False, wait=60, why="another server is better"),
    CallFinished(
        **AT, call=3, line=1, number="5550100", outgoing=True, answered=False, seconds=0, why="refused", status=403
    ),
    EmergencyNumberDialled(**AT, number="1001", dialled="112"),
    GroupPaged(**AT, number="1001", group="8600", phones=4),
    MaliciousCallMarked(**AT, call=3, called="1001", number="5550100", name="", sip_call_id="x"),
)


@pytest.mark.parametrize("event", DECISIONS, ids=lambda event: type(event).__name__)
async def test_an_event_that_is_a_decision_is_one_line(node: WebNode, lines: Lines, event: Event) -> None:
    node.service.recorder.record(event)
    (line,) = [each for each in lines.all if each.get("event") == type(event).__name__]
    if event.device is not None:
        assert (line["device"], line["mac"]) == (ONE, "001122331001")
    loud = {EmergencyNumberDialled: "critical", MaliciousCallMarked: "warning"}
    assert line["level"] == loud.get(type(event), "info")


async def test_the_trail_of_before_is_not_told_again(node: WebNode, lines: Lines) -> None:
    follower = AuditLog(node.service.store)
    follower.tell()  # before it has begun it knows nothing
    node.accounts.add_user("ann", Role.VIEWER, "tester", password=PASSWORD)
    follower.begin()
    node.accounts.set_role("ann", Role.ADMIN, "tester")
    before = len(lines.naming("made ann admin"))
    follower.tell()
    follower.tell()
    assert len(lines.naming("made ann admin")) == before + 1
    assert len(lines.naming("added the user ann")) <= 1


class LateTrail:
    """A trail on a server: number 7 was given before 8, and came after it."""

    def __init__(self) -> None:
        self.rows: dict[int, AuditEntry] = {}
        self.journal = self

    @contextlib.contextmanager
    def read(self) -> Iterator[LateTrail]:
        yield self

    def newest_audit(self) -> int:
        return max(self.rows, default=0)

    def audit_after(self, number: int, *, limit: int) -> list[tuple[int, AuditEntry]]:
        return [each for each in sorted(self.rows.items()) if each[0] > number][:limit]


def test_an_entry_that_comes_late_is_told_once(lines: Lines) -> None:
    trail = LateTrail()
    trail.rows = {number: AuditEntry(NOON, "root", f"did {number}", "") for number in range(1, 7)}
    follower = AuditLog(trail)  # type: ignore[arg-type]  # what it needs of a store
    follower.begin()
    trail.rows[8] = AuditEntry(NOON, "root", "did 8", "")
    follower.tell()
    trail.rows[7] = AuditEntry(NOON, "root", "did 7", "")
    follower.tell()
    trail.rows |= {number: AuditEntry(NOON, "root", f"did {number}", "") for number in range(9, 2009)}
    follower.tell()
    follower.tell()
    told = [int(each["action"].removeprefix("did ")) for each in lines.all]
    assert told == [8, 7, *range(9, 2009)]
