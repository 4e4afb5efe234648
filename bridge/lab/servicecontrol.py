"""NOTIFYs that make a phone restart, and the checks by which a phone refuses them.

Source: SIP reference for Cisco phones, section 3 (the message in 3.1, the phones' checks in 3.3). What is not proven
there is a trait that can be switched.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.lab.binaryfile import BINARY_FAMILIES
from bridge.lab.flatfile import FLAT_FAMILIES
from bridge.phones import ConfigFamily, Model


class RestartAction(StrEnum):
    """What a phone is told to do."""

    NONE = ""
    RESTART = "restart"
    """Leave, read the configuration again, register."""
    RESET = "reset"
    """A full boot."""
    CHECK_SYNC = "check-sync"
    """7940/60: read ``syncinfo.xml``, and reset when its number differs."""


@dataclass(frozen=True, slots=True)
class NotifyTraits:
    """How strict a phone is with the NOTIFY."""

    needs_call_id: bool = True
    """A RegisterCallId that is not that of its REGISTER is refused. The 8941/8945 take an empty one."""
    takes_from_user: bool = True
    """False: a From with a user part is refused, as one 7975 with 9.4.2 was seen to do."""
    takes_feature_stamp: bool = True
    """False: a FeatureControlVersionStamp is refused, as one 8861 with 14.1.1 was seen to do."""


def traits_of(model: Model) -> NotifyTraits:
    """The traits that the reference reports for a model, where it takes them for settled."""
    return NotifyTraits(
        needs_call_id=model.family is not ConfigFamily.SERIES_894X,
        takes_feature_stamp=model.name != "8861",
    )


@dataclass(frozen=True, slots=True)
class Notify:
    """What matters of a NOTIFY outside any call."""

    event: str
    """In lower case, without parameters."""
    body: str
    request_host: str
    """Host of the Request-URI."""
    from_user: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the phone answers, and does."""

    status: int
    action: RestartAction = RestartAction.NONE
    why: str = ""
    lamp: bool | None = None
    """The message-waiting lamp, where the NOTIFY was about it."""


def judge(notify: Notify, *, model: Model, traits: NotifyTraits, call_id: str, own_host: str) -> Verdict:
    """What a phone makes of a NOTIFY. ``call_id`` is that of its REGISTER, ``own_host`` the host of its Contact."""
    match notify.event:
        case "message-summary":
            return Verdict(200, lamp="messages-waiting: yes" in notify.body.lower())
        case "check-sync" if model.family is ConfigFamily.SIPPHONE_7940_60:
            return Verdict(200, RestartAction.CHECK_SYNC)
        case "check-sync" if model.family in BINARY_FAMILIES:
            return Verdict(200, RestartAction.RESTART)
        case "resync" if model.family in FLAT_FAMILIES:
            return Verdict(200, RestartAction.RESTART)
        case "service-control" if (
            model.family not in FLAT_FAMILIES | BINARY_FAMILIES and model.family is not ConfigFamily.SIPPHONE_7940_60
        ):
            return _judge_service_control(notify, traits, call_id, own_host)
        case _:
            return Verdict(489, why=f"the phone does not know the event {notify.event[:40]!r}")


def _judge_service_control(notify: Notify, traits: NotifyTraits, call_id: str, own_host: str) -> Verdict:
    fields = _fields(notify.body)
    if notify.request_host != own_host:
        return Verdict(400, why=f"it was sent to {notify.request_host[:80]}, the phone is {own_host}")
    if notify.from_user and not traits.takes_from_user:
        return Verdict(400, why="its From has a user part")
    named = fields.get("registercallid", "").removeprefix("{").removesuffix("}")
    if named != call_id and (traits.needs_call_id or named):
        return Verdict(400, why="RegisterCallId is not the Call-ID of this phone's REGISTER")
    if "featurecontrolversionstamp" in fields and not traits.takes_feature_stamp:
        return Verdict(400, why="this load does not take a FeatureControlVersionStamp")
    action = fields.get("action", "")
    if action in {RestartAction.RESTART, RestartAction.RESET}:
        return Verdict(200, RestartAction(action))
    if action in {"prt-report", "check-version", "apply-config"}:
        return Verdict(200)
    return Verdict(400, why=f"the action {action[:40]!r} is unknown")


def _fields(body: str) -> dict[str, str]:
    """The ``name=value`` lines; names in lower case."""
    pairs = (line.partition("=") for line in body.splitlines()[:50])
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}
