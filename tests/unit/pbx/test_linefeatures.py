"""An emergency call opens its line for a call-back, in AstDB, as the dialplan that is there needs it."""

from __future__ import annotations

import pytest

from bridge.core import DndMode, ForwardKind
from bridge.pbx.ami import Ami, AmiSettings
from bridge.pbx.amilink import AmiAnswer, AmiMessage
from bridge.pbx.linefeatures import AsteriskLineFeatures


class Database(Ami):
    """A manager interface whose AstDB is a dictionary."""

    def __init__(self) -> None:
        super().__init__(AmiSettings())
        self.kept: dict[str, str] = {}

    async def action(self, name: str, fields: object = (), **more: object) -> AmiAnswer:
        del more
        given = dict(fields)  # type: ignore[call-overload]
        key = f"{given.get('Family')}/{given.get('Key')}"
        match name:
            case "DBPut":
                self.kept[key] = given["Val"]
            case "DBDel" | "DBGet" if key not in self.kept:
                return _answer(("response", "Error"), ("message", "Database entry not found"))
            case "DBDel":
                del self.kept[key]
            case "DBGet":
                value = AmiMessage((("event", "DBGetResponse"), ("val", self.kept[key])))
                return AmiAnswer(_ok(), (value,))
            case "Setvar":
                device = given["Variable"].removeprefix("DEVICE_STATE(").removesuffix(")")
                self.kept[f"CustomDevstate/{device.removeprefix('Custom:')}"] = given["Value"]
            case _:
                raise AssertionError(name)
        return AmiAnswer(_ok(), ())


def _ok() -> AmiMessage:
    return AmiMessage((("response", "Success"),))


def _answer(*headers: tuple[str, str]) -> AmiAnswer:
    return AmiAnswer(AmiMessage(headers), ())


@pytest.mark.parametrize("knows", [True, False])
async def test_the_line_rings_whatever_was_set(knows: bool) -> None:
    astdb = Database()
    store = AsteriskLineFeatures(astdb)
    store.plan_rings_through = knows
    await store.set_forward("1001", ForwardKind.ALL, "600")
    await store.set_forward("1001", ForwardKind.BUSY, "601")
    await store.set_dnd("1001", DndMode.REJECT)
    await store.ring_through("1001", 60.0)
    now = await store.read("1001")
    assert now.ring_through
    assert now.forward_busy == "601"
    # A dialplan that knows of the time makes the exception; another one has nothing left to stop the call with.
    assert (now.forward_all, now.dnd) == (("600", DndMode.REJECT) if knows else ("", DndMode.OFF))
    assert astdb.kept["CustomDevstate/CF1001"] == ("BUSY" if knows else "NOT_INUSE")


async def test_a_ringer_that_is_off_is_the_phones_own_and_stays_set() -> None:
    store = AsteriskLineFeatures(Database())
    store.plan_rings_through = False
    await store.set_dnd("1001", DndMode.SILENT)
    await store.ring_through("1001", 60.0)
    now = await store.read("1001")
    assert (now.dnd, now.ring_through) == (DndMode.SILENT, True)
