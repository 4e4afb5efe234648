"""Logs of TFTP and DHCP servers that are not ours: files with rotation, the journal, and what their lines mean."""

from bridge.watch.follower import LogFollower, Place
from bridge.watch.journal import JournalSource
from bridge.watch.leasefile import LeaseFileSource
from bridge.watch.logfile import LogFileSource
from bridge.watch.loglines import LogEntry, parse_journal, parse_line
from bridge.watch.tftplog import IDENTIFIERS, LoggedRequest, Stage, TftpLog, TftpProgram

__all__ = [
    "IDENTIFIERS",
    "JournalSource",
    "LeaseFileSource",
    "LogEntry",
    "LogFileSource",
    "LogFollower",
    "LoggedRequest",
    "Place",
    "Stage",
    "TftpLog",
    "TftpProgram",
    "parse_journal",
    "parse_line",
]
