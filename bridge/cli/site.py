"""``sepbridge site``: the site's objects, all in one file or one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bridge.app.phones.phonechanges import pairs
from bridge.app.site.sitefields import Table
from bridge.app.site.sitesections import SECTIONS, Section
from bridge.autoregistration.checks import Severity
from bridge.cli.desks import site_desk, tell_service
from bridge.cli.frame import Frame, json_option, table
from bridge.cli.main import root
from bridge.cli.sitechanges import as_data, findings_told, in_one_line, told
from bridge.errors import InvalidInput, WriteFailed


@root.group()
def site() -> None:
    """Servers, pools, partitions, patterns, templates: all in one file, or one by one."""


@site.command()
@click.option("--phones", is_flag=True, help="With every phone's settings, lines and buttons.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file instead.")
@json_option
def export(frame: Frame, phones: bool, output: Path | None) -> None:
    """Print the site as TOML: only what departs from the defaults, always in the same order."""
    with site_desk(frame) as desk:
        text = desk.export(phones=phones)
    if output is None:
        if frame.as_json:
            frame.show({"site": text})
        else:
            click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WriteFailed(
            f"{output} cannot be written", why=error.strerror or str(error), fix="choose another file"
        ) from None
    frame.show({"written": str(output)}, f"The site is in {output}.")


@site.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@json_option
@click.pass_context
def diff(context: click.Context, frame: Frame, file: Path) -> None:
    """Show what applying a file would change. Exit code 1 when there is something."""
    with site_desk(frame) as desk:
        changes = desk.diff(_read(file))
    frame.show(as_data(changes), *told(changes))
    context.exit(1 if changes.changes else 0)


@site.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before removing objects.")
@json_option
def apply(frame: Frame, file: Path, dry_run: bool, yes: bool) -> None:
    """Make the site what a file says, all of it or nothing. Objects that it does not name are removed.

    Phones that it does not name are left alone, and none is ever removed.
    """
    text = _read(file)
    with site_desk(frame) as desk:
        planned = desk.diff(text)
        if dry_run or not planned.changes:
            frame.show({**as_data(planned), "applied": False}, *told(planned))
            return
        if not frame.as_json:
            frame.show(None, *told(planned))
        if planned.removals:
            frame.confirm(f"Remove {len(planned.removals)} objects?", yes=yes)
        done = desk.apply(text, expected=planned)
        remark = tell_service(frame)
    made = "1 change" if len(done.changes) == 1 else f"{len(done.changes)} changes"
    frame.show({**as_data(done), "applied": True, "remark": remark}, f"{made} made. {remark}")


@site.command()
@json_option
@click.pass_context
def check(context: click.Context, frame: Frame) -> None:
    """Say what is wrong with the site, and how to mend it. Exit code 1 for errors."""
    with site_desk(frame) as desk:
        findings = desk.check()
    frame.show({"findings": list(findings)}, *(findings_told(findings) or ["Nothing is wrong."]))
    context.exit(1 if any(each.severity is Severity.ERROR for each in findings) else 0)


def _command_of(section: Section) -> click.Command:
    """``list``, ``add``, ``set`` and ``remove`` for one kind of object."""
    named = " ".join(section.keys).upper()

    @click.argument("action", type=click.Choice(["list", "add", "set", "remove"]), metavar="list|add|set|remove")
    @click.argument("words", nargs=-1, metavar=f"[{named}] [KEY=VALUE]...")
    @click.option("--yes", is_flag=True, help="Do not ask before removing.")
    @json_option
    def command(frame: Frame, action: str, words: tuple[str, ...], yes: bool) -> None:
        keys = [word for word in words[: len(section.keys)] if "=" not in word]
        values = pairs(words[len(keys) :])
        if action != "list" and not keys:
            raise InvalidInput(f"which {section.title}?", fix=f"sepbridge site {section.word} {action} {named} …")
        with site_desk(frame) as desk:
            if action == "list":
                _list(frame, section, desk.tables(section))
                return
            if action == "add":
                done = desk.add(section, [*keys, *[""] * (len(section.keys) - len(keys))], values)
            elif action == "set":
                done = desk.set(section, keys, values)
            else:
                frame.confirm(f"Remove {section.title} {' '.join(keys)}?", yes=yes)
                done = desk.remove(section, keys)
            remark = tell_service(frame) if done.changes else ""
        frame.show({**as_data(done), "remark": remark}, *told(done, warnings=False), *([remark] if remark else []))

    command.__doc__ = (
        f"List, add, change or remove: {section.title}. Keys: "
        f"{', '.join(key for key in section.fields if key not in section.keys)}. An empty value is the default."
    )
    return click.command(section.word)(command)


for _section in SECTIONS:
    site.add_command(_command_of(_section))


def _list(frame: Frame, section: Section, rows: Sequence[Table]) -> None:
    shown = []
    for each in rows:
        rest = {key: value for key, value in each.items() if key not in section.keys}
        shown.append((*(str(each.get(key, "")) for key in section.keys), in_one_line(rest)))
    frame.show({section.word: rows}, table((*section.keys, "settings"), shown) if shown else "None.")


def _read(file: Path) -> str:
    try:
        with click.open_file(str(file), encoding="utf-8") as stream:
            return str(stream.read())
    except OSError as error:
        raise InvalidInput(
            f"{file} cannot be read", why=error.strerror or str(error), fix="look for the file"
        ) from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is no text in UTF-8", fix="save it as UTF-8") from None
