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
    IdentityChanged,
    IncomingCall,
    InfoReceived,
    MessageIgnored,
    Notified,
    NotifyReceived,
    OfferReceived,
    Registered,
    RegistrationFailed,
    SessionChanged,
    SubscriptionEnded,
    SubscriptionFailed,
    TransferEnded,
    TransferProgress,
    TransferRequested,
    Unregistered,
)
from bridge.sip.identity import IdentityHeaders, RemoteIdentity
from bridge.sip.ids import SipIds
from bridge.sip.message import Header
from bridge.sip.registration import RegistrationState
from bridge.sip.replaces import ReferTarget, Replaces
from bridge.sip.sdp import AudioSession, Codec, Direction, codec_named
from bridge.sip.subscription import Subscription, SubscriptionState
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
    "IdentityChanged",
    "IdentityHeaders",
    "IncomingCall",
    "InfoReceived",
    "MessageIgnored",
    "Notified",
    "NotifyReceived",
    "OfferReceived",
    "ReferTarget",
    "Registered",
    "RegistrationFailed",
    "RegistrationState",
    "RemoteIdentity",
    "Replaces",
    "SessionChanged",
    "SipIds",
    "Subscription",
    "SubscriptionEnded",
    "SubscriptionFailed",
    "SubscriptionState",
    "TransferEnded",
    "TransferProgress",
    "TransferRequested",
    "Transport",
    "Unregistered",
    "UserAgent",
    "codec_named",
]
