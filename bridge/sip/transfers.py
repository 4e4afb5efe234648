"""REFER within a call, and the NOTIFYs that tell what became of it (RFC 3515, RFC 3891, RFC 3892)."""

from __future__ import annotations

import re
from urllib.parse import quote

from sipmessage import URI, Request

from bridge.errors import LocalProtocolError
from bridge.sip.callrecord import CallRecord, CallState

_STATUS_LINE = re.compile(r"SIP/2\.0 +([1-6][0-9]{2})")


def refer(record: CallRecord, target: URI, replaced: CallRecord | None) -> Request:
    """A REFER to ``target``, which shall replace the dialog of ``replaced`` if that is given.

    Raises LocalProtocolError where one of the calls does not stand.
    """
    if record.dialog is None or record.state is not CallState.CONFIRMED:
        raise LocalProtocolError(f"the call cannot be transferred: it is {record.state}")
    headers = ""
    if replaced is not None:
        other = replaced.dialog
        if other is None or replaced.state is not CallState.CONFIRMED:
            raise LocalProtocolError(f"the call cannot be transferred to one that is {replaced.state}")
        value = f"{other.call_id};to-tag={other.remote_tag};from-tag={other.local_tag}"
        headers = f"?Replaces={quote(value, safe='')}"
    request = record.dialog.request("REFER")
    request.headers.set("Refer-To", f"<{target}{headers}>")
    request.headers.set("Referred-By", f"<{record.line.account.address_of_record}>")
    request.headers.set("Contact", record.line.contact)
    return request


def progress_in(body: bytes) -> int:
    """The status in a NOTIFY's ``message/sipfrag``; 0 where there is none."""
    match = _STATUS_LINE.match(body[:80].decode("ascii", errors="replace").lstrip())
    return int(match[1]) if match else 0
