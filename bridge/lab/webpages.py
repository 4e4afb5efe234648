"""A simulated phone's own web pages, where it has them switched on: who it is, its network, its status list.

Source: diagnosis reference, section 4: the pages with an X are XML; phones of the 79xx kind join the documents of
their log, each with its declaration, to one page.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from html import escape

from aiohttp import web

from bridge.core import DeviceName, MacAddress
from bridge.phones import Model

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_AT = "10:26:44a"
"""Status messages stand behind the time of day, without a date. No source tells more of it."""


def device_page(device: DeviceName, mac: MacAddress, model: Model, *, load: str, number: str) -> str:
    """``/DeviceInformationX``."""
    return _page(
        "DeviceInformation",
        {
            "MACAddress": mac.value,
            "HostName": str(device),
            "phoneDN": number,
            "appLoadID": load,
            "modelNumber": f"CP-{model.name}",
        },
    )


def network_page(device: DeviceName, *, address: str, tftp: str, call_manager: str) -> str:
    """``/NetworkConfigurationX``."""
    return _page(
        "NetworkConfiguration",
        {"HostName": str(device), "IPAddress": address, "TFTPServer1": tftp, "CallManager1": call_manager},
    )


def log_page(messages: Sequence[str]) -> str:
    """``/DeviceLogX?0``: the status list, oldest first."""
    return "".join(_page("DeviceLog", {"status": f"{_AT} {each}"}) for each in messages)


def _page(name: str, values: Mapping[str, str]) -> str:
    inside = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in values.items())
    return f"{_DECLARATION}<{name}>{inside}</{name}>\n"


@contextlib.asynccontextmanager
async def served_pages(address: str, port: int, pages: Mapping[str, Callable[[], str]]) -> AsyncIterator[None]:
    """Answer on the phone's address; a page that it does not have is not found. Raises OSError."""

    async def answer(request: web.Request) -> web.Response:
        page = pages.get(request.path_qs)
        if page is None:
            return web.Response(status=404)
        return web.Response(text=page(), content_type="text/xml")

    application = web.Application()
    application.router.add_get("/{page:.*}", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, address, port).start()
        yield
    finally:
        await runner.cleanup()
