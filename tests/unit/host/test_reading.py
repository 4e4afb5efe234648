"""What the system's programs print, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.doctor.firewall import Manager
from bridge.doctor.network import is_inside, phone_networks
from bridge.errors import NotFound, SepbridgeError
from bridge.host.addresses import read_addresses, unresolved
from bridge.host.filter import bans, manager, read_banned, read_jails
from bridge.host.machine import confinement_facts, disk_facts, limit_facts, read_unit, state_facts, unit_facts
from bridge.host.programs import output_of

ADDRESSES = """[
 {"ifindex":1,"ifname":"lo","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8}]},
 {"ifindex":2,"ifname":"eth0","addr_info":[{"family":"inet","local":"192.168.7.2","prefixlen":24},
   {"family":"inet6","local":"fe80::1","prefixlen":64}]},
 {"ifindex":3,"ifname":"docker0","addr_info":[{"family":"inet","local":"172.17.0.1","prefixlen":16}]},
 {}
]"""
JAILS = "Status\n|- Number of jail:\t2\n`- Jail list:\tasterisk, sshd\n"
BANNED = "Status for the jail: asterisk\n   |- Total banned:\t2\n   `- Banned IP list:\t192.168.7.50 203.0.113.9\n"


def test_addresses() -> None:
    found = read_addresses(ADDRESSES)
    assert [(each.interface, str(each.address)) for each in found] == [
        ("lo", "127.0.0.1/8"),
        ("eth0", "192.168.7.2/24"),
        ("docker0", "172.17.0.1/16"),
    ]
    assert [str(each) for each in phone_networks(found)] == ["192.168.7.0/24"]
    assert read_addresses("") == ()


@pytest.mark.parametrize(
    ("name", "inside"),
    [("docker0", True), ("br-0a1b2c3d4e5f", True), ("veth12", True), ("wg0", True), ("br0", False), ("eno1", False)],
)
def test_interfaces_of_containers(name: str, inside: bool) -> None:
    assert is_inside(name) is inside


def test_bans() -> None:
    assert read_jails(JAILS) == ["asterisk", "sshd"]
    assert read_banned(BANNED) == ["192.168.7.50", "203.0.113.9"]
    assert read_jails("no such thing") == []
    assert read_banned("") == []


def test_a_fail2ban_that_does_not_run_bans_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "fail2ban-client"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    # As version 1.1 says it.
    program.write_text(
        '#!/bin/sh\necho "ERROR Failed to access socket path: …/s. Is fail2ban running?" >&2\nexit 255\n'
    )
    program.chmod(0o755)
    assert bans() == ()
    program.write_text("#!/bin/sh\necho Permission denied to socket >&2\nexit 255\n")
    with pytest.raises(SepbridgeError):
        bans()


def test_units(tmp_path: Path) -> None:
    unit = read_unit("sepbridge", "LoadState=loaded\nActiveState=failed\nUnitFileState=enabled\nNRestarts=7\n")
    assert (unit.is_there, unit.active, unit.enabled, unit.restarts) == (True, "failed", "enabled", 7)
    assert read_unit("x", "LoadState=not-found\nActiveState=inactive\n").is_there is False
    assert unit_facts("sepbridge", files=tmp_path).is_there is False  # no systemd here


def test_who_manages_the_filter(tmp_path: Path) -> None:
    assert manager(tmp_path) is Manager.NONE
    (tmp_path / "run/firewalld").mkdir(parents=True)
    assert manager(tmp_path) is Manager.FIREWALLD
    (tmp_path / "etc/ufw").mkdir(parents=True)
    (tmp_path / "etc/ufw/ufw.conf").write_text("# \nENABLED=yes\n")
    assert manager(tmp_path) is Manager.UFW
    (tmp_path / "etc/freepbx.conf").write_text("")
    assert manager(tmp_path) is Manager.FREEPBX


def test_the_machine(tmp_path: Path) -> None:
    (tmp_path / "sys/fs/selinux").mkdir(parents=True)
    (tmp_path / "sys/fs/selinux/enforce").write_text("1")
    (tmp_path / "sys/kernel/security/apparmor").mkdir(parents=True)
    (tmp_path / "sys/kernel/security/apparmor/profiles").write_text(
        "/usr/sbin/in.tftpd (enforce)\n/usr/sbin/asterisk (complain)\nfirefox (enforce)\n"
    )
    (tmp_path / "proc/sys/fs/inotify").mkdir(parents=True)
    (tmp_path / "proc/sys/fs/inotify/max_user_instances").write_text("128\n")
    facts = confinement_facts(files=tmp_path)
    assert (facts.selinux_enforcing, facts.profiles) == (True, ("/usr/sbin/in.tftpd",))
    limits = limit_facts(5, watches_logs=True, files=tmp_path)
    assert (limits.inotify_instances, limits.inotify_watches) == (128, None)
    assert disk_facts(tmp_path / "not/there/yet").free > 0
    assert state_facts(tmp_path / "none", tmp_path / "none/files").is_there is False


def test_names() -> None:
    names = {"a": "192.0.2.1", "b": "", "c": "no-such-name.invalid", "d": "localhost"}
    assert list(unresolved(names)) == ["c"]


def test_programs_that_fail_are_errors_with_a_reason() -> None:
    with pytest.raises(NotFound):
        output_of(["no-such-program-here"])
    with pytest.raises(SepbridgeError) as raised:
        output_of(["sh", "-c", "echo because >&2; exit 3"])
    assert raised.value.why == "because"
    with pytest.raises(SepbridgeError, match="did not answer"):
        output_of(["sleep", "30"], within=0.1)
