"""``sepbridge setup``: the assistant, our snippets into an Asterisk's configuration and out again, a certificate."""

from __future__ import annotations

import contextlib
import os
import pwd
from pathlib import Path
from typing import Any

import click

from bridge.app.claims.claimvoice import LANGUAGES, own_texts
from bridge.app.installing.handover import give_to_service
from bridge.app.settings import DEFAULT_PLACES, Settings, TftpMode, load_settings
from bridge.app.system import SystemIds, own_address
from bridge.cli.frame import AnyName, Duration, Frame, json_option
from bridge.cli.main import root
from bridge.cli.setupassistant import SECRET_LENGTH, SetupWishes, assist
from bridge.dhcp import OTHER_NAMES, DhcpServer
from bridge.errors import ConfigurationError, WriteFailed
from bridge.net.selfsigned import make_certificate
from bridge.pbx.atomic import write_atomically
from bridge.pbx.install import DIRECTORY, InstallPlan, InstallSettings, apply, plan, undo_plan
from bridge.pbx.speech import find_voice, make_sounds


@root.group(invoke_without_command=True)
@click.option(
    "--root",
    "files",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("/"),
    show_default=True,
    help="Where / is: for a system that is mounted elsewhere.",
)
@click.option("--etc", type=click.Path(path_type=Path, file_okay=False), help="Asterisk's configuration directory.")
@click.option("--toml", type=click.Path(path_type=Path, dir_okay=False), help="The settings file to write.")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), help="Where the database is to be.")
@click.option("--address", help="Address at which phones reach this machine.")
@click.option("--range", "numbers", help="Numbers for phones that nobody configured, like 1000-1999.")
@click.option("--protocol", type=click.Choice(["SIP", "SCCP"]), help="For phones that speak both; SIP is suggested.")
@click.option("--open", "open_for", type=Duration(), help="Also let unknown phones in, for so long.")
@click.option("--owner", help="User that the service runs as. Default: sepbridge, where there is one.")
@click.option("--database", "database_url", default="", help="Database URL. Default: SQLite in the state directory.")
@click.option(
    "--tftp-mode", type=click.Choice([each.value for each in TftpMode]), help="Default: what fits port 69 as it is."
)
@click.option(
    "--credentials",
    type=click.File("r"),
    help="On a FreePBX: file with what `fwconsole api gql genclientcred HOST` printed; - with --yes: from a pipe.",
)
@click.option("--setting", "more", multiple=True, help="A further setting, section.key=value. May be repeated.")
@click.option(
    "--dhcp-server",
    type=AnyName([each.value for each in DhcpServer], OTHER_NAMES),
    help="Print what to paste into this kind of DHCP server.",
)
@click.option("--no-start", is_flag=True, help="Neither reload Asterisk nor start the service.")
@click.option("--wait", type=Duration(), help="Wait so long for the first phone to register; exit code 1 if none does.")
@click.option("--undo", is_flag=True, help="Take back what setting up did, and nothing else.")
@click.option("--with-data", is_flag=True, help="With --undo: also the database that setting up made.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of a table.")
@click.pass_context
def setup(context: click.Context, /, *, no_start: bool, as_json: bool, **given: Any) -> None:
    """Connect sepbridge to what is there: looks around, asks little, shows what it will write, writes it.

    A FreePBX is set up through the files that it leaves to its admin, and its API. Doing it twice changes nothing;
    --undo takes everything back. Everything that it asks can be given as an option.
    """
    if context.invoked_subcommand is not None:
        return
    frame: Frame = context.obj
    frame.as_json = as_json
    assist(frame, SetupWishes(start=not no_start, **given))


@setup.command()
@click.option(
    "--etc",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("/etc/asterisk"),
    show_default=True,
    help="Asterisk's configuration directory.",
)
@click.option("--undo", is_flag=True, help="Take out again what was added, and nothing else.")
@click.option("--owner", default="", help="User that the service runs as. Default: whoever runs this command.")
@click.option("--permit", default="127.0.0.1/255.255.255.255", show_default=True, help="Where sepbridge connects from.")
@click.option(
    "--toml",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"Settings file to write if there is none yet. Default: {DEFAULT_PLACES[-1]}.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def asterisk(
    frame: Frame, etc: Path, undo: bool, owner: str, permit: str, toml: Path | None, dry_run: bool, yes: bool
) -> None:
    """Add the manager account, includes and base contexts to a plain Asterisk, showing a diff first.

    Your own files get one marked line at their end; everything else goes into files of our own. Doing it twice changes
    nothing, and --undo takes exactly this back.
    """
    etc = etc.absolute()
    toml = toml or frame.config or DEFAULT_PLACES[-1]
    known = known_settings(toml, undo=undo)
    secret = known.ami.secret
    wanted = (
        undo_plan(etc)
        if undo
        else plan(
            etc,
            InstallSettings(
                secret=secret or SystemIds().secret(SECRET_LENGTH),
                permit=permit,
                owner=owner,
                codes=known.feature_codes,
                voicemail=bool(known.asterisk.voicemail_pin),
                parking=known.asterisk.parking,
                self_provision_socket=known.selfprovisioning.socket,
            ),
        )
    )
    settings_text = "" if undo or toml.is_file() else _settings_text(etc, wanted)
    if not frame.as_json:
        show_plan(frame, wanted, toml if settings_text else None)
    done = False
    if not dry_run and (not wanted.is_empty or settings_text):
        frame.confirm("Do this?", yes=yes)
        apply(wanted)
        if settings_text:
            write_settings(toml, settings_text, owner)
        done = True
    remark = _remark(wanted, undo=undo, done=done, dry_run=dry_run)
    data = {
        "changes": [{"file": change.path, "diff": change.diff()} for change in wanted.changes],
        "settings": str(toml) if settings_text else None,
        "notes": wanted.notes,
        "done": done,
    }
    frame.show(data, remark)


