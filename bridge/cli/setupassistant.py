"""``sepbridge setup`` without a further word: the assistant. It asks little, and shows what it will write."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import IO, Any

import click

from bridge.app.installing.freepbxsetup import FreePbxAccount, read_account
from bridge.app.installing.settingup import (
    SetupPlan,
    SiteWishes,
    carry_out,
    carry_out_undo,
    plan_setup,
    plan_undo,
    start_unit,
    tell_asterisk,
    tell_freepbx,
)
from bridge.app.installing.setupplan import SetupAnswers, check_address
from bridge.app.installing.surroundings import Surroundings, look_around
from bridge.app.settings import Settings, StateSettings, load_settings
from bridge.app.system import SystemIds
from bridge.cli.control import ServiceNotRunning, ask
from bridge.cli.frame import Frame
from bridge.cli.setupshown import show_plan, show_surroundings, show_undo
from bridge.core import NumberRange
from bridge.dhcp import DhcpServer, snippet
from bridge.doctor.firewall import Manager
from bridge.errors import ConfigurationError, InvalidInput, SepbridgeError
from bridge.pbx.freepbxinstall import free_code
from bridge.pbx.install import InstallPlan

SECRET_LENGTH = 24
_RANGE = "1000-1999"
_EVERY = 0.5
_STATE = "var/lib/sepbridge"


@dataclass(frozen=True, slots=True)
class SetupWishes:
    """What was given as options; None is asked for, or detected."""

    files: Path = Path("/")
    etc: Path | None = None
    toml: Path | None = None
    state: Path | None = None
    address: str | None = None
    numbers: str | None = None
    protocol: str | None = None
    open_for: timedelta | None = None
    owner: str | None = None
    database_url: str = ""
    tftp_mode: str | None = None
    credentials: IO[str] | None = None
    more: tuple[str, ...] = ()
    dhcp_server: str | None = None
    start: bool = True
    wait: timedelta | None = None
    undo: bool = False
    with_data: bool = False
    dry_run: bool = False
    yes: bool = False


def assist(frame: Frame, wishes: SetupWishes) -> None:
    """Set up, or undo it."""
    around = look_around(wishes.files, etc=wishes.etc)
    if wishes.undo:
        _undo(frame, wishes, around)
        return
    state = wishes.state or wishes.files / _STATE
    if around.etc is None:
        raise ConfigurationError(
            "no configuration of Asterisk was found",
            why=f"neither {wishes.files / 'etc/asterisk'} nor another usual place is there",
            fix="install Asterisk first, or name its configuration directory with --etc",
        )
    asks = not wishes.yes and not wishes.dry_run and not frame.as_json and sys.stdin.isatty()
    if not frame.as_json:
        show_surroundings(frame, around)
    answers = _answers(wishes, around, state, asks=asks)
    toml = _settings_file(frame, wishes)
    owner = around.user if wishes.owner is None and wishes.files == Path("/") else (wishes.owner or "")
    wanted = plan_setup(answers, toml, _site(wishes, toml, asks=asks), owner=owner)
    if wishes.open_for is not None and not wanted.has_range and not wishes.dry_run:
        raise InvalidInput("there are no numbers for unknown phones yet", fix=f"add --range, for example {_RANGE}")
    if not frame.as_json:
        show_plan(frame, wanted, whole=wishes.dry_run)
    done = not wanted.is_empty and not wishes.dry_run
    words: list[str] = []
    if done:
        frame.confirm("Do this?", yes=wishes.yes)
        carry_out(wanted)
        words.append("Done.")
        if not wanted.asterisk.is_empty:
            words.append(_tell_pbx(wishes, around, wanted.asterisk))
        words += _start(wishes, around, wanted)
    elif wanted.is_empty:
        words.append("Everything is as it should be already.")
    else:
        words.append("Nothing was changed (dry run).")
    words += _advice(wishes, around, wanted)
    frame.show(_data(wanted, done=done, words=words), "\n".join(words))
    if wishes.wait and not wishes.dry_run:
        _wait(frame, wanted, wishes.wait)


def _settings_file(frame: Frame, wishes: SetupWishes) -> Path:
    """Of a system that is mounted elsewhere it is never the one that this one uses."""
    found = frame.config if wishes.files == Path("/") else None
    return wishes.toml or found or wishes.files / "etc/sepbridge/sepbridge.toml"


# --- asking


def _answers(wishes: SetupWishes, around: Surroundings, state: Path, *, asks: bool) -> SetupAnswers:
    if around.etc is None:
        raise ConfigurationError("no configuration of Asterisk was found", fix="name its directory with --etc")
    address = wishes.address or around.address
    if asks and wishes.address is None:
        several = [str(each.address.ip) for each in around.addresses if each.is_for_phones]
        if len(several) > 1:
            click.echo(f"This machine has the addresses {', '.join(several)}.")
        if not address or len(several) > 1:
            address = click.prompt("Address at which phones reach this machine", default=address or None)
    if not address:
        raise InvalidInput("this machine's own address could not be found", fix="give it with --address")
    return SetupAnswers(
        etc=around.etc,
        state=state.absolute(),
        address=check_address(address),
        secret=SystemIds().secret(SECRET_LENGTH),
        manager_port=around.manager_port,
        sip_port=around.sip_port,
        networks=tuple(around.networks),
        tftp=_tftp(wishes, around),
        database_url=wishes.database_url,
        freepbx=_account(wishes, around),
        self_provisioning=_own_code(wishes, around),
        more=wishes.more,
    )


def _account(wishes: SetupWishes, around: Surroundings) -> FreePbxAccount | None:
    if wishes.credentials is None:
        return None
    if not around.freepbx:
        raise InvalidInput("--credentials are for a FreePBX, and none was found here", fix="leave them out")
    return read_account(wishes.credentials.read())


def _own_code(wishes: SetupWishes, around: Surroundings) -> str:
    if not around.freepbx or around.etc is None:
        return ""
    if any(each.partition("=")[0].strip() == "selfprovisioning.code" for each in wishes.more):
        return ""
    return free_code(around.etc)


def _tftp(wishes: SetupWishes, around: Surroundings) -> str:
    match wishes.tftp_mode:
        case None | "beside":
            if wishes.tftp_mode == "beside" and not around.tftp.toml:
                raise InvalidInput(
                    "no other TFTP server that is understood runs here", fix="start it, then run this again"
                )
            if "…" in around.tftp.toml:
                raise ConfigurationError(
                    "another TFTP server runs here, and its directory could not be found",
                    fix="sepbridge tftp check says more; or --tftp-mode own after stopping it",
                )
            return around.tftp.toml
        case mode:
            return f'[tftp]\nmode = "{mode}"\n'


def _site(wishes: SetupWishes, toml: Path, *, asks: bool) -> SiteWishes:
    numbers, protocol = wishes.numbers, wishes.protocol
    if asks and not toml.is_file():
        if numbers is None:
            numbers = click.prompt("Numbers for phones that nobody configured", default=_RANGE)
        if protocol is None:
            click.echo("Phones that can run both: SIP is suggested, as it needs no proxy; CUCM's default is SCCP.")
            protocol = click.prompt("Protocol for them", default="SIP", type=click.Choice(["SIP", "SCCP"]))
    return SiteWishes(NumberRange.parse(numbers) if numbers else None, protocol, wishes.open_for)


def _data(wanted: SetupPlan, *, done: bool, words: Sequence[str]) -> dict[str, object]:
    return {
        "done": done,
        "changes": [str(change.path) for change in wanted.asterisk.changes],
        "settings": {"file": str(wanted.toml), "written": bool(wanted.text)},
        "database_upgraded": wanted.upgrades,
        "site": list(wanted.changes_site),
        "handed_over": [str(each) for each in wanted.hands_over],
        "notes": list(wanted.notes),
        "words": list(words),
    }


# --- afterwards


def _asterisk_command(around: Surroundings, etc: Path) -> list[str]:
    return [str(around.program or "asterisk"), "-C", str(etc / "asterisk.conf"), "-rx"]


def _tell_pbx(wishes: SetupWishes, around: Surroundings, done: InstallPlan) -> str:
    command = "fwconsole reload" if around.freepbx else "asterisk -rx 'core reload'"
    if not wishes.start:
        return f"Let Asterisk read it: {command}"
    if around.freepbx:
        own = wishes.files / "usr/sbin/fwconsole"
        return tell_freepbx(str(own) if own.is_file() else "fwconsole")
    return tell_asterisk(_asterisk_command(around, done.etc), done)


def _start(wishes: SetupWishes, around: Surroundings, wanted: SetupPlan) -> list[str]:
    if wishes.start and around.has_systemd and around.has_unit:
        try:
            start_unit(wanted.settings.state.directory, wanted.owner)
        except SepbridgeError as error:
            return [f"The service was not started: {error.why or error.what}"]
        return ["The service runs, and will after the next boot."]
    return [f"Start the service: sepbridge --config {wanted.toml} serve"]


def _advice(wishes: SetupWishes, around: Surroundings, wanted: SetupPlan) -> list[str]:
    unclear = [each for each in around.tftp.findings if each.fix and around.tftp.mode is None]
    words = [f"TFTP: {each.what}: {each.fix}" for each in unclear]
    if around.firewall is not Manager.NONE:
        words.append(f"{around.firewall} manages the packet filter: `sepbridge doctor` says which ports it closes.")
    if not wanted.protocol_is_chosen:
        words.append("For phones that speak both protocols SIP is suggested: sepbridge autoregistration protocol SIP")
    address = wanted.settings.server.address
    with contextlib.suppress(ValueError):
        if wishes.dhcp_server is not None:
            text = snippet(DhcpServer(wishes.dhcp_server), [IPv4Address(address)]).rstrip()
            words += ["", f"For your DHCP server ({wishes.dhcp_server}):", text]
        else:
            others = ", ".join(each.value for each in DhcpServer if each is not DhcpServer.DNSMASQ)
            words += [
                "",
                f"DHCP: option 150 (or 66) is {address}. For dnsmasq:",
                f"    dhcp-option=150,{address}",
                f"For {others}: sepbridge dhcp snippet --server …",
            ]
    if not wanted.has_range:
        words.append(f"Give unknown phones numbers, which also lets them in: sepbridge autoregistration range {_RANGE}")
    elif not wanted.opens:
        words.append("Let unknown phones in: sepbridge autoregistration enable --for 30m")
    elif wanted.changes_site:
        words.append(
            "Asterisk could not be asked yet which numbers of the range it uses itself: the service does when it runs, "
            "and closes the window if there are some."
        )
    words += ["", "Plug a phone in now. `sepbridge phones watch` shows it; `sepbridge doctor` says what is wrong."]
    return words


def _wait(frame: Frame, wanted: SetupPlan, patience: timedelta) -> None:
    """Show the first phone arrive. Ends the command with exit code 1 when none has registered in time."""
    end = time.monotonic() + patience.total_seconds()
    seen = ""
    while time.monotonic() < end:
        for phone in _arriving(wanted):
            line = f"{phone['device']}: {phone['stage']} ({phone['word']})" if phone["word"] else phone["device"]
            if line != seen and not frame.as_json:
                click.echo(line)
            seen = line
            if phone["stage"] == "registered":
                if not frame.as_json:
                    click.secho(f"{phone['device']} is registered.", fg="green")
                return
        time.sleep(_EVERY)
    click.echo("No phone has registered. `sepbridge phones watch` and `sepbridge doctor` say more.", err=True)
    raise SystemExit(1)


def _arriving(wanted: SetupPlan) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = ask(wanted.settings.control_socket, "GET", "/installing")["phones"]
    except ServiceNotRunning:
        return []  # not yet
    return found


# --- undoing


def _running(settings: Settings) -> int:
    """The process of a service that nobody started for us; 0 where none answers."""
    try:
        return int(ask(settings.control_socket, "GET", "/status")["pid"])
    except SepbridgeError:
        return 0


def _undo(frame: Frame, wishes: SetupWishes, around: Surroundings) -> None:
    state, toml = wishes.state or wishes.files / _STATE, _settings_file(frame, wishes)
    settings = load_settings(toml) if toml.is_file() else Settings(state=StateSettings(state))
    if wishes.state is None:
        state = settings.state.directory
    wanted = plan_undo(around.etc, state.absolute(), with_data=wishes.with_data)
    if not wanted.is_empty and not (wanted.manifest and wanted.manifest.enabled_unit) and (pid := _running(settings)):
        note = f"the service still runs, as process {pid}: end it first, or it goes on and writes its files anew"
        wanted = replace(wanted, notes=(*wanted.notes, note))
    if not frame.as_json:
        show_undo(frame, wanted)
    word = "Nothing is left to take back."
    done = False
    if not wanted.is_empty:
        word = "Nothing was changed (dry run)."
        if not wishes.dry_run:
            frame.confirm("Take this back?", yes=wishes.yes)
            carry_out_undo(wanted)
            done = True
            word = "Done."
            if wishes.start and not wanted.asterisk.is_empty:
                word += " " + _tell_pbx(wishes, around, wanted.asterisk)
    removed = [str(change.path) for change in wanted.asterisk.changes]
    frame.show({"done": done, "changes": removed, "notes": list(wanted.notes)}, word)
