"""FreePBX's API as it was recorded: every answer byte for byte, in both shapes of errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bridge.errors import InvalidInput, PbxLoginRefused, PbxRefused, PbxUnavailable
from bridge.lab.freepbx import FreePbxManners, SimulatedFreePbx
from bridge.lab.freepbxsite import FreePbxSite, SiteExtension
from bridge.pbx.freepbxanswers import ApiRefused, TokenRefused
from bridge.pbx.freepbxapi import ApiSettings, GraphQlApi
from bridge.pbx.freepbxchecks import NEEDED_MUTATIONS
from bridge.pbx.freepbxextensions import FreePbxExtension, FreePbxExtensions
from tests.freepbxrecordings import DIRECTORY, Replay, on_the_wire, recorded, replaying

SHAPES = pytest.mark.parametrize("version", [16, 17])
REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "freepbx"


@asynccontextmanager
async def client(
    *names: str, version: int = 16, tokens: tuple[str, ...] = ("token-ok",)
) -> AsyncIterator[tuple[FreePbxExtensions, Replay]]:
    async with replaying(*names, version=version, tokens=tokens) as replay:
        api = GraphQlApi(ApiSettings(replay.url, "0123", "4567"))
        try:
            yield FreePbxExtensions(api, email="x@example.test", poll_every=0.01), replay
        finally:
            await api.close()
        assert replay.answers == [], "something was not asked for"


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference does not lie beside this checkout")
def test_the_recordings_are_those_of_the_reference() -> None:
    ours = {path.name: path.read_bytes() for path in DIRECTORY.glob("*.json")}
    assert ours == {path.name: path.read_bytes() for path in REFERENCE.glob("*.json")}


async def test_the_token_is_asked_for_once_and_sent_along() -> None:
    async with client("fetchExtension-ok", "fetchExtension-ok") as (extensions, replay):
        await extensions.fetch("1001")
        await extensions.fetch("1001")
        (asked,) = replay.tokens
        assert asked == {
            "grant_type": "client_credentials",
            "client_id": "0123",
            "client_secret": "4567",
            "scope": "gql:core gql:framework",
        }
        token = json.loads(recorded("token-ok").body)["access_token"]
        assert replay.authorizations == [f"Bearer {token}"] * 2


async def test_an_extension_is_read() -> None:
    async with client("fetchExtension-ok") as (extensions, replay):
        found = await extensions.fetch("1001")
        assert found == FreePbxExtension(
            "1001", "Cisco 7960 Lobby", "1001" * 8, description="Cisco 7960 Lobby", voicemail="default"
        )
        assert "1001100110011001" not in repr(found)
        assert replay.asked[0]["variables"] == {"n": "1001"}


@SHAPES
async def test_an_extension_that_is_not_there_is_none(version: int) -> None:
    async with client("fetchExtension-missing", version=version) as (extensions, _):
        assert await extensions.fetch("9999") is None


async def test_all_extensions_are_listed() -> None:
    async with client("fetchAllExtensions-empty", "fetchAllExtensions-ok", "fetchAllExtensions-first-2") as (
        extensions,
        _,
    ):
        assert await extensions.all() == {}
        found = await extensions.all()
        assert sorted(found) == ["1001", "1002", "1003", "1100", "1101", "1102"]
        assert found["1003"].secret == "1003" * 8
        with pytest.raises(PbxUnavailable, match="not whole"):
            await extensions.all()


async def test_an_extension_is_made_and_looked_at() -> None:
    async with client("addExtension-ok-variables", "fetchExtension-after-reset") as (extensions, replay):
        made = await extensions.create("1003", "Var Ext")
        assert made.secret == "1003beef" * 4
        assert replay.asked[0]["variables"]["i"] == {
            "extensionId": "1003",
            "name": "Var Ext",
            "tech": "pjsip",
            "email": "x@example.test",
            "umEnable": False,
            "vmEnable": False,
            "callerID": "1003",
            "maxContacts": "1",
        }
        # One mutation in each request.
        assert replay.asked[0]["query"].count("Extension(input") == 1


@SHAPES
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("addExtension-duplicate", "This device id is already in use"),
        ("addExtension-um-default-no-password", "This device id is already in use"),
        ("addExtension-non-numeric", "Please enter only numeric values"),
        ("addExtension-missing-email", "Field addExtensionInput.email of required type String! was not provided."),
        ("syntax-error", "Syntax Error: Expected Name, found <EOF>"),
    ],
)
async def test_a_refusal_is_one_whatever_the_status(version: int, name: str, said: str) -> None:
    async with client(name, version=version) as (extensions, _):
        with pytest.raises(ApiRefused) as caught:
            await extensions.create("1001", "Dup")
        assert caught.value.said == said
        assert caught.value.is_taken == ("already in use" in said)


@SHAPES
async def test_success_that_made_nothing_is_seen(version: int) -> None:
    async with client("addExtension-without-tech", "fetchExtension-missing", version=version) as (extensions, _):
        with pytest.raises(PbxRefused, match="said that it made extension 1002"):
            await extensions.create("1002", "NoTech")


BEFORE = FreePbxExtension("1003", "Var Ext", "1003" * 8, description="Var Ext")


async def test_a_password_is_set_with_every_field_and_looked_at() -> None:
    async with client("updateExtension-set-secret", "fetchExtension-after-set-secret") as (extensions, replay):
        after = await extensions.make_anew(BEFORE, "Var Ext", "ExampleSecret03")
        assert after.secret == "ExampleSecret03"
        given = replay.asked[0]["variables"]["i"]
        assert given["extPassword"] == "ExampleSecret03"
        assert {"name", "tech", "email", "umEnable", "vmEnable", "maxContacts"} <= given.keys()


async def test_an_update_that_does_nothing_or_something_else_is_a_failure() -> None:
    async with client("updateExtension-null-status") as (extensions, _):
        with pytest.raises(ApiRefused, match="did not carry out"):
            await extensions.make_anew(BEFORE, "Var Ext", "ExampleSecret03")
    async with client("updateExtension-resets-secret", "fetchExtension-after-reset") as (extensions, _):
        with pytest.raises(PbxRefused, match="its password is another one"):
            await extensions.make_anew(BEFORE, "Renamed", "ExampleSecret03")


@pytest.mark.parametrize(
    "settings",
    [
        {"voicemail": "default"},
        {"outbound_cid": "5551000"},
        {"description": "by hand"},
        {"tech": "sip"},
        {"more": ("ringtimer",)},
    ],
)
async def test_an_extension_with_settings_of_its_own_is_never_made_anew(settings: dict[str, Any]) -> None:
    async with client() as (extensions, replay):
        with pytest.raises(InvalidInput, match="would be lost"):
            await extensions.make_anew(replace(BEFORE, **settings), "x", "ExampleSecret03")
        for secret in ("", "a b c d e f", "x" * 31):
            with pytest.raises(InvalidInput):
                await extensions.make_anew(BEFORE, "x", secret)
        assert replay.asked == []


async def test_a_change_that_nobody_applied_is_seen() -> None:
    async with client("fetchNeedReload-required", "fetchNeedReload-not-required") as (extensions, _):
        assert await extensions.has_unapplied()
        assert not await extensions.has_unapplied()


@SHAPES
async def test_an_extension_is_deleted_and_gone_counts_as_deleted(version: int) -> None:
    async with client(
        "deleteExtension-ok",
        "fetchExtension-missing",
        "deleteExtension-missing",
        "fetchExtension-missing",
        version=version,
    ) as (extensions, _):
        await extensions.delete("1102")
        await extensions.delete("1102")


async def test_a_reload_is_polled_to_its_end() -> None:
    async with client("doreload-ok", "fetchApiStatus-processing", "fetchApiStatus-executed") as (extensions, replay):
        await extensions.reload()
        assert [each["variables"] for each in replay.asked[1:]] == [{"t": "1"}, {"t": "1"}]


@pytest.mark.parametrize("name", ["gql-garbage-token", "gql-no-token"])
async def test_a_token_that_does_not_count_is_replaced_once(name: str) -> None:
    async with client(name, "fetchExtension-ok", name, name) as (extensions, replay):
        assert await extensions.fetch("1001") is not None
        assert len(replay.tokens) == 2
        with pytest.raises(TokenRefused):
            await extensions.fetch("1001")
        assert len(replay.tokens) == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [("token-bad-secret", "client id and secret"), ("token-bad-scope", "gql:core and gql:framework")],
)
async def test_credentials_that_do_not_count_are_said(name: str, words: str) -> None:
    async with client(tokens=(name,)) as (extensions, _):
        with pytest.raises(PbxLoginRefused, match=words) as caught:
            await extensions.fetch("1001")
        assert "4567" not in str(caught.value)


@SHAPES
async def test_a_scope_that_is_missing_is_said(version: int) -> None:
    async with client("unknown-field", version=version) as (extensions, _):
        with pytest.raises(PbxLoginRefused, match="scopes"):
            await extensions.fetch("1001")


@pytest.mark.parametrize(
    ("granted", "may"), [("gql:core gql:framework", True), ("gql:core:read gql:framework:read", False)]
)
async def test_what_the_account_may_do_is_asked_without_doing_it(tmp_path: Path, granted: str, may: bool) -> None:
    async def no_asterisk(command: str) -> str:
        return ""

    async with SimulatedFreePbx(FreePbxSite(), no_asterisk, granted=granted) as freepbx:
        api = GraphQlApi(ApiSettings(freepbx.url, freepbx.client_id, freepbx.client_secret, scope=granted))
        try:
            assert (await api.mutations() >= NEEDED_MUTATIONS) is may
            if not may:
                with pytest.raises(PbxLoginRefused, match="does not let us use"):
                    await FreePbxExtensions(api, email="x@example.test").create("1000", "x")
        finally:
            await api.close()
        assert freepbx.site.extensions == {}


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("*.json")), ids=lambda path: path.stem)
async def test_the_simulated_freepbx_answers_as_recorded(path: Path, tmp_path: Path) -> None:
    """Not for our client's sake, but so that what it is tested with is like the real one."""
    exchange = json.loads(path.read_text(encoding="utf-8"))
    response = exchange["response"]
    (tmp_path / "manager.conf").write_text("")
    site = FreePbxSite()
    site.move_in(tmp_path, "127.0.0.1", 5060)
    for extension in _there_before(path.stem, response["body"]):
        site.add(extension)
    site.needs_reload = path.stem == "fetchNeedReload-required"

    async def no_asterisk(command: str) -> str:
        return ""

    manners = FreePbxManners(reload_takes=0.0 if path.stem == "fetchApiStatus-executed" else 60.0)
    async with SimulatedFreePbx(site, no_asterisk, manners=manners) as freepbx, aiohttp.ClientSession() as http:
        freepbx.client_id, freepbx.client_secret = "0123456789abcdef" * 4, "00112233445566778899aabbccddeeff"
        if path.stem.startswith("fetchApiStatus"):
            await _send(http, freepbx, json.loads((DIRECTORY / "doreload-ok.json").read_text())["request"])
            await asyncio.sleep(0.05)
        status, headers, body = await _send(http, freepbx, exchange["request"])
    assert status == response["status"]
    for name in ("Content-Type", "Cache-Control", "WWW-Authenticate"):
        assert headers.get(name) == response["headers"].get(name), name
    if path.stem == "token-ok":
        answered = json.loads(body)
        assert list(answered) == list(response["body"])
        assert answered["expires_in"] == response["body"]["expires_in"]
    else:
        assert body == on_the_wire(response["body"])


