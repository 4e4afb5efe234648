"""G.711 µ-law."""

from __future__ import annotations

from bridge.core.g711 import compress, expand


def test_mu_law_codes_of_the_standard() -> None:
    # ITU-T G.711, table 2a: the ends of the scale and the two zeros.
    assert expand(bytes([0x00, 0x80, 0x7F, 0xFF])) == [-32124, 32124, 0, 0]
    assert compress(0) == 0xFF
    assert compress(32767) == 0x80
    assert compress(-32768) == 0x00


def test_every_mu_law_code_survives_the_way_there_and_back() -> None:
    for code in range(256):
        sample = expand(bytes([code]))[0]
        assert compress(sample) == (0xFF if code == 0x7F else code)  # there are two codes for zero
