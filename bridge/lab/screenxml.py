"""A Cisco IP Phone XML object as a phone's parser reads it, and what is wrong with it element by element.

Source: Cisco Unified IP Phone Services Application Development Notes, chapter 3. Written from there, not from what our
own services send.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bridge.errors import InvalidInput

_FREE = -1
_HEAD = {"Title": (0, 1, 32), "Prompt": (0, 1, 32), "SoftKeyItem": (0, 8, _FREE), "KeyItem": (0, 32, _FREE)}
_SCHEMA: dict[str, dict[str, tuple[int, int, int]]] = {
    "CiscoIPPhoneMenu": {**_HEAD, "MenuItem": (0, 100, _FREE)},
    "CiscoIPPhoneDirectory": {**_HEAD, "DirectoryEntry": (0, 32, _FREE)},
    "CiscoIPPhoneText": {**_HEAD, "Text": (1, 1, 4000)},
    "CiscoIPPhoneInput": {**_HEAD, "URL": (1, 1, 256), "InputItem": (1, 5, _FREE)},
    "CiscoIPPhoneImage": {
        **_HEAD,
        "LocationX": (1, 1, 4),
        "LocationY": (1, 1, 4),
        "Width": (1, 1, 3),
        "Height": (1, 1, 3),
        "Depth": (1, 1, 1),
        "Data": (1, 1, 4400),
    },
    "CiscoIPPhoneImageFile": {**_HEAD, "LocationX": (1, 1, 4), "LocationY": (1, 1, 4), "URL": (1, 1, 256)},
    "CiscoIPPhoneExecute": {"ExecuteItem": (1, 3, _FREE)},
    "MenuItem": {"Name": (1, 1, 64), "URL": (0, 1, 256)},
    "DirectoryEntry": {"Name": (1, 1, 32), "Telephone": (1, 1, 32)},
    "SoftKeyItem": {"Name": (1, 1, 32), "URL": (0, 1, 256), "Position": (1, 1, 1)},
    "KeyItem": {"Key": (1, 1, 32), "URL": (1, 1, 256)},
    "InputItem": {
        "DisplayName": (1, 1, 32),
        "QueryStringParam": (1, 1, 32),
        "DefaultValue": (0, 1, 32),
        "InputFlags": (1, 1, 3),
    },
    "ExecuteItem": {},
}
"""For every element its children: how often at least, how often at most, and how many characters."""
_ATTRIBUTES = {"ExecuteItem": {"URL", "Priority"}}
_FLAGS = re.compile(r"[ATNEUL]P?")


@dataclass(frozen=True, slots=True)
class ScreenDocument:
    """What the phone shows of a document."""

    kind: str
    """``Menu``, ``Directory`` and so on."""
    title: str = ""
    prompt: str = ""
    text: str = ""
    items: tuple[tuple[str, str], ...] = ()
    """Name, and the URL or the number."""
    keys: tuple[tuple[str, str], ...] = ()
    """Soft keys in their places: name and URL."""
    url: str = ""
    """Where a form goes, or where a picture is."""
    fields: tuple[tuple[str, str], ...] = ()
    """Of a form: what stands beside the field, and its parameter."""
    commands: tuple[str, ...] = ()


def read_screen_document(content: bytes) -> tuple[ScreenDocument, tuple[str, ...]]:
    """The document, and what is wrong with it. Raises InvalidInput for what is no document at all."""
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InvalidInput("XML parse error", why=str(error)[:200]) from error
    if not root.tag.startswith("CiscoIPPhone") or root.tag not in _SCHEMA:
        raise InvalidInput("XML parse error", why=f"<{root.tag[:40]}> is no object that a phone knows")
    faults = tuple(_faults(root))
    keys = sorted(root.findall("SoftKeyItem"), key=lambda each: _text(each, "Position"))
    items = [(_text(each, "Name"), _text(each, "URL")) for each in root.findall("MenuItem")]
    items += [(_text(each, "Name"), _text(each, "Telephone")) for each in root.findall("DirectoryEntry")]
    return (
        ScreenDocument(
            kind=root.tag.removeprefix("CiscoIPPhone"),
            title=_text(root, "Title"),
            prompt=_text(root, "Prompt"),
            text=_text(root, "Text"),
            items=tuple(items),
            keys=tuple((_text(each, "Name"), _text(each, "URL")) for each in keys),
            url=_text(root, "URL"),
            fields=tuple(
                (_text(each, "DisplayName"), _text(each, "QueryStringParam")) for each in root.iter("InputItem")
            ),
            commands=tuple(each.get("URL", "") for each in root.findall("ExecuteItem")),
        ),
        faults,
    )


def _faults(element: Element) -> Iterator[str]:
    schema = _SCHEMA.get(element.tag)
    unknown = set(element.attrib) - _ATTRIBUTES.get(element.tag, set())
    if unknown:
        yield f"{element.tag} has the attribute {sorted(unknown)[0]}"
    if schema is None:
        return
    for child in element:
        if child.tag not in schema:
            yield f"{element.tag} holds {child.tag}"
            continue
        limit, text = schema[child.tag][2], child.text or ""
        if limit != _FREE and len(text) > limit:
            yield f"{child.tag} has {len(text)} characters, {limit} fit"
        yield from _faults(child)
    for name, (least, most, _limit) in schema.items():
        count = len(element.findall(name))
        if not least <= count <= most:
            yield f"{element.tag} has {name} {count} times"
    match element.tag:
        case "InputItem" if not _FLAGS.fullmatch(_text(element, "InputFlags")):
            yield f"InputFlags {_text(element, 'InputFlags')!r}"
        case "ExecuteItem" if len(element.get("URL", "")) not in range(1, 257):
            yield "ExecuteItem without a URL of 1 to 256 characters"
        case "ExecuteItem" if element.get("Priority", "0") not in {"0", "1", "2"}:
            yield f"Priority {element.get('Priority')!r}"


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()
