"""What tftpd-hpa, atftpd and dnsmasq write about requests for files, as requests.

The forms were captured from tftpd-hpa 5.2, atftpd 0.8.0 and dnsmasq 2.90 (libraries reference, section 5.3):

* tftpd-hpa says who asks for what (with ``-v``); a refusal names no file and is found again by its process.
* atftpd says who asks for what; its other lines share the process and thread of that one.
* dnsmasq says nothing when a request arrives, only how it ended, with the path below its root.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from pathlib import PurePosixPath

from bridge.watch.loglines import LogEntry

MAX_OPEN = 4096
"""Requests whose end is waited for; beyond that the oldest are forgotten."""


class TftpProgram(StrEnum):
    """The TFTP servers whose logs are understood."""

    TFTPD_HPA = "tftpd-hpa"
    ATFTPD = "atftpd"
    DNSMASQ = "dnsmasq"


class Stage(StrEnum):
    """What became known about a request."""

    ASKED = "asked"
    SENT = "sent"
    """The last block was acknowledged."""
    MISSING = "missing"
    FAILED = "failed"
    """Refused, or given up on the way."""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request for a file, as another server tells it. Nothing in it is to be trusted."""

    name: str
    client: str
    """A numeric address."""
    stage: Stage
    why: str = ""


IDENTIFIERS = {
    "in.tftpd": TftpProgram.TFTPD_HPA,
    "tftpd": TftpProgram.TFTPD_HPA,
    "atftpd": TftpProgram.ATFTPD,
    "dnsmasq-tftp": TftpProgram.DNSMASQ,
}
"""The names under which they log."""

_HPA_ASKED = re.compile(r"RRQ from (\S+) filename (.+?)(?: remapped to .+)?", re.DOTALL)
_HPA_REFUSED = re.compile(r"sending NAK \((\d+), (.*)\) to \S+", re.DOTALL)
_HPA_FAILED = re.compile(r"tftpd?: read: (.+)|Client \S+ (?:timed out|finished .+)", re.DOTALL)
_ATFTPD_ASKED = re.compile(r"Serving (.+) to (\S+):\d{1,5}", re.DOTALL)
_ATFTPD_MISSING = re.compile(r"File .+ not found", re.DOTALL)
_DNSMASQ_MISSING = re.compile(r"file (.+) not found for (\S+)", re.DOTALL)
_DNSMASQ_SENT = re.compile(r"sent (.+) to (\S+)", re.DOTALL)
_DNSMASQ_FAILED = re.compile(r"failed sending (.+) to (\S+)", re.DOTALL)


class TftpLog:
    """Reads entries in their order. ``only`` limits it to one server, where several log into one place."""

    def __init__(self, *, root: PurePosixPath | None = None, only: TftpProgram | None = None) -> None:
        """``root``: where the server's files are; dnsmasq writes it before the names."""
        self._root = f"{root}".rstrip("/") + "/" if root is not None else ""
        self._only = only
        self._open: OrderedDict[tuple[str, str], tuple[str, str]] = OrderedDict()

    def read(self, entry: LogEntry) -> tuple[LoggedRequest, ...]:
        """What an entry tells; nothing for entries about something else. Never raises."""
        program = IDENTIFIERS.get(entry.program)
        if program is None or self._only not in (None, program):
            return ()
        match program:
            case TftpProgram.TFTPD_HPA:
                return self._hpa(entry)
            case TftpProgram.ATFTPD:
                return self._atftpd(entry)
            case TftpProgram.DNSMASQ:
                return self._dnsmasq(entry.message)

    def _hpa(self, entry: LogEntry) -> tuple[LoggedRequest, ...]:
        if match := _HPA_ASKED.fullmatch(entry.message):
            return self._asked(entry, match[2], match[1])
        if match := _HPA_REFUSED.fullmatch(entry.message):
            return self._ended(entry, Stage.MISSING if match[1] == "1" else Stage.FAILED, match[2])
        if match := _HPA_FAILED.fullmatch(entry.message):
            return self._ended(entry, Stage.FAILED, match[1] or entry.message)
        return ()

    def _atftpd(self, entry: LogEntry) -> tuple[LoggedRequest, ...]:
        if match := _ATFTPD_ASKED.fullmatch(entry.message):
            return self._asked(entry, match[1], match[2])
        if _ATFTPD_MISSING.fullmatch(entry.message):
            return self._ended(entry, Stage.MISSING, "file not found")
        if entry.message == "End of transfer":
            return self._ended(entry, Stage.SENT)
        if entry.message == "Server thread exiting":
            return self._ended(entry, Stage.FAILED, "the transfer ended early")
        return ()

    def _dnsmasq(self, message: str) -> tuple[LoggedRequest, ...]:
        for form, stage in (
            (_DNSMASQ_MISSING, Stage.MISSING),
            (_DNSMASQ_FAILED, Stage.FAILED),
            (_DNSMASQ_SENT, Stage.SENT),
        ):
            match = form.fullmatch(message)
            if match is not None and (client := _address(match[2])):
                name = match[1].removeprefix(self._root) if self._root else match[1]
                return LoggedRequest(name, client, Stage.ASKED), LoggedRequest(name, client, stage)
        return ()

    def _asked(self, entry: LogEntry, name: str, client: str) -> tuple[LoggedRequest, ...]:
        client = _address(client)
        if not client:
            return ()
        key = entry.program, entry.process
        self._open[key] = name, client
        self._open.move_to_end(key)
        if len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)
        return (LoggedRequest(name, client, Stage.ASKED),)

    def _ended(self, entry: LogEntry, stage: Stage, why: str = "") -> tuple[LoggedRequest, ...]:
        request = self._open.pop((entry.program, entry.process), None)
        return () if request is None else (LoggedRequest(*request, stage, why),)


def _address(text: str) -> str:
    """The numeric address without brackets and zone; empty for what is none."""
    try:
        return str(ip_address(text.strip("[]").partition("%")[0]))
    except ValueError:
        return ""
