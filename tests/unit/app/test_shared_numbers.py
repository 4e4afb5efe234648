"""One number on several phones: in the database, at Asterisk, and for the phones' own settings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.phones.phones import PhoneDesk
from bridge.app.settings import SccpSettings
from bridge.app.stations.profiles import Profiles
from bridge.core import (
    AppearanceSettings,
    BargeOption,
    CommonPhoneProfile,
    DeviceName,
    DeviceSettings,
    Line,
    LineAppearance,
    LineSettings,
    NumberRange,
    SignallingProtocol,
    Switch,
)
from bridge.dialplan import context_name
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.ports import Clock, IdSource
from bridge.store import SqlStore
from tests.samples import sample_device

ONE, TWO = DeviceName("SEP001122334401"), DeviceName("SEP001122334402")
TWO_CALLS, MOST_CALLS = AppearanceSettings(), AppearanceSettings(max_calls=200, busy_trigger=200)
SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP


@pytest.fixture
def desk(store: SqlStore, clock: Clock, ids: IdSource) -> PhoneDesk:
    desk = PhoneDesk(store, clock, ids, "tester")
    desk.add(ONE, number="1001", protocol=SCCP)
    desk.add(TWO, number="1002", protocol=SCCP)
    return desk


def test_a_number_is_put_on_the_next_free_button(desk: PhoneDesk, store: SqlStore) -> None:
    before = desk.show(str(TWO)).device
    desk.share(TWO, "1001", label="Sales")
    with store.read() as work:
        device = work.devices.get(TWO)
    assert device is not None
    assert [(each.button, each.line.number, each.label) for each in device.lines] == [
        (1, "1002", ""),
        (2, "1001", "Sales"),
    ]
    assert before is not None
    assert device.version_stamp != before.version_stamp


def test_what_cannot_be_shared(desk: PhoneDesk) -> None:
    with pytest.raises(NotFound):
        desk.share(TWO, "4711")
    with pytest.raises(NotFound):
        desk.share(DeviceName("SEP001122334403"), "1001")
    with pytest.raises(Conflict):
        desk.share(TWO, "1001", button=1)
    with pytest.raises(InvalidInput):
        desk.share(TWO, "1001", label="x" * 31)
    desk.share(TWO, "1001")
    with pytest.raises(Conflict):
        desk.share(TWO, "1001")


def test_asterisk_has_each_line_once_with_the_secrets_of_all(
    desk: PhoneDesk, files: PhoneFiles, store: SqlStore
) -> None:
    desk.share(TWO, "1001")
    with store.read() as work:
        devices = work.devices.all()
    endpoints = {each.name: each for each in files.endpoints(devices)}
    assert set(endpoints) == {"1001", "1002"}
    secret = {device.name: device.secret for device in devices}
    line = endpoints["1001"]
    assert (line.device, line.secret, line.username) == (ONE, secret[ONE], "1001")
    assert line.sharers == ((TWO, "1002", secret[TWO]),)
    assert line.contacts == 1  # the proxy registers once for both
    assert endpoints["1002"].sharers == ()


def test_phones_with_sip_firmware_register_beside_the_proxy(files: PhoneFiles) -> None:
    line = LineAppearance(1, Line("1001"))
    devices = [
        replace(sample_device(protocol, line), name=DeviceName(f"SEP00112233440{index}"))
        for index, protocol in enumerate((SIP, SIP, SCCP, SCCP))
    ]
    (endpoint,) = files.endpoints(devices)
    assert endpoint.contacts == 3
    assert [each.contacts for each in files.endpoints(devices[:1])] == [1]


def test_a_line_is_busy_as_its_appearances_say_and_forwards_with_its_own_rights(files: PhoneFiles) -> None:
    staff = LineSettings(css="Staff", forward_css="Guest")
    devices = [
        replace(
            sample_device(protocol, LineAppearance(1, Line("1001", settings=staff), settings=here)),
            name=DeviceName(f"SEP00112233440{index}"),
            settings=DeviceSettings(css="Site"),
        )
        for index, (protocol, here) in enumerate(
            ((SCCP, AppearanceSettings(busy_trigger=1)), (SCCP, AppearanceSettings(busy_trigger=4)), (SIP, TWO_CALLS))
        )
    ]
    (endpoint,) = files.endpoints(devices)
    assert endpoint.busy_at == 1 + 4 + 2
    assert endpoint.context == context_name("Staff", "Site")
    assert endpoint.forward_context == context_name("Guest", "")
    assert files.plans.pairs(devices[0]) == {("Staff", "Site"), ("Guest", "")}
    (plain,) = files.endpoints([sample_device(SCCP, LineAppearance(1, Line("1001")))])
    assert (plain.busy_at, plain.context, plain.forward_context) == (2, "sepbridge-phones", "sepbridge-phones")
    many = replace(sample_device(SCCP), lines=(LineAppearance(1, Line("1001"), settings=MOST_CALLS),))
    crowd = [replace(many, name=DeviceName(f"SEP00112233440{index}")) for index in range(6)]
    assert [each.busy_at for each in files.endpoints(crowd)] == [1000]  # what can be written down


@pytest.mark.parametrize(
    ("own", "profile", "private"),
    [
        (Switch.DEFAULT, None, True),
        (Switch.DEFAULT, Switch.OFF, False),
        (Switch.ON, Switch.OFF, True),
        (Switch.OFF, Switch.ON, False),
    ],
)
def test_privacy_of_the_device_or_else_of_its_profile(
    files: PhoneFiles, store: SqlStore, own: Switch, profile: Switch | None, private: bool
) -> None:
    if profile is not None:
        with store.write() as work:
            work.objects.phone_profiles.save(CommonPhoneProfile("Open", privacy=profile))
            work.commit()
        files.read_site()
    settings = DeviceSettings(privacy=own, phone_profile="Open" if profile else "", barge=BargeOption.CONFERENCE)
    calls = Profiles(files, SccpSettings()).calls(replace(sample_device(SCCP), settings=settings))
    assert (calls.privacy, calls.barge) == (private, True)


def test_an_endpoint_of_somebody_else_is_no_number_for_a_phone(desk: PhoneDesk, store: SqlStore) -> None:
    three = DeviceName("SEP001122334403")
    with pytest.raises(Conflict, match="1003 is an endpoint of Asterisk already"):
        desk.add(three, number="1003", foreign={"1003"})
    with store.write() as work:
        settings = work.autoregistration.load(for_update=True)
        work.autoregistration.save(replace(settings, range=NumberRange("1003", "1009"), next_number="1003"))
        work.commit()
    assert desk.add(three, foreign={"1003"}).number == "1004"
