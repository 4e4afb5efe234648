"""Asterisk's configuration files as text: a writer that nothing can be smuggled through, and a tolerant reader.

Asterisk reads a file line by line: ``[section](options)``, ``key = value`` or ``key => value``, ``#include``. A
semicolon starts a comment unless a backslash stands before it, and ``;--`` opens a comment that runs over many lines. A
section may be a template (``!``), take from templates, or add to an earlier section of that name (``+``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bridge.errors import InvalidInput

LONGEST_VALUE = 1000
"""Characters. Asterisk cuts lines at 8,190 bytes without a word; nothing we write comes near."""

_SECTION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,78}")
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,39}")
_TOKEN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,78}")
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_HEADING = re.compile(r"\[([^\]]*)\]\s*(?:\(([^)]*)\))?\s*")
_DIRECTIVE = re.compile(r"#(include|tryinclude|exec)\s+(.+)", re.IGNORECASE)
_HASH_LINE = re.compile(r"[;#] Content: sha256 ([0-9a-f]{64})\n")
_WRITTEN_BY = "; Written by sepbridge."


def token(text: str, *, what: str) -> str:
    """Return ``text`` if it is a plain word: letters, digits, ``_ . -``. Raises InvalidInput, naming ``what`` it is."""
    if not _TOKEN.fullmatch(text):
        raise InvalidInput(
            f"{text!r} cannot be {what} in Asterisk",
            why="it goes into a configuration file, where other characters have a meaning",
            fix="use letters, digits, dots, dashes and underscores, 79 at most",
        )
    return text


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a section: ``key = value``, or ``key => value`` where ``arrow`` is set."""

    key: str
    value: str
    arrow: bool = False

    def text(self) -> str:
        """The line. Raises InvalidInput when key or value could be read as anything else."""
        if not _KEY.fullmatch(self.key):
            raise InvalidInput(f"{self.key!r} is not the name of a setting")
        return f"{self.key} {'=>' if self.arrow else '='} {_escaped(self.key, self.value)}\n"


@dataclass(frozen=True, slots=True)
class Section:
    """A section. ``append`` adds to a section that exists; ``inherits`` names templates.

    Of several sections of that name the first one is added to; ``of_type`` says which: the one with this ``type``.
    """

    name: str
    items: tuple[Item, ...] = ()
    template: bool = False
    append: bool = False
    inherits: tuple[str, ...] = ()
    of_type: str = ""

    def text(self) -> str:
        """Heading and lines. Raises InvalidInput."""
        for name in (self.name, *self.inherits):
            if not _SECTION.fullmatch(name):
                raise InvalidInput(f"{name!r} cannot be the name of a section", fix="use letters, digits and _ . @ -")
        if self.of_type and not _KEY.fullmatch(self.of_type):
            raise InvalidInput(f"{self.of_type!r} cannot be the type of a section")
        plus = f"+type={self.of_type}" if self.of_type else "+"
        options = ["!"] * self.template + [plus] * self.append + list(self.inherits)
        heading = f"[{self.name}]({','.join(options)})\n" if options else f"[{self.name}]\n"
        return heading + "".join(item.text() for item in self.items)

    def values(self, key: str) -> list[str]:
        """Every value of ``key``, in order; letter case of the key does not count."""
        return [item.value for item in self.items if item.key.lower() == key.lower()]

    def last(self, key: str) -> str:
        """The value that counts when a key is given twice: the last; empty when there is none."""
        return (self.values(key) or [""])[-1]


def _escaped(key: str, value: str) -> str:
    if len(value) > LONGEST_VALUE:
        raise InvalidInput(f"the value of {key} is too long", why=f"it has {len(value)} characters")
    if _UNWRITABLE.search(value):
        raise InvalidInput(f"the value of {key} holds a line break, another control character, or half a character")
    if "\\" in value:
        raise InvalidInput(f"the value of {key} holds a backslash", why="Asterisk takes one before ; away")
    if value != value.strip():
        raise InvalidInput(f"the value of {key} starts or ends with a blank", why="Asterisk cuts those off")
    return value.replace(";", "\\;")


