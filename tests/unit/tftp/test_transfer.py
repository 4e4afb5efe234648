"""The sending machine, against a receiver in memory: loss, copies, disorder, strays, rollover, windows."""

from __future__ import annotations

import pytest

from bridge.tftp import (
    Acknowledgement,
    Data,
    Error,
    OptionAcknowledgement,
    ReadTransfer,
    RetransmissionPolicy,
    Terms,
    TransferCompleted,
    TransferFailed,
    decode,
    encode,
)
from tests.tftp_lab import Exchange, Receiver, dropping


def content(size: int) -> bytes:
    """Octets in which every block is different."""
    return b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]


def ack(block: int) -> bytes:
    return encode(Acknowledgement(block))


def blocks(transfer: ReadTransfer) -> list[int]:
    """The block numbers that the transfer sends now."""
    packets = [decode(datagram) for datagram in transfer.data_to_send()]
    assert all(isinstance(packet, Data) for packet in packets)
    return [packet.block for packet in packets if isinstance(packet, Data)]


WINDOW_TERMS = Terms(block_size=512, window_size=4, granted=(("windowsize", "4"),))


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 1024, 8192, 100_000])
@pytest.mark.parametrize(
    "terms",
    [Terms(), Terms(block_size=1428, granted=(("blksize", "1428"),)), WINDOW_TERMS],
    ids=["plain", "blksize", "window"],
)
def test_a_file_arrives_whole(size: int, terms: Terms) -> None:
    receiver = Receiver(block_size=terms.block_size, window=terms.window_size)
    exchange = Exchange(ReadTransfer(content(size), terms, now=0.0), receiver)
    assert exchange.run() == TransferCompleted(0)
    assert bytes(receiver.content) == content(size)
    assert receiver.done
    assert exchange.now == 0.0


def test_memoryview_is_sent_without_being_copied_as_a_whole() -> None:
    receiver = Receiver()
    exchange = Exchange(ReadTransfer(memoryview(content(5000)), Terms(), now=0.0), receiver)
    exchange.run()
    assert bytes(receiver.content) == content(5000)


@pytest.mark.parametrize("window", [1, 16])
def test_block_numbers_wrap(window: int) -> None:
    """A file of more than 65,535 blocks, as firmware at small block sizes is."""
    terms = Terms(block_size=8, window_size=window, granted=(("blksize", "8"),))
    data = content(8 * 70_000)
    receiver = Receiver(block_size=8, window=window)
    assert Exchange(ReadTransfer(data, terms, now=0.0), receiver).run() == TransferCompleted(0)
    assert bytes(receiver.content) == data
    assert receiver.block == 70_001


@pytest.mark.parametrize("lost", range(12))
@pytest.mark.parametrize("terms", [Terms(), WINDOW_TERMS], ids=["plain", "window"])
def test_any_single_loss_is_made_good(lost: int, terms: Terms) -> None:
    receiver = Receiver(window=terms.window_size)
    exchange = Exchange(ReadTransfer(content(5000), terms, now=0.0), receiver, dropping(lost))
    assert isinstance(exchange.run(), TransferCompleted)
    assert bytes(receiver.content) == content(5000)


def test_lost_last_ack_is_answered_again_by_the_receiver() -> None:
    receiver = Receiver()
    exchange = Exchange(ReadTransfer(b"x", Terms(), now=0.0), receiver, dropping(1))
    assert exchange.run() == TransferCompleted(1)
    assert exchange.now == 1.0


def test_no_sorcerers_apprentice() -> None:
    """Every ACK comes twice, and still every block goes out once (RFC 1123 section 4.2.3.1)."""
    receiver = Receiver()
    exchange = Exchange(
        ReadTransfer(content(10_000), Terms(), now=0.0),
        receiver,
        lambda _number, datagram: (datagram, datagram) if len(datagram) == 4 else (datagram,),
    )
    exchange.run()
    assert exchange.blocks_sent == 10_000 // 512 + 1


def test_one_doubled_window_does_not_double_the_rest() -> None:
    receiver = Receiver(window=4)
    doubled: list[bytes] = []

    def network(_number: int, datagram: bytes) -> tuple[bytes, ...]:
        if datagram == ack(4) and not doubled:
            doubled.append(datagram)
            return datagram, datagram
        return (datagram,)

    exchange = Exchange(ReadTransfer(content(512 * 40), WINDOW_TERMS, now=0.0), receiver, network)
    exchange.run()
    assert bytes(receiver.content) == content(512 * 40)
    # OACK, 41 blocks, and a window or two more: not 82.
    assert exchange.blocks_sent <= 42 + 12
    assert exchange.now == 0.0


