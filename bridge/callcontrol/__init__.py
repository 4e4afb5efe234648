"""The proxy: a call's life between an SCCP phone and a SIP user agent."""

from __future__ import annotations

from bridge.callcontrol.callback import CallBackRequest
from bridge.callcontrol.events import (
    CallConnected,
    CallFinished,
    CallMeasured,
    CallStarted,
    ConferenceListed,
    EarlyOpenFailed,
    LineChanged,
    LineState,
    ListConference,
    ListPurpose,
    MediaTroubled,
    MessagesWaiting,
    MuteMember,
    PhoneEvent,
    RemoveMember,
    Restarted,
    TransferFinished,
)
from bridge.callcontrol.house import House
from bridge.callcontrol.phone import ProxiedPhone
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.settings import CallSettings, CallTexts, DtmfMode, EarlyOpen, GroupAlert
from bridge.callcontrol.sharedline import SharedLine

__all__ = [
    "CallBackRequest",
    "CallConnected",
    "CallFinished",
    "CallMeasured",
    "CallSettings",
    "CallStarted",
    "CallTexts",
    "ConferenceListed",
    "DtmfMode",
    "EarlyOpen",
    "EarlyOpenFailed",
    "GroupAlert",
    "House",
    "LineChanged",
    "LineState",
    "ListConference",
    "ListPurpose",
    "MediaTroubled",
    "MessagesWaiting",
    "MuteMember",
    "PhoneCall",
    "PhoneCallState",
    "PhoneEvent",
    "ProxiedPhone",
    "RemoveMember",
    "Restarted",
    "SharedLine",
    "TransferFinished",
]
