"""Causes while firmware is loaded.

Source: diagnosis reference, section 1; requirement RG-18.
"""

from __future__ import annotations

from bridge.core import SignallingProtocol
from bridge.core.events import (
    FileDelivered,
    FileEvent,
    FileNotFound,
    PhoneAlarmed,
    PhoneRegistered,
)
from bridge.core.findings import Weight
from bridge.journey import keys
from bridge.journey.case import Case, kind_of, known, said, seen
from bridge.journey.findings import Evidence, Finding, Fix, FixKind, Source
from bridge.journey.stages import Stage
from bridge.phones import ConfigFamily, catalogue
from bridge.phones.knownbugs import known_bugs
from bridge.phones.ladders import LoadDifference, advise, compare_loads
from bridge.phones.loads import parse_load
from bridge.phones.requestedfile import FileKind

_OPTION = "sepbridge dhcp snippet --server"
_BEFORE_FILES = (Stage.SEEN, Stage.DHCP)


def firmware_missing(case: Case) -> Finding | None:
    """It asks for firmware that is not there (RG-18). Many phones go on with what they run, and ask at every boot."""
    boot = case.this_boot
    got = [each for each in boot if isinstance(each, FileDelivered)]
    missing = [
        each
        for each in boot
        if isinstance(each, FileNotFound)
        and kind_of(each) in (FileKind.LOADS, FileKind.FIRMWARE)
        and not any(one.name == each.name and one.at > each.at for one in got)
    ]
    if not missing:
        return None
    names = sorted({each.name for each in missing})
    return Finding(
        "firmware_file_missing",
        f"Firmware is missing: {', '.join(names[:4])}",
        Weight.NOTE if case.is_up else Weight.PROBLEM,
        tuple(seen(each) for each in missing[-3:]),
        "Its file names a load of which not all files are on this server. The phone hunts for them at every boot and "
        "shows “Upgrading”, or “Load rejected”.",
        (
            Fix(FixKind.COMMAND, "sepbridge firmware add PACKAGE"),
            Fix(FixKind.COMMAND, "sepbridge firmware check"),
            Fix(FixKind.CLICK, "Site > Device defaults > Load: take it out, and the phone keeps what it runs"),
        ),
    )


_REJECTED = {
    0: ("the load is not allowed on this revision of the hardware", "load rejected"),
    2: ("the load could not be unpacked", "compression type"),
    3: ("the load's name is wrong, or the load is for other hardware", "version error"),
    4: ("there is no room for it", "disk full"),
    5: ("it was damaged on the way", "checksum error"),
}


def firmware_rejected(case: Case) -> Finding | None:
    """The phone fetched firmware and does not want it: by its own words, or by what it left unasked.

    Such a phone often registers all the same, with the load that it has.
    """
    left = _left_unasked(case)
    for cause, (why, text) in _REJECTED.items():
        proof = [seen(each) for each in case.boot_alarms(cause)] + _shown(case, text, left)
        if proof:
            return _rejected(case, f"It says that {why}.", [*proof, *left])
    unsigned = _shown(case, "image authentication failed", left)
    if unsigned:
        return Finding(
            "firmware_unsigned",
            "The phone finds no valid signature on its firmware",
            _weight(case),
            (*unsigned, *left),
            "The load is damaged, not the vendor's own, or too old: signatures came with load 5.x and cannot be left "
            "out.",
            (
                Fix(FixKind.COMMAND, "sepbridge firmware add PACKAGE"),
                Fix(FixKind.COMMAND, "sepbridge firmware check"),
                keys.status_messages(case.model),
            ),
        )
    if not left:
        return None
    why = (
        "It read the list of the load's files and asked for none of them, which phones do where the list has no valid "
        "signature, or the load is not for their hardware. It goes on with what it runs."
    )
    return _rejected(case, why, left)


def _rejected(case: Case, why: str, proof: list[Evidence]) -> Finding:
    return Finding(
        "firmware_rejected",
        "The phone refuses its firmware",
        _weight(case),
        tuple(proof),
        why,
        (
            Fix(FixKind.COMMAND, "sepbridge firmware check"),
            *roll_out(case, case.wanted or case.load_protocol),
            keys.status_messages(case.model),
        ),
    )