def test_stray_and_late_acks_send_nothing() -> None:
    transfer = ReadTransfer(content(5000), Terms(), now=0.0)
    assert blocks(transfer) == [1]
    for stray in (ack(2), ack(500), ack(65535), ack(0)):
        transfer.receive_datagram(stray, now=0.0)
        assert transfer.data_to_send() == []
    transfer.receive_datagram(ack(1), now=0.0)
    assert blocks(transfer) == [2]
    transfer.receive_datagram(ack(1), now=0.0)
    assert transfer.data_to_send() == []
    assert transfer.strays == 3


@pytest.mark.parametrize(
    "broken", [b"", b"\0", b"\0\4\0", b"\0\3\0\1x", b"\0\1a\0octet\0", b"\0\x09\0\1", b"\xff" * 100]
)
def test_broken_datagrams_do_not_end_a_transfer(broken: bytes) -> None:
    transfer = ReadTransfer(content(5000), Terms(), now=0.0)
    transfer.data_to_send()
    transfer.receive_datagram(broken, now=0.0)
    assert transfer.data_to_send() == []
    assert transfer.next_event() is None
    assert transfer.strays == 1
    transfer.receive_datagram(ack(1), now=0.0)
    assert blocks(transfer) == [2]


def test_oack_waits_for_ack_0() -> None:
    transfer = ReadTransfer(content(600), Terms(granted=(("tsize", "600"),)), now=0.0)
    (oack,) = transfer.data_to_send()
    assert decode(oack) == OptionAcknowledgement((("tsize", "600"),))
    transfer.receive_datagram(ack(1), now=0.0)
    assert transfer.data_to_send() == []
    transfer.handle_timer(now=1.0)
    assert transfer.data_to_send() == [oack]
    transfer.receive_datagram(ack(0), now=1.1)
    assert blocks(transfer) == [1]
    assert transfer.timer() == pytest.approx(2.1)


def test_window_goes_back_to_the_gap() -> None:
    transfer = ReadTransfer(content(512 * 20), WINDOW_TERMS, now=0.0)
    transfer.data_to_send()
    transfer.receive_datagram(ack(0), now=0.0)
    assert blocks(transfer) == [1, 2, 3, 4]
    transfer.receive_datagram(ack(2), now=0.0)  # block 3 was lost
    assert blocks(transfer) == [3, 4, 5, 6]


def test_loss_of_a_windows_first_block_needs_no_timer() -> None:
    transfer = ReadTransfer(content(512 * 20), WINDOW_TERMS, now=0.0)
    transfer.data_to_send()
    transfer.receive_datagram(ack(0), now=0.0)
    transfer.data_to_send()
    transfer.receive_datagram(ack(4), now=0.0)
    assert blocks(transfer) == [5, 6, 7, 8]
    transfer.receive_datagram(ack(4), now=0.0)  # block 5 was lost
    assert blocks(transfer) == [5, 6, 7, 8]
    transfer.receive_datagram(ack(4), now=0.0)  # the same news again
    assert blocks(transfer) == []


def test_retransmission_backs_off_and_gives_up() -> None:
    transfer = ReadTransfer(content(600), Terms(), now=100.0)
    first = transfer.data_to_send()
    times = []
    while (when := transfer.timer()) is not None:
        transfer.handle_timer(now=when - 0.01)
        assert transfer.data_to_send() == []
        transfer.handle_timer(now=when)
        if sent := transfer.data_to_send():
            assert sent == first
            times.append(when - 100.0)
    assert times == [1.0, 3.0, 7.0, 15.0, 23.0]
    assert transfer.next_event() == TransferFailed(0, "the client fell silent", 5)
    assert transfer.next_event() is None


def test_progress_resets_the_back_off() -> None:
    transfer = ReadTransfer(content(2000), Terms(), now=0.0)
    transfer.handle_timer(now=1.0)
    transfer.handle_timer(now=3.0)
    assert transfer.timer() == 7.0
    transfer.receive_datagram(ack(1), now=4.0)
    assert transfer.timer() == 5.0


def test_negotiated_timeout_is_the_first_interval() -> None:
    transfer = ReadTransfer(content(2000), Terms(timeout=3, granted=(("timeout", "3"),)), now=0.0)
    assert transfer.timer() == 3.0


