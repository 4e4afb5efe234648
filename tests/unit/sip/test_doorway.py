from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sipmessage import Request, Response

from bridge.core import DeviceName
from bridge.errors import LocalProtocolError
from bridge.sip.destination import Destination, Transport
from bridge.sip.doorway import (
    AlarmSent,
    Doorway,
    DoorwayEvent,
    DoorwayLimits,
    DoorwayMessageIgnored,
    RestartAnswered,
    UnknownPhoneRegistered,
)
from bridge.sip.message import reply_to
from bridge.sip.normalise import read_message
from tests.sipwire import PBX, CountingIds

PHONE = Destination("192.0.2.10", 49152)
PARAMETERS = (
    ';+sip.instance="<urn:uuid:00000000-0000-0000-0000-001122aabbcc>"'
    ';+u.sip!devicename.ccm.cisco.com="SEP001122AABBCC";+u.sip!model.ccm.cisco.com="622"'
)
REASON = (
    'SIP;cause=200;text="cisco-alarm:25 Name=SEP001122AABBCC ActiveLoad=sip78xx.12-5-1SR3-74 '
    'InactiveLoad=sip78xx.10-3-1-12 Last=initialized"'
)


def a_register(
    *,
    parameters: str = PARAMETERS,
    reason: str = REASON,
    user: str = "AUTO-REG",
    expires: str = "3600",
    branch: str = "z9hG4bK1",
    transport: str = "UDP",
    method: str = "REGISTER",
    contact: str = "<sip:83f1@192.0.2.10:5060;transport=udp>",
) -> bytes:
    """What a phone with SIP firmware sends that read only XMLDefault."""
    return (
        f"{method} sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/{transport} 192.0.2.10:5060;branch={branch}\r\n"
        f"From: <sip:{user}@192.0.2.1>;tag=001122aabbcc0002\r\nTo: <sip:{user}@192.0.2.1>\r\n"
        f"Call-ID: 001122aa-bbcc0002@192.0.2.10\r\nMax-Forwards: 70\r\nCSeq: 101 {method}\r\n"
        f"User-Agent: Cisco-CP7841/12.5.1\r\nContact: {contact}{parameters}\r\n"
        f"Supported: replaces,join,X-cisco-service-control\r\nReason: {reason}\r\n"
        f"Expires: {expires}\r\nContent-Type: multipart/mixed; boundary=x\r\nContent-Length: 5\r\n\r\n--x--"
    ).encode()


def a_doorway(limits: DoorwayLimits | None = None) -> Doorway:
    return Doorway(CountingIds("d"), PBX, limits=limits)


def knock(doorway: Doorway, data: bytes, source: Destination = PHONE, now: float = 0.0) -> list[DoorwayEvent]:
    doorway.receive(data, source, now=now)
    events: list[DoorwayEvent] = []
    while event := doorway.next_event():
        events.append(event)
    return events


def registered(doorway: Doorway, data: bytes, source: Destination = PHONE) -> UnknownPhoneRegistered:
    (event,) = knock(doorway, data, source)
    assert isinstance(event, UnknownPhoneRegistered)
    return event


def sent(doorway: Doorway) -> list[tuple[Request | Response, Destination]]:
    found = []
    for data, destination in doorway.data_to_send():
        message = read_message(data)
        assert message is not None
        found.append((message, destination))
    return found


def test_what_a_7841_says_of_itself() -> None:
    event = registered(a_doorway(), a_register())
    assert event == UnknownPhoneRegistered(
        request_id=1,
        device=DeviceName("SEP001122AABBCC"),
        model_number=622,
        user_agent="Cisco-CP7841/12.5.1",
        load="sip78xx.12-5-1SR3-74",
        inactive_load="sip78xx.10-3-1-12",
        last_cause="initialized",
        source=PHONE,
        call_id="001122aa-bbcc0002@192.0.2.10",
        user="AUTO-REG",
        contact="<sip:83f1@192.0.2.10:5060;transport=udp>" + PARAMETERS,
        alarm="25 Name=SEP001122AABBCC ActiveLoad=sip78xx.12-5-1SR3-74 InactiveLoad=sip78xx.10-3-1-12 Last=initialized",
    )


@pytest.mark.req("RG-27")
def test_the_phones_own_clock_is_read_from_its_date() -> None:
    dated = a_register().replace(b"Expires:", b"Date: Wed, 03 Mar 2010 01:18:34 GMT\r\nExpires:")
    assert registered(a_doorway(), dated).date == datetime(2010, 3, 3, 1, 18, 34, tzinfo=UTC)
    for wrong in (b"yesterday", b"Wed, 99 Mar 2010 01:18:34 GMT", b""):
        broken = a_register().replace(b"Expires:", b"Date: " + wrong + b"\r\nExpires:")
        assert registered(a_doorway(), broken).date is None


