"""Screenshots: what phones draw with, what is no picture, who does not answer."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from aiohttp import web
from PIL import Image

from bridge.web.dashboard.screenshots import LARGEST, NoScreenshot, Screenshots, as_png
from tests.phonepage import PhoneWebPage, picture
from tests.samples import sample_device

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
