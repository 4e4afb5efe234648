"""Forwards of an import, from the command line's side of the control socket to where the PBX keeps them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.app.leaving.importedforwards import ForwardsSet, set_forwards
from bridge.cli.control import ask
from bridge.core import DndMode, ForwardKind, LineFeatures
from bridge.errors import InvalidInput, PbxRefused
from bridge.migration.wishes import ForwardWish
from bridge.ports import LineFeatureStore
from bridge.web.control import ControlServer

pytestmark = pytest.mark.req("RG-29")


class Kept:
    """Keeps forwards as Asterisk does; refuses those of one number."""

    def __init__(self, **forwards: str) -> None:
        self.forwards = {(number, ForwardKind.ALL): target for number, target in forwards.items()}

    async def read(self, number: str) -> LineFeatures:
        return LineFeatures(*(self.forwards.get((number, kind), "") for kind in ForwardKind), dnd=DndMode.OFF)

    async def set_forward(self, number: str, kind: ForwardKind, target: str) -> None:
        if number == "2009":
            raise PbxRefused("no", fix="ask somebody else")
        self.forwards[number, kind] = target


async def test_a_users_own_forward_goes_before_the_old_clusters() -> None:
    kept = Kept(**{"2002": "1"})
    wishes = [
        ForwardWish("2001", "all", "90301"),
        ForwardWish("2002", "all", "90302"),
        ForwardWish("2002", "busy", "2001"),
        ForwardWish("2009", "no answer", "2001"),
        ForwardWish("2001", "at full moon", "2001"),
    ]
    done = await set_forwards(cast("LineFeatureStore", kept), wishes)
    assert (done.done, done.kept) == (2, 1)
    assert [each.partition(":")[0] for each in done.troubles] == ["2009", "2001"]
    assert kept.forwards == {
        ("2001", ForwardKind.ALL): "90301",
        ("2002", ForwardKind.ALL): "1",
        ("2002", ForwardKind.BUSY): "2001",
    }
    again = await set_forwards(cast("LineFeatureStore", kept), wishes[:3])
    assert again == ForwardsSet(0, 3, ())


async def test_over_the_control_socket(tmp_path: Path) -> None:
    heard: list[ForwardWish] = []

    class Service:
        async def set_forwards(self, wishes: list[ForwardWish]) -> ForwardsSet:
            heard.extend(wishes)
            return ForwardsSet(len(wishes), 0, ())

    server = ControlServer(cast("Any", Service()), tmp_path / "socket")
    await server.start()
    try:
        body = [{"number": "2001", "kind": "all", "target": "90301"}]
        done = await asyncio.to_thread(ask, tmp_path / "socket", "POST", "/forwards", body=body)
        assert done == {"done": 1, "kept": 0, "troubles": []}
        assert heard == [ForwardWish("2001", "all", "90301")]
        with pytest.raises(InvalidInput):
            await asyncio.to_thread(ask, tmp_path / "socket", "POST", "/forwards", body=[{"number": "2001"}])
    finally:
        await server.close()
