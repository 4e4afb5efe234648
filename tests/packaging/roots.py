"""A Debian root to install into and throw away: nothing on this machine is touched, and no network but a loopback."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.peers import missing, peer

HERE = Path(__file__).resolve().parents[2]
ARCHIVE = HERE / ".cache" / "debian-bookworm.tar"

_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}

_START = 'ip link set lo up; mount -t proc proc "$0/proc"; exec chroot "$0" "$@"'


@dataclass(frozen=True, slots=True)
class DebianRoot:
    """A bare Debian with Python."""

    path: Path

    @classmethod
    def unpacked(cls, path: Path) -> DebianRoot:
        """A fresh one at ``path``."""
        if os.geteuid() != 0:
            missing("a Debian root needs root")
        peer("debootstrap")
        subprocess.run([HERE / "scripts" / "debian-root.sh", ARCHIVE], check=True, timeout=300)
        path.mkdir()
        subprocess.run([peer("tar"), "-xf", ARCHIVE, "-C", path], check=True, timeout=60)
        # Whoever waits for the disk at the same time would wait for every file that dpkg makes safe.
        (path / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")
        return cls(path)

    def command(self, *words: str) -> list[str]:
        """The words, to be run inside: with a network, processes and mounts of their own."""
        return [peer("unshare"), "--net", "--mount", "--pid", "--fork", "sh", "-c", _START, str(self.path), *words]

    def run(self, *words: str, check: bool = True) -> str:
        """What the command printed. Raises AssertionError with it when it failed."""
        done = subprocess.run(
            self.command(*words), capture_output=True, text=True, env=_ENVIRONMENT, timeout=110, check=False
        )
        assert not check or done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def files(self) -> dict[str, tuple[int, int]]:
        """Every file and directory with its mode and owner, without the package manager's own books."""
        found = {}
        for place, directories, names in os.walk(self.path):
            inner = Path(place).relative_to(self.path)
            if inner.as_posix() in (
                "proc",
                "sys",
                "dev",
                "tmp",
                "var/lib/dpkg",
                "var/log",
                "var/cache",
                "var/backups",
                "run",
            ):
                directories.clear()
                continue
            for name in (*directories, *names):
                state = (Path(place) / name).lstat()
                found[(inner / name).as_posix()] = (state.st_mode, state.st_uid)
        return found
