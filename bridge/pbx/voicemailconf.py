"""Mailboxes of lines that name one, as sections of voicemail.conf. Pure.

A user changes the password at the phone; it then stands in Asterisk's spool (``passwordlocation=spooldir``), and what
stands here is the first one only. So Asterisk never writes into our file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from bridge.pbx.conffile import Item, Section, parse, render
from bridge.pbx.pjsipconf import check_mailbox, display_name
from bridge.ports import SipEndpoint

_NOT_IN_FIELDS = re.compile(r"[,|;]+")
_OPTIONS = "passwordlocation=spooldir"
_SETTINGS = ("general", "zonemessages")
"""Sections of voicemail.conf that hold no boxes."""


def boxes_text(endpoints: Iterable[SipEndpoint], pin: str, *, others: Collection[str] = ()) -> str:
    """Each box once, with its context's section. ``pin``: the first password; ``others``: boxes that somebody else has
    made, ``1001@default``. Raises InvalidInput.
    """
    contexts: dict[str, dict[str, str]] = {}
    for endpoint in endpoints:
        if not endpoint.names_mailbox or endpoint.mailbox in others:
            continue
        box, _, context = check_mailbox(endpoint.mailbox).partition("@")
        name = " ".join(_NOT_IN_FIELDS.sub(" ", display_name(endpoint.caller_name) or endpoint.number).split())
        contexts.setdefault(context, {}).setdefault(box, name)
    return render(
        Section(context, tuple(Item(box, f"{pin},{name},,,{_OPTIONS}", arrow=True) for box, name in boxes.items()))
        for context, boxes in sorted(contexts.items())
    )


def boxes_in(text: str) -> frozenset[str]:
    """The boxes of a voicemail.conf, ``1001@default``."""
    return frozenset(
        f"{item.key}@{section.name}"
        for section in parse(text).sections
        if section.name not in _SETTINGS
        for item in section.items
        if item.arrow
    )
