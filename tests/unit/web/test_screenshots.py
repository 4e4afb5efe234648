"""Screenshots: what phones draw with, what is no picture, who does not answer."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image

from bridge.core import Role
from bridge.web.screenshots import LARGEST, NoScreenshot, Screenshots, as_png
from tests.phonepage import PhoneWebPage, picture
from tests.samples import sample_device
from tests.webnode import running_web_node, web_settings

DEVICE = replace(sample_device(), address="127.0.0.1", model="7965G")


async def test_whatever_the_phone_draws_with_becomes_png() -> None:
    for kind in ("BMP", "PNG", "JPEG", "GIF"):
        async with PhoneWebPage(picture(kind)).served() as port:
            got = await Screenshots(port=port).take(DEVICE)
        assert Image.open(io.BytesIO(got)).format == "PNG"
        assert Image.open(io.BytesIO(got)).size == (298, 168)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<html>no</html>", "no picture"),
        (b"BM" + bytes(50), "no picture"),
        (bytes(LARGEST + 1), "too large"),
        (picture("PNG", (3000, 3000)), "too large"),
    ],
)
async def test_what_is_no_picture_is_not_passed_on(content: bytes, what: str) -> None:
    async with PhoneWebPage(content).served() as port:
        with pytest.raises(NoScreenshot) as raised:
            await Screenshots(port=port).take(DEVICE)
    assert what in str(raised.value)


async def test_a_phone_that_does_not_answer_or_sends_us_elsewhere() -> None:
    with pytest.raises(NoScreenshot, match="does not answer"):
        await Screenshots(port=9).take(DEVICE)

    async def elsewhere(_: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("http://127.0.0.1:1/")

    page = PhoneWebPage(b"")
    page.answer = elsewhere  # type: ignore[method-assign]  # put there by this test
    async with page.served() as port:
        with pytest.raises(NoScreenshot, match="HTTP 302"):
            await Screenshots(port=port).take(DEVICE)


def test_models_without_a_screen_say_so() -> None:
    assert "no screen" in Screenshots().why_not(replace(DEVICE, model="ATA 186"))
    assert "not known" in Screenshots().why_not(replace(DEVICE, address=""))
    with pytest.raises(NoScreenshot):
        as_png(b"")


async def test_programs_get_the_picture_or_are_told_why_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = PhoneWebPage(picture())
    async with phone.served() as port, running_web_node(web_settings(tmp_path)) as node:
        # A phone's page is on its port 80, which a test has no right to.
        monkeypatch.setattr(Screenshots, "_url", lambda *_: f"http://127.0.0.1:{port}/CGI/Screenshot")
        with node.service.store.write() as work:
            work.devices.add(DEVICE)
            work.commit()
        at = f"/api/v1/phones/{DEVICE.name}/screenshot"
        async with node.client(await node.token()) as admin:
            answer = await admin.get(at)
            assert (answer.status, answer.content_type) == (200, "image/png")
            assert Image.open(io.BytesIO(await answer.read())).size == (298, 168)
            phone.content = b"<html>no</html>"
            answer = await admin.get(at)
            assert answer.status == 502
            assert (await answer.json())["error"]["what"] == "what came is no picture"
            assert (await admin.get("/api/v1/phones/SEP0011223344FF/screenshot")).status == 404
        async with node.client(await node.token(Role.VIEWER)) as viewer:
            assert (await viewer.get(at)).status == 403