ALARM = (
    '<x-cisco-alarm><Alarm Name="DeviceTLInfo"><ParameterList><String name="DeviceName">SEP001122AABBCC</String>'
    '<String name="ITL_TFTP_Server">cucm-115.home.lab</String></ParameterList></Alarm></x-cisco-alarm>'
)


@pytest.mark.req("RG-26")
def test_an_xml_alarm_is_accepted_and_handed_on_and_any_other_refer_is_not() -> None:
    refer = a_register(method="REFER").replace(
        b"Content-Type: multipart/mixed; boundary=x\r\nContent-Length: 5\r\n\r\n--x--",
        f"Content-Type: application/x-cisco-alarm+xml\r\nContent-Length: {len(ALARM)}\r\n\r\n{ALARM}".encode(),
    )
    doorway = a_doorway()
    (event,) = knock(doorway, refer)
    assert event == AlarmSent(DeviceName("SEP001122AABBCC"), ALARM, PHONE)
    ((answer, _),) = sent(doorway)
    assert isinstance(answer, Response)
    assert answer.code == 202
    other = a_doorway()
    assert not any(isinstance(each, AlarmSent) for each in knock(other, a_register(method="REFER")))
    ((answer, _),) = sent(other)
    assert isinstance(answer, Response)
    assert answer.code == 405


@pytest.mark.parametrize(
    ("parameters", "reason", "user", "device", "model"),
    [
        (';+U.SIP!DeviceName.CCM.Features.cisco.com="sep001122aabbcc"', "", "x", "SEP001122AABBCC", None),
        (';+sip.instance="<urn:uuid:x-001122aabbcc>";+sip.instance="y";+u.sip!model.ccm="30018"', "", "x",
         "SEP001122AABBCC", 30018),
        ("", 'SIP;text="cisco-alarm Name=SEP001122AABBCC Load=SIP41.9-4-2SR3-1S"', "x", "SEP001122AABBCC", None),
        ("", "", "sep001122aabbcc", "SEP001122AABBCC", None),
        (';+u.sip!model.ccm.cisco.com="6x2";+sip.instance="<urn:uuid:ff:ff:ff:ff:ff:ff>"', "", "AUTO-REG", None, None),
        ("", 'SIP;text="Name=../../etc/passwd Load=../x"', "AUTO-REG", None, None),
    ],
)  # fmt: skip
def test_loose_matching(parameters: str, reason: str, user: str, device: str | None, model: int | None) -> None:
    event = registered(a_doorway(), a_register(parameters=parameters, reason=reason, user=user))
    assert (event.device and event.device.value, event.model_number) == (device, model)
    assert re.fullmatch(r"[A-Za-z0-9._-]*", event.load)


def test_a_phone_that_is_let_in_is_told_to_boot_again() -> None:
    doorway = a_doorway()
    event = registered(doorway, a_register())
    doorway.accept(event.request_id, now=1.0)
    (ok, back), (notify, there) = sent(doorway)
    assert isinstance(ok, Response)
    assert (ok.code, ok.headers["Expires"]) == (200, "120")
    assert ok.headers["Contact"] == event.contact + ";expires=120"
    assert back == Destination("192.0.2.10", 5060)
    assert isinstance(notify, Request)
    assert (notify.method, str(notify.uri)) == ("NOTIFY", "sip:83f1@192.0.2.10:5060;transport=udp")
    assert there == Destination("192.0.2.10", 5060)
    assert notify.headers["Event"] == "service-control"
    assert notify.headers["Subscription-State"] == "active"
    assert notify.headers["From"].startswith("<sip:192.0.2.1:5060>;tag=")
    assert notify.headers["Content-Type"] == "text/plain"
    assert notify.body == (
        b"action=reset\r\nRegisterCallId={001122aa-bbcc0002@192.0.2.10}\r\nConfigVersionStamp={0000000000000000}\r\n"
        b"DialplanVersionStamp={0000000000000000}\r\nSoftkeyVersionStamp={0000000000000000}\r\n"
    )
    doorway.receive(bytes(reply_to(notify, 200, tag="p")), PHONE, now=1.1)
    assert doorway.next_event() == RestartAnswered(1, DeviceName("SEP001122AABBCC"), 200)


def test_a_phone_that_ignores_the_restart_is_reported() -> None:
    doorway = a_doorway()
    doorway.accept(registered(doorway, a_register()).request_id, now=0.0)
    while (at := doorway.timer()) is not None:
        doorway.handle_timer(now=at)
    assert doorway.next_event() == RestartAnswered(1, DeviceName("SEP001122AABBCC"), 408)


