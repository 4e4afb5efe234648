"""Columns and fields that are not carried over: why, and which of their values say nothing worth telling.

Sources: migration reference, section 2.1 (how choices are written), and its table of columns.
"""

from __future__ import annotations

_NOTHING = frozenset(
    {
        "",
        "f",
        "false",
        "0",
        "-1",
        "null",
        "none",
        "<none>",
        "default",
        "off",
        "disabled",
        "disable",
        "hub_none",
        "no preference",
        "no pending operation",
        "no rollover",
        "auto answer off",
        "use system policy",
        "use system default",
        "use default value",
        "call recording disabled",
        "standard presence group",
        "standard common phone profile",
        "standard sip profile",
        "standard user",
        "ring",
    }
)
"""Values that mean "as the system has it", whatever the column."""

_USUAL = {
    "retry video call as audio": "t",
    "allow cti control flag": "t",
    "allow control of device from cti": "t",
    "mtp preferred originating codec": "711ulaw",
    "caller name": "t",
    "dialed number": "t",
    "logged into hunt group": "t",
    "device mobility mode": "default",
    "services provisioning": "default",
}
"""What a phone that nobody touched has in a column, where that is something else."""

_REASONS = {
    "location": "there is no call admission control; bandwidth is Asterisk's or the network's matter",
    "media resource group list": "conferences and music are Asterisk's own",
    "phone load name": "a phone keeps the firmware that it runs; `sepbridge firmware` changes it",
    "device security profile": "its signalling was secured on CUCM; it starts here without, see docs/sccp-tls.md",
    "xml": "product specific settings (vendorConfig) are not taken over; see docs/settings.md for those there are",
    "sip profile": "SIP timers are those of this system",
    "extension mobility": "there is no extension mobility",
    "network locale": "a phone's tones are its device pool's: sepbridge site pools set POOL network_locale=…",
    "user hold moh audio source": "CUCM's numbers of music mean nothing to Asterisk: set music_on_hold",
    "network hold moh audio source": "CUCM's numbers of music mean nothing to Asterisk: set music_on_hold",
    "line user hold moh audio source": "CUCM's numbers of music mean nothing to Asterisk: set music_on_hold",
    "line network hold moh audio source": "CUCM's numbers of music mean nothing to Asterisk: set music_on_hold",
    "services": "phones get this system's service pages",
    "directory": "phones get this system's directory",
    "messages": "phones get this system's message pages",
    "information": "phones get this system's help pages",
    "authentication server": "it is the old cluster's, and phones get this system's",
    "aar css": "there is no automated alternate routing",
    "aar group": "there is no automated alternate routing",
    "do not disturb": "users switch it on themselves after the move",
    "voice mail profile": "mailboxes are Asterisk's, named by the number: see voicemail_box and voicemail_pilot",
    "alerting name": "the display name is shown instead",
    "softkey template": "no export has its keys: `sepbridge site softkey-templates add`, then import again",
    "service name": "subscribed services have no URL in a phone file: put them on with `sepbridge phones button`",
    "dial rules": "dial rules are made from the site's own dial plan",
    "primary phone": "there is no such tie between devices",
    "built in bridge": "conferences and recording are Asterisk's own",
    "join across lines": "it is always possible",
}
_DEFAULT = "there is no such setting here"


def is_worth_telling(column: str, value: str) -> bool:
    """Whether a cell of a column that is not carried over says something that was decided by somebody."""
    text = value.strip().casefold()
    return text not in _NOTHING and text != _USUAL.get(column, "")


def reason(column: str) -> str:
    """Why it is not carried over, and what to do instead."""
    if column.startswith(("forward", "park monitor", "secondary css")):
        return "only forwards of all calls, when busy and without answer are there, one for calls from in- and outside"
    if column.startswith("mobility") or column in {"subscriber cellular number", "remote device"}:
        return "there is no mobile connect"
    if column.startswith("mlpp"):
        return "there is no multilevel precedence"
    return _REASONS.get(column, _DEFAULT)
