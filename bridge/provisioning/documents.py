"""XML documents as phones like them: well-formed, no comments, no DTD, no entities (phone file reference, 1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bridge.errors import ConfigurationError, InvalidInput
from bridge.provisioning.texts import URL_LENGTH, shown_text

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}(?:/[A-Za-z][A-Za-z0-9_-]{0,63}){0,7}")
_STAMP = "versionStamp"


def finished(text: str, template: str, overrides: Mapping[str, str], *, empty_tags: bool = False) -> str:
    """A rendered text as a document ready to be served: checked, overridden, evenly indented.

    ``overrides`` maps the path of an element below the root (``vendorConfig/pcPort``) to its content; elements that are
    missing are added. ``empty_tags`` writes elements without content as ``<a />``. Raises ConfigurationError when the
    text is not well-formed or holds a DTD, InvalidInput for an override that names no element.
    """
    try:
        root: ElementTree.Element = fromstring(text.encode("utf-8"), forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise ConfigurationError(
            f"the template {template} gives no XML that a phone could read",
            why=str(error) or type(error).__name__,
            fix="mend the site's own copy of the template, or remove it to use the one that is shipped",
        ) from error
    for path, value in overrides.items():
        _override(root, path, value)
    ElementTree.indent(root)
    return _DECLARATION + ElementTree.tostring(root, encoding="unicode", short_empty_elements=empty_tags) + "\n"


def content_differs(old: str, new: str) -> bool:
    """Whether two documents differ in more than their version stamps and white space.

    A phone must be restarted only when they do. A text that is no document differs from everything.
    """
    if old == new:
        return False
    try:
        return _content(old) != _content(new)
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        return True


_Content = tuple[str, tuple[tuple[str, str], ...], str, tuple["_Content", ...]]


def _content(text: str) -> _Content:
    return _node(fromstring(text.encode("utf-8"), forbid_dtd=True))


def _node(element: ElementTree.Element) -> _Content:
    children = tuple(_node(child) for child in element if child.tag != _STAMP)
    return element.tag, tuple(sorted(element.items())), (element.text or "").strip(), children


def _override(root: ElementTree.Element, path: str, value: str) -> None:
    if not _PATH.fullmatch(path):
        raise InvalidInput(
            f"{path[:80]!r} names no element of a phone's file",
            fix="write the names of the elements below the root with slashes between them, like vendorConfig/pcPort",
        )
    elements = root.findall(path)
    if not elements:
        elements = [_grown(root, path.split("/"))]
    for element in elements:
        for child in list(element):
            element.remove(child)
        element.text = shown_text(value, URL_LENGTH)


def _grown(root: ElementTree.Element, steps: list[str]) -> ElementTree.Element:
    element = root
    for step in steps:
        below = element.find(step)
        element = below if below is not None else ElementTree.SubElement(element, step)
    return element
