"""Temporary."""

from __future__ import annotations


class Doorkeeper:
    """Temporary."""

    def __init__(self, *args: object, **kw: object) -> None:
        self.addresses: list[tuple[str, int]] = [("127.0.0.1", 5070)]
        self.port = None

    async def start(self) -> None: ...
    async def close(self) -> None: ...
