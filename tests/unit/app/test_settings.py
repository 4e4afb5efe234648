"""sepbridge.toml: what it may say, and what it says when it may not."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest

from bridge.app.settings import Address, SecretsTo, Settings, find_settings, load_settings, settings_from
from bridge.app.settings.reference import settings_page
from bridge.errors import ConfigurationError, InvalidInput

PAGE = Path(__file__).parents[3] / "docs/settings.md"


def test_an_empty_file_is_a_whole_configuration(tmp_path: Path) -> None:
    path = tmp_path / "sepbridge.toml"
    path.write_text("")
    assert load_settings(path) == Settings()


def test_every_kind_of_value() -> None:
    settings = settings_from(
        {
            "server": {"address": "192.0.2.10", "allowed_networks": ["192.0.2.0/24", "fd00::/8"]},
            "tftp": {"listen": ["[::]:69", "127.0.0.1:1069"], "max_transfers": 7},
            "files": {"secrets_to": "known", "wait_for_pbx": 1},
            "state": {"directory": "/srv/bridge"},
            "ami": {"secret": "hidden"},
        }
    )
    assert settings.server.allowed_networks == (ip_network("192.0.2.0/24"), ip_network("fd00::/8"))
    assert settings.tftp.listen == (Address("::", 69), Address("127.0.0.1", 1069))
    assert settings.files.secrets_to is SecretsTo.KNOWN
    assert settings.files.wait_for_pbx == 1.0
    assert settings.database_url == "sqlite:////srv/bridge/sepbridge.db"
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"tftpp": {}}, "did you mean tftp"),
        ({"tftp": {"lisen": []}}, "did you mean listen"),
        ({"tftp": {"listen": "0.0.0.0:69"}}, "tftp.listen"),
        ({"tftp": {"listen": ["0.0.0.0"]}}, "address and port"),
        ({"tftp": {"listen": ["0.0.0.0:70000"]}}, "address and port"),
        ({"tftp": {"max_transfers": -1}}, "from 0 up"),
        ({"tftp": {"max_transfers": True}}, "whole number"),
        ({"files": {"secrets_to": "everybody"}}, "files.secrets_to"),
        ({"server": {"allowed_networks": ["10.0.0.1/8"]}}, "host bits"),
        ({"server": 5}, "[server]"),
        ({"phones": {"audio_dscp": 64}}, "phones.audio_dscp"),
        ({"phones": {"pc_vlan": 4095}}, "phones.pc_vlan"),
        ({"phones": {"web_access": "maybe"}}, "phones.web_access"),
    ],
)
def test_a_wrong_key_or_value_is_named(document: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings_from(document)
    assert words in str(caught.value)


def test_a_file_that_is_no_toml_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sepbridge.toml"
    path.write_text("[tftp\n")
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        load_settings(path)
    with pytest.raises(ConfigurationError, match="no settings file"):
        find_settings(tmp_path / "elsewhere.toml")
    monkeypatch.setenv("SEPBRIDGE_CONFIG", str(path))
    assert find_settings(None) == path


@pytest.mark.parametrize("text", ["[::1]:69", "192.0.2.1:0", "pbx.example:5038"])
def test_addresses_are_written_as_they_are_read(text: str) -> None:
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize("text", ["::1:69", "host", ":69", "a b:1", "[x]:1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InvalidInput):
        Address.parse(text)


def test_the_page_on_settings_is_made_of_them() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_page(), (
        "run: python scripts/settings-page.py > docs/settings.md"
    )


def test_the_file_on_that_page_is_one_and_holds_the_defaults() -> None:
    file = settings_page().split("```toml\n")[1].split("```")[0]
    assert settings_from(tomllib.loads(file)) == Settings()
    # With every example in force it is a settings file all the same.
    examples = re.sub(r"^# (?=\w+ = )", "", file, flags=re.MULTILINE)
    assert examples.count("\n# ") == 0
    assert settings_from(tomllib.loads(examples)).ami.secret
    named = {f"{section}.{key}" for section, table in tomllib.loads(examples).items() for key in table}
    assert named == {
        f"{each.name}.{key.name}" for each in fields(Settings) for key in fields(getattr(Settings(), each.name))
    }


PAGED = {"paging": ["8600=1001", "8601=1002"], "paging_multicast": ["8600=239.192.0.1:20480"]}


def test_streams_of_paging_groups() -> None:
    more = {"paging_multicast_models": ["7961"], "paging_multicast_from": "192.0.2.1", "paging_multicast_ttl": 4}
    settings = settings_from({"sccp": {**PAGED, **more}}).sccp
    assert [str(each) for each in settings.paging_multicast] == ["8600=239.192.0.1:20480"]
    assert (str(settings.paging_multicast_from), settings.paging_multicast_ttl) == ("192.0.2.1", 4)
    assert Settings().sccp.paging_multicast_models == ()  # off, unless somebody wants it


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"paging_multicast": ["8602=239.192.0.1:20480"]}, "8602"),
        ({"paging_multicast": ["8600=239.192.0.1:20480", "8601=239.192.0.1:20482"]}, "two groups with one address"),
        ({"paging_multicast": ["8600=192.0.2.1:20480"]}, "cannot be used"),
        ({"paging_multicast_models": ["7999"]}, "no model"),
        ({"paging_multicast_from": "eth0"}, "cannot be used"),
        ({"paging_multicast_ttl": 0}, "1 to 255"),
        ({"recording_beep": 2}, "0, or 10 or more"),
    ],
)
def test_streams_that_cannot_be(wrong: dict[str, object], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        settings_from({"sccp": {**PAGED, **wrong}})


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"backend": "realtime"}, "realtime_url"),
        ({"backend": "tables"}, "backend"),
        ({"voicemail_pin": "12"}, "voicemail_pin"),
        ({"voicemail_pin": "12,x=1"}, "voicemail_pin"),
    ],
)
def test_what_asterisk_cannot_be_told(table: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        settings_from({"asterisk": table})


def test_who_may_not_read_the_file_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.raises(ConfigurationError, match=r"cannot be read; .*as root"):
        load_settings(tmp_path / "sepbridge.toml")
    # The Debian package's directory is closed as a whole.
    monkeypatch.delenv("SEPBRIDGE_CONFIG", raising=False)
    monkeypatch.setattr(Path, "is_file", refused)
    for named in (None, tmp_path / "sepbridge.toml"):
        with pytest.raises(ConfigurationError, match=r"cannot be read; .*as root"):
            find_settings(named)
