"""Files that phones are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bridge.core import (
    FileAnswer,
    FileRequest,
    StoredFile,
)


class FileProvider(Protocol):
    """The one resolver behind TFTP, HTTP and HTTPS."""

    async def provide(self, request: FileRequest) -> FileAnswer:
        """Answer one request. Never raises for anything that the request holds."""
        ...


class FileStore(Protocol):
    """The admin's own files: firmware, ring tones, locales. Read-only for us."""

    def read(self, name: str) -> memoryview | None:
        """The content alone."""
        ...

    def look(self, name: str) -> StoredFile | None:
        """The file ``name`` (letter case ignored, always inside the tree), or None. Raises StoreError."""
        ...

    def at_once(self, name: str) -> tuple[bool, StoredFile | None]:
        """As ``look``, if that takes no time to speak of: True and the answer; else False, and ``look`` will do."""
        ...

    def files(self, directory: str) -> Sequence[tuple[str, int]]:
        """Names and sizes in octets of the files of a directory, "" for the root, by name. Raises StoreError."""
        ...
