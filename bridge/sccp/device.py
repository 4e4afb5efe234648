"""What a device is told about itself: names, time, firmware, servers, restarts.

Source: SCCP wire reference, sections 7.1, 7.2 and 7.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.sccp.address import UNSPECIFIED, StationAddress
from bridge.sccp.fields import Array, Field, NarrowAddress, Text, WideAddress, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.segments import CString
from bridge.sccp.versions import NEWEST


class ResetType(OpenEnum):
    """ResetType."""

    RESET = 1
    """Reboot: read configuration and firmware again."""
    RESTART = 2
    """Register again, with a configuration read again."""
    APPLY_CONFIG = 3


@wire(
    Form(
        MessageId.CONFIG_STAT,
        Text("device_name", 16),
        u32("user_id"),
        u32("instance"),
        Text("user_name", 40),
        Text("server_name", 40),
        u32("line_count"),
        u32("speed_dial_count"),
        name="static",
        least=16,
    ),
    Form(
        MessageId.CONFIG_STAT_DYNAMIC,
        CString("device_name", 16),
        u32("user_id"),
        u32("instance"),
        u32("line_count"),
        u32("speed_dial_count"),
        CString("user_name", 121),
        CString("server_name", 121),
        name="dynamic",
        since=99,
        least=1,
    ),
)
@dataclass(frozen=True, slots=True)
class ConfigStat(Message):
    """0x0093 at every version (0x0142 is known too): who and what the device is."""

    device_name: str
    user_id: int = 0
    instance: int = 1
    user_name: str = ""
    server_name: str = ""
    line_count: int = 0
    speed_dial_count: int = 0


@wire(
    Form(
        MessageId.DEFINE_TIME_DATE,
        u32("year"),
        u32("month"),
        u32("weekday"),
        u32("day"),
        u32("hour"),
        u32("minute"),
        u32("second"),
        u32("millisecond"),
        u32("unix_time"),
        least=12,
    )
)
@dataclass(frozen=True, slots=True)
class DefineTimeDate(Message):
    """0x0094: the time on the phone's display, in the phone's own time zone."""

    year: int
    month: int
    weekday: int
    """0 is Sunday."""
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    millisecond: int = 0
    unix_time: int = 0
    """Seconds since 1970, UTC."""

    @classmethod
    def of(cls, local: datetime) -> DefineTimeDate:
        """The message for an aware time, which is in the phone's own time zone already."""
        return cls(
            local.year,
            local.month,
            local.isoweekday() % 7,
            local.day,
            local.hour,
            local.minute,
            local.second,
            local.microsecond // 1000,
            int(local.timestamp()),
        )


@wire(Form(MessageId.VERSION, Text("version", 16)))
@dataclass(frozen=True, slots=True)
class Version(Message):
    """0x0098: the firmware that the phone should run."""

    version: str


MAX_SERVERS = 5


def _servers(name: str, address: Field, *, since: int, until: int, from_length: int = 0) -> Form:
    return Form(
        MessageId.SERVER_RES,
        Array("names", Text("", 48), MAX_SERVERS, ""),
        Array("ports", u32(""), MAX_SERVERS, 0),
        Array("addresses", address, MAX_SERVERS, UNSPECIFIED),
        name=name,
        since=since,
        until=until,
        from_length=from_length,
    )


@wire(
    _servers("360", WideAddress(""), since=17, until=NEWEST, from_length=360),
    _servers("280", NarrowAddress(""), since=0, until=16),
)
@dataclass(frozen=True, slots=True)
class ServerRes(Message):
    """0x009E: the servers, the first one first; five at most, and five as they are read, the unused ones empty."""

    names: tuple[str, ...]
    ports: tuple[int, ...]
    addresses: tuple[StationAddress, ...]


@wire(Form(MessageId.RESET, u32("type", ResetType)))
@dataclass(frozen=True, slots=True)
class Reset(Message):
    """0x009F: start again. The phone reads its files anew."""

    type: ResetType = ResetType.RESET
