"""Asterisk: its manager interface, the files that hold our phones, and FreePBX's API."""

from __future__ import annotations

from bridge.pbx.ami import AmiSettings
from bridge.pbx.dialplanconf import PagingMulticast
from bridge.pbx.freepbx import FreePbx
from bridge.pbx.freepbxapi import ApiSettings
from bridge.pbx.freepbxsettings import FreePbxSettings
from bridge.pbx.pjsipconf import PjsipOptions
from bridge.pbx.plain import PlainAsterisk, PlainAsteriskSettings

__all__ = [
    "AmiSettings",
    "ApiSettings",
    "FreePbx",
    "FreePbxSettings",
    "PagingMulticast",
    "PjsipOptions",
    "PlainAsterisk",
    "PlainAsteriskSettings",
]
