"""The mode netascii."""

from __future__ import annotations

import pytest

from bridge.tftp import from_netascii, to_netascii


@pytest.mark.parametrize(
    ("local", "wire"),
    [
        (b"", b""),
        (b"a\nb\n", b"a\r\nb\r\n"),
        (b"a\rb", b"a\r\0b"),
        (b"a\r\n", b"a\r\0\r\n"),
        (b"\r\r\n\n", b"\r\0\r\0\r\n\r\n"),
    ],
)
def test_both_ways(local: bytes, wire: bytes) -> None:
    assert to_netascii(local) == wire
    assert from_netascii(wire) == local
    assert to_netascii(memoryview(local)) == wire
