"""What holds for any packet, any option, any network and any datagram."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import RemoteProtocolError
from bridge.net.tftp import TftpServer
from bridge.tftp import (
    Acknowledgement,
    Data,
    Error,
    OptionAcknowledgement,
    Packet,
    ReadRequest,
    ReadTransfer,
    RetransmissionPolicy,
    TransferCompleted,
    TransferFailed,
    WriteRequest,
    decode,
    encode,
    from_netascii,
    negotiate,
    to_netascii,
)
from tests.tftp_lab import Exchange, Files, FixedClock, Receiver, RecordingSink

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)
names = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=40)
modes = texts.map(str.lower).filter(lambda mode: mode == mode.lower())
options = st.lists(st.tuples(names, texts), max_size=5).map(tuple)
numbers = st.integers(0, 0xFFFF)
packets: st.SearchStrategy[Packet] = st.one_of(
    st.builds(ReadRequest, names, modes, options),
    st.builds(WriteRequest, names, modes, options),
    st.builds(Data, numbers, st.binary(max_size=1500)),
    st.builds(Acknowledgement, numbers),
    st.builds(Error, numbers, texts),
    st.builds(OptionAcknowledgement, st.lists(st.tuples(names, texts), min_size=1, max_size=5).map(tuple)),
)


@given(packets)
def test_packets_round_trip(packet: Packet) -> None:
    assert decode(encode(packet)) == packet


# Most random octets are no packet at all; these come closer to being one.
near_packets = st.one_of(
    st.binary(max_size=600),
    st.builds(lambda opcode, rest: bytes([0, opcode]) + rest, st.integers(0, 9), st.binary(max_size=600)),
    st.builds(lambda packet, cut: encode(packet)[:cut], packets, st.integers(0, 60)),
)


@given(near_packets)
def test_decoding_never_crashes(data: bytes) -> None:
    try:
        packet = decode(data)
    except RemoteProtocolError:
        return
    # What was understood can be written again.
    encode(packet)


values = st.one_of(st.integers(-10, 70_000).map(str), texts)
known = st.sampled_from(["blksize", "tsize", "timeout", "windowsize", "BLKSIZE", "multicast"])


@given(st.lists(st.tuples(known, values), max_size=6), st.integers(0, 2**40))
def test_negotiation_stays_within_what_was_asked(asked: list[tuple[str, str]], size: int) -> None:
    try:
        terms = negotiate(asked, size=size)
    except RemoteProtocolError:
        return
    assert 8 <= terms.block_size <= 65464
    assert terms.window_size >= 1
    wanted = dict(asked)
    for name, value in terms.granted:
        if name.lower() in ("blksize", "windowsize"):
            assert int(value) <= int(wanted[name])
        elif name.lower() == "timeout":
            assert value == str(int(wanted[name]))
        else:
            assert (name.lower(), value) == ("tsize", str(size))


@given(st.binary(max_size=2000))
def test_netascii_round_trips(content: bytes) -> None:
    wire = to_netascii(content)
    assert from_netascii(wire) == content
    assert b"\n" not in wire.replace(b"\r\n", b"")


class Lossy:
    """A network that does with the n-th datagram what the n-th fate says, and delivers everything after that."""

    def __init__(self, fates: list[int]) -> None:
        self.fates = fates
        self.late: list[bytes] = []

    def __call__(self, number: int, datagram: bytes) -> Iterable[bytes]:
        fate = self.fates[number] if number < len(self.fates) else 1
        if fate == 3:  # comes behind the next one; across directions that makes a stray
            self.late.append(datagram)
            return ()
        late, self.late = self.late, []
        return (*[datagram] * fate, *late)


@settings(deadline=None)
@given(
    size=st.integers(0, 3000),
    window=st.integers(1, 5),
    fates=st.lists(st.sampled_from([0, 1, 1, 1, 2, 3]), max_size=120),
)
def test_a_lossy_channel_ends_in_the_right_file_or_a_counted_abort(size: int, window: int, fates: list[int]) -> None:
    content = bytes(number * 7 % 251 for number in range(size))
    asked = [("blksize", "64"), *([("windowsize", str(window))] if window > 1 else [])]
    policy = RetransmissionPolicy(attempts=3)
    receiver = Receiver(block_size=64, window=window)
    transfer = ReadTransfer(content, negotiate(asked, size=size), now=0.0, policy=policy)
    event = Exchange(transfer, receiver, Lossy(fates)).run()
    if isinstance(event, TransferCompleted):
        assert bytes(receiver.content) == content
        assert receiver.done
    else:
        assert isinstance(event, TransferFailed)
        assert event.why == "the client fell silent"
        assert content[: event.acknowledged] == bytes(receiver.content)[: event.acknowledged]
    assert transfer.timer() is None


@given(
    st.lists(st.tuples(near_packets, st.floats(0, 5)), max_size=60),
    st.integers(0, 5000),
    st.integers(1, 8),
)
def test_no_datagram_upsets_a_transfer(arrivals: list[tuple[bytes, float]], size: int, window: int) -> None:
    transfer = ReadTransfer(bytes(size), negotiate([("windowsize", str(window))], size=size), now=0.0)
    transfer.data_to_send()  # the answer to the request
    now = 0.0
    for data, wait in arrivals:
        now += wait
        transfer.handle_timer(now=now)
        transfer.receive_datagram(data, now=now)
        # Never more than a window for one datagram and one timer: nobody can use us to multiply traffic.
        assert len(transfer.data_to_send()) <= 2 * window
    while (when := transfer.timer()) is not None:
        transfer.handle_timer(now=when)
    event = transfer.next_event()
    assert isinstance(event, TransferCompleted | TransferFailed)


async def _bombard(at_listener: list[bytes], at_transfer: list[bytes]) -> None:
    server = TftpServer(Files({"file": bytes(700)}), RecordingSink(), FixedClock(), listen=[("127.0.0.1", 0)])
    await server.start()
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client, socket.socket(type=socket.SOCK_DGRAM) as attacker:
        for each in (client, attacker):
            each.setblocking(False)
            each.bind(("127.0.0.1", 0))
        listener = server.addresses[0]
        for datagram in at_listener:
            await loop.sock_sendto(attacker, datagram, listener)
        await loop.sock_sendto(client, encode(ReadRequest("file", "octet")), listener)
        receiver = Receiver()
        while not receiver.done:
            async with asyncio.timeout(10):
                data, port = await loop.sock_recvfrom(client, 1000)
            for datagram in at_transfer:
                await loop.sock_sendto(attacker, datagram, port)
            for answer in receiver.receive(data):
                await loop.sock_sendto(client, answer, port)
    await server.close()
    assert receiver.content == bytes(700)
    assert server.counters.active == 0


@settings(deadline=None, max_examples=50)
@given(st.lists(near_packets, max_size=30), st.lists(near_packets, max_size=10))
def test_no_datagram_upsets_the_server(at_listener: list[bytes], at_transfer: list[bytes]) -> None:
    asyncio.run(_bombard(at_listener, at_transfer))
