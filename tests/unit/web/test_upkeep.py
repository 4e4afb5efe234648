"""What the API sends as files: traces, backups, support bundles, CSV; and packages that come up."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bridge.app.operations.backup import Backup
from bridge.core import CallQuality, CallRecord, Device, DeviceName, Line, LineAppearance, Role, SignallingProtocol
from bridge.web.access import CSRF_FIELD
from tests.firmware import java_load, zipped
from tests.webnode import PASSWORD, WebNode, running_web_node, web_settings

SECRET = "TheSecretOfThePhone"
NAME = DeviceName("SEP001122331001")
PACKAGE = "/api/v1/firmware/packages"


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[WebNode]:
    settings = web_settings(tmp_path)
    async with running_web_node(replace(settings, web=replace(settings.web, largest_package=1 << 20))) as node:
        await asyncio.to_thread(_furnish, node)
        await node.service.refresh()
        yield node


def _furnish(node: WebNode) -> None:
    now = node.service.clock.now()
    with node.service.store.write() as work:
        line = LineAppearance(1, Line("1001", display_name="Front desk"))
        work.devices.add(Device(NAME, SignallingProtocol.SIP, now, "stamp", SECRET, (line,), 683, "8841"))
        for place, name in enumerate(("=cmd|x", "Käthe", "")):
            ended = now - timedelta(hours=3 - place)
            quality = CallQuality(500, 490, 10, 3, 20) if place == 1 else None
            answered = ended - timedelta(seconds=20)
            record = CallRecord(
                NAME, "1001", "+4930123", name, False, answered, answered, ended, "hung up", 0, "ulaw", quality
            )
            work.calls.add(record)
        work.commit()


@pytest.fixture
async def admin(node: WebNode) -> AsyncIterator[aiohttp.ClientSession]:
    async with node.client(await node.token()) as session:
        yield session


async def _audited(admin: aiohttp.ClientSession) -> list[str]:
    entries = (await (await admin.get("/api/v1/audit")).json())["entries"]
    return [each["action"] for each in entries]


async def test_a_trace_holds_what_the_phone_asked_and_not_its_password(
    node: WebNode, admin: aiohttp.ClientSession
) -> None:
    begun = await admin.post("/api/v1/traces", json={"phone": "1001", "seconds": 30})
    assert begun.status == 201
    trace = (await begun.json())["id"]
    host, port = node.service.http_addresses[0]
    async with aiohttp.ClientSession() as phone:
        file = await (await phone.get(f"http://{host}:{port}/{NAME}.cnf.xml")).read()
    assert SECRET.encode() in file
    listed = (await (await admin.get("/api/v1/traces")).json())["traces"]
    assert [each["id"] for each in listed] == [trace]
    assert (await (await admin.get(f"/api/v1/traces/{trace}")).json())["pieces"]["HTTP"] >= 2
    capture = await admin.post(f"/api/v1/traces/{trace}/capture")
    content = await capture.read()
    assert capture.headers["Content-Type"] == "application/vnd.tcpdump.pcap"
    assert content[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1")
    assert b"cnf.xml" in content
    assert SECRET.encode() not in content
    assert (await admin.get(f"/api/v1/traces/{trace}")).status == 404
    assert {f"began to trace {NAME}", f"fetched the trace of {NAME}"} <= set(await _audited(admin))


async def test_a_trace_is_bounded_thrown_away_and_of_phones_that_nobody_knows_yet(
    node: WebNode, admin: aiohttp.ClientSession
) -> None:
    begun = [await admin.post("/api/v1/traces", json={"phone": f"00AABBCCDD0{place}"}) for place in range(5)]
    assert [each.status for each in begun] == [201] * 4 + [409]
    first = await begun[0].json()
    assert first["device"] == "SEP00AABBCCDD00"
    assert (await admin.delete(f"/api/v1/traces/{first['id']}")).status == 200
    assert len((await (await admin.get("/api/v1/traces")).json())["traces"]) == 3
    assert (await admin.post("/api/v1/traces", json={"phone": "9999"})).status == 404
    assert (await admin.post("/api/v1/traces", json={"phone": "1001", "seconds": 99999})).status == 400
    assert node.service.tap.heard is not None


async def test_a_backup_comes_as_one_file_that_can_be_opened(
    node: WebNode, admin: aiohttp.ClientSession, tmp_path: Path
) -> None:
    answer = await admin.post("/api/v1/backup", json={"history": False})
    assert answer.status == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="sepbridge-')
    path = tmp_path / "fetched.backup"
    path.write_bytes(await answer.read())
    assert int(answer.headers["Content-Length"]) == path.stat().st_size
    with Backup(path) as backup:
        assert backup.manifest.tables["device"] == 1
        assert backup.manifest.tables.get("call_record", 0) == 0
    assert "fetched a backup" in await _audited(admin)
    assert [each for each in node.service.settings.state.directory.iterdir() if "download" in each.name] == []


async def test_a_support_bundle_holds_no_secret(node: WebNode, admin: aiohttp.ClientSession) -> None:
    answer = await admin.post("/api/v1/support-bundle", json={"doctor": False})
    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert json.loads(texts["status.json"])["version"]
    assert json.loads(texts["phones.json"])["phones"][0]["name"] == str(NAME)
    assert "doctor.txt" not in texts
    assert [name for name, text in texts.items() if SECRET in text] == []
    assert "fetched a support bundle" in await _audited(admin)


async def test_only_one_large_file_is_made_at_a_time(node: WebNode, admin: aiohttp.ClientSession) -> None:
    answers = await asyncio.gather(*(admin.post("/api/v1/backup", json={}) for _ in range(4)))
    statuses = sorted(each.status for each in answers)
    assert statuses[0] == 200
    assert statuses[-1] == 409
    assert (await admin.post("/api/v1/backup", json={})).status == 200


@pytest.mark.parametrize("path", ["/backup", "/support-bundle", "/traces", "/traces/x/capture"])
async def test_these_are_for_admins(node: WebNode, path: str) -> None:
    async with node.client(await node.token(Role.VIEWER)) as viewer:
        assert (await viewer.post(f"/api/v1{path}", json={})).status == 403
        assert (await viewer.get("/api/v1/traces")).status == 403


async def test_calls_are_cut_by_time_and_come_as_csv_that_no_spreadsheet_carries_out(
    node: WebNode, admin: aiohttp.ClientSession
) -> None:
    middle = (node.service.clock.now() - timedelta(hours=1, minutes=30)).isoformat()
    params = {"phone": "1001", "until": middle}
    early = (await (await admin.get("/api/v1/calls", params=params)).json())["calls"]
    assert [each["name"] for each in early] == ["=cmd|x", "Käthe"]
    newest = (await (await admin.get("/api/v1/calls?limit=1&skip=1")).json())["calls"]
    assert [each["name"] for each in newest] == ["Käthe"]
    answer = await admin.get("/api/v1/calls/export", params=params)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(await answer.text())))
    assert [each["name"] for each in rows] == ["'=cmd|x", "Käthe"]
    assert [(each["number"], each["lost"], each["seconds"]) for each in rows] == [
        ("+4930123", "", "20.0"),
        ("+4930123", "10", "20.0"),
    ]
    assert (await admin.get("/api/v1/calls/export?since=yesterday")).status == 400


async def test_a_directory_goes_out_and_comes_in_again(admin: aiohttp.ClientSession) -> None:
    for name, number in (("=Sum", "4001"), ("O'Hara, Ann", "+49 30 1")):
        added = await admin.post("/api/v1/directory", json={"name": name, "number": number})
        assert added.status == 201
    key = {"name": "O'Hara, Ann", "number": "+49301"}
    changed = await admin.patch("/api/v1/directory", params=key, json={"number": "+49302"})
    assert await changed.json() == {"name": "O'Hara, Ann", "number": "+49302"}
    assert (await admin.patch("/api/v1/directory", params=key, json={"number": "1"})).status == 404
    taken = {"name": "=Sum", "number": "4001"}
    merged = await admin.patch("/api/v1/directory", params={**key, "number": "+49302"}, json=taken)
    assert merged.status == 409
    text = await (await admin.get("/api/v1/directory/export")).text()
    assert text == "name,number\n'=Sum,4001\n\"O'Hara, Ann\",+49302\n"
    again = await admin.post("/api/v1/directory/import", json={"csv": text, "replace": True})
    assert await again.json() == {"count": 2}
    listed = (await (await admin.get("/api/v1/directory")).json())["contacts"]
    assert [each["name"] for each in listed] == ["=Sum", "O'Hara, Ann"]


async def test_a_package_comes_up_and_one_that_is_too_large_does_not(
    node: WebNode, admin: aiohttp.ClientSession, tmp_path: Path
) -> None:
    package = zipped(tmp_path / "load.zip", java_load("SCCP41.9-4-2SR4-1S")).read_bytes()
    done = await admin.post(f"{PACKAGE}?name=load.zip", data=package)
    assert (await done.json())["loads"] == ["SCCP41.9-4-2SR4-1S"]
    assert (await admin.post(f"{PACKAGE}?name=load.zip", data=b"no zip")).status == 422
    assert (await admin.post(f"{PACKAGE}?name=load.zip", data=io.BytesIO(bytes((1 << 20) + 1)))).status == 413
    assert [each for each in node.service.settings.state.directory.iterdir() if "upload" in each.name] == []


async def test_the_dashboards_form_has_the_same_limit_and_wants_its_token_first(node: WebNode, tmp_path: Path) -> None:
    await asyncio.to_thread(node.accounts.add_user, "ada", Role.ADMIN, "tester", password=PASSWORD)

    def form(token: str, size: int) -> aiohttp.FormData:
        made = aiohttp.FormData()
        made.add_field(CSRF_FIELD, token)
        made.add_field("file", io.BytesIO(bytes(size)), filename="x.zip", content_type="application/zip")
        return made

    async with node.client() as session:
        await session.post("/login", data={"name": "ada", "password": PASSWORD})
        page = await (await session.get("/firmware")).text()
        found = re.search(f'name="{CSRF_FIELD}" value="([^"]+)"', page)
        assert found is not None
        answer = await session.post("/firmware/add", data=form(found[1], (1 << 20) + 1))
        assert answer.status == 413
        assert "What was sent is too large" in await answer.text()
        answer = await session.post("/firmware/add", data=form("wrong", 10))
        assert answer.status == 403
        answer = await session.post("/firmware/add", data=form(found[1], 10))
        assert answer.status == 422
        assert "x.zip is not taken" in (await answer.text()).lower()
    assert [each for each in node.service.settings.state.directory.iterdir() if "upload" in each.name] == []


async def test_the_site_comes_as_a_file(admin: aiohttp.ClientSession) -> None:
    answer = await admin.get("/api/v1/site/text?phones=true")
    assert answer.headers["Content-Type"] == "application/toml"
    text = await answer.text()
    assert f'name = "{NAME}"' in text
    assert SECRET not in text
    assert (await (await admin.post("/api/v1/site/diff", json={"site": text})).json())["changes"] == []


async def test_refused_phones_are_added_many_at_once(node: WebNode, admin: aiohttp.ClientSession) -> None:
    now = node.service.clock.now()
    names = [f"SEP00AABBCCDD0{place}" for place in range(3)]
    with node.service.store.write() as work:
        for name in names:
            work.journal.refuse(DeviceName(name), "192.0.2.9", "window_closed", "closed", now)
        work.commit()
    assert (await admin.put("/api/v1/autoregistration/range", json={"range": "2000-2001"})).status == 200
    done = await (await admin.post("/api/v1/phones/refused/add", json={"phones": [*names, names[0]]})).json()
    assert [each["number"] for each in done["added"]] == ["2000", "2001"]
    assert [each["phone"] for each in done["failed"]] == [names[2]]
    assert done["failed"][0]["trouble"]
    assert (await admin.get(f"/api/v1/phones/{names[1]}/files")).status == 200


async def test_a_document_is_pushed_and_checked(admin: aiohttp.ClientSession) -> None:
    document = "<CiscoIPPhoneText><Text>Hello</Text></CiscoIPPhoneText>"
    sent = await admin.post("/api/v1/messages", json={"document": document, "everybody": True})
    assert "SIP firmware" in (await sent.json())["phones"][0]["why_not"]
    assert (await admin.post("/api/v1/messages", json={"document": "<x/>", "everybody": True})).status == 422
    both = {"document": document, "text": "Hello", "everybody": True}
    assert (await admin.post("/api/v1/messages", json=both)).status == 422
