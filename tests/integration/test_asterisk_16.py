"""The files that we write, read by Asterisk 16: older than we support, and the oldest whose formats are the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.core import DeviceName, NumberRange, PagingGroup
from bridge.dialplan import Context, Extension, Step
from bridge.errors import ConfigurationError
from bridge.lab.asterisk import PrivateAsterisk
from bridge.lab.installation import find_asterisk
from bridge.pbx.dialplanconf import meetme_text, paging_text
from bridge.pbx.phonefiles import PhoneFiles
from bridge.pbx.pjsipconf import PjsipOptions
from bridge.ports import SipEndpoint, Transport
from tests.peers import CHECKOUT, missing

PREFIX = CHECKOUT / ".cache/asterisk16"


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[PrivateAsterisk]:
    """Asterisk 16 with our files in it."""
    try:
        installation = find_asterisk(PREFIX)
    except ConfigurationError:
        missing(f"scripts/get-asterisk.sh {PREFIX} bullseye gets it, as long as a mirror has that suite")
    assert installation.major == 16
    asterisk = PrivateAsterisk(tmp_path / "a", installation=installation)
    asterisk.configure()
    more = meetme_text((NumberRange("8500", "8501"),)) + paging_text((PagingGroup("8600", ("1000", "1001")),))
    files = PhoneFiles(asterisk.phones_directory, PjsipOptions(), more, watcher_secret="0123456789")
    device = DeviceName("SEP001122334455")
    endpoints = [
        SipEndpoint("1000", "s3cret!#", device, "1000", caller_name="Ann; [x]", mailbox="1000@default"),
        SipEndpoint(
            *("1001", "other", device, "1001"), call_group="sales", pickup_group="sales", transport=Transport.UDP,
            music_on_hold="default", variables=(("A_B", "1"),), busy_at=4,
            sharers=((DeviceName("SEP001122334466"), "1002", "third"),), contacts=2,
        ),
        SipEndpoint("1003", "fourth", device, "1003", partition="inside", context="sepbridge-css-1"),
    ]  # fmt: skip
    contexts = [Context("sepbridge-css-1", (Extension("_9X.", (Step("Hangup", "34"),)),), ("sepbridge-services",))]
    written = files.write(endpoints, contexts)
    assert written.refused == {}
    async with asterisk:
        yield asterisk


async def test_endpoints_hints_and_contexts_appear(old: PrivateAsterisk) -> None:
    for number in ("1000", "1001", "1003"):
        shown = await old.cli(f"pjsip show endpoint {number}")
        assert f"Endpoint:  {number}" in shown
        assert "device_state_busy_at" in shown
    assert "sepbridge-watcher" in await old.cli("pjsip show endpoints")
    second = await old.cli("pjsip show endpoint 1001")
    assert {"1001/1001", "1001-SEP001122334466/1002"} <= set(second.split())
    assert "named_call_group                   : sales" in second
    hints = await old.cli("core show hints")
    assert all(f"PJSIP/{number}" in hints for number in ("1000", "1001", "1003"))
    # The site's plan, the services, and the codes that users dial.
    assert "_9X." in await old.cli("dialplan show sepbridge-css-1")
    for wanted in (
        "*72@sepbridge-phones",
        "*97@sepbridge-phones",
        "8500@sepbridge-services",
        "8600@sepbridge-services",
    ):
        assert "1 extension" in await old.cli(f"dialplan show {wanted}"), wanted
    for service in ("sepbridge-ring", "sepbridge-forward", "sepbridge-parking", "sepbridge-pickup", "sepbridge-paging"):
        assert f"Context '{service}'" in await old.cli(f"dialplan show {service}")


async def test_it_complains_of_no_line_of_ours(old: PrivateAsterisk) -> None:
    log = old.log.read_text(errors="replace")
    ours = [
        line
        for line in log.splitlines()
        if ("WARNING" in line or "ERROR" in line) and ("sepbridge" in line or "sorcery" in line.lower())
    ]
    assert ours == []
