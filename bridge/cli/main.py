"""The root of the command ``sepbridge``."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import click

from bridge import __version__
from bridge.cli.frame import EXIT_CODES, Frame, fail
from bridge.errors import SepbridgeError

_EPILOG = "Exit codes: 0 done; 1 an error, or a state that needs attention; " + "; ".join(
    f"{code} {meaning}" for _, code, meaning in EXIT_CODES
)


MODULES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "audit": ("temporary",),
        "autoregistration": ("autoregistration", "autoregistrationpolicy", "checklist", "temporary"),
        "backgrounds": ("backgrounds",),
        "backup": ("backup",),
        "calls": ("calls",),
        "claims": ("claims",),
        "db": ("serve",),
        "dhcp": ("dhcp",),
        "directory": ("directory",),
        "doctor": ("doctor",),
        "explain": ("diagnose",),
        "firmware": ("firmware",),
        "import": ("imports",),
        "lab": ("lab",),
        "locales": ("locales",),
        "onboarding": ("onboarding",),
        "phones": ("diagnose", "imports", "phonechanges", "phones", "phonestrace", "phoneswatch"),
        "restore": ("backup",),
        "rings": ("rings",),
        "serve": ("serve",),
        "setup": ("setup", "setupfreepbx", "setuprealtime"),
        "site": ("site",),
        "status": ("status",),
        "support-bundle": ("support",),
        "tftp": ("tftp",),
        "tokens": ("users",),
        "users": ("users",),
    }
)
"""Where each command, with what is below it, is defined. Nobody who lists phones waits for the lab to be read."""


class Program(click.Group):
    """The root: it reads the modules of a command when that is asked for."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        for module in MODULES.get(cmd_name, ()):
            import_module(f"bridge.cli.{module}")
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted(MODULES)


def whole() -> click.Group:
    """The root with everything below it in place, for who goes through all commands."""
    with click.Context(root) as context:
        for name in MODULES:
            root.get_command(context, name)
    return root


@click.group(
    cls=Program, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="sepbridge")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file (default: ./sepbridge.toml, then /etc/sepbridge/sepbridge.toml).",
)
@click.pass_context
def root(context: click.Context, config: Path | None) -> None:
    """Cisco desk phones on Asterisk and FreePBX: plug the phone in, and it comes up with an extension."""
    context.obj = Frame(config)


def main() -> None:
    """Run a command; turn our own errors into a message and an exit code."""
    if sys.stdin is None:  # closed, as some schedulers do it: then nobody is there to ask, and nothing to be read
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115  # for as long as the program runs
    try:
        root()
    except SepbridgeError as error:
        fail(error, as_json="--json" in sys.argv)
    except PermissionError as error:
        # Settings, state and Asterisk's files are closed to others on purpose: the commonest slip is a missing sudo.
        told = SepbridgeError(f"{error.filename or 'something'}: {error.strerror}", fix="run this as root: sudo …")
        fail(told, as_json="--json" in sys.argv)
