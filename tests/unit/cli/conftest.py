"""The command line on a settings file and a database of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bridge.cli.main import root
from bridge.errors import SepbridgeError


@dataclass(frozen=True)
class Shell:
    """Runs ``sepbridge --config …``."""

    config: Path

    def run(self, *words: str) -> Result:
        """The result, whatever it is. Errors of ours stay in ``result.exception``."""
        return CliRunner().invoke(root, ["--config", str(self.config), *words])

    def text(self, *words: str, code: int = 0) -> str:
        """What it prints for people."""
        result = self.run(*words)
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    def json(self, *words: str, code: int = 0) -> Any:
        """What it prints for programs."""
        result = self.run(*words, "--json")
        assert result.exit_code == code, (result.output, result.exception)
        return json.loads(result.output)

    def error(self, *words: str) -> SepbridgeError:
        """The error that it ends with."""
        result = self.run(*words)
        assert isinstance(result.exception, SepbridgeError), (result.output, result.exception)
        return result.exception


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    config = tmp_path / "sepbridge.toml"
    config.write_text(f'[state]\ndirectory = "{tmp_path / "state"}"\n', encoding="utf-8")
    shell = Shell(config)
    shell.text("db", "upgrade")
    return shell
