"""``sepbridge phones file``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError
from tests.unit.cli.conftest import Shell

MAC = "001122AABBCC"


def add(shell: Shell, model: str, *more: str) -> str:
    """Add a phone; its password."""
    shell.text("phones", "add", MAC, "--number", "2001", "--model", model, *more)
    (first, *_) = shell.json("phones", "file", "2001", "--secrets")["files"]
    return str(first["text"])


@pytest.fixture(autouse=True)
def server(shell: Shell, tmp_path: Path) -> None:
    from bridge.core import Server
    from bridge.store import open_store

    store = open_store(f"sqlite:///{tmp_path / 'state' / 'sepbridge.db'}")
    with store.write() as work:
        pool = work.site.pool("Default")
        group = type(pool.group)(pool.group.name, (Server("pbx", "192.0.2.10"),), autoregistration=True)
        clock = replace(pool.date_time_group, ntp_servers=("192.0.2.11",))
        work.site.save_pool(type(pool)(pool.name, group, pool.region, clock))
        work.commit()
    store.close()


def test_a_file_is_shown_without_its_password(shell: Shell) -> None:
    with_secret = add(shell, "8841")
    secret = with_secret.partition("<authPassword>")[2].partition("<")[0]
    shown = shell.text("phones", "file", MAC)
    assert "<authPassword>********</authPassword>" in shown
    assert len(secret) >= 8
    assert secret not in shown


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("8841", [f"SEP{MAC}.cnf.xml"]),
        ("7960", [f"SEP{MAC}.cnf.xml", f"SIP{MAC}.cnf"]),
        ("8841-3PCC", [f"{MAC.lower()}.xml"]),
        ("7912", [f"gk{MAC.lower()}"]),
    ],
)
def test_every_family_has_its_files_and_they_are_flawless(shell: Shell, model: str, names: list[str]) -> None:
    add(shell, model, "--protocol", "SIP")
    found = shell.json("phones", "file", "2001", "--check")
    assert [each["name"] for each in found["files"]] == names
    assert found["findings"] == []
    assert "Nothing is wrong" in shell.text("phones", "file", "2001", "--check")


def test_a_template_of_the_sites_own_that_phones_choke_on_is_found(shell: Shell, tmp_path: Path) -> None:
    add(shell, "8841")
    own = tmp_path / "state" / "templates" / "devices"
    own.mkdir(parents=True)
    (own / f"SEP{MAC}.xml").write_text(
        '{% extends "88xx/sip.xml" %}'
        "{% block vendor %}<garp>7</garp><voiceVlanAccess>100</voiceVlanAccess>{% endblock %}"
    )
    text = shell.text("phones", "file", "2001", "--check", code=1)
    assert "device/vendorConfig/voiceVlanAccess" in text
    assert "device/vendorConfig/garp" in text


def test_a_model_without_a_file_says_why(shell: Shell) -> None:
    shell.text("phones", "add", MAC, "--number", "2001", "--model", "DX650")
    error = shell.error("phones", "file", "2001")
    assert isinstance(error, ConfigurationError)
    assert "public source" in error.why


def test_the_settings_file_says_what_phones_do_on_the_wire(shell: Shell) -> None:
    text = shell.config.read_text()
    shell.config.write_text(
        text + '[phones]\naudio_dscp = 40\npc_port = false\nweb_access = "off"\n'
        'authentication_url = "http://192.0.2.9/login"\n'
    )
    file = add(shell, "8841")
    for line in (
        "<dscpForAudio>160<",
        "<pcPort>1<",
        "<webAccess>1<",
        "<authenticationURL>http://192.0.2.9/login<",
        "/services/information<",
    ):
        assert line in file


def test_an_adapter_shows_the_text_behind_its_profile_without_the_password(shell: Shell) -> None:
    shell.text("phones", "add", "ATA0011223344AA", "--number", "2001", "--model", "ATA 186", "--protocol", "SIP")
    (shown,) = shell.json("phones", "file", "2001", "--secrets")["files"]
    assert shown["name"] == "ata0011223344aa"
    assert shown["text"].startswith("#txt\n")
    assert "UID0:2001\n" in shown["text"]
    password = next(line for line in shown["text"].splitlines() if line.startswith("PWD0:"))
    assert password != "PWD0:********"
    hidden = shell.text("phones", "file", "2001")
    assert "PWD0:********" in hidden
    assert password not in hidden
