"""Frames that went between real phones and servers, and what they mean.

Facts recorded in public sources (the SCCP frames reference numbers them alike); names and addresses are neutral ones.
Numbers 33 to 38 were recorded without their last four bytes, which are zeros here: see ``KnownFrame.cut``.
"""

from __future__ import annotations

from tests.wire.sccp_frames_media import MEDIA_AND_STATUS_FRAMES
from tests.wire.sccp_frames_phone import PHONE_FRAMES
from tests.wire.sccp_known_frame import KnownFrame

FRAMES: tuple[KnownFrame, ...] = (*PHONE_FRAMES, *MEDIA_AND_STATUS_FRAMES)
