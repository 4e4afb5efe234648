"""The page on all commands, made from their own help."""

from __future__ import annotations

from collections.abc import Iterator

import click

from bridge.cli.frame import EXIT_CODES
from bridge.cli.main import whole

_INTRODUCTION = (
    "Made from the commands' own `--help`. `--json` prints the same for programs; `--config FILE`, before the command, "
    "names the settings file."
)


def commands_page() -> str:
    """``docs/commands.md`` as text."""
    codes = "\n".join(f"| {code} | {meaning} |" for _, code, meaning in EXIT_CODES)
    exits = f"| 0 | done |\n| 1 | an error, or a state that needs attention (`status`) |\n{codes}"
    parts = ["# Every command", _INTRODUCTION, f"| Exit code | Meaning |\n| --- | --- |\n{exits}"]
    for path, command in _commands(whole(), ()):
        parts.append(f"## `sepbridge {' '.join(path)}{_arguments(command)}`")
        parts.append(" ".join((command.help or "").split("\f")[0].split()))
        if rows := list(_options(command)):
            parts.append("| Option | |\n| --- | --- |\n" + "\n".join(rows))
    return "\n\n".join(parts) + "\n"


def _commands(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield (*path, name), command
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


def _arguments(command: click.Command) -> str:
    named = [each for each in command.params if isinstance(each, click.Argument)]
    return "".join(f" {each.metavar or (each.name or '').upper()}" for each in named)


def _options(command: click.Command) -> Iterator[str]:
    for each in command.params:
        if isinstance(each, click.Option) and not each.hidden:
            names = ", ".join(f"`{name}`" for name in (*each.opts, *each.secondary_opts))
            shown = f" Default: `{each.default}`." if each.show_default and each.default not in (None, "") else ""
            yield f"| {names} | {each.help or ''}{shown} |"
