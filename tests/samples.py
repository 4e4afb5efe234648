"""A small site to render files for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import jinja2

from bridge.core import (
    CallManagerGroup,
    DateTimeGroup,
    Device,
    DeviceName,
    DevicePool,
    Line,
    LineAppearance,
    Region,
    Server,
    SignallingProtocol,
)

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
SECRET = "s3cretS3cret"
STAMP = "6f0f3a52-0000-4000-8000-000000000001"


def template_loader(*before: Path) -> jinja2.BaseLoader:
    """The templates of the checkout, behind directories of a site's own."""
    return jinja2.FileSystemLoader([*before, TEMPLATES])


def sample_pool(*servers: Server, time_zone: str = "Europe/Berlin", **region: tuple[str, ...]) -> DevicePool:
    """A pool with one server, unless others are given."""
    return DevicePool(
        name="Default",
        group=CallManagerGroup("Main", servers or (Server("pbx", "192.0.2.10"),), autoregistration=True),
        region=Region("Default", **region),
        date_time_group=DateTimeGroup("Local", time_zone, "D/M/YY", ("192.0.2.11",)),
    )


def sample_device(
    protocol: SignallingProtocol = SignallingProtocol.SIP,
    *appearances: LineAppearance,
    name: str = "SEP001122AABBCC",
    secret: str = SECRET,
    stamp: str = STAMP,
) -> Device:
    """A phone with the number 1001, unless other lines are given."""
    return Device(
        name=DeviceName(name),
        desired_protocol=protocol,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        version_stamp=stamp,
        secret=secret,
        lines=appearances or (LineAppearance(1, Line("1001", display_name="Ada Lovelace"), label="Ada"),),
    )
