"""The supplementary services that every phone has, in the order in which they are asked."""

from __future__ import annotations

from bridge.callcontrol.conference import Conference
from bridge.callcontrol.conferencelist import ConferenceList
from bridge.callcontrol.feature import Feature
from bridge.callcontrol.holdreversion import HoldReversion
from bridge.callcontrol.meetme import MeetMe
from bridge.callcontrol.remotehold import RemoteHold
from bridge.callcontrol.selection import Selection

FEATURES: tuple[type[Feature], ...] = (
    Selection,
    Conference,
    ConferenceList,
    MeetMe,
    HoldReversion,
    RemoteHold,
)
