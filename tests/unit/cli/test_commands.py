"""Every command as an admin types it, on a real database and without a running service."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

import bridge.cli
from bridge import __version__
from bridge.cli.frame import EXIT_CODES, table
from bridge.cli.main import MODULES, root, whole
from bridge.errors import ConfigurationError, Conflict, InvalidInput, NotFound, PbxUnavailable
from tests.unit.cli.conftest import Shell

MAC = "001122AABBCC"


def every_command(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from every_command(inner, (*path, name))


def commands(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from commands(inner)


@pytest.mark.parametrize("path", list(every_command(whole())), ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(root, [*path, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert len(result.output.splitlines()) > 3


def test_every_command_that_prints_speaks_json_too() -> None:
    silent = {("serve",), ("lab", "phone"), ("autoregistration", "wizard")}
    for path in every_command(whole()):
        command: click.Command = root
        for name in path:
            assert isinstance(command, click.Group)
            command = command.commands[name]
        if not isinstance(command, click.Group) and path not in silent:
            assert any("--json" in option.opts for option in command.params), path


def test_every_command_is_found_in_its_modules() -> None:
    """A module that is not named for its command would be missed, one that is not needed would be read."""
    for name in MODULES:
        modules = {
            inspect.unwrap(command.callback).__module__.removeprefix("bridge.cli.")
            for command in commands(whole().commands[name])
            if command.callback is not None
        }
        assert modules == set(MODULES[name]), name
    for module in pkgutil.iter_modules(bridge.cli.__path__, "bridge.cli."):
        importlib.import_module(module.name)
    assert set(root.commands) == set(MODULES)


def test_version() -> None:
    assert CliRunner().invoke(root, ["--version"]).output.strip() == f"sepbridge, version {__version__}"


@pytest.mark.req("AR-03")
@pytest.mark.req("AR-23")
def test_a_new_system_is_off_and_wants_sccp(shell: Shell) -> None:
    status = shell.json("autoregistration", "status")
    assert (status["is_open"], status["range"], status["protocol"]) == (False, "1000-1000", "SCCP")
    assert "equal ends: off" in shell.text("autoregistration", "status")
    assert isinstance(shell.error("autoregistration", "enable"), Conflict)


@pytest.mark.req("AR-23")
def test_the_protocol_is_one_of_two(shell: Shell) -> None:
    assert shell.json("autoregistration", "protocol", "sip")["protocol"] == "SIP"
    assert isinstance(shell.error("autoregistration", "protocol", "H323"), InvalidInput)
    assert shell.json("autoregistration", "protocol")["protocol"] == "SIP"


@pytest.mark.req("AR-11")
def test_ranges(shell: Shell) -> None:
    for wrong, words in (
        ("1010-1000", "starts after its end"),
        ("999-1000", "unequal length"),
        ("1000", "not a range"),
    ):
        error = shell.error("autoregistration", "range", wrong)
        assert isinstance(error, InvalidInput)
        assert words in error.what
    shown = shell.json("autoregistration", "range", "0010-0019")
    assert (shown["range"], shown["numbers_total"], shown["next_number"]) == ("0010-0019", 10, "0010")
    # As on CUCM: a first valid range switches autoregistration on, equal ends switch it off.
    assert shown["is_open"]
    assert not shell.json("autoregistration", "range", "0010-0010")["is_open"]


@pytest.mark.req("AR-06")
def test_windows(shell: Shell) -> None:
    shell.text("autoregistration", "range", "1000-1999")
    left = shell.json("autoregistration", "enable")["seconds_left"]
    assert 3590 < left <= 3600
    assert 85 < shell.json("autoregistration", "enable", "--for", "90s")["seconds_left"] <= 90
    assert 5390 < shell.json("autoregistration", "enable", "--for", "1h30m")["seconds_left"] <= 5400
    assert "closes in" in shell.text("autoregistration", "status")
    error = shell.error("autoregistration", "enable", "--for", "0")
    assert "--force" in error.fix
    endless = shell.json("autoregistration", "enable", "--for", "0", "--force")
    assert endless["is_open"]
    assert endless["seconds_left"] is None
    assert not shell.json("autoregistration", "disable")["is_open"]
    assert shell.run("autoregistration", "enable", "--for", "soon").exit_code == 2
    assert isinstance(shell.error("autoregistration", "enable", "--for", "1h", "--until", "23:00"), InvalidInput)
    tomorrow = datetime.now().astimezone() + timedelta(days=1)
    until = shell.json("autoregistration", "enable", "--until", f"{tomorrow:%Y-%m-%d %H:%M}")
    assert abs(datetime.fromisoformat(until["closes_at"]) - tomorrow) < timedelta(minutes=1)


def test_networks(shell: Shell) -> None:
    assert shell.json("autoregistration", "networks")["networks"] == []
    allowed = shell.json("autoregistration", "networks", "10.0.0.0/24", "fd00::/8")["networks"]
    assert allowed == ["10.0.0.0/24", "fd00::/8"]
    assert isinstance(shell.error("autoregistration", "networks", "10.0.0.1/24"), InvalidInput)
    assert shell.json("autoregistration", "networks", "--all")["networks"] == []


@pytest.mark.req("AR-13")
def test_the_pointer_is_reset_on_demand(shell: Shell) -> None:
    shell.text("autoregistration", "range", "1000-1009")
    for index in range(8):
        shell.text("phones", "add", f"0011220000{index:02X}")
    shell.text("phones", "remove", "1003", "--yes")
    assert shell.json("phones", "add", "001122000010")["phone"]["lines"][0]["line"]["number"] == "1008"
    assert shell.json("autoregistration", "range", "--reset")["next_number"] == "1000"
    assert shell.json("phones", "add", "001122000011")["phone"]["lines"][0]["line"]["number"] == "1003"


def test_phones_from_adding_to_removing(shell: Shell) -> None:
    assert "autoregistration enable" in shell.text("phones", "list")
    shell.text("autoregistration", "range", "1000-1009")
    assert "plug one in" in shell.text("phones", "list")
    added = shell.json(
        "phones", "add", "00:11:22:aa:bb:cc", "--number", "2001", "--model", "8841", "--name", "Reception"
    )
    assert "secret" not in added["phone"]
    assert (added["phone"]["name"], added["phone"]["model"]) == (f"SEP{MAC}", "8841")
    assert "The service is not running" in added["remark"]
    assert f"SEP{MAC}" in shell.text("phones", "list")
    for name in ("2001", MAC, f"sep{MAC.lower()}"):
        assert shell.json("phones", "show", name)["name"] == f"SEP{MAC}"
    assert isinstance(shell.error("phones", "add", MAC, "--number", "2002"), Conflict)
    assert isinstance(shell.error("phones", "add", "001122AABBCD", "--number", "2001"), Conflict)
    # Nobody is there to be asked, so it wants --yes.
    assert "--yes" in shell.error("phones", "remove", "2001").fix
    assert shell.json("phones", "remove", "2001", "--yes")["number"] == "2001"
    assert isinstance(shell.error("phones", "show", "2001"), NotFound)


@pytest.mark.req("RG-04")
@pytest.mark.parametrize(
    ("words", "kind", "hint"),
    [
        (("001122AABB", "--number", "1"), InvalidInput, "MAC"),
        ((MAC, "--number", "12a"), InvalidInput, "digits"),
        ((MAC, "--number", "1", "--model", "88411"), NotFound, "8841"),
        ((MAC, "--number", "1", "--model", "7937", "--protocol", "SIP"), InvalidInput, "SCCP"),
        ((MAC, "--number", "1", "--name", "x\ny"), InvalidInput, "characters"),
        ((MAC, "--number", "1", "--name", "x" * 31), InvalidInput, "30"),
        ((MAC,), Conflict, "--number"),
    ],
)
def test_a_phone_that_cannot_be_added(shell: Shell, words: tuple[str, ...], kind: type[Exception], hint: str) -> None:
    error = shell.error("phones", "add", *words)
    assert isinstance(error, kind)
    assert hint in str(error)
    assert shell.json("phones", "list")["phones"] == []


def test_status_and_restart_say_when_there_is_no_service(shell: Shell) -> None:
    status = shell.json("status", code=1)
    assert status["service"] is None
    assert "sepbridge serve" in status["trouble"][0]
    shell.text("phones", "add", MAC, "--number", "2001")
    assert isinstance(shell.error("phones", "restart", "2001"), PbxUnavailable)


def test_without_a_database_the_fix_is_named(tmp_path: Path) -> None:
    config = tmp_path / "sepbridge.toml"
    config.write_text(f'[state]\ndirectory = "{tmp_path}"\n')
    error = Shell(config).error("phones", "list")
    assert isinstance(error, ConfigurationError)
    assert "sepbridge db upgrade" in error.fix


def test_upgrading_twice_is_harmless_and_the_file_is_private(shell: Shell, tmp_path: Path) -> None:
    assert shell.json("db", "upgrade")["revision"]
    assert (tmp_path / "state" / "sepbridge.db").stat().st_mode & 0o077 == 0


def test_errors_have_exit_codes_and_three_parts(shell: Shell) -> None:
    """The whole program, as the shell sees it."""
    program = [sys.executable, "-c", "from bridge.cli import main; main()", "--config", str(shell.config)]
    environment = {**os.environ, "PYTHONPATH": str(Path(bridge.cli.__file__).parents[2])}
    result = subprocess.run(
        [*program, "phones", "show", "4711"], capture_output=True, text=True, env=environment, check=False
    )
    assert result.returncode == next(code for kind, code, _ in EXIT_CODES if kind is NotFound)
    assert result.stderr.startswith("Error: there is no phone '4711'")
    assert "fix:" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_closed_standard_input_is_nobody_who_could_be_asked(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.text("phones", "add", MAC, "--number", "2001")
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "argv", ["sepbridge", "--config", str(shell.config), "phones", "remove", "2001"])
    with pytest.raises(SystemExit) as ended:
        bridge.cli.main()
    assert ended.value.code == 2
    assert "nobody is there to ask" in capsys.readouterr().err
    sys.stdin.close()


def test_a_narrow_terminal_cuts_no_word_off() -> None:
    console = Console(width=20, color_system=None)
    with console.capture() as seen:
        console.print(table(("what", "fix"), [("a word", "https://cucm.example.com:8443/axl/")]))
    rest = "".join(line.removeprefix("a word").strip() for line in seen.get().splitlines()[1:])
    assert rest == "https://cucm.example.com:8443/axl/"


@pytest.mark.parametrize("words", [("phones", "list"), ("setup", "--undo", "--yes")])
def test_what_is_closed_to_the_user_is_named(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    def refused(place: Path, *_: object, **__: object) -> bool:
        raise PermissionError(13, "Permission denied", str(place))

    shell.text("phones", "list")
    monkeypatch.setattr(Path, "exists", refused)
    read_text = Path.read_text
    monkeypatch.setattr(
        Path,
        "read_text",
        lambda place, **kind: refused(place) if place.name == "setup.json" else read_text(place, **kind),
    )
    monkeypatch.setattr(sys, "argv", ["sepbridge", "--config", str(shell.config), *words])
    with pytest.raises(SystemExit) as ended:
        bridge.cli.main()
    assert ended.value.code == 1
    shown = capsys.readouterr().err
    assert shown.startswith(f"Error: {shell.config.parent}/state/s")
    assert "Permission denied\n  fix: run this as root" in shown


@pytest.mark.parametrize(
    ("said", "server"),
    [("Kea", "kea"), ("MikroTik", "mikrotik"), ("pfSense", "pfsense"), ("ISC dhcpd", "isc"), ("routeros", "mikrotik")],
)
def test_a_dhcp_server_may_be_called_as_people_call_it(shell: Shell, said: str, server: str) -> None:
    told = shell.json("dhcp", "snippet", "--server", said, "--address", "192.0.2.10")
    assert told == shell.json("dhcp", "snippet", "--server", server, "--address", "192.0.2.10")
    assert "'opnsense'" in shell.text("dhcp", "snippet", "--server", "udhcpd", code=2)
