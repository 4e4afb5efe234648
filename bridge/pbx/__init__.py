"""Asterisk: its manager interface, and the files that hold our phones."""

from __future__ import annotations

from bridge.pbx.ami import AmiSettings
from bridge.pbx.dialplanconf import PagingMulticast
from bridge.pbx.pjsipconf import PjsipOptions
from bridge.pbx.plain import PlainAsterisk, PlainAsteriskSettings

__all__ = ["AmiSettings", "PagingMulticast", "PjsipOptions", "PlainAsterisk", "PlainAsteriskSettings"]
