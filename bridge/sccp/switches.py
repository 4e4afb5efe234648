"""Two ways of saying on and off.

Source: SCCP enumerations reference, section 2 (OnOff, OnOff0).
"""

from __future__ import annotations

from bridge.sccp.openenum import OpenEnum


class OnOff(OpenEnum):
    """OnOff: speaker, microphone, headset, accessories."""

    ON = 1
    OFF = 2


class Switch(OpenEnum):
    """OnOff0, and the flags of media messages."""

    OFF = 0
    ON = 1
