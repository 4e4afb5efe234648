"""Forwards, do-not-disturb and mailboxes of plain Asterisk: dialled as codes, honoured by calls, kept in AstDB."""

from __future__ import annotations

import pytest

from bridge.core import DndMode, ForwardKind, LineFeatures
from bridge.errors import InvalidInput
from bridge.lab.asterisk import PrivateAsterisk
from tests.integration.sipclient import SipClient
from tests.integration.test_plain_asterisk import phone, service


async def answered(asterisk: PrivateAsterisk, dialled: str) -> list[int]:
    """What 1997 gets in the end who dials this (181 on the way tells of a forward)."""
    async with SipClient(asterisk.sip, "1997", "secret1997") as client:
        return [status for status in await client.invite(dialled) if status >= 200]


async def database(asterisk: PrivateAsterisk, key: str) -> str:
    """A value of AstDB."""
    family, _, name = key.rpartition("/")
    shown = await asterisk.cli(f"database get {family} {name}")
    return shown.partition("Value: ")[2].strip()


async def state_of(asterisk: PrivateAsterisk, device: str) -> str:
    """A custom device state."""
    return await database(asterisk, f"CustomDevstate/{device}")


async def until_is(asterisk: PrivateAsterisk, key: str, value: str) -> None:
    """The code's own confirmation goes on for a while: wait until AstDB says so."""
    from tests.e2e.test_sccp import polled

    async def there() -> bool:
        return await database(asterisk, key) == value

    await polled(there)


@pytest.mark.parametrize(("on", "off", "family"), [("*72", "*73", "CF"), ("*90", "*91", "CFB"), ("*52", "*53", "CFU")])
async def test_codes_set_and_clear_a_forward(asterisk: PrivateAsterisk, on: str, off: str, family: str) -> None:
    async with service(asterisk, [phone(1997), phone(1998)]) as (pbx, _):
        pbx.put([phone(1999)])
        assert await pbx.settled("1999", within=5)
        assert await answered(asterisk, f"{on}600") == [200]
        await until_is(asterisk, f"{family}/1997", "600")
        assert await state_of(asterisk, f"{family}1997") == "BUSY"
        assert await answered(asterisk, off) == [200]
        await until_is(asterisk, f"{family}/1997", "")
        assert await state_of(asterisk, f"{family}1997") == "NOT_INUSE"


async def test_do_not_disturb_is_busy_to_callers(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, [phone(1996), phone(1997)]) as (pbx, _):
        pbx.put([phone(1999)])
        assert await pbx.settled("1999", within=5)
        assert await answered(asterisk, "*76") == [200]
        await until_is(asterisk, "DND/1997", "YES")
        assert await state_of(asterisk, "DND1997") == await state_of(asterisk, "DEVDND1997") == "BUSY"
        async with SipClient(asterisk.sip, "1996", "secret1996") as caller:
            assert await caller.invite("1997") == [486]
        assert await answered(asterisk, "*76") == [200]
        await until_is(asterisk, "DND/1997", "")
        async with SipClient(asterisk.sip, "1996", "secret1996") as caller:
            assert await caller.invite("1997") == [480]