def test_error_of_the_client_ends_it() -> None:
    transfer = ReadTransfer(content(2000), Terms(), now=0.0)
    transfer.receive_datagram(ack(1), now=0.0)
    transfer.data_to_send()
    transfer.receive_datagram(encode(Error(3, "disk\nfull")), now=0.0)
    assert transfer.next_event() == TransferFailed(512, "the client sent error 3: disk?full", 0)
    assert transfer.data_to_send() == []
    assert transfer.timer() is None


def test_nothing_moves_a_finished_transfer() -> None:
    transfer = ReadTransfer(b"x", Terms(), now=0.0)
    transfer.receive_datagram(ack(1), now=0.0)
    transfer.data_to_send()
    assert transfer.next_event() == TransferCompleted(0)
    transfer.receive_datagram(ack(1), now=0.0)
    transfer.receive_datagram(encode(Error(0, "")), now=0.0)
    transfer.handle_timer(now=99.0)
    assert not transfer.receive_repeated_request(now=99.0)
    assert transfer.data_to_send() == []
    assert transfer.next_event() is None


def test_repeated_request_brings_the_first_answer_again_at_once() -> None:
    transfer = ReadTransfer(content(2000), Terms(), now=0.0)
    assert blocks(transfer) == [1]
    assert transfer.receive_repeated_request(now=0.5)
    assert blocks(transfer) == [1]
    transfer.receive_datagram(ack(1), now=0.6)
    assert blocks(transfer) == [2]


def test_the_short_way_is_the_four_verbs_in_one() -> None:
    short = ReadTransfer(content(5 * 512 + 7), Terms(), now=0.0)
    verbs = ReadTransfer(content(5 * 512 + 7), Terms(), now=0.0)
    assert short.data_to_send() == verbs.data_to_send()
    for number in range(1, 6):
        assert short.next_block(ack(number - 1), now=1.0) is None
        block = short.next_block(ack(number), now=1.0 + number)
        verbs.receive_datagram(ack(number), now=1.0 + number)
        assert [block] == verbs.data_to_send()
        assert short.acknowledged_octets == verbs.acknowledged_octets
        assert short.timer() == verbs.timer()
    assert short.next_block(ack(6), now=9.0) is None  # the end is an event, which has its own way
    short.receive_datagram(ack(6), now=9.0)
    assert short.next_event() == TransferCompleted(0)
    assert short.next_block(ack(6), now=9.0) is None


@pytest.mark.parametrize("terms", [WINDOW_TERMS, Terms(block_size=1428, granted=(("blksize", "1428"),))])
def test_nothing_but_an_expected_ack_goes_the_short_way(terms: Terms) -> None:
    transfer = ReadTransfer(content(20_000), terms, now=0.0)
    sent = transfer.data_to_send()
    for data in (b"", b"\0\4", ack(0), ack(1), ack(2), ack(1) + b"\0", b"\0\5\0\1x\0"):
        assert transfer.next_block(data, now=1.0) is None
    assert not transfer.data_to_send()
    assert transfer.timer() == 1.0
    assert sent


def test_late_request_does_not_disturb_flowing_data() -> None:
    transfer = ReadTransfer(content(2000), Terms(), now=0.0)
    transfer.receive_datagram(ack(1), now=0.1)
    transfer.data_to_send()
    assert transfer.receive_repeated_request(now=0.2)
    assert transfer.data_to_send() == []


def test_request_after_silence_in_the_middle_wants_a_new_transfer() -> None:
    transfer = ReadTransfer(content(2000), Terms(), now=0.0)
    transfer.receive_datagram(ack(1), now=0.1)
    transfer.handle_timer(now=2.0)
    assert not transfer.receive_repeated_request(now=2.1)


def test_abort_tells_the_client() -> None:
    transfer = ReadTransfer(content(2000), Terms(), now=0.0)
    transfer.abort(0, "the server is stopping")
    assert [decode(datagram) for datagram in transfer.data_to_send()] == [Error(0, "the server is stopping")]
    assert transfer.next_event() == TransferFailed(0, "the server is stopping", 0)


def test_silence_for_a_given_policy() -> None:
    policy = RetransmissionPolicy(first=0.25, factor=1.0, attempts=2)
    transfer = ReadTransfer(b"x", Terms(), now=0.0, policy=policy)
    transfer.handle_timer(now=0.25)
    transfer.handle_timer(now=0.5)
    assert transfer.next_event() is None
    transfer.handle_timer(now=0.75)
    assert transfer.next_event() == TransferFailed(0, "the client fell silent", 2)
