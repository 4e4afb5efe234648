"""Asterisk's security events: SIP requests that it asked for a password, or turned away.

A REGISTER that Asterisk refuses leaves no trace among its contacts; only these events (manager class ``security``) tell
of it. Nothing in them is to be trusted but the address: user names are what the sender wrote.
"""

from __future__ import annotations

from bridge.core.events import SipChallenged, SipRefused
from bridge.pbx.amilink import AmiMessage
from bridge.ports import Clock

CHALLENGED = "ChallengeSent"
REFUSED = frozenset(
    {
        "FailedACL",
        "InvalidAccountID",
        "InvalidPassword",
        "ChallengeResponseFailed",
        "InvalidTransport",
        "UnexpectedAddress",
        "RequestNotAllowed",
        "AuthMethodNotAllowed",
        "RequestBadFormat",
        "SessionLimit",
        "MemoryLimit",
        "LoadAverageLimit",
    }
)
_LONGEST = 80


def security_event(message: AmiMessage, clock: Clock) -> SipChallenged | SipRefused | None:
    """What the event says; None for one of another kind, or of a service other than SIP."""
    name = message.event
    if (name != CHALLENGED and name not in REFUSED) or message.get("Service") != "PJSIP":
        return None
    transport, host, port = remote_address(message.get("RemoteAddress"))
    account = _shown(message.get("AccountID"))
    if name == CHALLENGED:
        return SipChallenged(at=clock.now(), client=host, port=port, transport=transport, account=account)
    return SipRefused(at=clock.now(), client=host, port=port, transport=transport, account=account, reason=name)


def remote_address(text: str) -> tuple[str, str, int]:
    """``IPV4/TCP/192.0.2.9/5060`` as transport, address and port; empty and 0 where it cannot be read."""
    parts = text.split("/")
    if len(parts) != 4 or not parts[3].isascii() or not parts[3].isdigit():
        return "", "", 0
    return parts[1].lower(), parts[2].strip("[]"), int(parts[3])


def _shown(account: str) -> str:
    return "".join(sign for sign in account[:_LONGEST] if sign.isprintable())