def known_settings(toml: Path, *, undo: bool) -> Settings:
    """What the settings file says, the defaults where there is none. Raises ConfigurationError for one without the
    manager account's secret: it is not written to, so nobody but Asterisk would know a new one.
    """
    if not toml.is_file():
        return Settings()
    known = load_settings(toml)
    if not (undo or known.ami.secret):
        raise ConfigurationError(
            f"{toml} is there, and has no ami.secret",
            why="Asterisk's manager account gets that secret, and a settings file of yours is not changed",
            fix=f'write into its section [ami]: secret = "{SystemIds().secret(SECRET_LENGTH)}", then run this again',
        )
    return known


@setup.command()
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write sepbridge.pem and sepbridge.key. Default: the state directory.",
)
@click.option(
    "--address", "addresses", multiple=True, help="IP address or name of this server. Default: as phones see it."
)
@click.option("--days", default=3650, show_default=True, type=click.IntRange(1, 7300), help="How long it is valid.")
@click.option("--replace", is_flag=True, help="Write over a certificate and key that are there.")
@json_option
def certificate(frame: Frame, directory: Path | None, addresses: tuple[str, ...], days: int, replace: bool) -> None:
    """Make a key and a certificate that signs itself, for HTTPS on port 6971 and SCCP over TLS.

    Phones check it only if they hold a trust list that names it.
    """
    settings = frame.settings
    place = (directory or settings.state.directory).absolute()
    names = addresses or (settings.server.address or own_address(),)
    crt, key = make_certificate(place, names, days=days, replace=replace)
    give_to_service(settings.state.directory.absolute(), crt, key)
    lines = f'[http]\ntls_listen = ["0.0.0.0:6971"]\ntls_certificate = "{crt}"\ntls_key = "{key}"'
    text = f"{crt} and {key} are written, for {', '.join(names)}. In sepbridge.toml:\n\n{lines}"
    frame.show({"certificate": crt, "key": key, "addresses": names}, text)


@setup.command()
@click.option("--language", type=click.Choice(LANGUAGES), help="Default: selfprovisioning.language.")
@click.option("--remove", "without", is_flag=True, help="Go back to Asterisk's own sounds.")
@json_option
def voice(frame: Frame, language: str | None, without: bool) -> None:
    """Make the sounds of the self-provisioning dialogue with the free voice espeak-ng, instead of Asterisk's own.

    They go into our directory, one directory for each language, and are used as soon as they are all there.
    """
    settings = frame.settings
    wanted = language or settings.selfprovisioning.language
    texts = own_texts(wanted)
    place = settings.asterisk.directory / "sounds" / wanted
    if without:
        for name in texts:
            (place / f"{name}.wav").unlink(missing_ok=True)
        for directory in (place, place.parent):
            with contextlib.suppress(OSError):  # not there, or something else is in it
                directory.rmdir()
        frame.show({"language": wanted, "sounds": 0}, f"Asterisk's own sounds are used for {wanted} again.")
        return
    count = make_sounds(find_voice(), wanted, texts, place, like=settings.asterisk.directory)
    frame.show({"language": wanted, "sounds": count, "directory": place}, f"{count} sounds in {place}.")


def _settings_text(etc: Path, wanted: InstallPlan) -> str:
    account = next((each.after for each in wanted.changes if each.path.name == "sepbridge.conf" and each.after), "")
    secret = next((row.partition("=")[2].strip() for row in account.splitlines() if row.startswith("secret")), "")
    if not secret:
        return ""
    return (
        "# The settings of sepbridge; docs/settings.md explains every key.\n\n"
        f'[ami]\nsecret = "{secret}"\n\n'
        f'[asterisk]\ndirectory = "{etc / DIRECTORY}"\n'
    )


def write_settings(path: Path, text: str, owner: str) -> None:
    """Write a settings file. It holds a secret: root alone reads it, and the group of the user that the service runs
    as. Raises WriteFailed.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteFailed(f"{path.parent} cannot be made", why=error.strerror or "", fix="run as root") from error
    write_atomically(path, text.encode(), mode=0o600)
    if owner:
        try:
            os.chown(path, -1, pwd.getpwnam(owner).pw_gid)
            path.chmod(0o640)
        except (KeyError, OSError) as error:
            raise WriteFailed(
                f"{path} cannot be made readable for {owner}", why=str(error), fix="run as root"
            ) from error


def show_plan(frame: Frame, wanted: InstallPlan, toml: Path | None) -> None:
    """Show what would be done."""
    for line in wanted.diff().splitlines():
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        frame.console.print(line, style=style, markup=False, soft_wrap=True)
    if toml is not None:
        frame.console.print(f"new: {toml} (the manager account's secret, and where our directory is)", markup=False)
    for note in wanted.notes:
        frame.console.print(f"note: {note}", markup=False, soft_wrap=True)


def _remark(wanted: InstallPlan, *, undo: bool, done: bool, dry_run: bool) -> str:
    if not done:
        return (
            "Nothing was changed (dry run)."
            if dry_run and not wanted.is_empty
            else "Everything is as it should be already."
        )
    if undo:
        return "Done. Let Asterisk read it: asterisk -rx 'core reload'"
    transports = any(change.path.name == "transports.conf" for change in wanted.changes)
    command = "core restart when convenient" if transports else "core reload"
    why = " (a new transport needs a restart)" if transports else ""
    return f"Done. Let Asterisk read it{why}: asterisk -rx '{command}'"
