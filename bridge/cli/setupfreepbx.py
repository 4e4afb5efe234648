"""``sepbridge setup freepbx``: ours into the files that FreePBX leaves to its admin, and out again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import IO

import click

from bridge.app.installing.freepbxsetup import FreePbxAccount, read_account, section_text, settings_text
from bridge.app.settings import DEFAULT_PLACES, Settings
from bridge.app.system import SystemIds
from bridge.cli.frame import Frame, json_option
from bridge.cli.setup import known_settings, setup, show_plan, write_settings
from bridge.cli.setupassistant import SECRET_LENGTH
from bridge.errors import ConfigurationError
from bridge.pbx.featurecodes import DEFAULT_CODES
from bridge.pbx.freepbxinstall import free_code, plan, undo_plan
from bridge.pbx.install import DIRECTORY, InstallPlan, InstallSettings, apply


@setup.command()
@click.option(
    "--etc",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("/etc/asterisk"),
    show_default=True,
    help="Asterisk's configuration directory.",
)
@click.option(
    "--credentials",
    type=click.File("r"),
    help="File with what `fwconsole api gql genclientcred HOST` printed; - with --yes reads it from a pipe. Without it "
    "the settings file must have a section [freepbx].",
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
def freepbx(
    frame: Frame,
    etc: Path,
    credentials: IO[str] | None,
    undo: bool,
    owner: str,
    permit: str,
    toml: Path | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Add what is needed to the files that FreePBX leaves to its admin (*_custom*), showing a diff first.

    Each of them gets one marked line at its end; everything else goes into files of our own. What FreePBX generates is
    never touched. Doing it twice changes nothing, and --undo takes exactly this back.
    """
    etc = etc.absolute()
    toml = toml or frame.config or DEFAULT_PLACES[-1]
    known = known_settings(toml, undo=undo)
    account = None if undo or credentials is None else read_account(credentials.read())
    if not (undo or account or known.freepbx.url):
        raise ConfigurationError(
            "FreePBX's API is not known yet",
            why=f"neither --credentials nor a section [freepbx] in {toml} names it",
            fix="fwconsole api gql genclientcred pbx.example.com > api.json, then --credentials api.json",
        )
    secret = known.ami.secret or SystemIds().secret(SECRET_LENGTH)
    code = known.selfprovisioning.code
    if not undo and not toml.is_file():
        code = free_code(etc) or code
    wanted = (
        undo_plan(etc)
        if undo
        else plan(
            etc,
            InstallSettings(
                secret=secret,
                permit=permit,
                owner=owner,
                codes=replace(DEFAULT_CODES, self_provisioning=code),
                self_provision_socket=known.selfprovisioning.socket,
            ),
        )
    )
    text = ""
    if account is not None and not toml.is_file():
        text = settings_text(account, ami_secret=secret, directory=etc / DIRECTORY, code=code)
    if not frame.as_json:
        show_plan(frame, wanted, toml if text else None)
    done = False
    if not dry_run and (not wanted.is_empty or text):
        frame.confirm("Do this?", yes=yes)
        apply(wanted)
        if text:
            write_settings(toml, text, owner)
        done = True
    data = {
        "changes": [{"file": change.path, "diff": change.diff()} for change in wanted.changes],
        "settings": str(toml) if text else None,
        "notes": wanted.notes,
        "done": done,
    }
    frame.show(data, _remark(wanted, undo=undo, done=done, dry_run=dry_run, missing=_missing(account, known, toml)))


def _missing(account: FreePbxAccount | None, known: Settings, toml: Path) -> str:
    """What the admin has to write into a settings file that is there already."""
    if account is None or not toml.is_file() or known.freepbx.url == account.url:
        return ""
    return f"\n\nIn {toml}:\n\n{section_text(account)}"


def _remark(wanted: InstallPlan, *, undo: bool, done: bool, dry_run: bool, missing: str) -> str:
    if not done:
        left = dry_run and not wanted.is_empty
        text = "Nothing was changed (dry run)." if left else "Everything is as it should be already."
    elif undo:
        text = "Done. Let Asterisk read it: fwconsole reload"
    else:
        text = "Done. Let Asterisk read it: fwconsole reload. Then start the service."
    return text + missing
