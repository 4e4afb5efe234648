"""Every kind of message that we send, read by a dissector that we did not write."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path

import pytest

from bridge.sip import Account, Destination, Header, IdentityHeaders, IncomingCall, UserAgent
from bridge.sip.doorway import Doorway, UnknownPhoneRegistered
from tests.peers import peer
from tests.sipwire import PBX, PBX_MEDIA, PHONE, PHONE_MEDIA, CountingIds, Passed, Registrar, Wire, events
from tests.unit.sip.test_doorway import a_register

EXPECTED = {
    "REGISTER", "INVITE", "ACK", "BYE", "CANCEL", "INFO", "NOTIFY", "100 INVITE", "180 INVITE", "183 INVITE",
    "200 INVITE", "486 INVITE", "487 INVITE", "491 INVITE", "488 INVITE", "302 INVITE", "200 BYE", "200 CANCEL",
    "200 INFO", "200 OPTIONS", "403 REFER", "501 FROB", "481 BYE", "200 REGISTER", "403 REGISTER", "200 NOTIFY",
    "420 INVITE", "UPDATE", "200 UPDATE", "REFER", "202 REFER", "405 SUBSCRIBE", "PRACK", "200 PRACK",
}  # fmt: skip

FIELDS = ("frame.protocols", "_ws.malformed", "_ws.expert.message", "sip.Method", "sip.Status-Code", "sip.CSeq.method",
          "sdp.media")  # fmt: skip


def conversation() -> list[Passed]:
    """Everything that the user agent and the doorway say."""
    account = Account("1001", PBX[0], Destination(*PBX), password="secret", identity=IdentityHeaders.BOTH,
                      display_name='Jürgen "J" \\ Müller',
                      contact_parameters=';+sip.instance="<urn:uuid:00000000-0000-0000-0000-001122aabbcc>"',
                      register_headers=(Header("Supported", "replaces"),))  # fmt: skip
    phone = UserAgent(account, CountingIds("a"), PHONE)
    registrar = Registrar(("MD5", "SHA-256"))
    wire = Wire([phone, registrar])
    phone.register(now=wire.now)
    wire.settle()
    phone.unregister(now=wire.now)
    wire.settle()
    log = list(wire.log)
    pbx = UserAgent(Account("600", PBX[0], Destination(*PHONE)), CountingIds("b"), PBX)
    wire = Wire([phone, pbx])
    events(phone)

    def call() -> IncomingCall:
        phone.call("600#", PHONE_MEDIA, now=wire.now)
        wire.settle()
        incoming = events(pbx)[-1]
        assert isinstance(incoming, IncomingCall)
        return incoming

    for status in (486, 488, 302):
        incoming = call()
        contact = (Header("Contact", "<sip:601@elsewhere.example>"),)
        pbx.reject(incoming.call, status, headers=contact if status == 302 else (), now=wire.now)
        wire.settle()
    incoming = call()
    pbx.ring(incoming.call, now=wire.now)
    pbx.ring(incoming.call, status=183, session=PBX_MEDIA, now=wire.now)
    wire.settle()
    phone.hang_up(phone.calls[0], now=wire.now)
    wire.settle()
    incoming = call()
    pbx.answer(incoming.call, PBX_MEDIA, now=wire.now)
    wire.settle()
    phone.hold(phone.calls[0], now=wire.now)
    pbx.hold(incoming.call, now=wire.now)
    wire.advance(10)
    phone.update(phone.calls[0], now=wire.now)
    pbx.update(incoming.call, PBX_MEDIA, now=wire.now)
    wire.settle()
    phone.transfer(phone.calls[0], "602#", now=wire.now)
    wire.settle()
    pbx.accept_transfer(incoming.call, now=wire.now)
    wire.settle()
    pbx.report_transfer(incoming.call, 200, now=wire.now)
    wire.settle()
    early = phone.call("604", PHONE_MEDIA, headers=[Header("Require", "100rel")], now=wire.now)
    wire.settle()
    other = events(pbx)[-1]
    assert isinstance(other, IncomingCall)
    pbx.ring(other.call, status=183, session=PBX_MEDIA, now=wire.now)
    wire.settle()
    phone.hang_up(early, now=wire.now)
    wire.settle()
    consultation = phone.call("603", None, now=wire.now)
    wire.settle()
    other = events(pbx)[-1]
    assert isinstance(other, IncomingCall)
    pbx.answer(other.call, PBX_MEDIA, now=wire.now)
    wire.settle()
    phone.answer_offer(consultation, PHONE_MEDIA, now=wire.now)
    wire.settle()
    phone.transfer(phone.calls[0], consultation, now=wire.now)
    wire.settle()
    phone.hang_up(consultation, now=wire.now)
    wire.settle()
    phone.send_info(phone.calls[0], "application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", now=wire.now)
    wire.settle()
    phone.hang_up(phone.calls[0], now=wire.now)
    wire.settle()
    log += wire.log
    extra = {"INVITE": "Require: x\r\n", "NOTIFY": "Event: a\r\n"}
    for method in ("OPTIONS", "REFER", "SUBSCRIBE", "FROB", "BYE", "INVITE", "NOTIFY"):
        phone.receive_datagram(
            (
                f"{method} sip:1001@192.0.2.10 SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{method};rport\r\n"
                f"From: <sip:x@h>;tag=1\r\nTo: <sip:1001@h>\r\nCall-ID: {method}\r\n"
                f"CSeq: 1 {method}\r\n{extra.get(method, '')}\r\n"
            ).encode(),
            PBX,
            now=wire.now,
        )
        log += [Passed(wire.now, PHONE, data, lost=False) for data, _ in phone.data_to_send()]
    doorway = Doorway(CountingIds("d"), PBX)
    for branch in ("1", "2"):
        doorway.receive(a_register(branch="z9hG4bK" + branch), Destination("192.0.2.10", 5062), now=0.0)
        event = doorway.next_event()
        assert isinstance(event, UnknownPhoneRegistered)
        if branch == "1":
            doorway.accept(event.request_id, now=0.0)
        else:
            doorway.refuse(event.request_id, warning="Autoregistration range exhausted 1000-1009", now=0.0)
    log += [Passed(0.0, PBX, data, lost=False) for data, _ in doorway.data_to_send()]
    return log


def write_capture(path: Path, log: list[Passed]) -> None:
    """A pcap file of raw IPv4 packets."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        for passed in log:
            receiver = PBX if passed.sender == PHONE else PHONE
            udp = struct.pack("!HHHH", passed.sender[1], receiver[1], 8 + len(passed.data), 0) + passed.data
            addresses = b"".join(bytes(map(int, party[0].split("."))) for party in (passed.sender, receiver))
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + addresses
            file.write(struct.pack("<IIII", int(passed.at), 0, len(ip + udp), len(ip + udp)) + ip + udp)


