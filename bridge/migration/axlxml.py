"""AXL answers as small trees: XML from outside, read without entities, namespaces dropped."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bridge.errors import InvalidInput

MAX_ANSWER = 64 * 1024 * 1024
"""Octets of one answer."""
DEEPEST = 40


class Node:
    """An element by its plain names."""

    def __init__(self, element: Element) -> None:
        self._element = element

    @property
    def name(self) -> str:
        """Its name without a namespace."""
        return str(self._element.tag).rpartition("}")[2]

    @property
    def own_text(self) -> str:
        """What stands in it, before its first child."""
        return (self._element.text or "").strip()

    def children(self, name: str = "") -> Iterator[Node]:
        """Its children, of that name if one is given."""
        for each in self._element:
            node = Node(each)
            if not name or node.name == name:
                yield node

    def child(self, name: str) -> Node | None:
        """The first child of that name."""
        return next(self.children(name), None)

    def text(self, *path: str) -> str:
        """The text at the end of a path of names; empty where there is none."""
        node: Node | None = self
        for name in path:
            node = node.child(name) if node is not None else None
        return "" if node is None else node.own_text

    def has(self, name: str) -> bool:
        """Whether it has such a child."""
        return self.child(name) is not None


def answers(content: bytes, file: str) -> tuple[Node, ...]:
    """The bodies of an answer: what stands in ``<return>``, or the fault. Raises InvalidInput for what is no answer."""
    if len(content) > MAX_ANSWER:
        raise InvalidInput(f"{file} is larger than {MAX_ANSWER // 1024 // 1024} MiB", fix="ask in smaller pages")
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InvalidInput(
            f"{file} is no XML that can be read", why=str(error)[:200], fix="record it once more"
        ) from None
    found: list[Node] = []
    todo = [(Node(root), 0)]
    while todo:
        node, depth = todo.pop()
        if node.name == "return" or node.name == "Fault":
            found.append(node)
        elif depth < DEEPEST:
            todo.extend((each, depth + 1) for each in reversed(list(node.children())))
    return tuple(found)
