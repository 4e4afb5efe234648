"""The REST API on a running node: each resource once, errors, roles, secrets, and what 2,000 phones cost."""

from __future__ import annotations

import asyncio
import io
import json
import time
import wave
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bridge.core import (
    Device,
    DeviceName,
    Line,
    LineAppearance,
    Role,
    SignallingProtocol,
)
from bridge.core.events import DhcpLeaseSeen, FileRequested, PhoneRefused
from bridge.core.files import Via
from bridge.store import SqlStore
from bridge.web.api import api_page, description
from bridge.web.api.everything import operations
from tests.webnode import PASSWORD, WebNode, running_web_node, web_settings

PAGE = Path(__file__).parents[3] / "docs/api.md"
SECRET = "TheSecretOfThePhone"
STRANGER = "SEP00AABBCCDDEE"


class Api:
    """Calls with a token; answers are JSON."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        response = await self._session.request(method, f"/api/v1{path}", json=body)
        text = await response.text()
        assert response.status == status, (response.status, text)
        assert SECRET not in text
        return json.loads(text)

    async def get(self, path: str, **more: int) -> Any:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: object = None, **more: int) -> Any:
        return await self.ask("POST", path, body, **more)

    async def upload(self, path: str, content: bytes, *, status: int) -> Any:
        response = await self._session.post(
            f"/api/v1{path}", data=content, headers={"Content-Type": "application/octet-stream"}
        )
        text = await response.text()
        assert response.status == status, (response.status, text)
        return json.loads(text)

    async def put(self, path: str, body: object, **more: int) -> Any:
        return await self.ask("PUT", path, body, **more)

    async def patch(self, path: str, body: object, **more: int) -> Any:
        return await self.ask("PATCH", path, body, **more)

    async def delete(self, path: str, **more: int) -> Any:
        return await self.ask("DELETE", path, **more)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[WebNode]:
    async with running_web_node(web_settings(tmp_path)) as node:
        with node.service.store.write() as work:
            for number in ("1001", "1002"):
                work.devices.add(phone(number, node.service.clock.now()))
            work.commit()
        await node.service.refresh()
        yield node


@pytest.fixture
async def api(node: WebNode) -> AsyncIterator[Api]:
    async with node.client(await node.token()) as session:
        yield Api(session)


def phone(number: str, at: Any) -> Device:
    name = DeviceName(f"SEP00112233{number}")
    line = LineAppearance(1, Line(number, display_name=f"Number {number}"))
    return Device(name, SignallingProtocol.SIP, at, "stamp", SECRET, (line,), 683, "8841")


# --- the description -------------------------------------------------------------------------------------------------


def test_the_page_is_made_from_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == api_page(), "run scripts/api-page.py > docs/api.md"


def test_the_description_names_every_operation_and_no_secret() -> None:
    document = description()
    names = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(names) == len(set(names)) == len(operations())
    for name, schema in document["components"]["schemas"].items():
        secret = {"secret", "digest", "password", "pin"} & set(schema.get("properties", {}))
        asked = {"Credentials", "NewUser", "NewUserPassword", "NewClaim", "DirectoryPin"}
        assert not secret or name in asked, (name, secret)
    json.dumps(document)


async def test_whoever_changes_something_must_be_an_admin_and_nobody_gets_in_without_login(node: WebNode) -> None:
    viewer = await node.token(Role.VIEWER)
    async with node.client() as nobody, node.client(viewer) as looking:
        for each in operations():
            path = "/api/v1" + each.path.replace("{button}", "1")
            for name, _ in each.parameters:
                path = path.replace(f"{{{name}}}", "x")
            if each.role is None:
                continue
            response = await nobody.request(each.method, path)
            assert response.status == 401, (each.name, response.status)
            response = await looking.request(each.method, path)
            if each.role is Role.ADMIN:
                assert response.status == 403, (each.name, response.status)
            else:
                assert response.status not in (401, 403, 500), (each.name, response.status)
            response.close()


# --- sessions --------------------------------------------------------------------------------------------------------


async def test_a_person_logs_in_chooses_a_password_and_logs_out(node: WebNode) -> None:
    made = node.service.first_login
    assert made is not None
    async with node.client() as session:
        wrong = await session.post("/api/v1/session", json={"name": "admin", "password": "wrong"})
        assert wrong.status == 401
        answer = await session.post("/api/v1/session", json={"name": "admin", "password": made.password})
        who = await answer.json()
        assert (who["role"], who["must_change"]) == ("admin", True)
        assert (await session.get("/api/v1/phones")).status == 403
        headers = {"X-CSRF-Token": who["csrf_token"]}
        body = {"old": made.password, "new": PASSWORD}
        assert (await session.put("/api/v1/session/password", json=body)).status == 403
        changed = await session.put("/api/v1/session/password", json=body, headers=headers)
        headers = {"X-CSRF-Token": (await changed.json())["csrf_token"]}
        assert (await session.get("/api/v1/phones")).status == 200
        assert (await session.delete("/api/v1/session", headers=headers)).status == 200
        assert (await session.get("/api/v1/phones")).status == 401


async def test_users_and_tokens(node: WebNode, api: Api) -> None:
    made = await api.post("/users", {"name": "ann", "role": "admin"}, status=201)
    assert len(made["one_time_password"]) == 16
    assert [each["name"] for each in (await api.get("/users"))["users"]] == ["admin", "ann"]
    assert "argon2" not in json.dumps(await api.get("/users"))
    await api.patch("/users/admin", {"role": "viewer"})
    await api.patch("/users/ann", {"role": "viewer"}, status=409)
    assert (await api.post("/users/ann/password", {"password": PASSWORD}))["one_time_password"] == ""
    await api.delete("/users/ann", status=409)
    token = await api.post("/tokens", {"name": "monitor", "days": 3}, status=201)
    async with node.client(token["token"]) as other:
        assert (await (await other.get("/api/v1/session")).json())["name"] == "monitor"
        await api.delete("/tokens/monitor")
        assert (await other.get("/api/v1/session")).status == 401
    assert token["token"] not in json.dumps(await api.get("/tokens"))


# --- phones ----------------------------------------------------------------------------------------------------------


async def test_phones_are_listed_filtered_shown_changed_and_removed(api: Api) -> None:
    page = await api.get("/phones?search=1002&order=number&descending=true")
    assert [each["number"] for each in page["phones"]] == ["1002"]
    assert (page["total"], page["registered"]) == (1, 0)
    assert (await api.get("/phones?limit=1&offset=1"))["phones"][0]["number"] == "1002"
    assert (await api.get("/phones?registered=true"))["phones"] == []
    await api.post("/site/pools", {"name": "Floor 2"}, status=201)
    moved = await api.post("/phones/1001/move", {"pool": "Floor 2", "restart": False})
    assert moved["phone"]["pool"] == "Floor 2"
    assert [each["number"] for each in (await api.get("/phones?pool=Floor%202"))["phones"]] == ["1001"]
    changed = await api.patch("/phones/1001", {"description": "Front desk", "idle_text": "Hello"})
    assert changed["settings"]["idle_text"] == "Hello"
    changed = await api.patch("/phones/1001", {"idle_text": None})
    assert "idle_text" not in changed["settings"]
    await api.patch("/phones/1001", {"lines": []}, status=422)
    await api.patch("/phones/1001", {"pool": "Nowhere"}, status=404)
    sheet = await api.get("/phones/00:11:22:33:10:01")
    assert (sheet["name"], sheet["phone"]["description"]) == ("SEP001122331001", "Front desk")
    line = await api.put("/phones/1001/lines/1003", {"label": "Sales", "ring_idle": None})
    assert line["phone"]["lines"] == ["1001", "1003"]
    await api.put("/phones/1001/lines/1002", {}, status=409)
    shared = await api.put("/phones/1001/lines/1002", {"shared": True})
    assert shared["phone"]["lines"] == ["1001", "1003", "1002"]
    await api.delete("/phones/1001/lines/1003")
    button = await api.put("/phones/1001/buttons/5", {"kind": "speed-dial", "number": "1002", "label": "Bob"})
    assert button["settings"]["buttons"][0] == {"button": 5, "kind": "speed-dial", "number": "1002", "label": "Bob"}
    await api.put("/phones/1001/buttons/5", {"kind": "nonsense"}, status=422)
    await api.delete("/phones/1001/buttons/5")
    await api.post("/phones/1001/restart", {}, status=503)  # no Asterisk here
    assert (await api.delete("/phones/1002"))["removed"] == "SEP001122331002"
    await api.get("/phones/SEP001122331002", status=404)


async def test_a_phones_files_come_without_its_password(node: WebNode, api: Api) -> None:
    found = await api.get("/phones/1001/files")
    (file, *_) = found["files"]
    assert file["name"] == "SEP001122331001.cnf.xml"
    assert "********" in file["text"]  # and Api.ask looks that the secret is in no answer


@pytest.mark.req("RG-10")
async def test_a_refused_phone_is_listed_and_added_with_one_request(node: WebNode, api: Api) -> None:
    await api.put("/autoregistration/range", {"range": "2000-2009"})
    await api.post("/autoregistration/disable")
    reader, writer = await asyncio.open_connection(*node.service.http_addresses[0])
    writer.write(f"GET /{STRANGER}.cnf.xml HTTP/1.0\r\n\r\n".encode())
    assert b"404" in await reader.readline()
    writer.close()
    (refused,) = (await api.get("/phones/refused"))["refused"]
    assert (refused["device"], refused["client"]) == (STRANGER, "127.0.0.1")
    assert (await api.get(f"/phones/{STRANGER}/diagnosis"))["refusal"]["reason"] == refused["reason"]
    added = await api.post("/phones", {"phone": STRANGER}, status=201)
    assert added["phone"]["number"] == "2000"
    assert (await api.get("/phones/refused"))["refused"] == []
    await api.post("/phones", {"phone": STRANGER}, status=409)
    reader, writer = await asyncio.open_connection(*node.service.http_addresses[0])
    writer.write(f"GET /{STRANGER}.cnf.xml HTTP/1.0\r\n\r\n".encode())
    assert b"200" in await reader.readline()
    writer.close()


async def test_what_a_phone_did_and_how_far_it_came(node: WebNode, api: Api) -> None:
    name = DeviceName("SEP001122331001")
    at = node.service.clock.now()
    node.service.recorder.record(
        FileRequested(at=at, device=name, name=f"{name}.cnf.xml", client="192.0.2.1", via=Via.TFTP)
    )
    deadline = time.monotonic() + 5
    steps: dict[str, Any] = {}
    while "FileRequested" not in steps:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
        steps = {each["event"]: each for each in (await api.get("/phones/1001/journey"))["steps"]}
    step = steps["FileRequested"]
    assert (step["details"]["client"], step["text"]) == (
        "192.0.2.1",
        "asks for 'SEP001122331001.cnf.xml' from 192.0.2.1 over tftp",
    )
    told = await api.get("/phones/1001/diagnosis")
    assert (told["progress"]["stage"], told["journey"]["stage"], told["journey"]["client"]) == (
        "tftp",
        "tftp",
        "192.0.2.1",
    )
    assert (await api.get("/phones/on-their-way"))["phones"][0]["device"] == str(name)


async def test_a_stuck_phone_is_diagnosed_and_one_that_was_never_heard_of_has_no_journey(
    node: WebNode, api: Api
) -> None:
    node.service.recorder.record(
        PhoneRefused(
            at=node.service.clock.now(),
            device=DeviceName(STRANGER),
            client="192.0.2.9",
            reason="window_closed",
            text="autoregistration is closed",
        )
    )
    with node.service.store.write() as work:
        at = node.service.clock.now()
        work.journal.refuse(DeviceName(STRANGER), "192.0.2.9", "window_closed", "autoregistration is closed", at)
        work.commit()
    first = (await api.get(f"/phones/{STRANGER}/diagnosis"))["findings"][0]
    assert first["code"]
    assert first["cause"]
    assert first["evidence"][0]["what"]
    assert first["fixes"][0]["text"]
    silent = await api.get("/phones/1002/diagnosis")
    assert (silent["journey"], silent["findings"]) == (None, [])


async def test_lists_tell_what_is_found_of_phones_and_take_those_with_problems(node: WebNode, api: Api) -> None:
    service, name = node.service, DeviceName("SEP001122331001")
    long_ago = service.clock.now() - timedelta(minutes=5)
    service.recorder.record(DhcpLeaseSeen(at=long_ago, device=name, address="192.0.2.1"))
    service.recorder.record(
        PhoneRefused(at=long_ago, device=DeviceName(STRANGER), client="192.0.2.9", reason="window_closed", text="no")
    )
    await service.findings.round()
    listed = await api.get("/phones?problems=true")
    assert (listed["total"], listed["problems"], listed["phones"][0]["name"]) == (1, 1, str(name))
    first = listed["phones"][0]["findings"][0]
    assert (first["code"], first["severity"]) == ("missing_tftp_option", "problem")
    well = await api.get("/phones?problems=false")
    assert ([each["name"] for each in well["phones"]], well["problems"]) == (["SEP001122331002"], 0)
    assert well["phones"][0]["findings"] == []
    assert (await api.get("/phones"))["total"] == 2
    sheet = await api.get(f"/phones/{name}")
    assert sheet["phone"]["findings"][0] == first
    assert sheet["findings"][0]["fixes"][0]["text"]
    everything = await api.get("/findings")
    assert (everything["problems"], everything["total"]) == (2, 2)
    assert [each["phone"] for each in everything["phones"]] == [str(name), STRANGER]
    assert {"code": "window_closed", "severity": "problem", "phones": 1} in everything["causes"]
    closed = await api.get("/findings?code=window_closed&limit=1")
    assert ([each["phone"] for each in closed["phones"]], closed["total"]) == ([STRANGER], 1)


async def test_what_a_screen_says_is_explained(api: Api) -> None:
    told = await api.get("/explain?text=registration+rejectd")
    assert told["is_certain"]
    assert told["entries"][0]["text"] == "Registration Rejected"
    assert not (await api.get("/explain?text=xyzzy+plugh"))["is_certain"]


async def test_the_list_shows_at_once_what_another_process_changed(node: WebNode, api: Api) -> None:
    async def listed() -> dict[str, Any]:
        return {each["number"]: each for each in (await api.get("/phones"))["phones"]}

    assert not (await listed())["1001"]["registered"]
    # Behind the service's back, and without an entry in the audit trail: as another node notes a registration.
    with node.service.store.write() as work:
        device = work.devices.get(DeviceName("SEP001122331001"))
        assert device is not None
        work.devices.update(replace(device, registered=True, address="192.0.2.44"))
        work.devices.remove(DeviceName("SEP001122331002"))
        work.devices.add(phone("1003", node.service.clock.now()))
        work.commit()
    after = await listed()
    assert set(after) == {"1001", "1003"}
    assert (after["1001"]["registered"], after["1001"]["address"]) == (True, "192.0.2.44")


async def test_what_if_this_phone_dialled(api: Api) -> None:
    rings = await api.get("/phones/1001/dial?number=1002")
    assert (rings["fate"], rings["phones"]) == ("rings", ["SEP001122331002"])
    for name in ("Internal", "Outside"):
        await api.post("/site/partitions", {"name": name}, status=201)
    await api.post("/site/css", {"name": "Staff", "partitions": ["Internal", "Outside"]}, status=201)
    route = {"pattern": "9.!", "partition": "Outside", "discard_digits": "PreDot", "destination": "trunk"}
    await api.post("/site/patterns", {**route, "prefix_digits": "00"}, status=201)
    await api.post("/site/patterns", {"pattern": "9.0190!", "partition": "Outside", "block": True}, status=201)
    wrap = {"pattern": "#1.XXX", "partition": "Internal", "discard_digits": "PreDot", "css": "Staff"}
    await api.post("/site/translations", {**wrap, "prefix_digits": "9"}, status=201)
    await api.patch("/phones/1001", {"css": "Staff"})
    leaves = await api.get("/phones/1001/dial?number=9555")
    assert (leaves["fate"], leaves["number"], leaves["by"]) == ("leaves", "00555", "trunk")
    assert leaves["steps"][0]["partition"] == "Outside"
    turned = await api.get("/phones/1001/dial?number=%231777")
    assert [each["becomes"] for each in turned["steps"]] == ["9777", "00777"]
    blocked = await api.get("/phones/1001/dial?number=901901")
    assert (blocked["fate"], blocked["steps"][-1]["pattern"]) == ("blocked", "9.0190!")
    assert (await api.get("/phones/1001/dial?number=8"))["fate"] == "no-match"
    # Whatever blocks it: the admin's own context has it, where the site has no pattern for emergencies.
    await api.post("/site/patterns", {"pattern": "911", "partition": "Outside", "block": True}, status=201)
    helps = await api.get("/phones/1001/dial?number=911")
    assert (helps["fate"], helps["number"], helps["by"]) == ("leaves", "911", "sepbridge-custom")
    await api.get("/phones/1001/dial?number=abc", status=400)
    assert (await api.delete("/site/patterns/9.!?partition=Outside"))["changes"][0]["step"] == "remove"


# --- autoregistration ------------------------------------------------------------------------------------------------


async def test_the_window_opens_with_a_limit_and_closes(api: Api) -> None:
    await api.post("/autoregistration/enable", {}, status=409)  # no range yet
    await api.put("/autoregistration/range", {"range": "2000-2099"})
    await api.put("/autoregistration/protocol", {"protocol": "SIP"})
    opened = await api.post("/autoregistration/enable", {"seconds": 600, "count": 5})
    assert opened["status"]["is_open"]
    assert opened["status"]["phones_left"] == 5
    assert 590 <= opened["status"]["seconds_left"] <= 600
    assert not (await api.post("/autoregistration/disable"))["status"]["is_open"]
    await api.post("/autoregistration/enable", {"seconds": 0}, status=422)  # no end needs force
    steps = (await api.get("/autoregistration/checklist"))["steps"]
    assert [each["number"] for each in steps] == list(range(1, 10))


async def test_who_may_in(api: Api) -> None:
    done = await api.put("/autoregistration/lists", {"denied": ["mac:00AABBCCDDEE", "model:7961"]})
    assert done["settings"]["denied"] == ["mac:00AABBCCDDEE", "model:30018"]
    assert (await api.put("/autoregistration/networks", {"networks": ["10.0.0.0/8"]}))["settings"][
        "allowed_networks"
    ] == ["10.0.0.0/8"]
    await api.put("/autoregistration/networks", {"networks": ["10.0.0.1/8"]}, status=422)
    rogue = await api.put("/autoregistration/unknown", {"range": "8900-8909"})
    assert rogue["settings"]["rogue"]["range"] == "8900-8909"
    assert (await api.put("/autoregistration/security", {"secure": True}))["secure"]
    await api.put("/autoregistration/security", {}, status=422)
    assert (await api.put("/autoregistration/approval", {"enabled": True})) == {"approval": True, "waiting": []}
    assert (await api.post("/autoregistration/approve", {"phones": [STRANGER]}))["approved"]
    await api.post("/autoregistration/deny", {"phones": ["a phone"]}, status=422)
    await api.put("/autoregistration/backup", {"enabled": True})
    await api.put("/autoregistration/warn-after", {"count": 50})
    assert (await api.get("/autoregistration"))["settings"]["backup"]


async def test_temporary_phones_are_assigned_and_cleaned_up(node: WebNode, api: Api) -> None:
    await api.post("/site/pools", {"name": "Floor 2"}, status=201)
    body = {"assignments": [{"phone": "1001", "pool": "Floor 2"}, {"phone": "9", "pool": "Floor 2"}]}
    done = await api.post("/temporary/assign", {**body, "restart": False})
    assert [each["pool"] for each in done["assigned"]] == ["Floor 2"]
    assert done["failed"][0]["phone"] == "9"
    await api.post("/temporary/assign", {}, status=422)
    csv = await api.post("/temporary/assign", {"csv": "phone,pool\n1002,Floor 2\n1003,Floor 2\n", "restart": False})
    assert (len(csv["assigned"]), csv["failed"][0]["line"]) == (1, 3)
    assert (await api.post("/temporary/cleanup", {"dry_run": True})) == {"phones": [], "removed": False}
    assert (await api.get("/temporary?network=10.0.0.0/8"))["phones"] == []


async def test_claims(api: Api) -> None:
    made = await api.post("/claims", {"number": "3001", "pin": "4711", "planned_model": "any"}, status=201)
    assert (made["asks_pin"], made["device"]) == (True, "BAT000000003001")
    await api.put("/claims/protected/30X2", {})
    await api.post("/claims", {"number": "3002"}, status=409)
    assert (await api.post("/claims/import", {"csv": "number,pin\n3003,1234\n3004,x\n"}))["added"] == 1
    held = await api.get("/claims")
    assert [each["number"] for each in held["claims"]] == ["3001", "3003"]
    assert held["protected"] == ["30X2"]
    await api.delete("/claims/protected/30X2")
    await api.post("/claims/unlock", {"subject": "3001"})
    await api.delete("/claims/3001")
    await api.delete("/claims/3001", status=404)


# --- the site --------------------------------------------------------------------------------------------------------


async def test_the_site_travels_as_one_text(api: Api) -> None:
    text = (await api.get("/site"))["site"]
    more = text + '\n[[partition]]\nname = "Inside"\n'
    planned = await api.post("/site/diff", {"site": more})
    assert [(each["step"], each["object"]) for each in planned["changes"]] == [("add", "partition Inside")]
    assert (await api.post("/site/apply", {"site": more}))["applied"]
    await api.post("/site/apply", {"site": text}, status=409)  # it would remove the partition
    assert (await api.post("/site/apply", {"site": text, "remove": True}))["changes"][0]["step"] == "remove"
    wrong = await api.post("/site/diff", {"site": text + "\n[[partition]]\nnam = 1\n"}, status=422)
    assert "line" in wrong["error"]["why"]
    assert (await api.get("/site/check"))["findings"] is not None


@pytest.mark.parametrize(
    ("word", "table", "change"),
    [
        ("servers", {"name": "second", "address": "192.0.2.2"}, {"description": "the other"}),
        ("groups", {"name": "Two"}, {"servers": ["pbx"]}),
        ("regions", {"name": "Far", "codecs": ["ulaw"]}, {"codecs": ["alaw", "ulaw"]}),
        ("partitions", {"name": "Inside"}, {"description": "all of us"}),
        ("css", {"name": "All"}, {"description": "everything"}),
        ("pools", {"name": "Floor"}, {"user_locale": "German_Germany"}),
        ("softkey-templates", {"name": "Few"}, {"on_hook": ["Redial", "NewCall"]}),
        ("button-templates", {"name": "Six"}, {"buttons": ["line", {"kind": "speed-dial"}]}),
        ("phone-profiles", {"name": "Quiet"}, {}),
        ("line-templates", {"name": "Line"}, {}),
        ("device-templates", {"name": "Desk"}, {"user_locale": "German_Germany"}),
    ],
)
async def test_objects_come_change_and_go(api: Api, word: str, table: dict[str, Any], change: dict[str, Any]) -> None:
    name = table["name"]
    await api.post(f"/site/{word}", table, status=201)
    await api.post(f"/site/{word}", table, status=409)
    changed = await api.patch(f"/site/{word}/{name}", change)
    assert bool(changed["changes"]) == bool(change)
    shown = await api.get(f"/site/{word}/{name}")
    assert shown["name"] == name
    assert name in [each["name"] for each in (await api.get(f"/site/{word}"))["objects"]]
    await api.patch(f"/site/{word}/{name}", {"nonsense": 1}, status=422)
    await api.delete(f"/site/{word}/{name}")
    await api.get(f"/site/{word}/{name}", status=404)


async def test_device_defaults_have_two_keys(api: Api) -> None:
    await api.post("/site/defaults", {"model": "8841", "protocol": "SIP", "load": "sip88xx.14-1-1"}, status=201)
    assert (await api.get("/site/defaults/8841?protocol=SIP"))["load"] == "sip88xx.14-1-1"
    await api.get("/site/defaults/8841", status=400)
    await api.patch("/site/defaults/8841?protocol=SIP", {"load": None})
    await api.delete("/site/defaults/8841?protocol=SIP")


# --- the rest --------------------------------------------------------------------------------------------------------


async def test_directories(api: Api) -> None:
    assert await api.post("/directory", {"name": "Käthe", "number": "4001"}, status=201) == {"count": 1}
    assert await api.post("/directory/import", {"csv": "name,number\nBob,4002\n", "phone": "1001"}) == {"count": 1}
    assert (await api.get("/directory?search=kä"))["contacts"] == [{"name": "Käthe", "number": "4001"}]
    assert (await api.get("/directory?phone=1001"))["total"] == 1
    assert (await api.put("/directory/pin", {"phone": "1001", "pin": "4711"}))["asks_pin"]
    assert await api.delete("/directory?name=K%C3%A4the") == {"count": 1}
    await api.delete("/directory", status=422)


async def test_firmware_is_taken_in_planned_and_removed(node: WebNode, api: Api) -> None:
    async with node.client(await node.token(Role.VIEWER)) as viewer:
        refused = await viewer.post("/api/v1/firmware/packages?name=x.loads", data=b"x")
        assert refused.status == 403
    assert (await api.get("/firmware"))["loads"] == []
    assert (await api.get("/firmware/check"))["findings"] == []
    assert await api.get("/firmware/rollout") == {"rollout": None, "live": None}
    await api.post("/firmware/rollout/plan", {"load": "sip88xx.14-1-1"}, status=404)
    await api.post("/firmware/rollout/stop", status=409)
    await api.delete("/firmware/loads/nothing", status=404)


async def test_rings_and_backgrounds_come_and_go(node: WebNode, api: Api) -> None:
    assert await api.get("/rings") == {"rings": []}
    assert await api.get("/backgrounds") == {"backgrounds": []}
    picture, sound = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (64, 48), "navy").save(picture, "PNG")
    with wave.open(sound, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000))

    added = await api.upload("/rings?file=front.wav&name=Front%20door", sound.getvalue(), status=201)
    assert (added["name"], added["files"], added["chosen"]) == (
        "Front door",
        ["Front-door.raw", "Front-door.rwb"],
        True,
    )
    await api.upload("/rings?file=front.wav&name=Front%20door", sound.getvalue(), status=409)
    await api.upload("/rings?file=front.wav&name=Front%20door&replace=true", sound.getvalue(), status=201)
    await api.upload("/rings?file=front.wav&name=Other", b"no sound", status=422)
    await api.upload("/rings?file=../front.wav", sound.getvalue(), status=400)
    assert [each["name"] for each in (await api.get("/rings"))["rings"]] == ["Front door"]
    assert (node.service.settings.files_directory / "Front-door.raw").stat().st_size > 0

    made = await api.upload("/backgrounds?file=hills.png", picture.getvalue(), status=201)
    assert made["name"] == "hills"
    assert "320x212x16" in made["folders"]
    assert [each["name"] for each in (await api.get("/backgrounds"))["backgrounds"]] == ["hills"]

    assert (await api.delete("/rings/Front%20door"))["name"] == "Front door"
    await api.delete("/rings/Front%20door", status=404)
    assert (await api.delete("/backgrounds/hills"))["name"] == "hills"
    assert await api.get("/rings") == {"rings": []}
    done = [each["action"] for each in (await api.get("/audit?limit=5"))["entries"]]
    assert done == [
        "added the ring Front door",
        "added the ring Front door",
        "added the background hills",
        "removed the ring Front door",
        "removed the background hills",
    ]
    async with node.client(await node.token(Role.VIEWER)) as viewer:
        for path in ("/rings?file=a.wav", "/backgrounds?file=a.png", "/locales?file=a.zip"):
            assert (await viewer.post(f"/api/v1{path}", data=b"x")).status == 403


async def test_locales_come_are_missed_and_go(node: WebNode, api: Api) -> None:
    assert await api.get("/locales") == {"locales": []}
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("German_Germany/sp-sip.jar", b"PK\3\4 words")
    added = await api.upload("/locales?file=de.zip", package.getvalue(), status=201)
    assert (added["locales"], added["new"]) == (["German_Germany"], ["German_Germany/sp-sip.jar"])
    held = await api.get("/locales/German_Germany")
    assert (held["files"], held["phones"], held["lacking"]) == (["sp-sip.jar"], 0, {})
    await api.patch("/site/pools/Default", {"user_locale": "German_Germany"})
    used = (await api.get("/locales"))["locales"][0]
    assert used["phones"] == 2
    assert used["lacking"], "phones of other families ask for other files"
    await api.delete("/locales/German_Germany", status=409)
    assert (await api.delete("/locales/German_Germany?force=true"))["name"] == "German_Germany"
    await api.delete("/locales/Klingon", status=404)


async def test_dhcp_messages_calls_audit_and_status(api: Api) -> None:
    assert "150" in (await api.get("/dhcp/snippet?server=dnsmasq&address=192.0.2.1"))["text"]
    await api.get("/dhcp/snippet?server=nobody", status=400)
    sent = await api.post("/messages", {"text": "Back at 3", "phones": ["1001"]})
    assert "SIP firmware" in sent["phones"][0]["why_not"]
    await api.post("/messages", {"text": "Back at 3"}, status=422)
    assert (await api.get("/calls?phone=1001&since=2026-01-01T00:00:00Z"))["calls"] == []
    await api.get("/calls?since=yesterday", status=400)
    await api.patch("/phones/1001", {"description": "Desk"})
    last = (await api.get("/audit?limit=1"))["entries"][0]
    assert (last["who"], last["origin"]) == ("token admin-token", "127.0.0.1")
    status = await api.get("/status")
    assert status["phones"] == {"total": 2, "registered": 0, "temporary": 0, "refused": 0}
    assert not status["service"]["pbx"]["connected"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"phone": 5}', 400),
        (b'{"phone": "SEP001122334455", "nummer": "1"}', 400),
        (b'{"phone": NaN}', 400),
        (b'{"phone": "\\u0000"}', 422),
        (b'{"phone": "\\ud800"}', 422),
        (b'{"phone": "' + b"x" * 200 + b'"}', 400),
        (b"[" * 5000, 400),
        (b'{"phone": "hello"}', 422),
    ],
)
async def test_what_cannot_be_read_is_said(node: WebNode, body: bytes, status: int) -> None:
    async with node.client(await node.token()) as session:
        json_type = {"Content-Type": "application/json"}
        response = await session.post("/api/v1/phones", data=body, headers=json_type)
        error = (await response.json())["error"]
        assert response.status == status, error
        assert set(error) == {"kind", "what", "why", "fix"}
        assert (await session.post("/api/v1/phones", data=body)).status == 415
        assert (await session.get("/api/v1/phones?nonsense=1")).status == 400
        assert (await session.get("/api/v1/site/check?x=1")).status == 400


def many_phones(store: SqlStore, at: Any) -> None:
    with store.write() as work:
        for number in range(2000):
            name = DeviceName(f"SEP0000000{number:05d}")
            work.devices.add(
                Device(name, SignallingProtocol.SIP, at, "s", SECRET, (LineAppearance(1, Line(f"5{number:04d}")),))
            )
        for number in range(500):
            work.journal.refuse(DeviceName(f"SEP1000000{number:05d}"), "192.0.2.1", "window_closed", "closed", at)
        work.commit()


async def test_two_thousand_phones_page_by_page(node: WebNode, api: Api) -> None:
    await asyncio.to_thread(many_phones, node.service.store, node.service.clock.now())
    seen: list[str] = []
    for offset in range(0, 2002, 500):
        page = await api.get(f"/phones?limit=500&offset={offset}&order=number")
        assert page["total"] == 2002
        seen += [each["name"] for each in page["phones"]]
    assert len(seen) == len(set(seen)) == 2002
    assert len((await api.get("/phones?search=51999"))["phones"]) == 1


def test_events_say_nothing_secret() -> None:
    """The stream and the journey show fields of events as they are."""
    for kind in (FileRequested, PhoneRefused):
        assert not {"secret_text", "password"} & set(kind.__dataclass_fields__)
