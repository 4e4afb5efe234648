"""What a ``.loads`` file says: the firmware files that a phone fetches after it.

Old lists are plain text or hold the names between a signature's octets; those of 78xx and 88xx are signed files around
an INI text with one ``[PLATFORM_n]`` block per hardware variant, of which a phone fetches its own alone (phone boot
reference, section 3.1). The signature is not checked: the phone does that. So whatever looks like the name of a
firmware file is taken for one, wherever it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from bridge.errors import InvalidInput
from bridge.phones.loads import FirmwareLoad, parse_load

LARGEST_LIST = 1 << 20
"""Octets. Lists have a few hundred, signed ones a few thousand."""
MOST_FILES = 500
_NAME = re.compile(
    rb"(?<![\w.()-])[A-Za-z0-9][\w.()-]{0,70}?\.(?:sbn|sb2|bin|zup|sbin|zz\.sgn|bin\d{0,2}\.sgn)(?![\w-])(?!\.[\w])",
    re.IGNORECASE,
)
_HEADER = re.compile(rb"\x01\x00\x02..\x02\x00\x02(..)", re.DOTALL)
_BLOCK = re.compile(rb"\[(PLATFORM_\w{1,10})\]", re.IGNORECASE)
_LIST = re.compile(r"[A-Za-z0-9][\w.()-]*\.loads", re.IGNORECASE | re.ASCII)
_IMAGE = re.compile(
    r"[A-Za-z0-9][\w.()-]*\.(?:loads|sbn|sb2|bin|zup|sbin|zz\.sgn|bin\d{0,2}\.sgn)", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True)
class LoadList:
    """One ``.loads`` file."""

    name: str
    """Without ``.loads``."""
    common: tuple[str, ...]
    """Files that every phone fetches."""
    platforms: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Blocks by name, with the files that only such hardware fetches."""

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every file that the list names, once."""
        named = [*self.common, *(name for _, names in self.platforms for name in names)]
        return tuple(dict.fromkeys(named))

    @property
    def load(self) -> FirmwareLoad:
        """What its name says."""
        return parse_load(self.name)

    def needed(self, asked: frozenset[str]) -> tuple[str, ...]:
        """The files that a phone fetches which has asked for these (lower case); all while its block is unknown."""
        own = [names for _, names in self.platforms if any(name.lower() in asked for name in names)]
        if len(own) != 1:
            return self.files
        return tuple(dict.fromkeys([*self.common, *own[0]]))


def is_load_list(name: str) -> bool:
    """Whether a file of this name is a list of firmware files."""
    return _LIST.fullmatch(name) is not None


def is_firmware(name: str) -> bool:
    """Whether this is the name of a firmware file, a list included."""
    return len(name) <= 80 and _IMAGE.fullmatch(name) is not None


def read_load_list(name: str, content: bytes) -> LoadList:
    """Read a ``.loads`` file. Raises InvalidInput for what is none, or names more files than any phone has."""
    if not is_load_list(name):
        raise InvalidInput(
            f"{name[:80]!r} is not the name of a list of firmware files", fix="such a name ends in .loads"
        )
    if len(content) > LARGEST_LIST:
        raise InvalidInput(
            f"{name} is no list of firmware files",
            why=f"it has {len(content)} octets; the limit is {LARGEST_LIST}",
            fix="get the firmware package again",
        )
    content = _parted(content)
    starts = [*_BLOCK.finditer(content)]
    ends = [*(each.start() for each in starts[1:]), len(content)]
    common = _names(content[: starts[0].start()] if starts else content)
    platforms = tuple(
        (start[1].decode("ascii").upper(), _names(content[start.end() : end]))
        for start, end in zip(starts, ends, strict=False)
    )
    found = LoadList(name[: -len(".loads")], common, platforms)
    if len(found.files) > MOST_FILES:
        raise InvalidInput(f"{name} names {len(found.files)} files", why=f"the limit is {MOST_FILES}")
    return found


def _parted(content: bytes) -> bytes:
    """A signed list with a gap behind its header, whose last octet may be a letter and would begin the first name.

    The header begins with its version and its length, each with a tag (migration reference, section 6.1).
    """
    match = _HEADER.match(content)
    end = int.from_bytes(match[1], "big") if match else 0
    return content[:end] + b"\0" + content[end:] if 0 < end < len(content) else content


def _names(content: bytes) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match[0].decode("ascii") for match in _NAME.finditer(content)))
