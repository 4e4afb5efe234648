"""Programs that this project did not write, and that judge it: tshark, sipp, TFTP clients and servers, databases."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
PLACES = ("/usr/sbin", "/usr/local/sbin", "/sbin", str(CHECKOUT / ".cache/peers/usr/sbin"))
"""Where Debian puts servers, which an ordinary user's PATH leaves out; and where ``make peers`` unpacks others."""


def peer(*names: str) -> str:
    """The path of the first of these programs that is installed.

    Skips the test where none is, except with CI=true: there a missing peer is a failure (``make test`` installs them).
    """
    path = os.pathsep.join([os.environ.get("PATH", ""), *PLACES])
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    message = f"{' or '.join(names)} is not installed; `make peers` installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
