"""A boot on a real network: asks for what the boot order wants, reports it, and waits where a phone waits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from bridge.errors import LocalProtocolError
from bridge.lab.bootfiles import Purpose
from bridge.lab.bootorder import BootOrder, BootOutcome
from bridge.lab.filefetch import Fetched, FileFetcher
from bridge.lab.phoneevents import FileAsked, FileGot, FileMissing
from bridge.lab.phonelog import PhoneLog
from bridge.lab.phonetiming import PhoneTiming
from bridge.phones import ConfigFamily, Model

_SYNC = re.compile(rb"SYNC\s*=\s*[\"']([^\"']{0,40})[\"']")


async def run_boot(
    order: BootOrder,
    fetcher: FileFetcher,
    log: PhoneLog,
    timing: PhoneTiming,
    *,
    model: Model,
    upgrading: Callable[[], None],
) -> BootOutcome:
    """Go through a boot order to its outcome. ``upgrading`` is called when the first image is written to flash."""
    while (ask := order.next_request()) is not None:
        if ask.purpose is Purpose.COMMON_TEXT and model.family is ConfigFamily.SIPPHONE_7940_60:
            await asyncio.sleep(timing.text_files)
        got = await fetch_file(fetcher, ask.name, ask.purpose, log)
        order.receive_answer(got.content is not None, got.content or b"")
        if ask.purpose is Purpose.IMAGE:
            upgrading()
            await asyncio.sleep(timing.flash)
    if order.outcome is None:
        raise LocalProtocolError("the boot order ended without an outcome")
    return order.outcome


async def fetch_file(fetcher: FileFetcher, name: str, purpose: Purpose, log: PhoneLog) -> Fetched:
    """Ask for one file, and report question and answer."""
    log.report(FileAsked(*log.mark, name=name, purpose=purpose))
    got = await fetcher.fetch(name)
    again = got.retransmissions
    if got.content is None:
        mark = log.mark
        log.report(FileMissing(*mark, name=name, timed_out=got.timed_out, why=got.why, retransmissions=again))
    else:
        log.report(FileGot(*log.mark, name=name, size=len(got.content), via=got.via, retransmissions=again))
    return got


async def sync_differs(fetcher: FileFetcher, log: PhoneLog, sync: str) -> bool:
    """Read ``syncinfo.xml`` after a check-sync: True when it has another number (SEP file reference, section 15)."""
    got = await fetch_file(fetcher, "syncinfo.xml", Purpose.SYNC, log)
    match = _SYNC.search(got.content or b"")
    return match is not None and match.group(1).decode("latin-1") != sync
