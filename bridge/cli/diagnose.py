"""``sepbridge phones diagnose`` and ``sepbridge explain``: why a phone is stuck, and what its screen means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from bridge.app.asjson import plain
from bridge.app.diagnosis.journeydata import diagnosis_as_data
from bridge.app.diagnosis.journeydesk import JourneyDesk
from bridge.app.diagnosis.sitewatch import offline_facts
from bridge.app.system import SystemClock
from bridge.cli.control import ServiceNotRunning, ask
from bridge.cli.desks import opened_store, phone_desk
from bridge.cli.frame import Frame, in_words, json_option
from bridge.cli.main import root
from bridge.cli.phones import phones
from bridge.core import DeviceName
from bridge.errors import InvalidInput, NotFound
from bridge.journey.screens import explain as look_up

NEEDS_ATTENTION = 1
"""Exit code of ``diagnose`` for a phone with a problem."""


@phones.command()
@click.argument("phone")
@json_option
def diagnose(frame: Frame, phone: str) -> None:
    """Say why a phone (name, MAC or number) is stuck: the likeliest cause first, what shows it, and what to do.

    Leaves with 1 where there is a problem.
    """
    name = _named(frame, phone)
    try:
        found: dict[str, Any] = ask(frame.settings.control_socket, "GET", f"/phones/{name}/diagnosis")
        remark = ""
    except ServiceNotRunning:
        remark = "The service is not running: this is what the database knows."
        with opened_store(frame) as store:
            clock = SystemClock()
            sheet = JourneyDesk(store, clock, lambda: offline_facts(frame.settings, store)).sheet(name)
        found = plain(diagnosis_as_data(sheet))  # type: ignore[assignment]  # a dictionary stays one
    frame.show({**found, "remark": remark}, *_told(found), *([remark] if remark else []))
    if any(each["severity"] == "problem" for each in found["findings"]):
        raise click.exceptions.Exit(NEEDS_ATTENTION)


def _named(frame: Frame, phone: str) -> DeviceName:
    """A phone of ours, or any that was only seen: that one has no number, and is named by its MAC."""
    try:
        with phone_desk(frame) as desk:
            return desk.find(phone)
    except NotFound as unknown:
        try:
            name = DeviceName.parse(phone)
        except InvalidInput:
            raise unknown from None
        if name.mac is None:
            raise
        return name


def _told(found: dict[str, Any]) -> list[str]:
    journey = found["journey"]
    since = datetime.now(UTC) - datetime.fromisoformat(journey["since"])
    facts = journey["facts"]
    model = facts["model"] or "model not known"
    where = journey["client"] or "no address"
    parts = [f"{found['phone']} ({model}) at {where}: {journey['stage']} for {in_words(since)}"]
    if not found["findings"]:
        parts.append("Nothing is wrong with it, as far as can be seen from here.")
    for number, each in enumerate(found["findings"], 1):
        parts.append("")
        parts.append(f"{number}. {each['title']}" + ("" if each["severity"] == "problem" else " (note)"))
        parts.append(f"   {each['cause']}")
        parts += [f"   seen: {_when(e['at'])}{e['what']}" for e in each["evidence"]]
        parts += [f"   {'fix' if not i else ' or'}: {_shown(fix)}" for i, fix in enumerate(each["fixes"])]
    return parts


def _when(at: str | None) -> str:
    return f"{datetime.fromisoformat(at).astimezone():%H:%M:%S} " if at else ""


def _shown(fix: dict[str, str]) -> str:
    return f"{fix['kind']}: {fix['text']}" if fix["kind"] in ("click", "keys") else fix["text"]


@root.command()
@click.argument("words", nargs=-1, required=True)
@json_option
def explain(frame: Frame, words: tuple[str, ...]) -> None:
    """Say what a phone's screen means: sepbridge explain "Registration Rejected".

    Typing errors are forgiven. Of a text that nobody knows the three nearest are shown. Screens differ by model and
    firmware: `sepbridge phones diagnose` goes by what was seen, and knows better.
    """
    answer = look_up(" ".join(words))
    parts: list[str] = []
    if not answer.is_certain:
        parts.append("No phone is known to show that. The nearest texts are:")
    for each in answer.entries:
        parts.append("")
        parts.append(f"“{each.text}”" + (f" ({each.families})" if each.families else ""))
        parts.append(f"   stage: {each.stage}")
        parts.append(f"   {each.meaning}")
        parts.append(f"   fix: {each.fix}")
    parts += ["", "What was seen of one phone: sepbridge phones diagnose PHONE"]
    frame.show({"certain": answer.is_certain, "entries": list(answer.entries)}, *parts)
