"""Which Asterisk the lab runs: the machine's own when it is new enough, else the private one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import ConfigurationError

_ABOVE = Path(__file__).resolve().parents[2]
_SCRIPT = Path(__file__).resolve().parents[1] / "_data" / "get-asterisk.sh"
"""In the wheel."""
OLDEST = 18
"""Major version from which on Asterisk suits the lab."""
_VERSION = re.compile(r"Asterisk (?:certified/)?((\d+)[.\d]*)")


@dataclass(frozen=True, slots=True)
class AsteriskInstallation:
    """Programs, modules and sounds that belong together."""

    program: Path
    version: str
    modules: Path
    data: Path
    """Sounds and documentation (``astdatadir``)."""
    private: bool
    """True for one fetched by scripts/get-asterisk.sh."""

    @property
    def major(self) -> int:
        """22 for 22.10.1."""
        return int(self.version.partition(".")[0])


def find_asterisk(prefer: Path | None = None, *, private: Path | None = None) -> AsteriskInstallation:
    """An Asterisk that can be run: the one under the prefix ``prefer`` if given, else one installed on this machine
    (version 18 or newer), else the one under the prefix ``private`` (default: see ``private_place``).

    Raises ConfigurationError that says how to get one.
    """
    if prefer is not None:
        if found := _private(prefer):
            return found
        raise ConfigurationError(f"there is no Asterisk in {prefer}", fix=f"run scripts/get-asterisk.sh {prefer}")
    too_old = ""
    system = shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if system is not None and (found := _system(Path(system))):
        if found.major >= OLDEST:
            return found
        too_old = f"the installed one is {found.version}, and {OLDEST} is the oldest that will do"
    place = private or private_place()
    if found := _private(place):
        return found
    raise ConfigurationError(
        "no Asterisk found",
        why=too_old or "none is installed",
        fix="run `make asterisk`, or scripts/get-asterisk.sh"
        if _is_checkout()
        else f"on Debian this gets one, without installing it: bash {_SCRIPT} {place}",
    )


def private_place() -> Path:
    """Where scripts/get-asterisk.sh puts one: beside this checkout, or where an installed package may keep things."""
    if _is_checkout():
        return _ABOVE / ".cache" / "asterisk"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sepbridge" / "asterisk"


def _is_checkout() -> bool:
    return (_ABOVE / "scripts" / _SCRIPT.name).is_file()


def _private(prefix: Path) -> AsteriskInstallation | None:
    program = prefix.absolute() / "asterisk"
    root = prefix.absolute() / "root"
    modules = next(iter([*root.glob("usr/lib/*/asterisk/modules"), *root.glob("usr/lib/asterisk/modules")]), None)
    version = _version(program)
    if not version or modules is None:
        return None
    return AsteriskInstallation(program, version, modules, root / "usr/share/asterisk", private=True)


def _system(program: Path) -> AsteriskInstallation | None:
    version = _version(program)
    above = program.parent.parent
    places = (*above.glob("lib/*/asterisk/modules"), above / "lib/asterisk/modules", above / "lib64/asterisk/modules")
    modules = next((place for place in places if place.is_dir()), None)
    data = next(
        (place for place in (above / "share/asterisk", Path("/var/lib/asterisk")) if (place / "sounds").is_dir()), None
    )
    if not version or modules is None or data is None:
        return None
    return AsteriskInstallation(program, version, modules, data, private=False)


def _version(program: Path) -> str:
    """What ``-V`` prints, without the distribution's suffix; empty when the program does not run."""
    try:
        done = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = _VERSION.match(done.stdout)
    return found.group(1) if found else ""
