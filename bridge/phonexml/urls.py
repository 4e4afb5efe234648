"""The addresses that stand in phones' documents, besides http.

Source: Cisco Unified IP Phone Services Application Development Notes, chapter 4; SCCP wire reference, section 9.
"""

from __future__ import annotations

import re

from bridge.errors import LocalProtocolError

_DIALLABLE = re.compile(r"[0-9A-D*#+]{1,32}")
_KEY = re.compile(r"[A-Za-z<]{1,24}")
_DATA = re.compile(r"[!-~]{0,200}")


def dial(number: str) -> str:
    """Dial this number. Raises LocalProtocolError for what no keypad can dial."""
    if not _DIALLABLE.fullmatch(number):
        raise LocalProtocolError(f"{number[:40]!r} is no number that a phone can dial")
    return f"Dial:{number}"


def soft_key(name: str) -> str:
    """What one of the phone's own soft keys does: ``Dial``, ``EditDial``, ``Exit``, ``Select``, ``Submit``, ``<<``."""
    if not _KEY.fullmatch(name):
        raise LocalProtocolError(f"{name[:40]!r} is no soft key of a phone")
    return f"SoftKey:{name}"


def user_data(app_id: int, data: str, *, line: int = 0, call_ref: int = 0, transaction_id: int = 0) -> str:
    """Send ``data`` back over SCCP: it arrives as ``ApplicationDataReceived``. Raises LocalProtocolError."""
    if not _DATA.fullmatch(data):
        raise LocalProtocolError("data of a choice are at most 200 visible ASCII characters")
    return f"UserCallData:{app_id}:{line}:{call_ref}:{transaction_id}:{data}"
