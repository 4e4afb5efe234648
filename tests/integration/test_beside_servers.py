"""Who owns port 69, asked of the machine itself while real servers have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.app.installing.tftpadvice import advise
from bridge.app.settings import Settings, TftpMode
from bridge.watch import TftpProgram
from bridge.watch.portowner import owners
from tests.tftpservers import other_server


@pytest.mark.peer("tftpd-hpa, atftpd, dnsmasq")
@pytest.mark.parametrize("kind", list(TftpProgram))
def test_a_real_server_is_recognised(tmp_path: Path, kind: TftpProgram) -> None:
    with other_server(kind, tmp_path) as server:
        found = [owner for owner in owners(69) if owner.address == server.address[0]]
        advice = advise(found, Settings())
    assert advice.mode is TftpMode.BESIDE
    assert advice.server is not None
    assert (advice.server.program, advice.server.root) == (kind, server.root)
    assert advice.server.log == (None if kind is TftpProgram.TFTPD_HPA else server.log)
    assert f'root = "{server.root}"' in advice.toml
    assert [each.code for each in advice.findings] == ["other_server"]
