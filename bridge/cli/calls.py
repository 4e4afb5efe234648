"""``sepbridge calls``: what calls there were, and how they sounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from bridge.app.stations.calllog import as_json
from bridge.cli.desks import opened_store, phone_desk
from bridge.cli.frame import Frame, json_option, table
from bridge.cli.main import root
from bridge.core import CallRecord
from bridge.errors import InvalidInput

_UNITS = {"m": 60, "h": 3600, "d": 86400}


@root.command()
@click.option("--phone", "phones", multiple=True, help="Only calls of this phone: a number, a MAC address or a name.")
@click.option("--since", default="", help="Only calls that ended since: 2026-01-31, 2026-01-31T08:00, 30m, 2h, 7d.")
@click.option("--most", default=100, show_default=True, type=click.IntRange(1, 100_000), help="The newest so many.")
@json_option
def calls(frame: Frame, phones: tuple[str, ...], since: str, most: int) -> None:
    """List the calls of SCCP phones, oldest first."""
    moment = moment_of(since, datetime.now(UTC)) if since else None
    names = []
    if phones:
        with phone_desk(frame) as desk:
            names = [desk.find(each) for each in phones]
    with opened_store(frame) as store, store.read() as work:
        found = work.calls.newest(devices=names, since=moment, most=most)
    heads = ("started", "phone", "line", "", "number", "name", "seconds", "codec", "lost", "jitter", "end")
    frame.show({"calls": [as_json(each) for each in found]}, table(heads, map(_row, found)) if found else "No calls.")


def moment_of(text: str, now: datetime) -> datetime:
    """The moment that a text means; without a zone it is local. Raises InvalidInput."""
    if text[:-1].isdecimal() and len(text) < 8 and text[-1] in _UNITS:
        return now - timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise InvalidInput(f"{text[:40]!r} is no moment", fix="write 2026-01-31, 2026-01-31T08:00, or 2h") from error


def _row(call: CallRecord) -> tuple[object, ...]:
    quality = call.quality
    loss = quality.loss if quality else None
    lost = f"{100 * loss:.1f} %" if loss is not None else ""
    marks = (", malicious" if call.malicious else "") + (", recorded" if call.recording else "")
    return (
        f"{call.started.astimezone():%Y-%m-%d %H:%M:%S}",
        call.device.value,
        call.line,
        "to" if call.outgoing else "from",
        call.number or "unknown",
        call.name,
        f"{call.seconds:.0f}" if call.answered else "not answered",
        call.codec,
        lost,
        f"{quality.jitter} ms" if quality else "",
        (f"{call.why} ({call.status})" if call.status else call.why) + marks,
    )