def roll_out(case: Case, protocol: SignallingProtocol | None) -> tuple[Fix, ...]:
    """The command that loads other firmware: the newest that is known for the model, else what there is to choose."""
    load = case.usual_load(protocol)
    if not load:
        return (Fix(FixKind.COMMAND, "sepbridge firmware list"),)
    return (Fix(FixKind.COMMAND, f"sepbridge firmware rollout {load} --phone {case.journey.device}"),)


def _weight(case: Case) -> Weight:
    return Weight.NOTE if case.is_up else Weight.PROBLEM


def _shown(case: Case, text: str, left: list[Evidence]) -> list[Evidence]:
    """A message of its status list. Those have no date: of a phone that is up they count with what was seen."""
    return [said(told, at) for told, at in case.messages(text, though_up=bool(left))]


def _left_unasked(case: Case) -> list[Evidence]:
    """It has the list of a load, asked for nothing that is on it, and then said that it runs another one."""
    boot = case.this_boot
    at = max(
        (i for i, e in enumerate(boot) if isinstance(e, FileDelivered) and kind_of(e) is FileKind.LOADS), default=-1
    )
    if at < 0 or keys.family_of(case.model) is ConfigFamily.SIPPHONE_7940_60:
        return []  # a 7940 reads the list at every boot, also of the load that it runs (phone boot, log L1)
    fetched, later = boot[at], boot[at + 1 :]
    if any(isinstance(each, FileEvent) and kind_of(each) is FileKind.FIRMWARE for each in later):
        return []
    told = [each for each in later if isinstance(each, PhoneRegistered | PhoneAlarmed)]
    wanted = parse_load(getattr(fetched, "name", "").rpartition("/")[2]).name
    if not told or compare_loads(case.load, wanted) in (LoadDifference.EQUAL, LoadDifference.UNKNOWN):
        return []
    return [seen(fetched), known(f"it asked for none of the files of {wanted}, and runs {case.load}")]


def firmware_loop(case: Case) -> Finding | None:
    """The whole load is fetched again and again: the phone starts after each attempt and is where it was."""
    loads = [each for each in case.of(FileDelivered) if kind_of(each) is FileKind.LOADS]
    times: dict[str, int] = {}
    for each in loads:
        times[each.name] = times.get(each.name, 0) + 1
    name = max(times, key=lambda each: times[each], default="")
    if case.is_up or times.get(name, 0) < 3 or case.signalled_after(loads[-1].at):
        return None
    return Finding(
        "firmware_loop",
        f"The phone loads {name} again and again",
        Weight.PROBLEM,
        tuple(seen(each) for each in loads[-3:]),
        "It starts anew after each attempt and still runs the old load: from loads before 8.5(2) there is no direct "
        "way "
        "to the newest, or the load does not fit the hardware.",
        (
            *_step_between(case, parse_load(name.rpartition("/")[2]).name),
            Fix(FixKind.COMMAND, "sepbridge firmware check"),
            keys.status_messages(case.model),
        ),
    )


def _step_between(case: Case, wanted: str) -> tuple[Fix, ...]:
    """The load to name first, where there is no direct way; what it runs is often not known before it registered."""
    model = catalogue().by_name(case.model) if case.model else None
    load = parse_load(wanted)
    over = advise(case.load or f"{load.protocol or ''}{load.group}.1-0-0S", wanted, model).via
    if not over:
        return ()
    return (Fix(FixKind.CLICK, f"Site > Device defaults > Load: name {over}; once the phone runs it, {wanted} again"),)


def firmware_with_a_bug(case: Case) -> Finding | None:
    """The load that it runs is known to block something; a phone that is up has a note of it."""
    facts = case.journey.facts
    bugs = known_bugs(facts.load, case.model, facts.protocol)
    if not bugs:
        return None
    return Finding(
        "load_with_blocking_bug",
        f"The phone's load {facts.load} is known for a fault",
        Weight.NOTE,
        (Evidence(f"it says that it runs {facts.load}", Source.PHONE),),
        f"With this load {'; '.join(each.what for each in bugs)}.",
        (Fix(FixKind.COMMAND, f"sepbridge firmware rollout {bugs[0].instead}… --phone {case.journey.device}"),),
    )
