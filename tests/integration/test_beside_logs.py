"""The logs that real TFTP servers write, followed through what happens to logs: each request is heard once."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest

from bridge.watch import LogFollower, Stage, TftpLog, TftpProgram, parse_line
from bridge.watch.places import PlaceFile
from tests.tftpservers import PROBE, OtherServer, other_server

PATIENCE = 20.0
BURST = 500


def request(server: OtherServer, names: Iterable[str]) -> None:
    """Ask for files one after the other, as a phone does: each is there and short, or missing."""
    for name in names:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.settimeout(5)
            phone.sendto(b"\0\1" + name.encode() + b"\0octet\0", server.address)
            answer, child = phone.recvfrom(600)
            if answer[:2] == b"\0\3":
                phone.sendto(b"\0\4" + answer[2:4], child)


class Listening:
    """What is heard of a log."""

    def __init__(self, server: OtherServer, kind: TftpProgram, place: Path) -> None:
        self._reader = TftpLog(root=PurePosixPath(server.root), only=kind)
        self._places = PlaceFile(place)
        known = self._places.load()
        assert not isinstance(known, str)
        self._follower = LogFollower(server.log, known)
        self.heard: Counter[str] = Counter()
        self.look()

    def look(self) -> None:
        while lines := self._follower.read(now=time.monotonic()):
            for entry in filter(None, map(parse_line, lines)):
                for each in self._reader.read(entry):
                    if each.name != PROBE:
                        self.heard[each.name] += each.stage is Stage.ASKED

    def hears(self, names: Iterable[str]) -> None:
        """Wait until each of these was heard."""
        wanted = set(names)
        deadline = time.monotonic() + PATIENCE
        while missing := wanted - set(self.heard):
            assert time.monotonic() < deadline, f"not heard: {len(missing)}, such as {min(missing)}"
            time.sleep(0.05)  # another program writes the file
            self.look()

    def stop(self) -> None:
        self._places.save(self._follower.place)
        self._follower.close()


def rotate(server: OtherServer, kind: TftpProgram) -> list[str]:
    """Put the log aside, with a request while the server has not noticed. Returns what was asked for meanwhile.

    dnsmasq opens its log again when it is told to, the syslog of in.tftpd by itself after a while. atftpd does neither:
    its log can only be copied and truncated.
    """
    asked = ["SEP001122445500.cnf.xml"]
    if kind is TftpProgram.ATFTPD:
        shutil.copy(server.log, server.log.with_suffix(".log.1"))
        os.truncate(server.log, 0)
        request(server, asked)
        return asked
    server.log.rename(server.log.with_suffix(".log.1"))
    server.log.touch()
    request(server, asked)
    if kind is TftpProgram.DNSMASQ:
        os.kill(server.pid, signal.SIGUSR2)
    deadline = time.monotonic() + PATIENCE
    while server.log.stat().st_size == 0:
        assert time.monotonic() < deadline, "it goes on writing the old file"
        asked.append(f"SEP0011224455{len(asked):02X}.cnf.xml")
        request(server, asked[-1:])
        time.sleep(0.1)
    return asked


@pytest.mark.peer("tftpd-hpa, atftpd, dnsmasq")
@pytest.mark.parametrize("kind", list(TftpProgram))
def test_rotation_truncation_bursts_and_restarts_lose_and_double_nothing(tmp_path: Path, kind: TftpProgram) -> None:
    with other_server(kind, tmp_path) as server:
        (server.root / "SEP001122334401.cnf.xml").write_bytes(b"<device/>")
        listening = Listening(server, kind, tmp_path / "place")
        asked = [f"SEP0011223344{number:02X}.cnf.xml" for number in range(1, 8)]

        request(server, asked[:2])
        listening.hears(asked[:2])

        between = rotate(server, kind)
        request(server, asked[2:4])
        listening.hears([*asked[:4], *between])

        os.truncate(server.log, 0)  # copytruncate
        request(server, asked[4:5])
        listening.hears(asked[:5])

        listening.stop()  # the bridge is restarted, and phones ask meanwhile
        before = listening.heard
        request(server, asked[5:])
        listening = Listening(server, kind, tmp_path / "place")
        listening.hears(asked[5:])
        assert before + listening.heard == Counter([*asked, *between])

        burst = [f"SEP00112244{number:04X}.cnf.xml" for number in range(BURST)]
        request(server, burst)
        listening.hears(burst)
        assert before + listening.heard == Counter([*asked, *between, *burst])
        listening.stop()


@pytest.mark.peer("tftpd-hpa, atftpd, dnsmasq")
@pytest.mark.parametrize("kind", list(TftpProgram))
def test_a_restart_of_the_server_itself_loses_and_doubles_nothing(tmp_path: Path, kind: TftpProgram) -> None:
    asked = [f"SEP0011223344{number:02X}.cnf.xml" for number in range(1, 7)]
    with other_server(kind, tmp_path) as server:
        (server.root / asked[0]).write_bytes(b"<device/>")
        listening = Listening(server, kind, tmp_path / "place")
        request(server, asked[:2])
        listening.hears(asked[:2])
        request(server, asked[2:4])  # read after it has ended
    with other_server(kind, tmp_path, at=server.address[0]) as server:
        request(server, asked[4:])
        listening.hears(asked)
        assert listening.heard == Counter(asked)
    listening.stop()
