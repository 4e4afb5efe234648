"""What an extension of Asterisk is to its users: told by the context that it stands in, or by what it does. Pure.

FreePBX keeps each kind in contexts of its own; a plain Asterisk's admin names contexts as they like, and there the
application tells most.
"""

from __future__ import annotations

import re

_KINDS_OF_CONTEXTS = (
    (re.compile(r"app-.*|sepbridge-codes"), "feature code"),
    (re.compile(r"ext-group"), "ring group"),
    (re.compile(r"ext-queues"), "queue"),
    (re.compile(r"ext-meetme"), "conference"),
    (re.compile(r"outrt-.*|outbound-allroutes"), "route pattern"),
)
_KINDS_OF_APPLICATIONS = {"queue": "queue", "confbridge": "conference", "meetme": "conference"}
EXTENSION = "extension"


def kind_of(extension: str, context: str, application: str, data: str) -> str:
    """The kind of one step of the dial plan; ``EXTENSION`` where nothing tells more."""
    for pattern, kind in _KINDS_OF_CONTEXTS:
        if pattern.fullmatch(context):
            return kind
    if kind := _KINDS_OF_APPLICATIONS.get(application.lower(), ""):
        return kind
    if application.lower() == "dial" and "&" in data.partition(",")[0]:
        return "ring group"
    digits = extension.removeprefix("_")
    if digits.startswith(("*", "#")):
        return "feature code"
    return "route pattern" if extension.startswith("_") else EXTENSION
