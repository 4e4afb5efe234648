"""What a phone's own web server says of it (diagnosis reference, section 4).

Phones are slow web servers, and many have theirs switched off: one request at a time, small answers, and a page that
does not answer means nothing.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

import aiohttp
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

PAGES = ("/DeviceInformationX", "/NetworkConfigurationX", "/PortInformationX?1")
LARGEST = 65_536
"""Octets of a page that are read."""
_LONGEST = 128


async def read_pages(address: str, *, port: int = 80, within: float = 5.0) -> dict[str, str]:
    """The elements of all pages that answered, by their names in lower case; empty where none did. Never raises."""
    host = f"[{address}]" if ":" in address else address
    found: dict[str, str] = {}
    timeout = aiohttp.ClientTimeout(total=within)
    async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session:
        for page in PAGES:
            try:
                async with session.get(f"http://{host}:{port}{page}", allow_redirects=False) as response:
                    if response.status == 200:
                        found.update(elements(await response.content.read(LARGEST)))
            except (aiohttp.ClientError, OSError, TimeoutError):
                if not found:
                    return {}  # nobody is at home; the other pages would not answer either
    return found


def elements(page: bytes) -> dict[str, str]:
    """The texts of a page's elements, in one line each; empty for what is no XML."""
    try:
        root: Element = fromstring(page, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return {}
    return {
        each.tag.lower(): " ".join("".join(sign for sign in each.text if sign.isprintable()).split())[:_LONGEST]
        for each in list(root.iter())[:400]
        if each.text and each.text.strip() and isinstance(each.tag, str)
    }
