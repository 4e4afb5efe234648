"""REFER within a call, and the NOTIFYs that tell what became of it (RFC 3515, RFC 3891, RFC 3892)."""

from __future__ import annotations

import re
from urllib.parse import quote

from sipmessage import URI, Request

from bridge.errors import LocalProtocolError
from bridge.sip.callrecord import CallRecord, CallState

_STATUS_LINE = re.compile(r"SIP/2\.0 +([1-6][0-9]{2})")


def replaces(record: CallRecord) -> str:
    """The dialog of a call, as its other side knows it (RFC 3891). Raises LocalProtocolError where none stands."""
    dialog = record.dialog
    if dialog is None or record.state is not CallState.CONFIRMED:
        raise LocalProtocolError(f"nobody can be transferred to a call that is {record.state}")
    return f"{dialog.call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}"


def refer(record: CallRecord, target: URI, replaced: str) -> Request:
    """A REFER to ``target``, which shall replace the dialog ``replaced`` unless that is empty.

    Raises LocalProtocolError where the call does not stand.
    """
    if record.dialog is None or record.state is not CallState.CONFIRMED:
        raise LocalProtocolError(f"the call cannot be transferred: it is {record.state}")
    headers = f"?Replaces={quote(replaced, safe='')}" if replaced else ""
    request = record.dialog.request("REFER")
    request.headers.set("Refer-To", f"<{target}{headers}>")
    request.headers.set("Referred-By", f"<{record.line.account.address_of_record}>")
    request.headers.set("Contact", record.line.contact)
    return request


def progress_in(body: bytes) -> int:
    """The status in a NOTIFY's ``message/sipfrag``; 0 where there is none."""
    match = _STATUS_LINE.match(body[:80].decode("ascii", errors="replace").lstrip())
    return int(match[1]) if match else 0