@pytest.mark.peer("tshark")
def test_every_message_is_well_formed(tmp_path: Path) -> None:
    log = conversation()
    assert {passed.title for passed in log} >= EXPECTED
    capture = tmp_path / "sip.pcap"
    write_capture(capture, log)
    done = subprocess.run(
        [peer("tshark"), "-r", str(capture), "-T", "json", "-d", "udp.port==5062,sip", "-o", "ip.check_checksum:FALSE",
         *(word for name in FIELDS for word in ("-e", name))],
        capture_output=True, check=True, text=True, timeout=60,
    )  # fmt: skip
    packets = [packet["_source"]["layers"] for packet in json.loads(done.stdout)]
    assert len(packets) == len(log)
    for passed, layers in zip(log, packets, strict=True):
        assert ":sip" in layers["frame.protocols"][0], passed.data
        assert "_ws.malformed" not in layers, passed.data
        notes = [note for note in layers.get("_ws.expert.message", []) if "checksum" not in note.lower()]
        assert not [note for note in notes if "malformed" in note.lower() or "invalid" in note.lower()], passed.data
        title = passed.title.split()
        read = layers.get("sip.Method", layers.get("sip.Status-Code", [""]))[0]
        assert read == title[0]
        assert layers["sip.CSeq.method"][0] == title[-1]
        if b"\r\nv=0" in passed.data:
            assert layers["sdp.media"][0].startswith("audio ")
