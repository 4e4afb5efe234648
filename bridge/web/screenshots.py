"""Screenshots of phones, fetched by us from the phone's own web page and made into plain PNG.

Diagnosis reference, section 4: ``/CGI/Screenshot``, format by model; some families have it elsewhere. What comes is a
stranger's picture: its size is bounded, and nothing but pixels is passed on.
"""

from __future__ import annotations

import asyncio
import io
from ipaddress import ip_address

import aiohttp
from PIL import Image

from bridge.app.files.phonefiles import model_of
from bridge.core import Device
from bridge.errors import NotFound, SepbridgeError
from bridge.phones import ConfigFamily

LARGEST = 4 << 20
"""Octets of a picture: the largest screens, 1280 x 800 in 24 bits without compression, need 3 MB."""
MOST_PIXELS = 1920 * 1200
SECONDS = 10.0
AT_A_TIME = 4
_PATHS = {ConfigFamily.SERIES_39XX: "/CGI/lcd.bmp", ConfigFamily.SERIES_69XX: "/CGI/lcd.bmp"}
_HTTPS_ALONE = (ConfigFamily.PHONEOS,)
_WITHOUT = (ConfigFamily.SELSIUS, ConfigFamily.FIRST_GENERATION, ConfigFamily.FF_LD_GK, ConfigFamily.ATA18X)
_FORMATS = ("BMP", "PNG", "JPEG", "GIF")


class NoScreenshot(SepbridgeError):
    """The phone gave no picture."""

    status = 502


class Screenshots:
    """Fetches pictures. ``user`` and ``password``: what the phones' web pages are asked with; empty for nothing."""

    def __init__(self, user: str = "", password: str = "", *, port: int = 0) -> None:
        """``port``: of the phones' web server; 0 for 80, or 443 where a family speaks HTTPS alone."""
        self._headers = {"Authorization": aiohttp.encode_basic_auth(user, password)} if user else {}
        self._port = port
        self._places = asyncio.Semaphore(AT_A_TIME)

    def why_not(self, device: Device) -> str:
        """Why no screenshot of this phone can be had; empty where one may."""
        model = model_of(device)
        if model is not None and model.family in _WITHOUT:
            return f"A {model} has no screen that could be asked for."
        if not device.address:
            return "Its address is not known yet."
        return ""

    async def take(self, device: Device) -> bytes:
        """The phone's screen as PNG. Raises NotFound where none can be had, NoScreenshot where none came."""
        if why := self.why_not(device):
            raise NotFound(f"there is no screenshot of {device.name}", why=why)
        async with self._places:
            content = await self._fetch(device)
            return await asyncio.to_thread(as_png, content)

    async def _fetch(self, device: Device) -> bytes:
        url = self._url(device)
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        try:
            # Phones have certificates that nobody signed for us; no secret but the page's own login goes there.
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session,
                session.get(url, allow_redirects=False, ssl=False) as answer,
            ):
                if answer.status in (401, 403):
                    raise NoScreenshot(
                        f"{device.name} wants a login for its screen",
                        why="it asks our server whether name and password are right",
                        fix="set web.phone_user and web.phone_password in sepbridge.toml",
                    )
                if answer.status != 200:
                    raise NoScreenshot(
                        f"{device.name} gave no picture (HTTP {answer.status})",
                        fix="not every firmware has this page; see that web access is on in the phone's file",
                    )
                content = await answer.content.read(LARGEST + 1)
                while len(content) <= LARGEST and not answer.content.at_eof():
                    content += await answer.content.read(LARGEST + 1 - len(content))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoScreenshot(
                f"the web page of {device.name} at {device.address} does not answer",
                why=str(error) or "it took too long",
                fix="web access is off on many phones: see webAccess in its file",
            ) from error
        if len(content) > LARGEST:
            raise NoScreenshot(f"the picture of {device.name} is too large")
        return content

    def _url(self, device: Device) -> str:
        try:
            address = ip_address(device.address)
        except ValueError:
            raise NotFound(f"{device.address!r} is no address to ask {device.name} at") from None
        model = model_of(device)
        family = model.family if model else ConfigFamily.NONE
        host = f"[{address}]" if address.version == 6 else str(address)
        scheme = "https" if family in _HTTPS_ALONE else "http"
        port = f":{self._port}" if self._port else ""
        return f"{scheme}://{host}{port}{_PATHS.get(family, '/CGI/Screenshot')}"


def as_png(content: bytes) -> bytes:
    """The pixels of a picture as PNG. Raises NoScreenshot for what is none."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NoScreenshot("the picture is too large", why=f"it has {picture.width} x {picture.height} pixels")
            out = io.BytesIO()
            picture.convert("RGB").save(out, "PNG", optimize=True)
    except NoScreenshot:
        raise
    except Exception as error:  # whatever a broken picture makes the library raise
        raise NoScreenshot("what came is no picture", why=type(error).__name__) from error
    return out.getvalue()
