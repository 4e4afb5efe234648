"""Programs that this project did not write, and that judge it: tshark, sipp, TFTP clients and servers, databases."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
PLACES = ("/usr/sbin", "/usr/local/sbin", "/sbin", str(CHECKOUT / ".cache/peers/usr/sbin"))
"""Where Debian puts servers, which an ordinary user's PATH leaves out; and where ``make peers`` unpacks others."""


def peer(*names: str) -> str:
    """The path of the first of these programs that is installed.

    Where none is, see ``missing``; ``make test`` installs them all.
    """
    path = os.pathsep.join([os.environ.get("PATH", ""), *PLACES])
    found = next((place for name in names if (place := shutil.which(name, path=path))), None)
    if found is None:
        missing(f"{' or '.join(names)} is not installed; `make peers` installs it")
    return found


def missing(what: str) -> NoReturn:
    """Something that the test needs is not there: skip, except with CI=true, where that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)
