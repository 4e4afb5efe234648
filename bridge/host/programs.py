"""Programs of the system that are asked for something: always bounded in time, never by a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from bridge.errors import NotFound, SepbridgeError

_PLACES = ("/usr/sbin", "/sbin", "/usr/local/sbin")
"""Where servers' tools are, which an ordinary user's PATH leaves out."""
_MOST = 16 * 1024 * 1024
_PACKAGES = {"ip": "iproute2", "systemctl": "systemd"}
"""Debian packages of programs that are called otherwise."""


def find_program(name: str) -> str | None:
    """Its path; None where it is not installed."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_PLACES]))


def output_of(command: Sequence[str], *, within: float = 10.0) -> str:
    """What a program prints. Raises NotFound when it is missing, SepbridgeError when it fails or takes too long."""
    program = find_program(command[0])
    if program is None:
        package = _PACKAGES.get(command[0], command[0])
        raise NotFound(f"{command[0]} is not installed", fix=f"apt-get install {package}")
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            timeout=within,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise SepbridgeError(f"{command[0]} did not answer within {within:g} s") from None
    except OSError as error:
        raise SepbridgeError(f"{command[0]} cannot be run", why=error.strerror or str(error)) from error
    text = done.stdout[:_MOST].decode("utf-8", "replace")
    if done.returncode:
        why = done.stderr.decode("utf-8", "replace").strip() or text.strip() or f"status {done.returncode}"
        raise SepbridgeError(f"{command[0]} failed", why=why[-300:])
    return text
