"""What Asterisk says about registrations becomes what a listener is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.pbx.amilink import AmiAnswer, AmiMessage
from bridge.pbx.contacts import ContactBook, read_contacts

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def answer(*contacts: dict[str, str]) -> AmiAnswer:
    events = [{"Event": "ContactStatusDetail", **contact} for contact in contacts]
    events.append({"Event": "ContactStatusDetailComplete"})
    return AmiAnswer(
        AmiMessage((("response", "Success"),)),
        tuple(AmiMessage(tuple((key.lower(), value) for key, value in event.items())) for event in events),
    )


def detail(endpoint: str, *, address: str = "192.0.2.1:5060", call_id: str = "c1", expires: str = "") -> dict[str, str]:
    return {
        "AOR": endpoint,
        "EndpointName": endpoint,
        "URI": f"sip:{endpoint}@{address}",
        "UserAgent": "Cisco-CP8841/14.2.1",
        "ViaAddress": address,
        "CallID": call_id,
        "Status": "Reachable",
        "RegExpire": expires,
    }


def test_fields_are_read() -> None:
    contact = read_contacts(answer(detail("1000", expires="1767225600")))["1000"]
    assert contact.contact.user_agent == "Cisco-CP8841/14.2.1"
    assert contact.contact.address == "192.0.2.1:5060"
    assert contact.contact.call_id == "c1"
    assert contact.expires == NOW


def test_nonsense_instead_of_a_time_is_no_time() -> None:
    assert read_contacts(answer(detail("1000", expires="N/A")))["1000"].expires is None


def test_added_once_and_again_only_from_elsewhere() -> None:
    book = ContactBook()
    seen = read_contacts(answer(detail("1000")))
    assert [contact.endpoint for contact in book.learn(seen, ["1000"], now=NOW).added] == ["1000"]
    assert book.learn(seen, ["1000"], now=NOW).added == ()
    moved = read_contacts(answer(detail("1000", address="192.0.2.9:5060")))
    assert book.learn(moved, ["1000"], now=NOW).added[0].address == "192.0.2.9:5060"
    rebooted = read_contacts(answer(detail("1000", address="192.0.2.9:5060", call_id="c2")))
    assert book.learn(rebooted, ["1000"], now=NOW).added[0].call_id == "c2"


def test_why_a_registration_ended() -> None:
    later = str(int((NOW + timedelta(hours=1)).timestamp()))
    for expires, away, words in [
        (later, False, "unregistered"),
        (str(int(NOW.timestamp())), False, "expired"),
        (later, True, "no connection"),
    ]:
        book = ContactBook()
        book.learn(read_contacts(answer(detail("1000", expires=expires))), ["1000"], now=NOW - timedelta(minutes=1))
        changes = book.learn({}, ["1000"], now=NOW, away=away)
        assert changes.removed[0][0] == "1000"
        assert words in changes.removed[0][1]
        assert book.endpoints() == ()


def test_only_what_was_asked_for_can_be_missing() -> None:
    book = ContactBook()
    book.learn(read_contacts(answer(detail("1000"), detail("1001"))), ["1000", "1001"], now=NOW)
    assert book.learn({}, ["1000"], now=NOW).removed[0][0] == "1000"
    assert book.endpoints() == ("1001",)
