"""``sepbridge autoregistration`` beyond the window: checklist, wizard, who may in, assigning, and the audit trail."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import root
from bridge.errors import ConfigurationError, Conflict, InvalidInput
from tests.unit.cli.conftest import Shell


@pytest.fixture
def site(shell: Shell) -> Shell:
    """With a server in the group."""
    shell.text("site", "servers", "add", "pbx1", "address=192.0.2.1")
    shell.text("site", "groups", "set", "Default", "servers=pbx1")
    return shell


def steps(shell: Shell) -> dict[int, dict[str, str]]:
    return {each["number"]: each for each in shell.json("autoregistration", "checklist")["steps"]}


def wizard(shell: Shell, answers: str) -> tuple[int, str]:
    words = ["--config", str(shell.config), "autoregistration", "wizard"]
    result = CliRunner().invoke(root, words, input=answers)
    return result.exit_code, result.output


@pytest.mark.req("AR-29")
def test_the_checklist_says_what_is_open_done_and_blocked_and_by_what(site: Shell) -> None:
    found = steps(site)
    assert sorted(found) == list(range(1, 10))
    assert (found[1]["state"], found[2]["state"], found[6]["state"]) == ("open", "open", "blocked")
    assert "range" in found[2]["fix"]
    assert "step 2" in found[6]["why"]
    site.text("autoregistration", "protocol", "SIP")
    assert steps(site)[1]["state"] == "done"
    assert site.json("autoregistration", "status")["protocol"] == "SIP"
    site.text("autoregistration", "range", "1000-1009")
    found = steps(site)
    assert [found[each]["state"] for each in (2, 3, 4, 5, 6, 7, 9)] == ["done"] * 5 + ["open"] * 2
    site.text("autoregistration", "disable")
    assert steps(site)[6]["state"] == "open"
    site.text("autoregistration", "security", "--mode", "secure")
    found = steps(site)
    assert (found[1]["state"], found[6]["state"]) == ("blocked", "blocked")
    assert "secure mode" in found[1]["why"]
    assert "policy allow" in found[1]["fix"]
    assert "secure mode" in site.text("autoregistration", "checklist")


@pytest.mark.req("AR-06")
@pytest.mark.parametrize("span", ["99999999999d", "9" * 30, "\u00b2", "9" * 5000, "9999999d", "-5m", "1.5h", ""])
def test_a_time_that_is_none_is_refused_in_words(site: Shell, span: str) -> None:
    site.text("autoregistration", "range", "1000-1009")
    words = ["--config", str(site.config), "autoregistration", "enable", "--from", "02:00", "--for", span]
    result = CliRunner().invoke(root, words)
    assert result.exit_code == 2, result.exception
    assert ("is not a duration" in result.output) or ("less than a hundred years" in result.output)


@pytest.mark.req("AR-29")
def test_before_the_first_start_of_the_service_the_group_has_no_server_and_the_mend_says_so(shell: Shell) -> None:
    found = steps(shell)[3]
    assert (found["state"], "has no server" in found["why"]) == ("blocked", True)
    assert found["fix"].startswith("start the service")
    # What the pools get may be said before: it concerns no server.
    shell.text("autoregistration", "space", "--none")
    shell.text("site", "pools", "add", "Staff")
    shell.text("site", "servers", "add", "pbx1", "address=192.0.2.1")
    shell.text("site", "groups", "set", "Default", "servers=pbx1")
    assert steps(shell)[3]["state"] == "done"
    assert "Nobody could ask Asterisk" in shell.text("autoregistration", "checklist")


@pytest.mark.req("AR-04")
def test_a_search_space_that_is_not_there_is_named_with_the_command_that_makes_it(site: Shell) -> None:
    error = site.error("autoregistration", "space", "--partition", "Phones", "--css", "Inside")
    assert error.what == "there is no partition 'Phones'"
    assert error.fix == "add it: sepbridge site partitions add 'Phones'"
    site.text("site", "partitions", "add", "Phones")
    error = site.error("autoregistration", "space", "--partition", "Phones", "--css", "Inside")
    assert "sepbridge site css add 'Inside'" in error.fix


@pytest.mark.req("AR-04")
def test_who_enables_while_the_service_is_down_is_told_that_asterisk_is_asked_later(site: Shell) -> None:
    told = "the service does as soon as it can, and closes the window if there are some"
    assert told in site.text("autoregistration", "range", "1000-1009")
    site.text("autoregistration", "disable")
    assert told not in site.text("autoregistration", "status")
    assert told in site.text("autoregistration", "enable")
    assert told in site.json("autoregistration", "status")["remark"]
    assert told not in site.text("autoregistration", "enable", "--force")


@pytest.mark.req("AR-07")
@pytest.mark.req("AR-08")
def test_the_command_that_changes_the_security_mode_says_what_that_did(site: Shell) -> None:
    site.text("autoregistration", "protocol", "SIP")
    site.text("autoregistration", "range", "1000-1009")

    def is_open() -> bool:
        return bool(site.json("autoregistration", "status")["is_open"])

    site.text("autoregistration", "security", "--policy", "allow")
    printed = site.text("autoregistration", "security", "--mode", "secure")
    assert "autoregistration stays as it is" in printed
    assert is_open()
    site.text("autoregistration", "security", "--mode", "nonsecure")
    site.text("autoregistration", "security", "--policy", "strict")
    printed = site.text("autoregistration", "security", "--mode", "secure")
    assert "autoregistration was switched off: secure mode, and the policy is strict" in printed
    assert not is_open()
    error = site.error("autoregistration", "enable")
    assert "--mode nonsecure" in error.fix
    assert "--policy allow" in error.fix
    printed = site.text("autoregistration", "security", "--mode", "nonsecure")
    assert "autoregistration stays off until it is enabled explicitly" in printed
    assert not is_open()
    site.text("autoregistration", "enable")
    assert is_open()


@pytest.mark.req("AR-33")
def test_a_pool_of_another_group_is_named_and_the_wizard_repairs_it(site: Shell) -> None:
    site.text("autoregistration", "range", "1000-1009")
    site.text("site", "groups", "add", "Other", "servers=pbx1")
    site.text("site", "pools", "set", "Default", "group=Other")
    assert steps(site)[5]["state"] == "open"
    assert "Other" in steps(site)[5]["why"]
    wizard(site, "SIP\nn\n")  # not without a word
    assert steps(site)[5]["state"] == "open"
    code, output = wizard(site, "SIP\ny\n30m\n\nn\n")
    assert (code, "the pool Default has the group Default" in output) == (0, True)
    assert steps(site)[5]["state"] == "done"


@pytest.mark.req("AR-33")
def test_on_a_fresh_system_the_wizard_gives_the_pool_a_group_and_a_search_space(site: Shell) -> None:
    code, output = wizard(site, "SIP\n1000-1009\ny\n30m\n\nn\n")
    assert (code, "the calling search space Internal: new phones call inside only" in output) == (0, True)
    (pool,) = site.json("site", "pools", "list")["pools"]
    assert (pool["name"], pool.get("group", "Default"), pool["autoreg_css"]) == ("Default", "Default", "Internal")
    (space,) = site.json("site", "css", "list")["css"]
    assert (space["name"], space.get("partitions", [])) == ("Internal", [])
    # Once more there is nothing to repair; and who chose none is left alone.
    assert "5. Shall it be" not in wizard(site, "SIP\n30m\n\nn\n")[1]
    site.text("autoregistration", "space", "--none")
    site.text("site", "css", "remove", "Internal", "--yes")
    assert "5. Shall it be" not in wizard(site, "SIP\n30m\n\nn\n")[1]


@pytest.mark.req("AR-37")
@pytest.mark.req("AR-23")
def test_leaving_the_wizard_ends_with_autoregistration_off(site: Shell) -> None:
    # One batch, with the protocol that is suggested.
    code, output = wizard(site, "\n1000-1009\n\n30m\n\nn\n")
    assert (code, "[SIP]" in output) == (0, True)
    status = site.json("autoregistration", "status")
    assert (status["is_open"], status["protocol"], status["range"]) == (False, "SIP", "1000-1009")
    # Two batches, one with each protocol.
    code, output = wizard(site, "SCCP\n30m\n\ny\nSIP\n30m\n\nn\n")
    assert (code, output.count("Install the phones now")) == (0, 2)
    assert "Another batch, with SIP?" in output
    assert not site.json("autoregistration", "status")["is_open"]
    # Closed half way, while it was open, and at the first question.
    for answers in ("SIP\n30m\n", ""):
        code, output = wizard(site, answers)
        assert (code, "Autoregistration is off." in output) == (1, True)
        assert not site.json("autoregistration", "status")["is_open"]
    opened = [each["action"] for each in trail(site)].count("enabled autoregistration")
    assert opened == 4


@pytest.mark.req("AR-27")
def test_the_wizard_does_not_open_while_firmware_is_missing(site: Shell, tmp_path: Path) -> None:
    (tmp_path / "state/files").mkdir()
    site.text("autoregistration", "range", "1000-1009")
    site.text("autoregistration", "disable")
    site.text("site", "defaults", "add", "7941", "SIP", "load=SIP41.9-4-2SR3-1S")
    error = site.error("autoregistration", "enable")
    assert "SIP41.9-4-2SR3-1S.loads" in error.what
    assert steps(site)[6]["state"] == "blocked"
    code, output = wizard(site, "SIP\n\nn\n")
    assert (code, "is not in the file root" in output) == (0, True)
    (tmp_path / "state/files/SIP41.9-4-2SR3-1S.loads").write_bytes(b"x")
    assert site.json("autoregistration", "enable")["is_open"]


@pytest.mark.req("AR-34")
def test_a_window_for_tonight(site: Shell) -> None:
    site.text("autoregistration", "range", "1000-1009")
    soon = datetime.now().astimezone() + timedelta(hours=30)
    words = ("--from", f"{soon:%Y-%m-%d %H:%M}", "--for", "1h", "--count", "20")
    shown = site.json("autoregistration", "enable", *words)
    assert (shown["is_open"], shown["phones_left"], shown["calls"]) == (False, 20, None)
    assert datetime.fromisoformat(shown["closes_at"]) - datetime.fromisoformat(shown["opens_at"]) == timedelta(hours=1)
    assert "opens at" in site.text("autoregistration", "status")
    # Times of day: the end follows the start, over midnight if need be.
    shown = site.json("autoregistration", "enable", "--from", "23:30", "--until", "00:30")
    assert datetime.fromisoformat(shown["closes_at"]) - datetime.fromisoformat(shown["opens_at"]) == timedelta(hours=1)


@pytest.mark.req("AR-09")
def test_the_rogue_pool_needs_numbers_and_somebody_to_call_for_help(site: Shell) -> None:
    assert isinstance(site.error("autoregistration", "unknown", "rogue"), Conflict)
    shown = site.json("autoregistration", "unknown", "rogue", "--range", "8900-8999", "--operator-number", "1001")
    assert (shown["unknown"], shown["range"], shown["emergency"]) == ("rogue", "8900-8999", ["911"])
    assert "9" in site.text("autoregistration", "unknown")
    assert {each["name"] for each in site.json("site", "pools", "list")["pools"]} == {"Default", "Rogue"}
    site.config.write_text(site.config.read_text() + '[sccp]\nemergency_country = ""\n')
    error = site.error("autoregistration", "unknown", "rogue")
    assert isinstance(error, ConfigurationError)
    assert "empty" in error.what


def test_lists_approval_and_modes_by_command(site: Shell) -> None:
    shown = site.json(
        "autoregistration", "lists", "--allow", "oui:00:11:22", "--deny", "model:7961", "--allow", "model:8841"
    )
    assert shown["allowed"] == ["oui:001122", "model:683"]
    assert shown["denied"] == ["model:30018"]
    assert site.json("autoregistration", "lists", "--clear", "both")["allowed"] == []
    assert isinstance(site.error("autoregistration", "lists", "--deny", "x"), InvalidInput)
    assert site.json("autoregistration", "approval", "on") == {"approval": True, "waiting": []}
    site.text("autoregistration", "approve", "001122334455", "SEP001122334456")
    site.text("autoregistration", "deny", "001122334457")
    assert site.json("autoregistration", "backup", "on")["autoreg_backup"] is True
    assert site.json("autoregistration", "warn-after", "50")["warn_after"] == 50
    assert isinstance(site.error("autoregistration", "space"), InvalidInput)
    assert site.json("autoregistration", "space", "--none")["partition"] == ""
    shown = site.json("autoregistration", "security", "--mode", "secure")
    assert (shown["secure"], "stays off" in shown["outcome"]) == (True, True)


def trail(shell: Shell) -> list[dict[str, str]]:
    lines = shell.text("audit", "--json").splitlines()
    return [json.loads(each) for each in lines]


def test_the_audit_trail_names_who_and_from_where_a_line_each(site: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.1.2.3 50000 192.0.2.1 22")
    site.text("autoregistration", "range", "1000-1009")
    monkeypatch.setenv("SSH_CONNECTION", "nonsense; x")
    site.text("autoregistration", "disable")
    first, second = trail(site)[-2:]
    assert (first["action"], first["from"], first["detail"]) == (
        "set the autoregistration range",
        "10.1.2.3",
        "1000-1009",
    )
    assert first["who"]
    assert second["from"] == ""
    assert datetime.fromisoformat(first["at"]).utcoffset() == timedelta(0)
    assert len(site.text("audit", "--json", "--limit", "1").splitlines()) == 1
    assert "10.1.2.3" in site.text("audit")


@pytest.mark.req("AR-36")
def test_assigning_by_command(site: Shell, tmp_path: Path) -> None:
    site.text("phones", "add", "001122334455", "--number", "1000")
    site.text("site", "pools", "add", "Staff")
    file = tmp_path / "moves.csv"
    file.write_text("phone,pool\n1000,Staff\n1001,Staff\n")
    result = site.json("autoregistration", "assign", "--csv", str(file), code=1)
    assert [each["number"] for each in result["assigned"]] == ["1000"]
    assert [each["line"] for each in result["failed"]] == [3]
    assert "line 3: there is no phone" in site.text("autoregistration", "assign", "--csv", str(file), code=1)
    assert isinstance(site.error("autoregistration", "assign", "1000"), InvalidInput)
    shown = site.json("autoregistration", "assign", "1000", "description=Desk", "--pool", "Default", "--no-restart")
    assert shown["assigned"][0]["pool"] == "Default"
    assert site.json("autoregistration", "temporary")["phones"] == []
    assert site.json("autoregistration", "cleanup", "--yes")["removed"] == []
