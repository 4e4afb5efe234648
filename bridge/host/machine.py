"""Clock, units, limits, disks and mandatory access control of this machine."""

from __future__ import annotations

import contextlib
import os
import resource
from datetime import UTC, datetime
from pathlib import Path

from bridge.doctor.keeping import DiskFacts, StateFacts
from bridge.doctor.machine import ClockFacts, ConfinementFacts, LimitFacts
from bridge.doctor.ports import UnitFacts
from bridge.errors import SepbridgeError
from bridge.host.programs import output_of

_MOST_FILES = 20_000
_PROGRAMS = ("asterisk", "tftpd", "dnsmasq", "sepbridge")


def clock_facts() -> ClockFacts:
    """The clock, and whether somebody keeps it right as far as systemd knows."""
    synchronised: bool | None = None
    with contextlib.suppress(SepbridgeError):
        text = output_of(["timedatectl", "show", "--property=NTPSynchronized"])
        synchronised = {"yes": True, "no": False}.get(text.strip().partition("=")[2])
    return ClockFacts(datetime.now(UTC), synchronised)


def unit_facts(name: str, *, files: Path = Path("/")) -> UnitFacts:
    """A unit of systemd. Raises SepbridgeError where systemd cannot be asked."""
    if not (files / "run/systemd/system").is_dir():
        return UnitFacts(name, is_there=False)
    properties = "LoadState,ActiveState,UnitFileState,NRestarts"
    return read_unit(name, output_of(["systemctl", "show", name, f"--property={properties}"]))


def read_unit(name: str, text: str) -> UnitFacts:
    """The answer of ``systemctl show``."""
    values = dict(line.partition("=")[::2] for line in text.splitlines())
    restarts = values.get("NRestarts", "")
    return UnitFacts(
        name,
        is_there=values.get("LoadState") == "loaded",
        active=values.get("ActiveState", ""),
        enabled=values.get("UnitFileState", ""),
        restarts=int(restarts) if restarts.isdigit() else 0,
    )


def limit_facts(phones: int, *, watches_logs: bool, files: Path = Path("/")) -> LimitFacts:
    """What the service may open. ``phones``: SCCP phones expected. A unit's own limit is not seen from here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = max(soft, hard) if resource.RLIM_INFINITY not in (soft, hard) else 2**31
    inotify = files / "proc/sys/fs/inotify"
    return LimitFacts(
        allowed,
        phones,
        watches_logs,
        _number(inotify / "max_user_instances"),
        _number(inotify / "max_user_watches"),
    )


def confinement_facts(*, files: Path = Path("/")) -> ConfinementFacts:
    """SELinux and AppArmor; without the right to look, AppArmor counts as absent."""
    enforcing = _number(files / "sys/fs/selinux/enforce") == 1
    profiles: list[str] = []
    with contextlib.suppress(OSError):
        for line in (files / "sys/kernel/security/apparmor/profiles").read_text(errors="replace").splitlines():
            name, _, mode = line.rpartition(" ")
            if mode == "(enforce)" and any(each in name for each in _PROGRAMS):
                profiles.append(name)
    return ConfinementFacts(enforcing, tuple(profiles))


def disk_facts(directory: Path) -> DiskFacts:
    """The space under a directory, or under the next one above that exists."""
    place = directory
    while not place.exists() and place != place.parent:
        place = place.parent
    found = os.statvfs(place)
    inodes = found.f_favail if found.f_files else None
    return DiskFacts(str(directory), found.f_bavail * found.f_frsize, inodes)


def state_facts(state: Path, files: Path) -> StateFacts:
    """The state directory and the files for phones, as whoever runs this may use them."""
    unreadable: list[str] = []
    for count, path in enumerate(files.rglob("*") if files.is_dir() else ()):
        if count >= _MOST_FILES:
            break
        if not os.access(path, os.R_OK | os.X_OK if path.is_dir() else os.R_OK):
            unreadable.append(str(path.relative_to(files)))
    return StateFacts(str(state), state.is_dir(), os.access(state, os.W_OK | os.X_OK), tuple(sorted(unreadable)))


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
