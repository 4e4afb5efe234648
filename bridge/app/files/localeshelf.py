"""Which files of languages and countries are there for phones: the admin's own, and tones that we make."""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from bridge.core import StoredFile
from bridge.errors import SepbridgeError
from bridge.phones import TONE_FILES, is_language_file, is_locale_folder, is_tone_file
from bridge.ports import FileStore
from bridge.provisioning import tones_of

KEPT = 2000
"""Versions of files that are remembered; a language has about twenty files."""


class LocaleShelf:
    """``LocaleFiles`` over the admin's files; None where there are none.

    ``makes_tones``: those of the countries that we know are there anyway.
    """

    def __init__(self, tree: FileStore | None, *, makes_tones: bool = False) -> None:
        self._tree = tree
        self._makes_tones = makes_tones
        self._lock = threading.Lock()
        self._digests: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def language(self, folder: str, names: Sequence[str]) -> str | None:
        """The version of a language's files; see ``LocaleFiles``."""
        return self._version(folder, names or self._held(folder, is_language_file))

    def country(self, folder: str, names: Sequence[str]) -> str | None:
        """The version of a country's tones; see ``LocaleFiles``."""
        made = self.makes(f"{folder}/{TONE_FILES[0]}")
        found = self._version(folder, names or self._held(folder, is_tone_file))
        if found is None and made:
            return _told([repr(tones_of(folder)).encode()])
        return found

    def makes(self, name: str) -> bool:
        """Whether ``name``, with its folder, is a tone file that we make where the admin has none."""
        folder, _, file = name.rpartition("/")
        return self._makes_tones and is_tone_file(file) and bool(tones_of(folder))

    def _held(self, folder: str, wanted: Callable[[str], bool]) -> Sequence[str]:
        try:
            return [name for name, _ in self._tree.files(folder) if wanted(name)] if self._tree is not None else []
        except SepbridgeError:
            return []  # who asks for the file is told what is wrong

    def _version(self, folder: str, names: Sequence[str]) -> str | None:
        if self._tree is None or not names or not is_locale_folder(folder):
            return None
        digests = []
        for name in names:
            try:
                stored = self._tree.look(f"{folder}/{name}")
            except SepbridgeError:
                return None
            if stored is None:
                return None
            digests.append(self._digest(f"{folder}/{name}", stored))
        return _told(digests)

    def _digest(self, name: str, stored: StoredFile) -> bytes:
        """The content alone, so that two nodes with the same files tell phones the same version."""
        with self._lock:
            if (known := self._digests.get((name, stored.version))) is not None:
                return known
        digest = sha256(stored.content).digest()
        with self._lock:
            self._digests[name, stored.version] = digest
            if len(self._digests) > KEPT:
                self._digests.popitem(last=False)
        return digest


def _told(digests: Iterable[bytes]) -> str:
    """A version as phones' files write it."""
    number = zlib.crc32(b"".join(digests))
    return f"1.0.{number >> 16}.{number & 0xFFFF}"
