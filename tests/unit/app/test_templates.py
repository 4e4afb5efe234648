"""Templates of the site's own come and go while the service runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.files.templates import template_loader
from bridge.app.phones.phones import PhoneDesk
from bridge.core import DeviceName, SignallingProtocol
from bridge.provisioning import Renderer
from bridge.store import SqlStore
from tests.unit.app.conftest import CountingIds, StillClock

OURS = '{% extends "base/sip.xml" %}{% block vendor %}<wifi>0</wifi>{% endblock %}'
PHONE = DeviceName("SEP001122AABBCC")


@pytest.fixture
def phone(store: SqlStore, clock: StillClock, ids: CountingIds) -> DeviceName:
    PhoneDesk(store, clock, ids, "tester").add(PHONE, number="1001", model="8841", protocol=SignallingProtocol.SIP)
    return PHONE


def test_a_template_that_appears_takes_the_place_of_ours_at_once(
    tmp_path: Path, store: SqlStore, files: PhoneFiles, phone: DeviceName
) -> None:
    own = tmp_path / "templates" / "88xx" / "sip.xml"

    def has_wifi() -> bool:
        with store.read() as work:
            return b"<wifi>" in bytes(files.device_file(work.devices.require(phone)).content)

    assert not has_wifi()
    own.parent.mkdir(parents=True)
    own.write_text(OURS)
    assert has_wifi()
    own.unlink()
    assert not has_wifi()


def test_one_that_others_build_on_does_as_well(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    renderer = Renderer(template_loader(tmp_path / "x" / ".." / "templates"))
    assert renderer.render_plain("base/common.xml").strip() == ""
    own = tmp_path / "templates" / "base" / "common.xml"
    own.parent.mkdir(parents=True)
    before = renderer.fingerprint("base/sip.xml")
    own.write_text("ours")
    assert renderer.fingerprint("base/sip.xml") != before
    assert renderer.render_plain("base/common.xml") == "ours"