def stamped(body: str, *, about: str) -> str:
    """``body`` under a header that says who wrote it, ``about`` what it is, and what its content was."""
    digest = hashlib.sha256(body.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{_WRITTEN_BY} {about}\n; Content: sha256 {digest}\n\n{body}"


def stamped_script(body: str, *, interpreter: str, about: str) -> str:
    """The same for a script: its first line names the interpreter."""
    digest = hashlib.sha256(body.encode("utf-8", "surrogateescape")).hexdigest()
    return f"#!{interpreter}\n#{_WRITTEN_BY[1:]} {about}\n# Content: sha256 {digest}\n\n{body}"


def is_ours(text: str) -> bool:
    """Whether the file was written by sepbridge, changed since or not."""
    if text.startswith("#!"):
        return text.partition("\n")[2].startswith(f"#{_WRITTEN_BY[1:]}")
    return text.startswith(_WRITTEN_BY)


def is_untouched(text: str) -> bool:
    """Whether the file was written by sepbridge and nobody changed it since."""
    found = _HASH_LINE.search(text, 0, 1000)
    if not is_ours(text) or found is None:
        return False
    body = text[found.end() :].removeprefix("\n")
    return hashlib.sha256(body.encode("utf-8", "surrogateescape")).hexdigest() == found.group(1)


def render(sections: Iterable[Section]) -> str:
    """The sections as one text, an empty line between them. Raises InvalidInput."""
    return "\n".join(section.text() for section in sections)


@dataclass(frozen=True, slots=True)
class Include:
    """``#include``, ``#tryinclude`` or ``#exec`` with what it names; quotes and brackets are taken off."""

    directive: str
    target: str


@dataclass(frozen=True, slots=True)
class ConfFile:
    """A file as read: what matters for checks, not its layout."""

    sections: tuple[Section, ...]
    includes: tuple[Include, ...]
    open_comment: bool
    """A ``;--`` is never closed, so anything added at the end would be part of the comment."""

    def named(self, name: str) -> list[Section]:
        """Every section of that name, in order."""
        return [section for section in self.sections if section.name == name]


def parse(text: str) -> ConfFile:
    """Read a file as Asterisk does, but never refuse one: lines that make no sense are passed over."""
    sections: list[Section] = []
    items: list[Item] = []
    includes: list[Include] = []
    heading: Section | None = None

    def close() -> None:
        if heading is not None:
            sections.append(replace(heading, items=tuple(items)))
        items.clear()

    lines, open_comment = _without_comments(text)
    for line in lines:
        if not line:
            continue
        if directive := _DIRECTIVE.fullmatch(line):
            includes.append(Include(directive.group(1).lower(), directive.group(2).strip().strip("\"'<>").strip()))
        elif matched := _HEADING.match(line):
            close()
            options = [option.strip() for option in (matched.group(2) or "").split(",") if option.strip()]
            parents = tuple(option for option in options if option[0] not in "!+")
            plus = next((option for option in options if option.startswith("+")), "")
            of_type = plus.removeprefix("+type=") if plus.startswith("+type=") else ""
            heading = Section(matched.group(1), (), "!" in options, bool(plus), parents, of_type)
        elif heading is not None and "=" in line:
            key, _, value = line.partition("=")
            arrow = value.startswith(">")
            items.append(Item(key.strip(), value[arrow:].strip(), arrow))
    close()
    return ConfFile(tuple(sections), tuple(includes), open_comment)


def _without_comments(text: str) -> tuple[Sequence[str], bool]:
    """The lines without comments and escapes, stripped; and whether a comment was left open."""
    result: list[str] = []
    depth = 0
    for line in re.split(r"\r?\n", text):
        kept = ""
        position = 0
        while position < len(line):
            if depth:
                end = line.find("--;", position)
                if end < 0:
                    break
                depth -= 1
                position = end + 3
                continue
            semicolon = line.find(";", position)
            if semicolon < 0:
                kept += line[position:]
                break
            if semicolon > position and line[semicolon - 1] == "\\":
                kept += line[position : semicolon - 1] + ";"
                position = semicolon + 1
                continue
            kept += line[position:semicolon]
            if line.startswith("--", semicolon + 1) and not line.startswith("-", semicolon + 3):
                depth += 1
                position = semicolon + 3
                continue
            break
        result.append(kept.strip())
    return result, depth > 0
