"""The Debian package in a Debian root: it installs, runs, upgrades, and leaves as it came."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.packaging.roots import HERE, DebianRoot
from tests.peers import peer

_SETTINGS = """
[server]
address = "127.0.0.1"
[tftp]
listen = ["127.0.0.1:69"]
[ami]
address = "127.0.0.1:1"
secret = "none"
"""

_AS_SERVICE = ("setpriv", "--reuid", "sepbridge", "--regid", "sepbridge", "--init-groups")
_CAPABLE = ("--inh-caps", "+net_bind_service", "--ambient-caps", "+net_bind_service", "--no-new-privs")


@pytest.fixture(scope="module")
def package() -> Path:
    """The package, built as ``make deb`` does."""
    done = subprocess.run(
        [HERE / "scripts" / "build-deb.sh"], capture_output=True, text=True, timeout=300, check=False, cwd=HERE
    )
    assert done.returncode == 0, done.stderr
    return HERE / done.stdout.split()[-1]


def newer(package: Path, place: Path) -> Path:
    """The same package under a later version."""
    tree = place / "tree"
    subprocess.run([peer("dpkg-deb"), "-R", package, tree], check=True, timeout=60)
    control = tree / "DEBIAN" / "control"
    lines = control.read_text().splitlines(keepends=True)
    control.write_text("".join(line.rstrip() + ".1\n" if line.startswith("Version:") else line for line in lines))
    result = place / "newer.deb"
    subprocess.run(
        [peer("dpkg-deb"), "--root-owner-group", "-Zgzip", "-z1", "-b", tree, result], check=True, timeout=60
    )
    return result


def install(root: DebianRoot, package: Path) -> str:
    inside = root.path / "root" / package.name
    inside.write_bytes(package.read_bytes())
    said = root.run("dpkg", "-i", f"/root/{package.name}")
    inside.unlink()
    return said


# It serves for three seconds of a loopback network, asks for its own status, and fetches a file from port 69.
_SERVES = """
import json, socket, subprocess, sys, time
service = subprocess.Popen(["sepbridge", "serve"])
try:
    for _ in range(100):
        answer = subprocess.run(["sepbridge", "status", "--json"], capture_output=True, text=True)
        if '"tftp"' in answer.stdout:
            break
        time.sleep(0.2)
    asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asked.settimeout(10)
    asked.sendto(b"\\0\\1XMLDefault.cnf.xml\\0octet\\0", ("127.0.0.1", 69))
    data = asked.recv(600)
    print(json.dumps({"status": json.loads(answer.stdout), "tftp": data.decode("latin-1")}))
finally:
    service.terminate()
    print(service.wait(20), file=sys.stderr)
"""


@pytest.mark.timeout(400)
def test_the_package_installs_runs_upgrades_removes_and_purges(package: Path, tmp_path: Path) -> None:
    root = DebianRoot.unpacked(tmp_path / "root")
    before = root.files()

    assert "sepbridge setup" in install(root, package)
    assert root.run("sepbridge", "--version").startswith("sepbridge, version")
    assert "sepbridge" in root.run("getent", "passwd", "sepbridge")
    state, settings = root.path / "var/lib/sepbridge", root.path / "etc/sepbridge"
    assert state.stat().st_mode & 0o777 == 0o700
    assert state.owner
    assert settings.stat().st_mode & 0o777 == 0o750
    assert (root.path / "etc/systemd/system/multi-user.target.wants/sepbridge.service").is_symlink()
    assert "ExecStart=/usr/bin/sepbridge serve" in (root.path / "lib/systemd/system/sepbridge.service").read_text()
    # Asterisk's script for self-provisioning is run by this Python, and needs pyst2 there.
    root.run("/usr/lib/sepbridge/bin/python3", "-c", "import asterisk.agi, psycopg, pymysql, uvloop")

    (settings / "sepbridge.toml").write_text(_SETTINGS)
    assert "ready" in root.run(*_AS_SERVICE, "sepbridge", "db", "upgrade")
    root.run(*_AS_SERVICE, "sepbridge", "autoregistration", "range", "4000-4009")
    (root.path / "tmp/serves.py").write_text(_SERVES)
    said = root.run(*_AS_SERVICE, *_CAPABLE, "/usr/bin/python3", "/tmp/serves.py")
    seen = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    assert seen["status"]["service"]["tftp"] == ["127.0.0.1:69"]
    assert "<autoRegistration" in seen["tftp"]

    # What the admin put there stays at an upgrade, and what phones were given.
    firmware = state / "files/term61.default.loads"
    firmware.write_text("of the admin")
    install(root, newer(package, tmp_path))
    assert root.run("dpkg-query", "-W", "-f", "${Version}", "sepbridge").endswith(".1")
    assert "4000" in root.run(*_AS_SERVICE, "sepbridge", "autoregistration", "status")
    assert (settings / "sepbridge.toml").read_text() == _SETTINGS
    assert settings.stat().st_mode & 0o777 == 0o750
    assert firmware.read_text() == "of the admin"

    root.run("dpkg", "--remove", "sepbridge")
    assert not (root.path / "usr/lib/sepbridge").exists()
    assert not (root.path / "usr/bin/sepbridge").exists()
    assert (state / "sepbridge.db").is_file()
    assert (settings / "sepbridge.toml").read_text() == _SETTINGS
    assert firmware.is_file()

    root.run("dpkg", "--purge", "sepbridge")
    after = root.files()
    left = {name for name in after.keys() - before.keys() if not name.startswith("etc/")}
    assert left <= {
        "var/lib/systemd",
        "var/lib/systemd/deb-systemd-helper-enabled",
        "var/lib/systemd/deb-systemd-helper-masked",
    }
    assert not settings.exists()
    assert not state.exists()
    assert "sepbridge" not in (root.path / "etc/passwd").read_text()
    assert "sepbridge" not in (root.path / "etc/group").read_text()
    assert [name for name in after.keys() - before.keys() if "sepbridge" in name] == []
    assert before.keys() - after.keys() == set()
