"""What every message is, and the message that nobody has described."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.messageid import MessageId


class Message:
    """Base of all messages: frozen dataclasses whose fields bear the names of the SCCP wire reference.

    One class stands for one meaning. Where the id or the layout depends on the negotiated version (a prompt is 0x0112
    up to version 7 and 0x0145 from version 8 on), the encoder chooses.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class UnknownMessage(Message):
    """A message without a typed description; it is encoded again exactly as it came."""

    message_id: int
    body: bytes = b""

    @property
    def name(self) -> str:
        """The documented name of the id, or its number in hexadecimal."""
        known = MessageId.find(self.message_id)
        return known.name if known is not None else f"0x{self.message_id:04X}"
