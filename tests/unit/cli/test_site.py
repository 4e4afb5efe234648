"""``sepbridge site …`` and the changes to single phones."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import Conflict, InvalidInput, NotFound
from tests.unit.cli.conftest import Shell


@pytest.fixture
def site(shell: Shell) -> Shell:
    """Two servers, an outside line, and a phone with the number 1000."""
    shell.text("site", "servers", "add", "pbx1", "address=192.0.2.1")
    shell.text("site", "servers", "add", "pbx2", "address=192.0.2.2")
    shell.text("site", "groups", "set", "Default", "servers=pbx1,pbx2")
    shell.text("site", "partitions", "add", "Outside", "description", "by the trunk")
    shell.text("site", "css", "add", "Staff", "partitions=Outside")
    shell.text("site", "patterns", "add", "9.[2-9]XX", "Outside", "destination=pstn", "discard-digits=PreDot")
    shell.text("phones", "add", "001122AABBCC", "--number", "1000")
    return shell


def test_a_file_goes_round(site: Shell, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    site.text("site", "export", "--phones", "--output", str(file))
    assert site.text("site", "export", "--phones") == file.read_text(encoding="utf-8")
    assert site.json("site", "diff", str(file))["changes"] == []
    text = file.read_text(encoding="utf-8").replace('destination = "pstn"', 'destination = "sip"')
    file.write_text(text, encoding="utf-8")
    shown = site.text("site", "diff", str(file), code=1)
    assert "~ route_pattern 9.[2-9]XX in Outside" in shown
    assert "destination: pstn → sip" in shown
    assert site.json("site", "apply", str(file), "--dry-run")["applied"] is False
    assert site.json("site", "patterns", "list")["patterns"][0]["destination"] == "pstn"
    done = site.json("site", "apply", str(file))
    assert done["applied"] is True
    assert done["changes"][0]["keys"] == {"destination": {"before": "pstn", "after": "sip"}}
    assert "9.[2-9]XX  Outside" in site.text("site", "patterns", "list")


def test_removals_are_shown_first_and_need_a_yes(site: Shell, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    text = site.text("site", "export")
    file.write_text(text.split("[[route_pattern]]")[0] + '[[device_pool]]\nname = "Default"\n', encoding="utf-8")
    result = site.run("site", "apply", str(file))
    assert "- route_pattern 9.[2-9]XX in Outside" in result.output
    assert isinstance(result.exception, InvalidInput)
    assert "--yes" in result.exception.fix
    assert site.json("site", "patterns", "list")["patterns"]
    assert "1 change made" in site.text("site", "apply", str(file), "--yes")
    assert site.json("site", "patterns", "list")["patterns"] == []


def test_errors_of_a_file_leave_all_as_it_was(site: Shell, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    before = site.text("site", "export")
    file.write_text(before.replace("destination =", "destinaton ="), encoding="utf-8")
    error = site.error("site", "apply", str(file), "--yes")
    assert "did you mean destination" in error.why
    assert site.text("site", "export") == before
    assert isinstance(site.error("site", "apply", str(tmp_path / "none.toml")), InvalidInput)


def test_single_objects(site: Shell) -> None:
    assert site.json("site", "css", "list")["css"] == [{"name": "Staff", "partitions": ["Outside"]}]
    site.text("site", "css", "set", "Staff", "description=all")
    assert site.json("site", "css", "list")["css"][0]["description"] == "all"
    assert isinstance(site.error("site", "partitions", "remove", "Outside", "--yes"), Conflict)
    assert isinstance(site.error("site", "css", "remove", "Staff"), InvalidInput)
    site.text("site", "css", "remove", "Staff", "--yes")
    assert site.json("site", "css", "list")["css"] == []
    assert isinstance(site.error("site", "css", "remove", "Staff", "--yes"), NotFound)
    assert isinstance(site.error("site", "css", "add"), InvalidInput)


def test_the_check_says_what_is_wrong(site: Shell) -> None:
    assert {each["code"] for each in site.json("site", "check")["findings"]} == {"pool_without_autoreg_css"}
    site.text("site", "groups", "set", "Default", "servers=pbx2,pbx1")
    findings = site.json("site", "check", code=1)["findings"]
    assert {each["code"] for each in findings} == {
        "first_member_disabled",
        "enabled_node_not_primary",
        "pool_without_autoreg_css",
    }
    site.text("autoregistration", "move", "pbx2", "--yes")
    site.text("site", "pools", "set", "Default", "autoreg_css=Staff")
    assert "Nothing is wrong" in site.text("site", "check")


@pytest.mark.req("AR-30")
def test_moving_the_duty_shows_what_changes(site: Shell) -> None:
    result = site.run("autoregistration", "move", "pbx2")
    assert "~ server pbx2" in result.output
    assert isinstance(result.exception, InvalidInput)
    assert "pbx2 admits unknown phones" in site.text("autoregistration", "move", "pbx2", "--yes")
    assert "already" in site.text("autoregistration", "move", "pbx2")


class TestPhones:
    def test_settings(self, site: Shell) -> None:
        site.text("phones", "set", "1000", "css", "Staff", "idle_text=Front desk", "dnd", "reject")
        table = site.json("phones", "set", "1000")["phone"]
        assert (table["css"], table["idle_text"], table["dnd"]) == ("Staff", "Front desk", "reject")
        site.text("phones", "set", "1000", "idle_text", "")
        assert "idle_text" not in site.json("phones", "set", "1000")["phone"]
        assert "did you mean idle_text" in site.error("phones", "set", "1000", "idle_txt=x").fix
        assert isinstance(site.error("phones", "set", "1000", "css=Nowhere"), NotFound)
        assert isinstance(site.error("phones", "set", "1000", "css"), InvalidInput)
        assert isinstance(site.error("phones", "set", "1000", "version_ceiling=2"), InvalidInput)

    def test_lines(self, site: Shell) -> None:
        site.text("phones", "line", "1000", "1001", "label", "Second", "max_calls=3")
        site.text("phones", "line", "1000", "1000", "external-mask=0301234XXXX")
        assert site.json("phones", "set", "1000")["phone"]["lines"] == [
            {"button": 1, "number": "1000", "external_mask": "0301234XXXX"},
            {"button": 2, "number": "1001", "label": "Second", "max_calls": 3},
        ]
        site.text("phones", "add", "001122AABBDD", "--number", "1002")
        assert isinstance(site.error("phones", "line", "1002", "1001"), Conflict)
        site.text("phones", "line", "1002", "1001", "--shared")
        site.text("phones", "line", "1000", "1001", "--remove")
        assert len(site.json("phones", "set", "SEP001122AABBCC")["phone"]["lines"]) == 1
        assert isinstance(site.error("phones", "line", "1000", "1000", "--remove"), Conflict)

    def test_buttons(self, site: Shell) -> None:
        site.text("phones", "button", "1000", "2", "speed-dial", "number", "1009", "label=Bob")
        site.text("phones", "button", "1000", "3", "dnd")
        assert site.json("phones", "set", "1000")["phone"]["buttons"] == [
            {"button": 2, "kind": "speed-dial", "number": "1009", "label": "Bob"},
            {"button": 3, "kind": "dnd"},
        ]
        assert isinstance(site.error("phones", "button", "1000", "1", "dnd"), Conflict)
        assert isinstance(site.error("phones", "button", "1000", "4", "speed-dial"), InvalidInput)
        site.text("phones", "button", "1000", "2", "--remove")
        assert [each["button"] for each in site.json("phones", "set", "1000")["phone"]["buttons"]] == [3]

    def test_an_sccp_phone_needs_no_restart_for_its_lines_and_buttons(self, site: Shell) -> None:
        site.text("phones", "add", "001122AABBDD", "--number", "1002", "--protocol", "sccp")
        by_hand, by_itself = "sepbridge phones restart", "takes it up by itself"
        for words in (
            ("share", "1002", "1000"),
            ("button", "1002", "3", "dnd"),
            ("line", "1002", "1002", "hotline=600"),
        ):
            said = " ".join(site.text("phones", *words).split())
            assert by_itself in said
            assert by_hand not in said
        assert by_hand in site.text("phones", "set", "1002", "idle_text=Front desk")
        site.text("phones", "add", "001122AABBEE", "--number", "1003", "--protocol", "sip")
        assert by_hand in site.text("phones", "line", "1003", "1003", "hotline=600")

    def test_moving_assigns(self, site: Shell) -> None:
        site.text("site", "pools", "add", "Branch")
        assert site.json("phones", "move", "1000", "--pool", "Branch")["phone"]["pool"] == "Branch"
        assert isinstance(site.error("phones", "move", "1000", "--pool", "Nowhere"), NotFound)
        assert isinstance(site.error("site", "pools", "remove", "Branch", "--yes"), Conflict)


def test_before_the_first_start_there_is_no_server(shell: Shell) -> None:
    (finding,) = [
        each for each in shell.json("site", "check", code=1)["findings"] if each["code"] == "no_autoregistration_group"
    ]
    assert "has no server" in finding["what"]
    assert finding["fix"].startswith("start the service")
    shell.text("site", "servers", "add", "pbx", "address=192.0.2.1")
    shell.text("site", "groups", "set", "Default", "servers=pbx")
    assert "no_autoregistration_group" not in shell.text("site", "check")
