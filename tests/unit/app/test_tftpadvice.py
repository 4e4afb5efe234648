"""What follows from who owns port 69."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bridge.app.installing.tftpadvice import advise
from bridge.app.settings import BesideSettings, Settings, TftpMode, TftpSettings, settings_from
from bridge.core.findings import Weight
from bridge.watch.portowner import PortOwner

BESIDE = TftpSettings(mode=TftpMode.BESIDE)


def owner(command: str, address: str = "0.0.0.0", pid: int | None = 7) -> PortOwner:
    return PortOwner(address, pid, tuple(command.split()))


@pytest.mark.parametrize(
    ("owners", "settings", "code", "weight", "mode"),
    [
        ([], Settings(), "free", Weight.OK, TftpMode.OWN),
        ([], Settings(tftp=BESIDE), "nobody", Weight.PROBLEM, TftpMode.OWN),
        ([owner("python3 /opt/bin/sepbridge serve")], Settings(), "ours", Weight.OK, TftpMode.OWN),
        ([owner("python3 /opt/bin/sepbridge serve")], Settings(tftp=BESIDE), "ours", Weight.PROBLEM, TftpMode.OWN),
        ([owner("", pid=None)], Settings(), "unseen", Weight.PROBLEM, None),
        ([owner("/lib/systemd/systemd --system")], Settings(), "starts_on_demand", Weight.PROBLEM, None),
        ([owner("/opt/tftpd64")], Settings(), "unknown_server", Weight.PROBLEM, None),
    ],
)
def test_without_a_server_that_is_understood(
    owners: list[PortOwner], settings: Settings, code: str, weight: Weight, mode: TftpMode | None
) -> None:
    advice = advise(owners, settings)
    (finding,) = advice.findings
    assert (finding.code, finding.weight, advice.mode) == (code, weight, mode)
    assert finding.fix or weight is Weight.OK


def test_what_it_proposes_is_what_it_then_accepts(tmp_path: Path) -> None:
    log = tmp_path / "atftpd.log"
    log.touch()
    running = [owner(f"atftpd --daemon --verbose=7 --logfile {log} {tmp_path}")]
    proposal = advise(running, Settings())
    assert [each.code for each in proposal.findings] == ["other_server"]
    settings = settings_from(tomllib.loads(proposal.toml))
    assert settings.beside.root == tmp_path
    accepted = advise(running, settings)
    assert [(each.code, each.weight) for each in accepted.findings] == [("beside", Weight.OK)]
    assert accepted.toml == ""


def test_hindrances_are_named(tmp_path: Path) -> None:
    running = [owner(f"in.tftpd --listen --secure {tmp_path / 'gone'}")]
    settings = Settings(tftp=BESIDE, beside=BesideSettings(root=tmp_path / "gone"))
    findings = advise(running, settings).findings
    assert [each.code for each in findings] == ["beside", "quiet", "root"]
    assert "/etc/default/tftpd-hpa" in findings[1].fix
    assert "chgrp" in findings[2].fix
    missing = advise([owner(f"atftpd --verbose=7 --logfile {tmp_path / 'log'} {tmp_path}")], settings).findings
    assert [each.code for each in missing] == ["other_server", "log"]


def test_a_server_on_an_address_that_we_do_not_want_is_no_problem(tmp_path: Path) -> None:
    settings = settings_from({"tftp": {"listen": ["192.0.2.10:69"]}})
    advice = advise([owner(f"in.tftpd -v {tmp_path}", "192.0.2.11")], settings)
    assert [(each.code, each.weight) for each in advice.findings] == [("elsewhere", Weight.OK)]


def test_of_several_servers_the_one_in_the_way_is_told_of(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    elsewhere = owner(f"in.tftpd -v {one}", "192.0.2.11")
    ours = owner(f"atftpd --daemon --verbose=7 {other}", "192.0.2.10", 8)
    settings = settings_from({"tftp": {"listen": ["192.0.2.10:69"]}})
    (finding,) = advise([elsewhere, ours], settings).findings
    assert (finding.code, finding.weight) == ("other_server", Weight.PROBLEM)
    assert "192.0.2.10" in finding.what
    beside = Settings(tftp=BESIDE, beside=BesideSettings(root=other))
    assert [each.code for each in advise([elsewhere, ours], beside).findings] == ["beside"]
