"""Tones and RTP streams, without sockets."""

from __future__ import annotations

import pytest

from bridge.core.g711 import expand
from bridge.lab.g711 import PACKET_SAMPLES, TONES, ToneListener, share, strongest, tone_payloads
from bridge.lab.rtp import PCMU, RtpPacket, RtpReceiver, RtpSender


def test_a_tone_holds_its_own_frequency_and_no_other() -> None:
    samples = expand(b"".join(tone_payloads(1000)))
    assert share(samples, 1000) > 0.99
    assert all(share(samples, other) < 0.01 for other in TONES if other != 1000)


def test_a_tone_is_recognised_under_noise_of_another_voice() -> None:
    loud, soft = expand(b"".join(tone_payloads(725))), expand(b"".join(tone_payloads(1900)))
    mixed = [one + other // 3 for one, other in zip(loud, soft, strict=True)]
    heard = strongest(mixed)
    assert heard.frequency == 725
    assert 0.8 < heard.ratio < 0.95


def test_silence_has_no_tone() -> None:
    assert share([0] * 320, 1000) == 0.0
    assert strongest([3, -3] * 160).frequency == 0


def test_a_tone_that_is_not_a_multiple_of_25_hz_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        tone_payloads(1010)


def test_the_listener_says_it_once_and_again_when_it_changes() -> None:
    listener = ToneListener(every=2)
    said = [listener.listen(payload) for _ in range(5) for payload in tone_payloads(500)]
    assert [heard.frequency for heard in said if heard] == [500]
    said = [listener.listen(payload) for _ in range(5) for payload in tone_payloads(600)]
    assert [heard.frequency for heard in said if heard] == [600]


def test_one_phone_hears_the_tone_of_another() -> None:
    sender, receiver = RtpSender(ssrc=1, frequency=1225), RtpReceiver()
    heard = [receiver.receive(sender.next_packet()) for _ in range(50)]
    assert [tone.frequency for tone in heard if tone] == [1225]
    assert receiver.received == 50
    assert receiver.lost == 0


def test_packets_run_on_with_the_tone_in_phase() -> None:
    sender = RtpSender(ssrc=7, frequency=425)
    packets = [RtpPacket.parse(sender.next_packet()) for _ in range(3)]
    assert all(packets)
    assert [packet.sequence for packet in packets if packet] == [0, 1, 2]
    assert [packet.timestamp for packet in packets if packet] == [0, PACKET_SAMPLES, 2 * PACKET_SAMPLES]
    assert [packet.marker for packet in packets if packet] == [True, False, False]
    assert packets[0]
    assert packets[2]
    assert packets[0].payload == packets[2].payload
    assert packets[0].payload_type == PCMU


def test_keys_are_sent_as_events_and_heard_once_each() -> None:
    sender, receiver = RtpSender(ssrc=1, frequency=400), RtpReceiver()
    sender.press("1*#55")
    datagrams = [sender.next_packet() for _ in range(70)]
    for datagram in datagrams:
        receiver.receive(datagram)
    assert receiver.keys == "1*#55"
    events = [packet for packet in map(RtpPacket.parse, datagrams) if packet and packet.payload_type == 101]
    first = [packet for packet in events if packet.timestamp == events[0].timestamp]
    assert [packet.marker for packet in first] == [True] + [False] * 7
    # RFC 4733, section 2.5.1.4: the final packet three times, with the end bit and the final duration.
    assert [bool(packet.payload[1] & 0x80) for packet in first] == [False] * 5 + [True] * 3
    assert {packet.payload[2:] for packet in first[-3:]} == {first[-1].payload[2:]}


def test_a_key_survives_the_loss_of_all_but_one_of_its_packets() -> None:
    sender, receiver = RtpSender(ssrc=1), RtpReceiver()
    sender.press("9")
    datagrams = [sender.next_packet() for _ in range(8)]
    receiver.receive(datagrams[6])
    assert receiver.keys == "9"


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(ValueError, match="substring"):
        RtpSender(ssrc=1).press("1x")


def test_losses_are_counted_and_late_packets_forgiven() -> None:
    sender, receiver = RtpSender(ssrc=1), RtpReceiver()
    one, two, three, four, five = (sender.next_packet() for _ in range(5))
    for datagram in (one, three, two, five):
        receiver.receive(datagram)
    assert receiver.lost == 1
    assert four


def test_what_is_sent_while_the_channel_is_closed_is_not_lost() -> None:
    sender, receiver = RtpSender(ssrc=1), RtpReceiver()
    packets = [sender.next_packet() for _ in range(60)]
    for packet in packets[:5]:
        receiver.receive(packet)
    receiver.reopened()
    for packet in packets[50:]:
        receiver.receive(packet)
    assert (receiver.received, receiver.lost) == (15, 0)


def test_a_sender_that_begins_to_count_anew_is_followed() -> None:
    receiver = RtpReceiver()
    old, new, other = (
        RtpSender(ssrc=1, frequency=400),
        RtpSender(ssrc=1, frequency=500),
        RtpSender(ssrc=2, frequency=600),
    )
    for _ in range(1000):
        old.next_packet()
    for sender, frequency in ((old, 400), (new, 500), (other, 600)):
        for _ in range(40):
            receiver.receive(sender.next_packet())
        assert receiver.heard.frequency == frequency
    assert receiver.lost == 0


def test_one_stray_packet_does_not_lead_the_receiver_astray() -> None:
    sender, receiver = RtpSender(ssrc=1), RtpReceiver()
    first = sender.next_packet()
    receiver.receive(first)
    receiver.receive(RtpPacket(PCMU, 40000, 0, 1, b"").encode())
    receiver.receive(sender.next_packet())
    assert receiver.lost == 0


@pytest.mark.parametrize(
    "datagram",
    [b"", b"\x80", b"\x80" * 11, b"\x00" * 40, b"\x90" + b"\x00" * 11, b"\x8f" + b"\x00" * 20, b"\xa0" + b"\xff" * 12],
)
def test_what_is_no_rtp_is_ignored(datagram: bytes) -> None:
    receiver = RtpReceiver()
    assert receiver.receive(datagram) is None
    assert receiver.received == 0


def test_extensions_and_sources_are_skipped() -> None:
    header = bytes([0x91, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]) + b"\0\0\0\2" + b"\xbe\xde\0\1" + b"\0\0\0\0"
    packet = RtpPacket.parse(header + b"sound")
    assert packet is not None
    assert packet.payload == b"sound"
