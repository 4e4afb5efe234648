"""Where a 3xx sends a call (RFC 3261 section 8.1.3.4): bounded, and only to whom the account trusts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sipmessage import URI, Response

from bridge.sip.account import Account
from bridge.sip.addressing import parse_address, parse_uri

MAX_CONTACTS = 8
_Q = re.compile(r"[01](?:\.[0-9]{0,3})?")


def next_target(response: Response, account: Account, tried: Sequence[str]) -> URI | None:
    """The best Contact that was not tried yet, None where there is none or the limit is reached. Never raises.

    A redirected call goes through our server all the same; a foreign host is refused, so that nobody can make us call
    where the admin did not mean us to.
    """
    if len(tried) > account.redirects:
        return None
    own = parse_uri(f"sip:{account.domain}").host
    hosts = {own.lower(), account.server.host.lower(), *(host.lower() for host in account.redirect_hosts)}
    found: list[tuple[float, URI]] = []
    for value in response.headers.getlist("Contact")[:MAX_CONTACTS]:
        try:
            contact = parse_address(value)
        except ValueError:
            continue
        uri = URI(scheme=contact.uri.scheme, host=contact.uri.host, user=contact.uri.user, port=contact.uri.port)
        if uri.scheme != "sip" or not uri.user or str(uri) in tried:
            continue
        if uri.host.strip("[]").lower() in {host.strip("[]") for host in hosts}:
            stated = contact.parameters.get("q") or "1"
            found.append((float(stated) if _Q.fullmatch(stated) else 0.0, uri))
    return max(found, key=lambda pair: pair[0])[1] if found else None
