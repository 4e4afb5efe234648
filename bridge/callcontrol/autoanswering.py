"""How the PBX asks that a call be answered at once.

By ``answer-after`` in Call-Info, by the names in Alert-Info that Asterisk and FreePBX send, or as a page, which is of
no use to somebody who is busy.
"""

from __future__ import annotations

import re

_AFTER = re.compile(r";\s*answer-after\s*=\s*[0-5]\b", re.IGNORECASE)
_ALERT = re.compile(r"(?:auto|ring)[ -]?answer|info\s*=\s*intercom|^intercom$", re.IGNORECASE)
_PAGE = re.compile(r";\s*info\s*=\s*page\b", re.IGNORECASE)
_STREAM = re.compile(r";\s*multicast\s*=\s*([0-9.]{7,15})(?=[;\s]|$)", re.IGNORECASE)
_LONGEST = 1000
"""Characters of a header that are looked at."""


def wants_answer(alert_info: str, call_info: str) -> bool:
    """Whether the PBX asks that the call be answered at once."""
    return bool(_AFTER.search(call_info[:_LONGEST]) or _ALERT.search(alert_info[:_LONGEST]))


def is_page(alert_info: str) -> bool:
    """Whether it is a page, which nobody need hear who is busy."""
    return bool(_PAGE.search(alert_info[:_LONGEST]))


def page_stream(alert_info: str) -> str:
    """The multicast group that the same page is sent to; empty where it is not, or where it is no page."""
    found = _STREAM.search(alert_info[:_LONGEST]) if is_page(alert_info) else None
    return found[1] if found else ""