@pytest.mark.parametrize(
    ("entries", "statuses"),
    [
        ({"CF/1998": "600"}, [200]),
        ({"CF/1998": "600", "DND/1998": "YES"}, [200]),
        ({"CFB/1998": "600", "DND/1998": "YES"}, [200]),
        ({"CFU/1998": "600"}, [200]),  # not registered counts as not answered
        ({"CFB/1998": "600"}, [480]),
        ({"CF/1998": "1996", "CF/1996": "600"}, [200]),
        ({"CF/1998": "1996", "CF/1996": "1998"}, [486]),  # a circle
        ({"CF/1998": "1998"}, [486]),
        ({"CF/1998": "600@evil,1,System(x)"}, [404]),  # 6001: what is on no keypad does not count
        ({"CF/1998": "600", "sepbridge-ring-through/1998": "9999999999"}, [480]),
        ({"DND/1998": "YES", "sepbridge-ring-through/1998": "9999999999"}, [480]),
        ({"DND/1998": "YES", "sepbridge-ring-through/1998": "1"}, [486]),
    ],
)
async def test_calls_honour_what_stands_in_astdb(
    asterisk: PrivateAsterisk, entries: dict[str, str], statuses: list[int]
) -> None:
    async with service(asterisk, [phone(number) for number in (1996, 1997, 1998)]) as (pbx, _):
        pbx.put([phone(1999)])
        assert await pbx.settled("1999", within=5)
        try:
            for key, value in entries.items():
                family, _, name = key.rpartition("/")
                await asterisk.cli(f'database put {family} {name} "{value}"')
            assert await answered(asterisk, "1998") == statuses
        finally:
            for key in entries:
                family, _, name = key.rpartition("/")
                await asterisk.cli(f"database del {family} {name}")


async def test_forwards_end_after_so_many(asterisk: PrivateAsterisk) -> None:
    chain = [phone(number, max_forwards=2) for number in range(1990, 1994)]
    async with service(asterisk, [*chain, phone(1997)]) as (pbx, _):
        pbx.put([phone(1999)])
        assert await pbx.settled("1999", within=5)
        try:
            for number in range(1990, 1993):
                await asterisk.cli(f"database put CF {number} {number + 1}")
            assert await answered(asterisk, "1990") == [486]
            assert await answered(asterisk, "1991") == [480]
        finally:
            await asterisk.cli("database deltree CF")


async def test_a_call_that_is_not_answered_goes_to_the_mailbox(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, [phone(1990, mailbox="1990@default"), phone(1997)]) as (pbx, _):
        pbx.put([phone(1999)])
        assert await pbx.settled("1999", within=5)
        assert await answered(asterisk, "1990") == [200]
        assert "mailboxes" in await asterisk.cli("pjsip show endpoint 1990")


async def test_the_store_writes_where_freepbx_keeps_it_and_hears_of_changes(asterisk: PrivateAsterisk) -> None:
    async with service(asterisk, [phone(1995)]) as (pbx, recorder):
        store, heard = pbx.asterisk.line_features, list[str]()
        store.on_change = heard.append
        assert await store.read("1995") == LineFeatures()
        await store.set_forward("1995", ForwardKind.ALL, "600")
        await store.set_forward("1995", ForwardKind.BUSY, "601")
        await store.set_dnd("1995", DndMode.REJECT)
        assert await database(asterisk, "CF/1995") == "600"
        assert await database(asterisk, "DND/1995") == "YES"
        assert await state_of(asterisk, "CF1995") == await state_of(asterisk, "DEVDND1995") == "BUSY"
        assert await store.read("1995") == LineFeatures("600", "601", dnd=DndMode.REJECT)
        await recorder.until(lambda: "1995" in heard)
        await store.set_dnd("1995", DndMode.SILENT)
        assert await database(asterisk, "DND/1995") == ""
        assert (await store.read("1995")).dnd is DndMode.SILENT
        # A FreePBX that switches it off knows only the state.
        await asterisk.cli("devstate change Custom:DND1995 NOT_INUSE")
        assert (await store.read("1995")).dnd is DndMode.OFF
        await store.ring_through("1995", 60)
        assert (await store.read("1995")).ring_through
        await store.ring_through("1995", -1)
        for kind in ForwardKind:
            await store.set_forward("1995", kind, "")
        await store.set_dnd("1995", DndMode.OFF)
        assert await store.read("1995") == LineFeatures()
        with pytest.raises(InvalidInput):
            await store.set_forward("1995", ForwardKind.ALL, "600\r\nAction: Originate")
        with pytest.raises(InvalidInput):
            await store.read("1995/../x")
