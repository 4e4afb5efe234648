"""Files that are cut into packets once: the same octets as without it, and bounded."""

from __future__ import annotations

import pytest

from bridge.tftp import CutFiles, Data, ReadTransfer, Terms, TransferCompleted, decode, encode
from bridge.tftp.blocks import MOST_BLOCKS, cut_blocks
from bridge.tftp.packets import Acknowledgement
from tests.tftp_lab import Exchange, Receiver, dropping

CONTENT = b"".join(number.to_bytes(4, "big") for number in range(3000))


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 1024, 8192])
def test_blocks_are_the_packets_of_the_file(size: int) -> None:
    blocks = cut_blocks(memoryview(CONTENT[:size]), 512)
    packets = [decode(packet) for packet, _ in blocks]
    assert [packet.block for packet in packets if isinstance(packet, Data)] == list(range(1, size // 512 + 2))
    assert b"".join(packet.data for packet in packets if isinstance(packet, Data)) == CONTENT[:size]
    assert [ack for _, ack in blocks] == [encode(Acknowledgement(block)) for block in range(1, size // 512 + 2)]


@pytest.mark.parametrize(
    "terms", [Terms(), Terms(window_size=4, granted=(("windowsize", "4"),))], ids=["plain", "window"]
)
@pytest.mark.parametrize("size", [0, 512, 5000, 12_000])
@pytest.mark.parametrize("lost", [0, 1, 2, 3, 6, 7])
def test_a_cut_file_goes_the_same_way_as_a_whole_one(size: int, terms: Terms, lost: int) -> None:
    exchanges = []
    for blocks in ((), cut_blocks(CONTENT[:size], 512)):
        receiver = Receiver(window=terms.window_size)
        exchange = Exchange(ReadTransfer(CONTENT[:size], terms, now=0.0, blocks=blocks), receiver, dropping(lost))
        assert isinstance(exchange.run(), TransferCompleted)
        assert bytes(receiver.content) == CONTENT[:size]
        exchanges.append(exchange)
    assert exchanges[0].sent == exchanges[1].sent
    assert exchanges[0].now == exchanges[1].now


@pytest.mark.parametrize("cut", [False, True])
def test_the_short_way_counts_its_time_anew_after_a_retransmission(cut: bool) -> None:
    transfer = ReadTransfer(CONTENT, Terms(), now=0.0, blocks=cut_blocks(CONTENT, 512) if cut else ())
    transfer.data_to_send()
    transfer.handle_timer(now=1.0)
    assert transfer.timer() == 3.0
    assert transfer.next_block(encode(Acknowledgement(1)), now=1.5) == encode(Data(2, CONTENT[512:1024]))
    assert transfer.timer() == 2.5
    assert transfer.receive_repeated_request(now=1.6)  # it is not silent any more


def test_the_same_file_is_cut_once_for_each_block_size() -> None:
    files = CutFiles()
    first = files.blocks("digest", CONTENT, 512)
    assert files.blocks("digest", CONTENT, 512) is first
    assert len(files.blocks("digest", CONTENT, 1428)) == len(CONTENT) // 1428 + 1


def test_what_is_not_worth_it_is_not_cut() -> None:
    files = CutFiles()
    assert not files.blocks("", CONTENT, 512)
    assert not files.blocks("digest", CONTENT, 8)
    assert not files.blocks("digest", bytes(MOST_BLOCKS * 512), 512)
    assert len(files.blocks("digest", bytes(MOST_BLOCKS * 512 - 1), 512)) == MOST_BLOCKS


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    files = CutFiles(most_octets=35_000)
    first, second = files.blocks("first", CONTENT, 512), files.blocks("second", CONTENT[:-1], 1000)
    assert files.blocks("first", CONTENT, 512) is first
    files.blocks("third", CONTENT[:5000], 512)
    assert files.blocks("first", CONTENT, 512) is first
    assert files.blocks("second", CONTENT[:-1], 1000) is not second
    assert 0 < files.octets <= 35_000
