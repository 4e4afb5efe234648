"""Servers, regions and date/time groups, whose values phones or Asterisk have to know.

That is asked when they are entered: with a value that leads nowhere no phone of the pool would get a file, or Asterisk
would take none of its endpoints.
"""

from __future__ import annotations

from collections.abc import Callable

from bridge.app.site.sitefields import BadValue, Table
from bridge.core import DateTimeGroup, Region, Server
from bridge.errors import ConfigurationError
from bridge.provisioning.phonefile import checked_date_template
from bridge.provisioning.texts import checked_address
from bridge.provisioning.timezones import phone_time_zone

CODECS = frozenset(
    {
        *("ulaw", "alaw", "g722", "g729", "gsm", "ilbc", "opus", "g719", "g723", "g726", "g726aal2", "adpcm", "lpc10"),
        *("slin", "slin12", "slin16", "slin24", "slin32", "slin44", "slin48", "slin96", "slin192", "testlaw"),
        *("speex", "speex16", "speex32", "siren7", "siren14", "silk8", "silk12", "silk16", "silk24"),
        *("codec2", "amr", "amrwb"),
        *("h261", "h263", "h263p", "h264", "h265", "vp8", "vp9", "mpeg4"),
    }
)
"""Asterisk's names for sound and pictures (`core show codecs`, 18 to 22). It refuses an endpoint with any other."""
_CUCM_NAMES = {"g711": "ulaw or alaw", "g.711": "ulaw or alaw", "pcmu": "ulaw", "pcma": "alaw", "g711ulaw": "ulaw"}


def server_of(values: Table, _: object) -> Server:
    """A server. Raises BadValue."""
    if not values["address"]:
        raise BadValue("a server needs an address", key="address", fix="give the one that phones can reach")
    _ask("address", checked_address, values["address"], f"the server {values['name']}")
    for key in ("sip_port", "sccp_port"):
        if not 1 <= values[key] <= 65535:
            raise BadValue(f"{values[key]} is no port", key=key, fix="choose one from 1 to 65535")
    return Server(**values)


def region_of(values: Table, _: object) -> Region:
    """A region. Raises BadValue."""
    if not values["codecs"]:
        raise BadValue("a region needs a codec", key="codecs", fix="leave the key out for the usual ones")
    for codec in values["codecs"]:
        if codec not in CODECS:
            meant = _CUCM_NAMES.get(codec.lower()) or "Asterisk's names: g722, ulaw, alaw, g729"
            raise BadValue(f"{codec!r} is no codec", key="codecs", fix=f"use {meant}")
    return Region(**values)


def clock_of(values: Table, _: object) -> DateTimeGroup:
    """A date/time group. Raises BadValue."""
    _ask("time_zone", phone_time_zone, values["time_zone"])
    _ask("date_template", checked_date_template, values["date_template"])
    for each in values["ntp_servers"]:
        _ask("ntp_servers", checked_address, each, "a time server")
    return DateTimeGroup(**values)


def _ask(key: str, check: Callable[..., object], *values: str) -> None:
    try:
        check(*values)
    except ConfigurationError as error:
        raise BadValue(error.what, key=key, why=error.why, fix=error.fix) from None
