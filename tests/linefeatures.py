"""A PBX's forwards and do-not-disturb in memory."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bridge.core import DndMode, ForwardKind, LineFeatures
from bridge.errors import PbxUnavailable

_FIELDS = {
    ForwardKind.ALL: "forward_all",
    ForwardKind.BUSY: "forward_busy",
    ForwardKind.NO_ANSWER: "forward_no_answer",
}


class MemoryLineFeatures:
    """The LineFeatureStore port. Every step lets others run, as a real one does."""

    def __init__(self) -> None:
        self.numbers: dict[str, LineFeatures] = {}
        self.away = False

    async def read(self, number: str) -> LineFeatures:
        await self._step()
        found = self.numbers.get(number, LineFeatures())
        await self._step()
        return found

    async def set_forward(self, number: str, kind: ForwardKind, target: str) -> None:
        await self._step()
        self.numbers[number] = replace(self.numbers.get(number, LineFeatures()), **{_FIELDS[kind]: target})  # type: ignore[arg-type]  # a field's name
        await self._step()

    async def set_dnd(self, number: str, mode: DndMode) -> None:
        await self._step()
        self.numbers[number] = replace(self.numbers.get(number, LineFeatures()), dnd=mode)
        await self._step()

    async def ring_through(self, number: str, seconds: float) -> None:
        await self._step()
        self.numbers[number] = replace(self.numbers.get(number, LineFeatures()), ring_through=seconds > 0)

    async def _step(self) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise PbxUnavailable("Asterisk is not connected")
