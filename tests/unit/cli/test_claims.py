"""``sepbridge claims``."""

from __future__ import annotations

from pathlib import Path

from bridge.errors import Conflict, InvalidInput, NotFound
from tests.unit.cli.conftest import Shell


def test_claims_come_and_go(shell: Shell) -> None:
    assert shell.json("claims", "list") == {"claims": [], "protected": []}
    added = shell.json("claims", "add", "2001", "--generate-pin", "--name", "Ann")
    assert len(added["pin"]) == 6
    assert added["pin"].isdigit()
    assert "may be claimed." in shell.text("claims", "add", "2002", "--no-pin", "--planned", "7961")
    assert isinstance(shell.error("claims", "add", "2003"), InvalidInput)  # no PIN on standard input
    assert isinstance(shell.error("claims", "add", "2003", "--no-pin", "--generate-pin"), InvalidInput)
    assert isinstance(shell.error("claims", "add", "2003", "--no-pin", "--pool", "Nowhere"), NotFound)
    held = shell.json("claims", "list")["claims"]
    assert [(each["number"], each["pin"], each["device"]) for each in held] == [
        ("2001", True, None),
        ("2002", False, "BAT000000002002"),
    ]
    assert "BAT000000002002" in shell.text("claims", "list")
    assert "BAT000000002002" in shell.text("phones", "list")
    assert "cannot be claimed any more" in shell.text("claims", "remove", "2002")
    assert "BAT000000002002" not in shell.text("phones", "list")
    assert isinstance(shell.error("claims", "remove", "2002"), NotFound)


def test_protected_numbers_and_locks(shell: Shell) -> None:
    assert shell.json("claims", "protect", "20XX") == {"pattern": "20XX", "protected": True}
    assert isinstance(shell.error("claims", "add", "2001", "--no-pin"), Conflict)
    assert isinstance(shell.error("claims", "protect", "20*"), InvalidInput)
    shell.text("claims", "protect", "20XX", "--remove")
    shell.text("claims", "add", "2001", "--no-pin")
    assert "may try again" in shell.text("claims", "unlock", "2001")


def test_a_file_with_a_bad_row(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("number,pin,name\n2001,4711,Käthe\n2002,x,Bob\n", encoding="utf-8")
    done = shell.json("claims", "import", str(file), code=1)
    assert done["added"] == 1
    assert done["problems"][0].startswith("line 3: a PIN has")
    assert "4711" not in shell.text("claims", "list")
    file.write_bytes(b"\xff\xfe")
    assert isinstance(shell.error("claims", "import", str(file)), InvalidInput)
