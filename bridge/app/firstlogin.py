"""Where the one-time password of the very first login waits: a file for the service's user alone.

It stands in no log and on no terminal: what a service prints goes to a journal, and journals are sent elsewhere.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from bridge.app.accounts import OneTimePassword
from bridge.errors import WriteFailed

_LARGEST = 4096
"""Octets of the file; ours has some hundred."""


class FirstLoginFile:
    """The file (mode 0600). It goes when the password is used, or when there is another one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, made: OneTimePassword) -> None:
        """Write it, whole or not at all. Raises WriteFailed."""
        until = made.until.isoformat(timespec="seconds") if made.until is not None else ""
        text = json.dumps({"user": made.account, "password": made.password, "until": until}, indent=1) + "\n"
        part = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError as error:
            raise WriteFailed(
                f"the password of the first login cannot be written to {self.path}",
                why=error.strerror or str(error),
                fix="the service's user must be able to write there; or set web.first_run = false",
            ) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def read(self) -> OneTimePassword | None:
        """What is there; None for nothing, or nothing that can be read."""
        try:
            with self.path.open(encoding="utf-8") as file:
                found = json.loads(file.read(_LARGEST))
            until = datetime.fromisoformat(found["until"]) if found["until"] else None
            return OneTimePassword(str(found["user"]), str(found["password"]), until)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def forget(self, account: str) -> None:
        """Take it away, if it is this account's."""
        found = self.read()
        if found is not None and found.account == account:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
