"""Who has port 69, from tables and command lines as they are found on machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.watch import TftpProgram
from bridge.watch.portowner import owners, parse_sockets
from bridge.watch.recognising import FoundServer, recognise

UDP = """\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 2711: 0100007F:D704 0100007F:A073 01 00000000:00000000 00:00000000 00000000     0        0 949949 2 0000 0
 3283: 0A0200C0:0045 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 949922 2 0000 0
 broken
"""
UDP6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when r
 3283: 00000000000000000000000001000000:0045 00000000000000000000000000000000:0000 07 0:0 00:0 0 0 0 77 2 0000 0
"""


def test_sockets() -> None:
    assert parse_sockets(UDP, 69) == {"949922": "192.0.2.10"}
    assert parse_sockets(UDP6, 69) == {"77": "::1"}
    assert parse_sockets("", 69) == {}


def test_processes(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/udp").write_text(UDP, encoding="ascii")
    (tmp_path / "net/udp6").write_text(UDP6, encoding="ascii")
    for pid in ("4711", "42"):
        (tmp_path / pid / "fd").mkdir(parents=True)
        (tmp_path / pid / "fd/3").symlink_to("socket:[949922]")
        (tmp_path / pid / "cmdline").write_bytes(b"/usr/sbin/in.tftpd\0--listen\0/srv/tftp\0")
    hidden, seen = owners(69, proc=tmp_path)[1], owners(69, proc=tmp_path)[0]
    assert (seen.address, seen.pid, seen.command) == ("192.0.2.10", 42, ("/usr/sbin/in.tftpd", "--listen", "/srv/tftp"))
    assert (hidden.address, hidden.pid, hidden.command) == ("::1", None, ())


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            "/usr/sbin/in.tftpd --listen --user tftp --address :69 --secure /srv/tftp",
            FoundServer(TftpProgram.TFTPD_HPA, Path("/srv/tftp"), None, True, True),
        ),
        (
            "in.tftpd -l -v -p -u root -m /etc/map -s /tftpboot",
            FoundServer(TftpProgram.TFTPD_HPA, Path("/tftpboot"), None, False, False),
        ),
        (
            "in.tftpd --map-file /etc/map --verbosity 4 /tftpboot",
            FoundServer(TftpProgram.TFTPD_HPA, Path("/tftpboot"), None, False, True),
        ),
        (
            "/usr/sbin/atftpd --daemon --port 69 --verbose=7 --logfile /var/log/atftpd.log /srv/tftp",
            FoundServer(TftpProgram.ATFTPD, Path("/srv/tftp"), Path("/var/log/atftpd.log"), False),
        ),
        ("atftpd --daemon --verbose=2", FoundServer(TftpProgram.ATFTPD, Path("/srv/tftp"), None, True)),
        (
            "dnsmasq --conf-file=/dev/null --enable-tftp --tftp-root=/srv/t,eth0 --log-facility=/var/log/d.log",
            FoundServer(TftpProgram.DNSMASQ, Path("/srv/t"), Path("/var/log/d.log"), False, True),
        ),
        ("/usr/bin/python3 -m http.server", None),
        ("", None),
    ],
)
def test_command_lines(tmp_path: Path, command: str, expected: FoundServer | None) -> None:
    assert recognise(command.split(), files=tmp_path) == expected


def test_dnsmasq_by_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "etc/dnsmasq.d").mkdir(parents=True)
    (tmp_path / "etc/dnsmasq.conf").write_text("# tftp-root=/no\nenable-tftp\n", encoding="utf-8")
    (tmp_path / "etc/dnsmasq.d/tftp").write_text(
        'tftp-root="/srv/tftp" # here\nquiet-tftp\ntftp-secure\n', encoding="utf-8"
    )
    found = recognise(["/usr/sbin/dnsmasq", "-u", "dnsmasq"], files=tmp_path)
    assert found == FoundServer(TftpProgram.DNSMASQ, Path("/srv/tftp"), None, True, False)
