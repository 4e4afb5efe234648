"""Call set-up, step by step on the wire: the proxy's own time, beside SIP phones on the same Asterisk.

``python -m bench.setup [--calls N] [--rounds N]``. One call at a time, between two SCCP phones and, in turn with it,
between two SIP phones; the time stamps are the kernel's (see ``bench.wire``). *Own time* is what passes between a
message into the bridge and the message out that it leads to; the phone's and Asterisk's parts are left out of it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.lab import Lab, address, running_lab, show
from bench.pairs import WITHIN, Pair, working_pairs
from bench.wire import Address, Seen, Wire
from bridge.sccp import MessageId

_INSIDE = "SEPBRIDGE_BENCH_NAMESPACE"
_WARM_UP = 3
"""Calls before the first that counts: programs load what they need."""
KEYS = (MessageId.KEYPAD_BUTTON, MessageId.SOFT_KEY_EVENT, MessageId.ENBLOC_CALL)
ANSWERS = (MessageId.SOFT_KEY_EVENT, MessageId.OFF_HOOK, MessageId.STIMULUS)


@dataclass(frozen=True, slots=True)
class SccpCall:
    """Seconds. Between two SCCP phones, each with a SIP user agent of ours at Asterisk."""

    to_open: float
    """Ours: last digit in, OpenReceiveChannel out."""
    to_invite: float
    """Ours: the phone's port in, INVITE out."""
    phone: float
    """The phone's: OpenReceiveChannel in, its port out."""
    ring_back: float
    """Ours: 180 in, ring-back tone out."""
    digit_to_ring: float
    """Everybody's: last digit to ring-back tone."""
    answer_to_media: float
    """Everybody's: the answer's key to StartMediaTransmission on both phones."""

    @property
    def digit_to_invite(self) -> float:
        """Our own time between the last digit and the INVITE."""
        return self.to_open + self.to_invite


@dataclass(frozen=True, slots=True)
class SipCall:
    """Seconds. Between two SIP phones at Asterisk."""

    invite_to_ring: float
    answer_to_media: float
    """The callee's 200 to the caller's."""


class Missing(Exception):
    """A message that belongs to a call was not seen."""


def first(seen: Iterable[Seen], what: str, fits: Callable[[Seen], bool], *, after: float = 0.0) -> Seen:
    """The first that fits. Raises Missing."""
    for each in seen:
        if each.at >= after and fits(each):
            return each
    raise Missing(what)


def is_frame(ids: Iterable[MessageId], *, source: str = "", target: str = "") -> Callable[[Seen], bool]:
    """Whether it is one of these messages, from or to the phone at this address."""
    numbers = {int(each) for each in ids}
    return lambda each: (
        each.frame is not None
        and each.frame.message_id in numbers
        and source in ("", each.source[0])
        and target in ("", each.target[0])
    )


def sccp_call(seen: list[Seen], caller: str, callee: str, asterisk: Address) -> SccpCall:
    """What one call between the phones at these addresses took. Raises Missing."""
    opening = first(seen, "OpenReceiveChannel", is_frame([MessageId.OPEN_RECEIVE_CHANNEL], target=caller))
    digit = first(reversed(seen), "digit", lambda one: one.at <= opening.at and is_frame(KEYS, source=caller)(one))
    port = first(seen, "its ack", is_frame([MessageId.OPEN_RECEIVE_CHANNEL_ACK], source=caller), after=opening.at)
    invite = first(seen, "INVITE", lambda one: one.target == asterisk and one.text.startswith("INVITE"), after=port.at)
    ringing = first(
        seen, "180", lambda one: one.target == invite.source and one.start.startswith("SIP/2.0 180"), after=invite.at
    )
    tone = first(seen, "StartTone", is_frame([MessageId.START_TONE], target=caller), after=ringing.at)
    answer = first(seen, "the answer", is_frame(ANSWERS, source=callee), after=ringing.at)
    starts = [
        first(seen, f"media of {phone}", is_frame([MessageId.START_MEDIA_TRANSMISSION], target=phone), after=answer.at)
        for phone in (caller, callee)
    ]
    return SccpCall(
        opening.at - digit.at,
        invite.at - port.at,
        port.at - opening.at,
        tone.at - ringing.at,
        tone.at - digit.at,
        max(each.at for each in starts) - answer.at,
    )


def sip_call(seen: list[Seen], asterisk: Address) -> SipCall:
    """What one call between two SIP phones took. Raises Missing."""
    invite = first(seen, "INVITE", lambda one: one.target == asterisk and one.text.startswith("INVITE"))
    to_caller = invite.source
    ringing = first(seen, "180", lambda one: one.target == to_caller and one.start.startswith("SIP/2.0 180"))
    answer = first(
        seen,
        "the callee's 200",
        lambda one: one.target == asterisk and one.source != to_caller and _is_answer(one),
        after=ringing.at,
    )
    answered = first(seen, "200", lambda one: one.target == to_caller and _is_answer(one), after=answer.at)
    return SipCall(ringing.at - invite.at, answered.at - answer.at)


