"""``sepbridge directory``."""

from __future__ import annotations

from pathlib import Path

from bridge.errors import InvalidInput, NotFound
from tests.unit.cli.conftest import Shell


def test_contacts_come_and_go(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("name,number\nKäthe Müller,2001\nBob,2002\n", encoding="utf-8")
    assert shell.json("directory", "import", str(file)) == {"read": 2, "new": 2}
    assert shell.json("directory", "import", str(file)) == {"read": 2, "new": 0}
    assert shell.json("directory", "list", "--name", "mue") == {
        "contacts": [{"name": "Käthe Müller", "number": "2001"}]
    }
    assert "2003, is in the directory now" in shell.text("directory", "add", "Cy", "200-3")
    assert "1 removed" in shell.text("directory", "remove", "--name", "Bob")
    assert isinstance(shell.error("directory", "remove", "--name", "Bob"), NotFound)
    assert isinstance(shell.error("directory", "import", str(file), "--replace"), InvalidInput)
    assert shell.json("directory", "import", str(file), "--replace", "--yes")["new"] == 2
    file.write_text("name,number\nA,x\n", encoding="utf-8")
    assert "line 2" in str(shell.error("directory", "import", str(file)))


def test_a_phone_has_a_directory_of_its_own(shell: Shell) -> None:
    shell.text("phones", "add", "SEP001122334455", "--number", "1001", "--protocol", "SCCP", "--model", "7961")
    shell.text("directory", "add", "Mum", "12", "--phone", "1001")
    assert shell.json("directory", "list") == {"contacts": []}
    assert shell.json("directory", "list", "--phone", "1001")["contacts"] == [{"name": "Mum", "number": "12"}]
    assert isinstance(shell.error("directory", "pin", "1001"), InvalidInput)
    assert shell.json("directory", "pin", "1001", "--remove") == {"phone": "SEP001122334455", "pin": False}


def test_what_users_type_is_no_markup(shell: Shell) -> None:
    assert "Ann [/b] [red], 123" in shell.text("directory", "add", "Ann [/b] [red]", "123")
    assert "Ann [/b] [red]" in shell.text("directory", "list")
