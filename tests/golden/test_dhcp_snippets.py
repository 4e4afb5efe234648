"""What is printed for every DHCP server, word for word. ``UPDATE_GOLDEN=1`` writes the files anew."""

from __future__ import annotations

import os
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from bridge.dhcp import DhcpServer, snippet
from bridge.errors import InvalidInput

PLACE = Path(__file__).parent / "dhcp"
ADDRESSES = [IPv4Address("192.0.2.10"), IPv4Address("192.0.2.11")]


@pytest.mark.req("RG-07")
@pytest.mark.parametrize("server", list(DhcpServer))
@pytest.mark.parametrize("count", [1, 2])
def test_fragment(server: DhcpServer, count: int) -> None:
    text = snippet(server, ADDRESSES[:count], voice_vlan=20 if count == 2 else None)
    path = PLACE / f"{server.value}-{count}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert "192.0.2.10" in text or "c000020a" in text
    assert ("switchport voice vlan 20" in text) == (count == 2)


@pytest.mark.parametrize(("count", "vlan"), [(0, None), (9, None), (1, 0), (1, 4095)])
def test_what_cannot_be_configured(count: int, vlan: int | None) -> None:
    with pytest.raises(InvalidInput):
        snippet(DhcpServer.IOS, [ADDRESSES[0]] * count, voice_vlan=vlan)
