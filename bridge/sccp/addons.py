"""Add-on modules.

Source: SCCP wire reference, section 8 (ExtensionDeviceCaps).
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import Octets, Text, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.registry import wire


@wire(
    Form(
        MessageId.EXTENSION_DEVICE_CAPS,
        u32("instance"),
        u32("type"),
        u32("max_allowed"),
        Octets("unknown", 24),
        Text("text", 128),
        least=12,
    )
)
@dataclass(frozen=True, slots=True)
class ExtensionDeviceCaps(Message):
    """0x0159: an add-on module is attached."""

    instance: int
    """Which one, from 1 on."""
    type: int
    """1 for a 7914 with 14 lines, 2 for a 7915 with 24."""
    max_allowed: int = 0
    unknown: bytes = bytes(24)
    text: str = ""
    """For instance ``max-chained=2 deviceLine=14``."""
