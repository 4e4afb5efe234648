"""What a phone's own web server says of it (diagnosis reference, section 4).

Phones are slow web servers, and many have theirs switched off: one request at a time, small answers, and a page that
does not answer means nothing.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

import aiohttp
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

PAGES = ("/DeviceInformationX", "/NetworkConfigurationX", "/PortInformationX?1")
LOGS = ("/DeviceLogX?0", "/DeviceLogX?1", "/DeviceLogX?2")
"""Which of them is the status list differs by model."""
LARGEST = 65_536
"""Octets of a page that are read."""
MOST_LINES = 200
"""Lines of all logs that are read, the newest: a phone adds at the end."""
_LONGEST = 128
DATE = "date of the answer"
"""Key of the time that the phone's web server gives with a page, by the phone's own clock."""
_DECLARATION = re.compile(rb"(?=<\?xml)")


async def read_pages(address: str, *, port: int = 80, within: float = 5.0) -> dict[str, str]:
    """The elements of all pages that answered, by their names in lower case; empty where none did. Never raises.

    ``DATE`` is among them where the phone's answers have one.
    """
    found: dict[str, str] = {}
    for page, date in await _read(address, PAGES, port, within):
        found.update(elements(page))
        if date:
            found[DATE] = date
    return found


async def read_log(address: str, *, port: int = 80, within: float = 5.0) -> tuple[str, ...]:
    """The lines of the phone's logs, its status list among them, oldest first; empty where none answers. Never raises.

    Some phones join several XML documents to one page, each with its declaration.
    """
    pages = await _read(address, LOGS, port, within)
    lines = [line for page, _ in pages for part in _DECLARATION.split(page)[:400] for line in _lines(part)]
    return tuple(lines[-MOST_LINES:])


async def _read(address: str, pages: tuple[str, ...], port: int, within: float) -> list[tuple[bytes, str]]:
    """Each page that answered, with the date of the answer."""
    host = f"[{address}]" if ":" in address else address
    found: list[tuple[bytes, str]] = []
    timeout = aiohttp.ClientTimeout(total=within)
    async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session:
        for page in pages:
            try:
                async with session.get(f"http://{host}:{port}{page}", allow_redirects=False) as response:
                    if response.status == 200:
                        page_date = response.headers.get("Date", "")[:_LONGEST]
                        found.append((await response.content.read(LARGEST), page_date))
            except (aiohttp.ClientError, OSError, TimeoutError):
                if not found:
                    return []  # nobody is at home; the other pages would not answer either
    return found


def elements(page: bytes) -> dict[str, str]:
    """The texts of a page's elements, in one line each; empty for what is no XML."""
    return {tag: _in_one_line(text) for tag, text in _texts(page)}


def _lines(page: bytes) -> list[str]:
    lines = [_in_one_line(line) for _, text in _texts(page) for line in text.splitlines()]
    return [line for line in lines if line]


def _texts(page: bytes) -> list[tuple[str, str]]:
    """Name, in lower case, and text of every element that has one."""
    if not page.strip():
        return []
    try:
        root: Element = fromstring(page, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return []
    return [
        (each.tag.lower(), each.text)
        for each in list(root.iter())[:400]
        if each.text and each.text.strip() and isinstance(each.tag, str)
    ]


def _in_one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_LONGEST]
