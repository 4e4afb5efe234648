"""The proxies of docs/security.md, as they stand there, before a running node: login, forms, live pages, uploads."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bridge.core import DeviceName, Role
from bridge.core.events import FileRequested
from bridge.core.files import Via
from bridge.lab.asterisk import free_port
from bridge.net.selfsigned import make_certificate
from tests.peers import peer
from tests.webnode import PASSWORD, WebNode, running_web_node, web_settings

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
NAME = "pbx.example.com"
US = "127.0.0.9"
"""Where the browser is: another address than the proxy's."""
BOOTS = DeviceName("SEP001122334455")


def example(word: str) -> str:
    """The block of the page that this word stands in."""
    (found,) = (each for each in re.findall(r"```\w*\n(.*?)```", PAGE.read_text(), re.DOTALL) if word in each)
    return found


def with_port(text: str, port: int) -> str:
    """The example, for the node of this test."""
    assert text.count("127.0.0.1:6980") == 1
    return text.replace("127.0.0.1:6980", f"127.0.0.1:{port}")


def nginx(place: Path, port: int, node: int) -> list[str]:
    certificate, key = make_certificate(place / "tls", [NAME], days=2)
    temporary = "\n".join(
        f"{each}_temp_path {place}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (place / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {place}/pid; error_log stderr; events {{ }}\n"
        f"http {{ access_log off; {temporary}\n"
        f"server {{ listen 127.0.0.1:{port} ssl; server_name {NAME};\n"
        f"ssl_certificate {certificate}; ssl_certificate_key {key};\n"
        f"{with_port(example('proxy_pass'), node)} }} }}\n"
    )
    return [peer("nginx"), "-e", "stderr", "-p", str(place), "-c", str(place / "nginx.conf")]


def caddy(place: Path, port: int, node: int) -> list[str]:
    # Of its own accord it would fetch a certificate for that name from the internet, and listen on 80 and 443.
    options = f"admin off\nlocal_certs\nskip_install_trust\ndefault_bind 127.0.0.1\nhttps_port {port}\n"
    text = f"{{\n{options}http_port {free_port()}\n}}\n{with_port(example('reverse_proxy'), node)}"
    (place / "Caddyfile").write_text(text)
    return [peer("caddy"), "run", "--adapter", "caddyfile", "--config", str(place / "Caddyfile")]


class Here(AbstractResolver):
    """The name of the site leads to this machine."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        assert host == NAME
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


@contextlib.asynccontextmanager
async def behind(kind: str, place: Path) -> AsyncIterator[tuple[WebNode, aiohttp.ClientSession]]:
    """A node with the settings of the page, a proxy before it, and a browser's client."""
    settings = web_settings(place)
    web_part = replace(settings.web, trusted_proxies=(ip_network("127.0.0.1"),), hosts=(NAME,))
    async with running_web_node(replace(settings, web=web_part)) as node:
        port = free_port()
        command = {"nginx": nginx, "caddy": caddy}[kind](place, port, node.service.web_addresses[0][1])
        environment = {"HOME": str(place), "XDG_DATA_HOME": str(place), "XDG_CONFIG_HOME": str(place)}
        said = place / "said"
        with said.open("wb") as output:
            proxy = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output, env=environment)
            unchecked = ssl.create_default_context()
            unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
            connector = aiohttp.TCPConnector(resolver=Here(), local_addr=(US, 0), ssl=unchecked)
            try:
                async with aiohttp.ClientSession(f"https://{NAME}:{port}", connector=connector) as browser:
                    async with asyncio.timeout(20):
                        while not await answers(browser):
                            assert proxy.returncode is None, said.read_text()
                            await asyncio.sleep(0.05)
                    yield node, browser
            finally:
                with contextlib.suppress(ProcessLookupError):
                    proxy.terminate()
                await proxy.wait()


async def answers(browser: aiohttp.ClientSession) -> bool:
    try:
        async with browser.get("/healthz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@pytest.mark.parametrize("kind", ["nginx", "caddy"])
async def test_the_dashboard_behind_a_proxy(kind: str, tmp_path: Path) -> None:
    async with behind(kind, tmp_path) as (node, browser):
        node.accounts.add_user("ann", Role.ADMIN, "tester", password=PASSWORD)
        page = await browser.get("/login")
        assert page.status == 200
        assert "max-age" in page.headers["Strict-Transport-Security"]  # it knows that it is encrypted before the proxy
        login = {"name": "ann", "password": PASSWORD}
        own = {"Origin": str(page.url.origin())}
        forged = await browser.post("/login", data=login, headers={"Origin": "https://elsewhere.example"})
        assert forged.status == 403
        # What the browser says of itself is not believed: the proxy says whence it comes.
        lying = {**own, "X-Forwarded-For": "192.168.7.9", "X-Forwarded-Proto": "http"}
        entered = await browser.post("/login", data=login, headers=lying, allow_redirects=False)
        assert (entered.status, entered.headers["Location"]) == (303, "/phones")
        assert "; Secure" in entered.headers["Set-Cookie"]
        with node.service.store.read() as work:
            assert f"ann from {US}" in {each.actor for each in work.journal.audit_trail()}

        # A form with its token, and one without.
        window = await (await browser.get("/window")).text()
        found = re.search(r'name="csrf_token" value="([^"]+)"', window)
        assert found is not None
        closed = await browser.post("/window/close", headers=own)
        assert closed.status == 403
        closed = await browser.post("/window/close", data={"csrf_token": found[1]}, headers=own, allow_redirects=False)
        assert closed.status == 303

        # A live page hears of something at once: the proxy keeps nothing back.
        async with browser.get("/live", timeout=aiohttp.ClientTimeout(total=30)) as live:
            assert live.headers["Content-Type"].startswith("text/event-stream")
            at = node.service.clock.now()
            requested = FileRequested(at=at, device=BOOTS, name=f"{BOOTS}.cnf.xml", client="192.0.2.7", via=Via.TFTP)
            node.service.recorder.record(requested)
            async for line in live.content:
                if str(BOOTS).encode() in line:
                    break
            else:
                raise AssertionError("the stream ended")

        # More than the megabyte that nginx lets through when it is not told.
        form = aiohttp.FormData()
        form.add_field("csrf_token", found[1])
        form.add_field("package", io.BytesIO(b"x" * 3_000_000), filename="firmware.zip", content_type="application/zip")
        taken = await browser.post("/firmware/add", data=form, headers=own, allow_redirects=False)
        assert taken.status != 413
