"""Checks of the machine itself: clock, limits of the kernel and of the process, SELinux and AppArmor."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.core.findings import Finding, Weight
from bridge.doctor.ailment import Ailment, Area

NO_SYNC = Ailment(
    "clock_not_synchronised",
    Area.MACHINE,
    Weight.NOTE,
    "nobody keeps this machine's clock right",
    "phones show the server's time, and certificates are judged by it",
    "install chrony, or: timedatectl set-ntp true",
)
WRONG_CLOCK = Ailment(
    "clock_wrong",
    Area.MACHINE,
    Weight.PROBLEM,
    "this machine's clock stands before the day this version was made",
    "its battery is empty, or it never heard of NTP",
    "install chrony, or set it: timedatectl set-time …",
)
ZONE = Ailment(
    "time_zone_unknown",
    Area.MACHINE,
    Weight.PROBLEM,
    "a date/time group has a time zone that this machine does not know",
    "its phones would show UTC",
    "sepbridge site date-time-groups set NAME time_zone=Europe/Berlin; or install tzdata",
)
NTP = Ailment(
    "ntp_missing",
    Area.MACHINE,
    Weight.NOTE,
    "a date/time group names no NTP server",
    "phones with SIP firmware get the time from Asterisk's Date header or not at all",
    "sepbridge site date-time-groups set NAME ntp_servers=192.0.2.1",
)
FEW_FILES = Ailment(
    "open_files_low",
    Area.MACHINE,
    Weight.NOTE,
    "the service may open fewer files than it wants phones",
    "every SCCP phone takes a connection and a socket for each line",
    "LimitNOFILE=65536 in the unit of the service (systemctl edit sepbridge)",
)
FEW_WATCHES = Ailment(
    "inotify_low",
    Area.MACHINE,
    Weight.NOTE,
    "few inotify instances or watches are allowed",
    "the log and directory of the other TFTP server are watched with them",
    "sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=65536, and in /etc/sysctl.d",
)
SELINUX = Ailment(
    "selinux_enforcing",
    Area.MACHINE,
    Weight.NOTE,
    "SELinux is enforcing",
    "it may keep Asterisk or the other TFTP server from reading what sepbridge writes, without a word in their logs",
    "ausearch -m avc -ts recent shows refusals; restorecon -R on the directories mends most",
)
APPARMOR = Ailment(
    "apparmor_profile",
    Area.MACHINE,
    Weight.NOTE,
    "AppArmor confines a program that has to read our files",
    "a directory that its profile does not name cannot be read, whatever the permissions",
    "journalctl -k -g apparmor shows refusals; add the directory to /etc/apparmor.d/local/PROFILE",
)
AILMENTS = (NO_SYNC, WRONG_CLOCK, ZONE, NTP, FEW_FILES, FEW_WATCHES, SELINUX, APPARMOR)

MADE = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
"""A day before which no clock can stand while this version runs."""
_PER_PHONE = 3
"""Descriptors: the connection, and sockets of its lines."""
_SPARE = 200
_INSTANCES = 16
_WATCHES = 1024


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """The clock."""

    now: datetime
    synchronised: bool | None = None
    """None where nobody could be asked."""


@dataclass(frozen=True, slots=True)
class LimitFacts:
    """What may be opened and watched."""

    open_files: int
    phones: int
    """SCCP phones that are there or expected."""
    watches_logs: bool = False
    inotify_instances: int | None = None
    inotify_watches: int | None = None


@dataclass(frozen=True, slots=True)
class ConfinementFacts:
    """Mandatory access control."""

    selinux_enforcing: bool = False
    profiles: tuple[str, ...] = ()
    """AppArmor's profiles in force for programs that matter here."""


def check_clock(facts: ClockFacts) -> Iterator[Finding]:
    """The clock of this machine."""
    if facts.now < MADE:
        yield WRONG_CLOCK.found(f"it is {facts.now:%Y-%m-%d %H:%M} here")
    elif facts.synchronised is False:
        yield NO_SYNC.found("timedatectl says: not synchronised")


def check_zones(
    zones: Mapping[str, str], known: Collection[str], without_ntp: Collection[str] = ()
) -> Iterator[Finding]:
    """The time zone of each date/time group, and groups that name no NTP server."""
    for group, zone in zones.items():
        if known and zone not in known:
            yield ZONE.found(f"{group}: {zone}", fix=ZONE.fix.replace("NAME", group))
    for group in without_ntp:
        yield NTP.found(f"date/time group {group}", fix=NTP.fix.replace("NAME", group))


def check_limits(facts: LimitFacts) -> Iterator[Finding]:
    """Descriptors and watches."""
    wanted = facts.phones * _PER_PHONE + _SPARE
    if facts.open_files < wanted:
        yield FEW_FILES.found(f"{facts.open_files} open files, {wanted} wanted for {facts.phones} phones")
    if facts.watches_logs:
        for name, value, least in (
            ("max_user_instances", facts.inotify_instances, _INSTANCES),
            ("max_user_watches", facts.inotify_watches, _WATCHES),
        ):
            if value is not None and value < least:
                yield FEW_WATCHES.found(f"fs.inotify.{name} = {value}")


def check_confinement(facts: ConfinementFacts) -> Iterator[Finding]:
    """SELinux and AppArmor."""
    if facts.selinux_enforcing:
        yield SELINUX.found("SELinux is enforcing")
    for profile in facts.profiles:
        yield APPARMOR.found(f"profile {profile}", fix=APPARMOR.fix.replace("PROFILE", profile.rpartition("/")[2]))