def test_a_refused_phone_gets_cucms_answer() -> None:
    doorway = a_doorway()
    event = registered(doorway, a_register())
    doorway.refuse(event.request_id, warning='Autoregistration range exhausted "1000-1009"\r\nX: y', now=0.0)
    ((response, _),) = sent(doorway)
    assert isinstance(response, Response)
    assert (response.code, response.phrase) == (403, "Forbidden")
    assert response.headers["Retry-After"] == "35"
    assert response.headers["Warning"] == ('399 192.0.2.1:5060 "Autoregistration range exhausted \\"1000-1009\\" X: y"')
    doorway.accept(event.request_id, now=0.0)  # decided already: nothing happens
    assert sent(doorway) == []
    with pytest.raises(LocalProtocolError):
        doorway.refuse(7, status=200, now=0.0)


def test_over_tcp_everything_goes_down_the_phones_connection() -> None:
    doorway = a_doorway()
    source = Destination("192.0.2.10", 50000, Transport.TCP)
    doorway.accept(registered(doorway, a_register(transport="TCP"), source).request_id, now=0.0)
    assert [destination for _, destination in sent(doorway)] == [source, source]


def test_a_contact_cannot_make_us_send_to_somebody_else() -> None:
    doorway = a_doorway()
    event = registered(doorway, a_register(contact="<sip:x@198.51.100.9:53>"))
    doorway.accept(event.request_id, now=0.0)
    (_, first), (notify, second) = sent(doorway)
    assert {first.host, second.host} == {"192.0.2.10"}
    assert isinstance(notify, Request)
    assert notify.uri.host == "198.51.100.9"


def test_a_repeated_register_is_asked_about_once() -> None:
    doorway = a_doorway()
    registered(doorway, a_register())
    assert knock(doorway, a_register(), now=0.5) == []


def test_an_undecided_phone_is_told_to_come_back() -> None:
    doorway = a_doorway()
    registered(doorway, a_register())
    assert doorway.timer() == 10.0
    doorway.handle_timer(now=10.0)
    ((response, _),) = sent(doorway)
    assert isinstance(response, Response)
    assert (response.code, response.headers["Retry-After"]) == (503, "35")


def test_a_closed_connection_is_forgotten() -> None:
    doorway = a_doorway()
    source = Destination("192.0.2.10", 50000, Transport.TCP)
    event = registered(doorway, a_register(transport="TCP"), source)
    doorway.connection_closed(source, now=1.0)
    doorway.accept(event.request_id, now=1.0)
    assert doorway.data_to_send() == []
    assert doorway.timer() is None


@pytest.mark.parametrize(("expires", "contact"), [("0", "<sip:a@192.0.2.10>"), ("3600", "*")])
def test_leaving_is_granted(expires: str, contact: str) -> None:
    doorway = a_doorway()
    assert knock(doorway, a_register(expires=expires, contact=contact, parameters="")) == []
    ((response, _),) = sent(doorway)
    assert isinstance(response, Response)
    assert response.code == 200


@pytest.mark.parametrize(
    ("method", "status"),
    [("INVITE", 405), ("OPTIONS", 405), ("REFER", 405), ("BYE", 481), ("CANCEL", 481), ("FROBNICATE", 501)],
)
def test_nothing_else_is_served_or_remembered(method: str, status: int) -> None:
    doorway = a_doorway()
    (event,) = knock(doorway, a_register(method=method))
    assert isinstance(event, DoorwayMessageIgnored)
    ((response, _),) = sent(doorway)
    assert isinstance(response, Response)
    assert response.code == status
    assert doorway.timer() is None


def test_one_address_cannot_keep_us_busy() -> None:
    doorway = a_doorway(DoorwayLimits(burst=3, per_second=1.0))
    for number in range(5):
        doorway.receive(a_register(branch=f"z9hG4bK{number}"), PHONE, now=0.0)
    statuses = [message.code for message, _ in sent(doorway) if isinstance(message, Response)]
    assert statuses == [503, 503]
    other = replace(PHONE, host="192.0.2.11")
    assert any(isinstance(event, UnknownPhoneRegistered) for event in knock(doorway, a_register(), other))
    events = knock(doorway, a_register(branch="z9hG4bKlater"), now=1.5)
    assert isinstance(events[-1], UnknownPhoneRegistered)


def test_the_number_of_waiting_phones_is_bounded() -> None:
    doorway = a_doorway(DoorwayLimits(burst=100, pending=2))
    for number in range(4):
        doorway.receive(a_register(branch=f"z9hG4bK{number}"), PHONE, now=0.0)
    assert len(sent(doorway)) == 2
    assert len(doorway._pending) == 2
