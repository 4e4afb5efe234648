"""Between phones and PBX: whatever happens at both at once, in the end the phone shows what the PBX has."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bridge.app.stations.linedesk import LineDesk
from bridge.callcontrol.events import ChangeDnd, ChangeForward, LineChangeFailed, LineFeaturesRead
from bridge.core import DndMode, ForwardKind, LineFeatures
from tests.linefeatures import MemoryLineFeatures


class Shown:
    """What the phones of a number were told."""

    def __init__(self) -> None:
        self.answers: list[LineFeaturesRead | LineChangeFailed] = []

    def __call__(self, number: str, answer: LineFeaturesRead | LineChangeFailed) -> None:
        self.answers.append(answer)

    @property
    def last(self) -> LineFeatures:
        read = [answer for answer in self.answers if isinstance(answer, LineFeaturesRead)]
        return read[-1].features if read else LineFeatures()


async def quiet(times: int = 200) -> None:
    """Let everything that is under way come to its end."""
    for _ in range(times):
        await asyncio.sleep(0)


async def test_a_change_is_written_and_read_back() -> None:
    store, shown = MemoryLineFeatures(), Shown()
    desk = LineDesk(store, lambda: ["1001"], shown)
    desk.change(ChangeForward("1001", ForwardKind.ALL, "1005"))
    desk.change(ChangeDnd("1001", DndMode.REJECT))
    await quiet()
    assert store.numbers["1001"] == shown.last == LineFeatures("1005", dnd=DndMode.REJECT)


async def test_a_pbx_that_is_away_changes_nothing_and_is_reported() -> None:
    store, shown = MemoryLineFeatures(), Shown()
    store.numbers["1001"] = LineFeatures("1005")
    desk = LineDesk(store, lambda: ["1001"], shown)
    store.away = True
    desk.change(ChangeForward("1001", ForwardKind.ALL, ""))
    await quiet()
    assert shown.answers == [LineChangeFailed("1001", "Asterisk is not connected")]
    store.away = False
    desk.all_changed()
    await quiet()
    assert shown.last == LineFeatures("1005")


async def test_nobody_is_told_of_a_number_that_no_phone_has() -> None:
    store, shown = MemoryLineFeatures(), Shown()
    desk = LineDesk(store, lambda: ["1001"], shown)
    desk.changed("1002")
    await quiet()
    assert shown.answers == []


_STEPS = st.one_of(
    st.builds(ChangeForward, st.just("1001"), st.sampled_from(ForwardKind), st.sampled_from(["", "1005", "1006"])),
    st.builds(ChangeDnd, st.just("1001"), st.sampled_from(DndMode)),
    st.builds(LineFeatures, st.sampled_from(["", "1007"]), dnd=st.sampled_from(DndMode)),  # set at the PBX
    st.sampled_from(["away", "back"]),
    st.integers(0, 5),  # so many turns of the loop pass
)


@given(st.lists(_STEPS, max_size=20))
def test_in_the_end_the_phone_shows_what_the_pbx_has(steps: list[object]) -> None:
    async def happen() -> None:
        store, shown = MemoryLineFeatures(), Shown()
        desk = LineDesk(store, lambda: ["1001"], shown)
        for step in steps:
            match step:
                case ChangeForward() | ChangeDnd():
                    desk.change(step)
                case LineFeatures():
                    store.numbers["1001"] = step
                    desk.changed("1001")
                case "away":
                    store.away = True
                case "back":
                    store.away = False
                    desk.all_changed()
                case int():
                    await quiet(step)
        store.away = False
        desk.all_changed()
        await quiet(400)
        assert shown.last == store.numbers.get("1001", LineFeatures())
        await desk.close()

    asyncio.run(happen())
