"""Feature and service buttons, and subscriptions to the state of numbers.

Source: SCCP wire reference, sections 4, 7.1, 7.6 and 10; SCCP flows reference, section 4.8.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import Pad, Text, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.segments import CString
from bridge.sccp.stimuli import StimulusType


class SubscriptionFeature(OpenEnum):
    """SubscriptionFeature."""

    BLF = 1


class SubscribeCause(OpenEnum):
    """SubscribeCause."""

    OK = 0
    ROUTE_FAILED = 1
    AUTHENTICATION_FAILED = 2
    TIMEOUT = 3
    TRUNK_TERMINATED = 4
    TRUNK_FORBIDDEN = 5
    THROTTLED = 6


class BlfStatus(OpenEnum):
    """BlfStatus: what a busy lamp shows."""

    UNKNOWN = 0
    IDLE = 1
    IN_USE = 2
    DO_NOT_DISTURB = 3
    ALERTING = 4


@wire(
    Form(
        MessageId.FEATURE_STAT_DYNAMIC,
        u32("index"),
        u32("feature_id", StimulusType),
        u32("status"),
        Text("label", 121),
        Pad(3),
        name="dynamic",
        since=15,
        least=12,
    ),
    Form(
        MessageId.FEATURE_STAT,
        u32("index"),
        u32("feature_id", StimulusType),
        Text("label", 40),
        u32("status"),
        name="static",
        until=14,
        least=8,
    ),
)
@dataclass(frozen=True, slots=True)
class FeatureStat(Message):
    """0x011F up to version 14, 0x0146 from version 15 on: what is on a feature button, and how it stands.

    To change a label, send it once without its last character.
    """

    index: int
    feature_id: StimulusType
    status: int = 0
    """BlfStatus for a BLF speed dial."""
    label: str = ""


@wire(
    Form(
        MessageId.SERVICE_URL_STAT_DYNAMIC,
        u32("index"),
        CString("url", 255),
        CString("label", 120),
        CString("extension", 120),
        name="extended",
        since=19,
        least=4,
    ),
    Form(
        MessageId.SERVICE_URL_STAT_DYNAMIC,
        u32("index"),
        CString("url", 255),
        CString("label", 120),
        name="dynamic",
        since=7,
        until=18,
    ),
    Form(
        MessageId.SERVICE_URL_STAT,
        u32("index"),
        Text("url", 256),
        Text("label", 40),
        name="static",
        until=6,
        least=4,
    ),
)
@dataclass(frozen=True, slots=True)
class ServiceUrlStat(Message):
    """0x012F below version 7, 0x0148 from there on: what is on a service button."""

    index: int
    url: str = ""
    label: str = ""
    extension: str = ""
    """From version 19 on; may be empty."""


@wire(
    Form(
        MessageId.SUBSCRIPTION_STAT_REQ,
        u32("transaction_id"),
        u32("feature_id", SubscriptionFeature),
        u32("timer"),
        Text("subscription_id", 256),
        least=12,
    )
)
@dataclass(frozen=True, slots=True)
class SubscriptionStatReq(Message):
    """0x0048: tell me about this number, which stands in one of my lists."""

    transaction_id: int
    feature_id: SubscriptionFeature = SubscriptionFeature.BLF
    timer: int = 0
    subscription_id: str = ""


@wire(
    Form(
        MessageId.SUBSCRIPTION_STAT,
        u32("transaction_id"),
        u32("feature_id", SubscriptionFeature),
        u32("timer"),
        u32("cause", SubscribeCause),
        least=4,
    )
)
@dataclass(frozen=True, slots=True)
class SubscriptionStat(Message):
    """0x0152: the answer to SubscriptionStatReq, with the same transaction id."""

    transaction_id: int
    feature_id: SubscriptionFeature = SubscriptionFeature.BLF
    timer: int = 0
    cause: SubscribeCause = SubscribeCause.OK


@wire(
    Form(
        MessageId.NOTIFICATION,
        u32("transaction_id"),
        u32("feature_id", SubscriptionFeature),
        u32("status", BlfStatus),
        Text("text", 97),
        Pad(3),
        least=12,
    )
)
@dataclass(frozen=True, slots=True)
class Notification(Message):
    """0x0153: how the number stands that a SubscriptionStatReq asked about."""

    transaction_id: int
    feature_id: SubscriptionFeature = SubscriptionFeature.BLF
    status: BlfStatus = BlfStatus.UNKNOWN
    text: str = ""
