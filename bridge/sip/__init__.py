"""SIP: messages, digest, SDP, transactions, dialogs, registration, the user agent. Nothing here touches a network."""

from __future__ import annotations

from bridge.sip.account import Account
from bridge.sip.calls import Call, CallState
from bridge.sip.destination import Destination, Transport
from bridge.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    ChangeAccepted,
    ChangeRefused,
    ConnectionFailed,
    EndReason,
    Event,
    IncomingCall,
    InfoReceived,
    MessageIgnored,
    NotifyReceived,
    PartyChanged,
    Registered,
    RegistrationFailed,
    SessionChanged,
    TransferProgress,
    Unregistered,
)
from bridge.sip.ids import SipIds
from bridge.sip.message import Header
from bridge.sip.registration import RegistrationState
from bridge.sip.sdp import AudioSession, Codec, Direction, codec_named
from bridge.sip.useragent import UserAgent

__all__ = [
    "Account",
    "AudioSession",
    "Call",
    "CallAnswered",
    "CallConfirmed",
    "CallEnded",
    "CallProgress",
    "CallState",
    "ChangeAccepted",
    "ChangeRefused",
    "Codec",
    "ConnectionFailed",
    "Destination",
    "Direction",
    "EndReason",
    "Event",
    "Header",
    "IncomingCall",
    "InfoReceived",
    "MessageIgnored",
    "NotifyReceived",
    "PartyChanged",
    "Registered",
    "RegistrationFailed",
    "RegistrationState",
    "SessionChanged",
    "SipIds",
    "TransferProgress",
    "Transport",
    "Unregistered",
    "UserAgent",
    "codec_named",
]
