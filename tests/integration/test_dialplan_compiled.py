"""Compiled contexts choose in a real Asterisk as CUCM would, for random plans and numbers."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bridge.dialplan import Entry, Pattern, Tie, compile_patterns, winner
from bridge.dialplan.compiling import CompiledPattern
from bridge.errors import ConfigurationError
from bridge.lab.asterisk import PrivateAsterisk

SEED = 20261126
PLANS = 2000
NUMBERS = 6
_MATCH = re.compile(r"'(?P<exten>[^']+)' =>\s+1\. NoOp\((?P<rank>\d+):(?P<pattern>\d+)\)")

Plan = list[Entry[str]]


def random_element(chance: random.Random) -> str:
    match chance.choices(("digit", "any", "range", "set", "complement", "star"), (50, 25, 10, 10, 4, 3))[0]:
        case "digit":
            return chance.choice("0112339")
        case "any":
            return "X"
        case "range":
            low = chance.randint(0, 6)
            return f"[{low}-{low + chance.randint(1, 3)}]"
        case "set":
            return f"[{''.join(sorted(set(chance.choices('0123456789*', k=3))))}]"
        case "complement":
            return f"[^{chance.randint(0, 4)}-{chance.randint(5, 9)}]"
        case _:
            return chance.choice("*#")


def random_pattern(chance: random.Random) -> str:
    elements = [random_element(chance) for _ in range(chance.randint(1, 6))]
    while sum("^" in element for element in elements) > 1:
        elements = [element for element in elements if "^" not in element] + ["X"]
    if chance.random() < 0.2:
        elements.insert(chance.randrange(len(elements)) + 1, ".")
    text = "".join(elements)
    return text + chance.choices(("", "!", "X?", "X+", "1+"), (70, 15, 6, 6, 3))[0]


def random_plan(chance: random.Random) -> Plan:
    return [
        Entry(Pattern(random_pattern(chance)), rank, f"{rank}:{index}")
        for rank in range(chance.randint(1, 3))
        for index in range(chance.randint(1, 6))
    ]


def random_number(chance: random.Random, plan: Plan) -> str:
    """Mostly one that some pattern matches, sometimes a little off."""
    shape = chance.choice(chance.choice(plan).pattern.shapes).shape
    keys = [chance.choice([key for bit, key in enumerate("0123456789*#") if mask >> bit & 1]) for mask in shape.keys]
    if shape.is_open:
        keys += chance.choices("0123456789", k=chance.randint(0, 4))
    if chance.random() < 0.3:
        keys[chance.randrange(len(keys))] = chance.choice("0123456789*")
    return "".join(keys)


@dataclass(frozen=True)
class Compiled:
    """One plan that has no ties, and its extensions."""

    name: str
    plan: Plan
    patterns: tuple[CompiledPattern[str], ...]

    def text(self) -> str:
        """Its context."""
        lines = (f"exten => {one.extension},1,NoOp({one.entry.action})\n" for one in self.patterns)
        return f"[{self.name}]\n{''.join(lines)}"


def compiled_plans(chance: random.Random) -> Iterator[Compiled]:
    count = 0
    while count < PLANS:
        plan = random_plan(chance)
        try:
            patterns = compile_patterns(plan)
        except ConfigurationError:
            continue  # two patterns of one partition tie
        yield Compiled(f"random-{count}", plan, patterns)
        count += 1


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *lines: str) -> str:
    """One manager action; its answer."""
    writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())
    return (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).decode()


async def test_random_plans_and_numbers(asterisk: PrivateAsterisk) -> None:
    chance = random.Random(SEED)  # noqa: S311  # chance that can be repeated, no secret
    plans = list(compiled_plans(chance))
    (asterisk.etc / "random_plans.conf").write_text("".join(one.text() for one in plans))
    extensions, manager = asterisk.etc / "extensions.conf", asterisk.etc / "manager.conf"
    before = extensions.read_text(), manager.read_text()
    writer: asyncio.StreamWriter | None = None
    try:
        extensions.write_text(before[0] + '#include "random_plans.conf"\n')
        manager.write_text(before[1] + "\n[asker]\nsecret = asking-questions\nread = command\nwrite = command\n")
        await asterisk.cli("manager reload")
        await asterisk.cli("dialplan reload")
        reader, writer = await asyncio.open_connection("127.0.0.1", asterisk.ports.ami)
        await reader.readline()
        assert "Success" in await ask(
            reader, writer, "Action: Login", "Username: asker", "Secret: asking-questions", "Events: off"
        )
        asked = matched = 0
        for one in plans:
            for _ in range(NUMBERS):
                number = random_number(chance, one.plan)
                answer = await ask(reader, writer, "Action: Command", f"Command: dialplan show {number}@{one.name}")
                expected = winner(one.plan, number)
                assert not isinstance(expected, Tie), "the compiler found no tie"
                found = _MATCH.search(answer)
                if found is not None and not digits_where_open(found["exten"], number):
                    found = None  # the extension's first step turns such a number away
                chosen = f"{found['rank']}:{found['pattern']}" if found else None
                assert chosen == (expected.action if expected else None), (
                    number,
                    [(entry.pattern.text, entry.action) for entry in one.plan],
                    [(pattern.extension, pattern.entry.action) for pattern in one.patterns],
                )
                asked += 1
                matched += expected is not None
        assert asked == PLANS * NUMBERS
        assert matched > asked / 2
    finally:
        if writer is not None:
            writer.close()
        extensions.write_text(before[0])
        manager.write_text(before[1])
        await asterisk.cli("manager reload")
        await asterisk.cli("dialplan reload")


def digits_where_open(extension: str, number: str) -> bool:
    """What the first step of an open extension checks."""
    if not extension.endswith("."):
        return True
    fixed = re.sub(r"\[[^\]]*\]", "S", extension[1:-1])
    return number[len(fixed) :].isdecimal()


@pytest.mark.parametrize("seed", range(3))
def test_no_plan_needs_more_patterns_than_its_intersections(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # chance that can be repeated, no secret
    for one in compiled_plans(chance):
        assert len({pattern.extension for pattern in one.patterns}) == len(one.patterns)
