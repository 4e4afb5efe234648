"""What the setup assistant shows before it does anything."""

from __future__ import annotations

import re

from rich.markup import escape

from bridge.app.installing.settingup import SetupPlan, UndoPlan
from bridge.app.installing.surroundings import Surroundings
from bridge.cli.frame import Frame

_SECRET_LINE = re.compile(r'^((?:(?:client_)?secret|voicemail_pin) = ").*(")$', re.MULTILINE)
_PASSWORD = re.compile(r"(://[^:/@\s]+:)[^@\s]+(@)")

_NAMED = 4


def show_surroundings(frame: Frame, around: Surroundings) -> None:
    """What was found on this machine."""
    server = around.tftp.findings[0].what if around.tftp.findings else ""
    rows = [
        *([("FreePBX", "yes: phones become extensions of it")] if around.freepbx else []),
        ("Asterisk", f"{around.version or 'version unknown'}, configuration in {around.etc}"),
        (
            "manager interface",
            f"on, port {around.manager_port}" if around.manager_is_on else "off; it will be switched on",
        ),
        ("own address", around.address or "not found"),
        ("TFTP", server),
        ("packet filter", str(around.firewall) or "no manager known"),
        ("systemd", "there" if around.has_systemd else "not here"),
    ]
    for name, text in rows:
        frame.console.print(f"[bold]{name:<18}[/] {escape(text)}", soft_wrap=True)
    frame.console.print()


def show_plan(frame: Frame, wanted: SetupPlan, *, whole: bool) -> None:
    """What is to be done; of files that are new, and ours alone, only ``whole`` shows every line."""
    new = [change for change in wanted.asterisk.changes if change.before is None]
    for change in wanted.asterisk.changes:
        if change in new and not whole:
            frame.console.print(f"new: {change.path}", markup=False, soft_wrap=True)
        else:
            _show_diff(frame, change.diff())
    if new and not whole:
        frame.console.print("(--dry-run shows every line of them)")
    if wanted.text:
        frame.console.print(f"new: {wanted.toml}", markup=False)
        for line in _without_secrets(wanted.text).splitlines():
            frame.console.print(f"+{line}", style="green", markup=False, soft_wrap=True)
    if wanted.upgrades:
        place = (
            "the database" if wanted.settings.database.url else str(wanted.settings.state.directory / "sepbridge.db")
        )
        frame.console.print(f"database: {place} is created or upgraded", markup=False)
    for each in wanted.changes_site:
        frame.console.print(f"site: {each}", markup=False)
    if wanted.hands_over:
        names = ", ".join(str(each) for each in wanted.hands_over[:_NAMED])
        more = f" and {len(wanted.hands_over) - _NAMED} more" if len(wanted.hands_over) > _NAMED else ""
        frame.console.print(f"given to {wanted.owner}: {names}{more}", markup=False, soft_wrap=True)
    for note in wanted.notes:
        frame.console.print(f"note: {note}", markup=False, soft_wrap=True)


def show_undo(frame: Frame, wanted: UndoPlan) -> None:
    """What is to be taken back."""
    for change in wanted.asterisk.changes:
        if change.after is None:
            frame.console.print(f"remove: {change.path}", markup=False, soft_wrap=True)
        else:
            _show_diff(frame, change.diff())
    if wanted.toml is not None:
        frame.console.print(f"remove: {wanted.toml}", markup=False)
    if wanted.remove_data:
        frame.console.print(f"remove: {wanted.state}/sepbridge.db, with all phones and numbers", markup=False)
    if wanted.manifest is not None and wanted.manifest.enabled_unit:
        frame.console.print("stop and disable: the unit sepbridge", markup=False)
    for note in wanted.notes:
        frame.console.print(f"note: {note}", markup=False, soft_wrap=True)


def _show_diff(frame: Frame, diff: str) -> None:
    for line in diff.splitlines():
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        frame.console.print(line, style=style, markup=False, soft_wrap=True)


def _without_secrets(text: str) -> str:
    return _PASSWORD.sub(r"\1(not shown)\2", _SECRET_LINE.sub(r"\1(not shown)\2", text))
