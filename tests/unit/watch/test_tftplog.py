"""Lines of real servers, as captured, and lines that strangers would like to be taken for them."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pytest

from bridge.watch import LogEntry, LoggedRequest, Stage, TftpLog, TftpProgram, parse_journal, parse_line

HPA = """\
Nov 26 03:50:32 vm daemon.notice in.tftpd[28243]: RRQ from 127.0.0.1 filename SEP001122334455.cnf.xml
Nov 26 03:50:32 vm daemon.notice in.tftpd[28244]: RRQ from 127.0.0.1 filename SEP00AABBCCDDEE.cnf.xml
<30>Nov 26 03:50:32 vm in.tftpd[28244]: sending NAK (1, File not found) to 127.0.0.1
2026-11-26T03:50:32.123456+00:00 pbx in.tftpd[9]: RRQ from ::ffff:192.0.2.7 filename a b c.xml
Nov 26 03:50:32 vm in.tftpd[28288]: RRQ from 127.0.0.1 filename evil in.tftpd[1]: RRQ from 1.2.3.4 filename SEPFF.xml
Nov 26 03:50:32 vm in.tftpd[2]: RRQ from 192.0.2.9 filename dialplan.xml remapped to /x/dialplan.xml
"""
ATFTPD = """\
Nov 26 03:53:55 vm atftpd[2816.139718577383104]: Serving SEP001122334455.cnf.xml to 127.0.0.1:57934
Nov 26 03:53:55 vm atftpd[2816.139718577383104]: End of transfer
Nov 26 03:53:55 vm atftpd[2816.139718577383104]: Server thread exiting
Nov 26 03:53:55 vm atftpd[2816.139718568990400]: Creating new socket: 127.0.69.1:40799
Nov 26 03:53:55 vm atftpd[2816.139718568990400]: Serving SEP00AABBCCDDEE.cnf.xml to 127.0.0.1:54910
Nov 26 03:53:55 vm atftpd[2816.139718568990400]: File /srv/tftp/SEP00AABBCCDDEE.cnf.xml not found
Nov 26 03:53:55 vm atftpd[2816.139718568990400]: Server thread exiting
Nov 26 03:53:55 vm atftpd[2816.139718568990400]: Serving evil
in.tftpd[1]: RRQ from 1.2.3.4 filename SEPFFFFFFFFFFFF.cnf.xml to 127.0.0.1:37043
Nov 26 03:53:57 vm atftpd[2946.140217050228416]: Serving SEP00 to 1.2.3.4 to 127.0.0.1:50658
"""
DNSMASQ = """\
Nov 26 03:50:32 dnsmasq-tftp[28311]: TFTP root is /srv/tftp
Nov 26 03:50:33 dnsmasq-tftp[28311]: file /srv/tftp/SEP00AABBCCDDEE.cnf.xml not found for 127.0.0.1
Nov 26 03:50:33 dnsmasq-tftp[28311]: sent /srv/tftp/SEP001122334455.cnf.xml to 127.0.0.1
Nov 26 03:50:33 dnsmasq-tftp[28311]: cannot access /srv/tftp/../../etc/passwd: Permission denied
Nov 26 03:50:33 dnsmasq-tftp[28311]: file /srv/tftp/SEP00 to 1.2.3.4 not found for 127.0.0.1
Nov 26 03:50:33 dnsmasq-tftp[28311]: error 0 no thanks received from 127.0.0.1
Nov 26 03:50:33 dnsmasq-tftp[28311]: failed sending /srv/tftp/SEP001122334455.cnf.xml to 127.0.0.1
"""
KNOWN, UNKNOWN = "SEP001122334455.cnf.xml", "SEP00AABBCCDDEE.cnf.xml"


def read(text: str, log: TftpLog) -> list[LoggedRequest]:
    entries = [entry for line in text.splitlines() if (entry := parse_line(line)) is not None]
    return [request for entry in entries for request in log.read(entry)]


def test_tftpd_hpa() -> None:
    assert read(HPA, TftpLog()) == [
        LoggedRequest(KNOWN, "127.0.0.1", Stage.ASKED),
        LoggedRequest(UNKNOWN, "127.0.0.1", Stage.ASKED),
        LoggedRequest(UNKNOWN, "127.0.0.1", Stage.MISSING, "File not found"),
        LoggedRequest("a b c.xml", "::ffff:c000:207", Stage.ASKED),
        LoggedRequest("evil in.tftpd[1]: RRQ from 1.2.3.4 filename SEPFF.xml", "127.0.0.1", Stage.ASKED),
        LoggedRequest("dialplan.xml", "192.0.2.9", Stage.ASKED),
    ]


def test_atftpd() -> None:
    assert read(ATFTPD, TftpLog()) == [
        LoggedRequest(KNOWN, "127.0.0.1", Stage.ASKED),
        LoggedRequest(KNOWN, "127.0.0.1", Stage.SENT),
        LoggedRequest(UNKNOWN, "127.0.0.1", Stage.ASKED),
        LoggedRequest(UNKNOWN, "127.0.0.1", Stage.MISSING, "file not found"),
        LoggedRequest("SEP00 to 1.2.3.4", "127.0.0.1", Stage.ASKED),
    ]


def test_dnsmasq_tells_the_end_alone_and_writes_its_root_before_the_name() -> None:
    requests = read(DNSMASQ, TftpLog(root=PurePosixPath("/srv/tftp")))
    assert [(each.name, each.stage) for each in requests] == [
        (UNKNOWN, Stage.ASKED),
        (UNKNOWN, Stage.MISSING),
        (KNOWN, Stage.ASKED),
        (KNOWN, Stage.SENT),
        ("SEP00 to 1.2.3.4", Stage.ASKED),
        ("SEP00 to 1.2.3.4", Stage.MISSING),
        (KNOWN, Stage.ASKED),
        (KNOWN, Stage.FAILED),
    ]
    assert {each.client for each in requests} == {"127.0.0.1"}


def test_one_server_of_several_that_log_into_one_place() -> None:
    requests = read(HPA + ATFTPD + DNSMASQ, TftpLog(only=TftpProgram.ATFTPD))
    assert requests == read(ATFTPD, TftpLog())


@pytest.mark.parametrize(
    "line",
    [
        "",
        "in.tftpd[1]: RRQ from 1.2.3.4 filename SEP001122334455.cnf.xml",
        "Nov 26 03:50:32 vm sshd[1]: RRQ from 1.2.3.4 filename SEP001122334455.cnf.xml",
        "Nov 26 03:50:32 vm sshd[1]: in.tftpd[1]: RRQ from 1.2.3.4 filename SEP001122334455.cnf.xml",
        "Nov 26 03:50:32 vm in.tftpd[1]: RRQ from phone.example.com filename SEP001122334455.cnf.xml",
        "Nov 26 03:50:32 vm in.tftpd[1]: RRQ from 1.2.3.4 filename ",
        "Nov 26 03:50:32 vm in.tftpd[1]: sending NAK (1, File not found) to 1.2.3.4",
        "Nov 26 03:50:32 vm in.tftpd[1]: RRQ from 1.2.3.4 filename " + "x" * 9000,
    ],
)
def test_what_is_no_request(line: str) -> None:
    assert read(line, TftpLog()) == []


def test_a_flood_of_open_requests_is_forgotten_oldest_first() -> None:
    log = TftpLog()
    for number in range(10_000):
        log.read(LogEntry("in.tftpd", str(number), f"RRQ from 1.2.3.4 filename SEP{number:012X}.cnf.xml"))
    assert log.read(LogEntry("in.tftpd", "0", "sending NAK (1, File not found) to 1.2.3.4")) == ()
    (last,) = log.read(LogEntry("in.tftpd", "9999", "sending NAK (2, Access violation) to 1.2.3.4"))
    assert (last.name, last.stage) == ("SEP00000000270F.cnf.xml", Stage.FAILED)


def test_a_record_of_the_journal() -> None:
    message = "RRQ from 192.0.2.7 filename SEP001122334455.cnf.xml"
    record = {
        "__CURSOR": "s=1;i=2",
        "__REALTIME_TIMESTAMP": "1795664432000000",
        "SYSLOG_IDENTIFIER": "in.tftpd",
        "_PID": "77",
        "MESSAGE": message,
    }
    entry = parse_journal(json.dumps(record))
    assert entry is not None
    assert (entry.program, entry.process, entry.message, entry.cursor) == ("in.tftpd", "77", message, "s=1;i=2")
    assert entry.at is not None
    assert entry.at.isoformat() == "2026-11-26T03:40:32+00:00"
    octets = parse_journal(json.dumps(record | {"MESSAGE": list(b"RRQ from 1.2.3.4 filename \xff\xfe")}))
    assert octets is not None
    assert octets.message == "RRQ from 1.2.3.4 filename \ufffd\ufffd"
    for broken in (None, {}, [], 5, [None], [400], [["x"]]):
        assert parse_journal(json.dumps(record | {"MESSAGE": broken})) is None or broken == []
    for line in ("", "[]", "7", "{", '{"MESSAGE": "x"}', "[" * 100_000):
        assert parse_journal(line) is None