def _is_answer(seen: Seen) -> bool:
    return seen.start.startswith("SIP/2.0 200") and " INVITE" in seen.text.partition("CSeq:")[2][:20]


async def one_call(pair: Pair, wire: Wire) -> list[Seen]:
    """Call, let it ring, answer, hang up; what was seen of it. Raises TimeoutError."""
    caller, callee = pair.caller.phone, pair.callee.phone
    assert caller is not None
    assert callee is not None
    pair.callee.answers = False
    pair.caller.begin()
    pair.callee.begin()
    wire.seen.clear()
    caller.call(callee.number)
    async with asyncio.timeout(WITHIN):
        await pair.callee.ringing.wait()
        await pair.caller.ringing.wait()
        await asyncio.sleep(0.1)
        callee.answer()
        await pair.caller.connected.wait()
        await pair.callee.connected.wait()
        await asyncio.sleep(0.1)
    seen = sorted(wire.seen, key=lambda each: each.at)
    caller.hang_up()
    async with asyncio.timeout(WITHIN):
        await pair.caller.over.wait()
        await pair.callee.over.wait()
    await asyncio.sleep(0.1)
    return seen


async def one_round(lab: Lab, calls: int) -> tuple[list[SccpCall], list[SipCall]]:
    """Calls of both kinds, in turn."""
    asterisk = address(lab.description["sip"])
    wire = Wire(address(lab.description["sccp"])[1], asterisk[1])
    ours: list[SccpCall] = []
    theirs: list[SipCall] = []
    async with (
        working_pairs(1, lab.server, sccp=True, models=("7961",)) as sccp_pairs,
        working_pairs(1, lab.server, sccp=False, models=("8841",)) as sip_pairs,
    ):
        with wire.listening():
            for number in range(calls + _WARM_UP):
                seen, sip_seen = await one_call(sccp_pairs[0], wire), await one_call(sip_pairs[0], wire)
                if number >= _WARM_UP:
                    ours.append(sccp_call(seen, "127.64.0.1", "127.64.0.2", asterisk))
                    theirs.append(sip_call(sip_seen, asterisk))
    return ours, theirs


def milliseconds(values: Iterable[float]) -> str:
    """Median, and the highest of 95 in 100."""
    ordered = sorted(value * 1000 for value in values)
    return f"{statistics.median(ordered):.2f} / {ordered[round(0.95 * (len(ordered) - 1))]:.2f}"


async def run(calls: int, rounds: int) -> bool:
    """All rounds, each in a lab of its own."""
    ours: list[SccpCall] = []
    theirs: list[SipCall] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="sepbridge-bench-") as directory:
            async with running_lab(Path(directory), "SCCP") as lab:
                sccp, sip = await one_round(lab, calls)
                ours += sccp
                theirs += sip
    show(
        [
            (f"{len(ours)} calls each, ms", "p50 / p95", "hold"),
            ("own time, last digit to INVITE", milliseconds(each.digit_to_invite for each in ours), "5"),
            ("of it, digit to OpenReceiveChannel", milliseconds(each.to_open for each in ours), ""),
            ("of it, port to INVITE", milliseconds(each.to_invite for each in ours), ""),
            ("the phone's time in between", milliseconds(each.phone for each in ours), ""),
            ("own time, 180 to ring-back tone", milliseconds(each.ring_back for each in ours), "5"),
            ("SCCP: last digit to ring-back tone", milliseconds(each.digit_to_ring for each in ours), ""),
            ("SIP: INVITE to 180", milliseconds(each.invite_to_ring for each in theirs), ""),
            ("SCCP: answer to media on both phones", milliseconds(each.answer_to_media for each in ours), ""),
            ("SIP: answer to media on both phones", milliseconds(each.answer_to_media for each in theirs), ""),
        ]
    )
    ringing = statistics.median(each.digit_to_ring for each in ours) / statistics.median(
        each.invite_to_ring for each in theirs
    )
    media = statistics.median(each.answer_to_media for each in ours) / statistics.median(
        each.answer_to_media for each in theirs
    )
    print(f"SCCP takes {ringing:.2f} times as long as SIP to ring, and {media:.2f} times from the answer to media")
    return True


def main() -> None:
    """Read the command line, run in a network namespace of its own; leave with 1 when a call failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.setup", description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=40, help="calls of each kind in a round")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    if _INSIDE not in os.environ:
        command = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
        again = [*command, sys.executable, "-m", "bench.setup", *sys.argv[1:]]
        sys.exit(subprocess.run(again, check=False, env={**os.environ, _INSIDE: "1"}).returncode)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    sys.exit(0 if asyncio.run(run(options.calls, options.rounds)) else 1)


if __name__ == "__main__":
    main()
