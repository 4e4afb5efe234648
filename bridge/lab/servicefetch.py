"""How a phone gets the pages of services: plain HTTP, with its name and language on the way in.

Sources: phone file reference, section 7 (name and locale are added by the phone); Cisco Unified IP Phone Services
Application Development Notes, chapter 6 (headers).
"""

from __future__ import annotations

import aiohttp

_LARGEST = 64 * 1024
_PATIENCE = 10.0


def with_identity(url: str, device: str, locale: str) -> str:
    """The address as the phone asks for it when a key is pressed."""
    return f"{url}{'&' if '?' in url else '?'}locale={locale}&name={device}"


async def fetch_page(url: str, *, charsets: str, local_address: str = "") -> tuple[bytes, str]:
    """The page, and why there is none: a phone shows a text then. Never raises for anything that the network does."""
    connector = aiohttp.TCPConnector(local_addr=(local_address, 0) if local_address else None, limit=1)
    headers = {"Accept": "x-CiscoIPPhone/*;text/*", "Accept-Charset": charsets}
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(total=_PATIENCE), headers=headers
            ) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                return b"", f"HTTP {answer.status}"
            content = await answer.content.read(_LARGEST)
            return content, ""
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return b"", str(error) or "no answer"
