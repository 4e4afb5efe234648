"""The command line's side of the control socket."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bridge import errors
from bridge.errors import PbxUnavailable, SepbridgeError


class ServiceNotRunning(PbxUnavailable):
    """Nobody listens on the control socket."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(path: Path, method: str, target: str, *, body: object = None, timeout: float = 15.0) -> Any:
    """One request to the running service, with ``body`` as JSON unless None; the parsed JSON answer.

    Raises ServiceNotRunning when there is none, and the service's own error when it answers with one.
    """
    connection = _UnixConnection(path, timeout)
    try:
        content = None if body is None else json.dumps(body).encode()
        connection.request(method, quote(target, safe="/?=&"), body=content)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ServiceNotRunning(
            "the sepbridge service does not answer",
            why=f"{path}: {error}",
            fix="start it with `sepbridge serve` (or `systemctl start sepbridge`), or run this as the service's user",
        ) from error
    finally:
        connection.close()
    if response.status >= 400:
        kind = getattr(errors, str(answer.get("kind")), SepbridgeError)
        raise kind(answer.get("what", "the service refused"), why=answer.get("why", ""), fix=answer.get("fix", ""))
    return answer


def poke(path: Path) -> bool:
    """Tell the running service that the database was changed; False when there is no service to tell."""
    try:
        ask(path, "POST", "/refresh")
    except ServiceNotRunning:
        return False
    return True