async def _send(
    http: aiohttp.ClientSession, freepbx: SimulatedFreePbx, request: dict[str, Any]
) -> tuple[int, Mapping[str, str], bytes]:
    headers, place = dict(request["headers"]), freepbx.url + urlsplit(request["url"]).path
    if headers.get("Content-Type", "").startswith("application/x-www-form"):
        what: dict[str, Any] = {"data": request["body"]}
    else:
        what = {"json": request["body"]}
    if "${ACCESS_TOKEN}" in headers.get("Authorization", ""):
        account = {"client_id": freepbx.client_id, "client_secret": freepbx.client_secret, "scope": "gql"}
        async with http.post(f"{freepbx.url}/admin/api/api/token", data=account) as answer:
            headers["Authorization"] = f"Bearer {(await answer.json())['access_token']}"
    async with http.post(place, headers=headers, **what) as answer:
        return answer.status, answer.headers, await answer.read()


def _there_before(name: str, body: dict[str, Any]) -> Iterator[SiteExtension]:
    """The extensions that the recording's system had at that moment."""
    data = body.get("data", {})
    match name:
        case "addExtension-duplicate" | "unknown-field":
            yield SiteExtension("1001", "x", "y")
        case "addExtension-um-default-no-password":
            yield SiteExtension("1002", "x", "y")
        case "deleteExtension-ok":
            yield SiteExtension("1102", "x", "y")
        case "updateExtension-null-status" | "updateExtension-set-secret" | "updateExtension-resets-secret":
            yield SiteExtension("1003", "x", "y")
        case "fetchAllExtensions-first-2":
            yield from (SiteExtension(str(number), "x", "y") for number in range(1001, 1010))
        case "fetchAllExtensions-ok":
            yield from map(_of, data["fetchAllExtensions"]["extension"])
        case _ if data.get("fetchExtension"):
            yield _of(data["fetchExtension"])


def _of(row: dict[str, Any]) -> SiteExtension:
    user = row["user"]
    return SiteExtension(
        row["extensionId"], user.get("name", ""), user["extPassword"], voicemail=user.get("voicemail", "novm")
    )
