"""How one connection speaks: negotiated version, code page, and the device's departures from the rule."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.errors import LocalProtocolError
from bridge.sccp.codepage import CodePage
from bridge.sccp.form import Shape
from bridge.sccp.framing import Frame
from bridge.sccp.message import Message
from bridge.sccp.messageid import LEGACY
from bridge.sccp.registry import decode, to_frame
from bridge.sccp.versions import OLDEST


@dataclass(frozen=True, slots=True)
class Dialect:
    """Version, code page and shapes of one connection; replaced as a whole once the version is negotiated."""

    version: int = OLDEST
    page: CodePage = CodePage.LATIN_1
    shapes: tuple[Shape, ...] = ()
    """Messages that this device wants, or sends, otherwise than its version says; at most one per message class."""
    header: int | None = None
    """The header version of every frame; None for the server's rule. A phone sets its own version here."""
    legacy: bool = False
    """True only for devices of the 12SP era: messages that make a Java phone reset are refused otherwise."""

    def decode(self, frame: Frame) -> Message:
        """The message in a frame. Raises RemoteProtocolError."""
        return decode(frame, self.version, self.page)

    def encode(self, message: Message) -> bytes:
        """The bytes of a message. Raises LocalProtocolError for values that the layout cannot carry, and for messages
        that make a Java phone reset.
        """
        like = next((shape for shape in self.shapes if shape.message is type(message)), None)
        frame = to_frame(message, self.version, self.page, like=like, header=self.header)
        if not self.legacy and frame.message_id in LEGACY:
            raise LocalProtocolError(
                f"{type(message).__name__} is never sent to this device",
                why="phones newer than the 12SP and 30VIP reset themselves when they get it",
                fix="use ClearPromptStatus, ClearNotify or a prompt with an empty text",
            )
        return frame.to_bytes()
