"""Forms with files, part by part: limits, where files go, and what is no form."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bridge.errors import SepbridgeError
from bridge.web.uploads import read_upload, safe_name, upload_place
from bridge.web.weberrors import status_of

LARGEST = 100_000


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[TestClient[Any, Any]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            if "disk" in request.query:
                async with upload_place(tmp_path) as place:
                    sent = await read_upload(request, largest=LARGEST, place=place)
                    content = await asyncio.to_thread(sent.path.read_bytes) if sent.path else b""
                    kept = sent.path.name if sent.path else ""
            else:
                sent = await read_upload(request, largest=LARGEST)
                content, kept = sent.content, ""
        except SepbridgeError as error:
            return web.json_response({"what": error.what, "why": error.why}, status=status_of(error))
        told = {"fields": dict(sent.fields), "name": sent.file_name, "size": len(content), "kept": kept}
        return web.json_response(told)

    application = web.Application(client_max_size=1000)
    application.add_routes([web.post("/", answer)])
    async with TestClient(TestServer(application)) as client:
        yield client


def _form(size: int, name: str = "load (2).zip", **fields: str) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    for key, text in fields.items():
        form.add_field(key, text, content_type="text/plain")
    form.add_field("file", io.BytesIO(b"x" * size), filename=name, content_type="application/zip")
    return form


async def test_fields_and_a_file_in_memory_or_on_disk(client: TestClient[Any, Any], tmp_path: Path) -> None:
    told = await (await client.post("/", data=_form(5000, replace="1", text="Käthe"))).json()
    assert told["fields"] == {"replace": "1", "text": "Käthe"}
    assert (told["name"], told["size"]) == ("load (2).zip", 5000)
    told = await (await client.post("/?disk=1", data=_form(90_000, "../../etc/passwd"))).json()
    assert (told["kept"], told["size"]) == ("passwd", 90_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["/", "/?disk=1"])
async def test_everything_together_is_bounded(client: TestClient[Any, Any], tmp_path: Path, where: str) -> None:
    for form in (_form(LARGEST + 1), _form(LARGEST - 10, text="a text that is too long"), _form(1, text="x" * LARGEST)):
        answer = await client.post(where, data=form)
        assert answer.status == 413, await answer.text()
        assert "too large" in (await answer.json())["what"]
    assert list(tmp_path.iterdir()) == []


async def test_what_is_no_form_of_ours_is_refused(client: TestClient[Any, Any]) -> None:
    assert (await client.post("/", data=b"x")).status == 422
    assert (await client.post("/", data={"a": "b"})).status == 422
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (
        b"",
        b"--x\r\n",
        b"no boundary at all",
        b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--x--",
    ):
        assert (await client.post("/", data=body, headers=kind)).status in (200, 422), body
    two = _form(3)
    two.add_field("more", io.BytesIO(b"y"), filename="b.zip")
    assert (await client.post("/", data=two)).status == 422
    many = aiohttp.FormData(quote_fields=False)
    for place in range(60):
        many.add_field(f"f{place}", "x", content_type="text/plain")
    assert (await client.post("/", data=many)).status in (400, 422)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("cmterm-7945 (1).zip", "cmterm-7945-1-.zip"),
        ("C:\\Downloads\\x.cop.sgn", "x.cop.sgn"),
        ("..", "upload"),
        (".hidden", "hidden"),
        ("Ähre.zip", "hre.zip"),
        ("", "upload"),
        ("a" * 300 + ".zip", "a" * 96 + ".zip"),
    ],
)
def test_a_name_stays_in_its_directory(name: str, kept: str) -> None:
    assert safe_name(name) == kept
