"""The hardware address of an interface."""

from __future__ import annotations

import socket

import pytest

from bridge.errors import InvalidInput
from bridge.net.dhcp import interface_mac


def test_an_interface_without_one_is_there_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "if_nameindex", lambda: [(1, "lo"), (9, "wg-none")])
    with pytest.raises(InvalidInput) as said:
        interface_mac("wg-none")
    assert said.value.what == "wg-none has no hardware address"
    assert "--mac" in said.value.fix
    with pytest.raises(InvalidInput) as said:
        interface_mac("../lo")
    assert (said.value.what, said.value.fix) == ("there is no interface ../lo", "interfaces here: lo, wg-none")
