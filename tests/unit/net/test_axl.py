"""The AXL client against a server that answers as a CUCM does, over TLS."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web

from bridge.errors import ConfigurationError, InvalidInput, SepbridgeError
from bridge.migration.axlanswers import read_answers
from bridge.net.axl import AxlAccess, AxlClient
from tests.certificates import certificate
from tests.cucm import FAULT, LINE_2001, LINE_2002, PHONE_7961, PHONE_8841, RECORDED, answer

pytestmark = pytest.mark.req("RG-29")

PASSWORD = "ask nicely"
LISTS = {
    "listPhone": "".join(f"<phone><name>{name}</name></phone>" for name in ("SEP00AABBCCDDEE", "SEP001122334455")),
    "listLine": "".join(
        f"<line><pattern>{number}</pattern><routePartitionName>PT_Inside</routePartitionName></line>"
        for number in ("2001", "2002")
    ),
    "listCss": "<css><name>CSS_Staff</name></css>",
}


@dataclass
class OldCucm:
    """Counts what it is asked, and can be in a bad mood."""

    access: AxlAccess
    asked: list[tuple[str, str]] = field(default_factory=list)
    busy: int = 0
    """So many answers are 503."""
    largest: int = 1000
    """A page of more is refused."""

    async def handle(self, request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "")
        if given != _basic("reader", PASSWORD):
            return web.Response(status=401)
        if self.busy:
            self.busy -= 1
            return web.Response(status=503)
        operation = request.headers["SOAPAction"].strip('"').rpartition(" ")[2]
        body = await request.text()
        self.asked.append((operation, body))
        first = int(body.partition("<first>")[2].partition("<")[0] or 0)
        if first > self.largest:
            return web.Response(status=500, body=FAULT)
        content = answer(operation, LISTS.get(operation, ""))
        if operation == "getPhone":
            content = answer(operation, PHONE_8841 if "SEP00AABBCCDDEE" in body else PHONE_7961)
        elif operation == "getLine":
            content = answer(operation, LINE_2001 if "2001" in body else LINE_2002)
        elif operation == "getCss":
            content = RECORDED["css1.xml"]
        return web.Response(body=content, content_type="text/xml")


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.fixture
async def cucm(tmp_path: Path) -> AsyncIterator[OldCucm]:
    crt, key = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(crt, key)
    old = OldCucm(AxlAccess("", "reader", PASSWORD, authority=crt, per_second=1000))
    application = web.Application()
    application.add_routes([web.post("/axl/", old.handle)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    old.access = replace(old.access, url=f"https://127.0.0.1:{port}/axl/")
    yield old
    await runner.cleanup()


async def asked(access: AxlAccess) -> list[tuple[str, bytes]]:
    async with AxlClient(access, first_pause=0.01) as client:
        return [each async for each in client.answers()]


async def test_everything_is_read_and_nothing_written(cucm: OldCucm) -> None:
    found = await asked(cucm.access)
    inventory = read_answers(found)
    assert {each.name for each in inventory.phones} == {"SEP00AABBCCDDEE", "SEP001122334455"}
    assert inventory.spaces[0].partitions == ("PT_Inside", "PT_Outside")
    assert len({name for name, _ in found}) == len(found)
    assert all(operation.startswith(("list", "get")) for operation, _ in cucm.asked)
    assert PASSWORD not in repr(cucm.access)


async def test_a_list_that_is_too_large_is_asked_in_smaller_pages(cucm: OldCucm) -> None:
    cucm.largest = 50
    await asked(cucm.access)
    sizes = [body.partition("<first>")[2].partition("<")[0] for name, body in cucm.asked if name == "listPhone"]
    assert sizes == ["200", "50"]


async def test_a_refusal_of_every_page_is_told(cucm: OldCucm) -> None:
    cucm.largest = 1
    with pytest.raises(InvalidInput, match="refuses listCallManagerGroup"):
        await asked(cucm.access)


async def test_a_busy_cucm_is_asked_again_and_not_for_ever(cucm: OldCucm) -> None:
    cucm.busy = 2
    await asked(cucm.access)
    cucm.busy = 100
    with pytest.raises(SepbridgeError, match="503"):
        await asked(cucm.access)
    assert cucm.busy == 96


async def test_a_wrong_password_and_a_certificate_that_nobody_knows(cucm: OldCucm) -> None:
    with pytest.raises(ConfigurationError, match="does not let reader in"):
        await asked(replace(cucm.access, password="wrong"))
    with pytest.raises(SepbridgeError) as raised:
        await asked(replace(cucm.access, authority=None))
    assert "--ca" in raised.value.fix
    assert cucm.asked == []
    assert await asked(replace(cucm.access, authority=None, verify=False))


async def test_addresses_without_tls_are_refused() -> None:
    with pytest.raises(InvalidInput):
        AxlClient(AxlAccess("http://127.0.0.1/axl/", "reader", PASSWORD))
