"""The root of the command ``sepbridge``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bridge import __version__
from bridge.cli.frame import EXIT_CODES, Frame, fail
from bridge.errors import SepbridgeError

_EPILOG = "Exit codes: 0 done; 1 an error, or a state that needs attention; " + "; ".join(
    f"{code} {meaning}" for _, code, meaning in EXIT_CODES
)


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
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
    try:
        root()
    except SepbridgeError as error:
        fail(error, as_json="--json" in sys.argv)
