"""Settings that a container gets by its environment."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from bridge.app.settings import Address, TftpMode, load_settings
from bridge.errors import ConfigurationError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sepbridge.toml"
    path.write_text('[ami]\nsecret = "of the file"\nusername = "of the file"\n[tftp]\nmode = "off"\n')
    return path


def test_the_environment_wins_over_the_file_and_leaves_the_rest(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEPBRIDGE_AMI_SECRET", "a,secret=[with]#marks")
    settings = load_settings(file)
    assert (settings.ami.secret, settings.ami.username) == ("a,secret=[with]#marks", "of the file")
    assert settings.tftp.mode is TftpMode.OFF


def test_every_kind_of_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "SERVER_ADDRESS": "192.0.2.1",
        "SERVER_ALLOWED_NETWORKS": "10.0.0.0/8, 192.0.2.0/24",
        "TFTP_LISTEN": '["127.0.0.1:69"]',
        "HTTP_LISTEN": "",
        "SCCP_HOLD_REVERSION": "30",
        "SERVICES_ENABLED": "false",
        "FILES_WAIT_FOR_PBX": "1.5",
        "AMI_ADDRESS": "[::1]:5038",
        "CONFIG": "not a setting",
        "SOMETHING_ELSE": "neither",
    }.items():
        monkeypatch.setenv(f"SEPBRIDGE_{name}", text)
    settings = load_settings(None)
    assert settings.server.address == "192.0.2.1"
    assert settings.server.allowed_networks == (ip_network("10.0.0.0/8"), ip_network("192.0.2.0/24"))
    assert settings.tftp.listen == (Address("127.0.0.1", 69),)
    assert settings.http.listen == ()
    assert settings.sccp.hold_reversion == 30
    assert settings.services.enabled is False
    assert settings.files.wait_for_pbx == 1.5
    assert settings.ami.address == Address("::1", 5038)


@pytest.mark.parametrize(("name", "text"), [("SCCP_MAX_PHONES", "many"), ("TFTP_LISTEN", "69"), ("TFTP_MODE", "none")])
def test_a_value_that_cannot_be_used_names_its_setting(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"SEPBRIDGE_{name}", text)
    section, key = name.lower().split("_", 1)
    with pytest.raises(ConfigurationError, match=rf"the environment: {section}\.{key}"):
        load_settings(None)
