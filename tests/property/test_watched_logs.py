"""Whatever stands in a log, and however it is written and read: no crash, no line lost, no address made up."""

from __future__ import annotations

import tempfile
from ipaddress import ip_address
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bridge.watch import LogEntry, LogFollower, TftpLog, parse_journal, parse_line
from bridge.watch.tftplog import IDENTIFIERS

_PIECES = st.sampled_from(
    [
        *("RRQ from ", " filename ", "1.2.3.4", "Serving ", " to ", ":69", "sent ", "file ", " not found for ", "\n"),
        *("sending NAK (", "1, ", ") to ", "End of transfer", "SEP001122334455.cnf.xml", "::1", "%", "[", "]"),
    ]
)
_MESSAGES = st.lists(st.one_of(_PIECES, st.text(max_size=8)), max_size=8).map("".join)


@given(st.sampled_from(sorted(IDENTIFIERS)), st.lists(_MESSAGES, max_size=6))
def test_every_request_has_a_name_and_a_numeric_address(program: str, messages: list[str]) -> None:
    log = TftpLog()
    for message in messages:
        for request in log.read(LogEntry(program, "1", message)):
            assert request.name
            ip_address(request.client)


@given(st.text(max_size=200))
def test_any_text_is_a_line_or_none(text: str) -> None:
    parse_line(text)
    parse_line(f"Nov 26 03:50:32 vm in.tftpd[1]: {text}")
    parse_journal(text)


_NAMES = st.text(st.characters(exclude_characters="\0\n\r", exclude_categories=("Cs",)), min_size=1, max_size=60)


@given(_NAMES)
def test_a_name_never_changes_who_asked(name: str) -> None:
    for form in (
        "Nov 26 03:50:32 vm in.tftpd[1]: RRQ from 192.0.2.7 filename {}",
        "Nov 26 03:50:32 vm atftpd[1.2]: Serving {} to 192.0.2.7:1024",
        "Nov 26 03:50:33 dnsmasq-tftp[1]: file /srv/{} not found for 192.0.2.7",
        "Nov 26 03:50:33 dnsmasq-tftp[1]: sent /srv/{} to 192.0.2.7",
    ):
        entry = parse_line(form.format(name))
        assert entry is not None
        assert {request.client for request in TftpLog().read(entry)} <= {"192.0.2.7"}


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.text(st.sampled_from("abc\n"), max_size=12)),
        st.tuples(st.sampled_from(["read", "rotate", "restart"]), st.just("")),
    ),
    max_size=25,
)


@given(_STEPS)
def test_every_complete_line_comes_once_in_order_through_rotations_and_restarts(steps: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "log"
        path.touch()
        follower = LogFollower(path)
        follower.read(now=0.0)
        written = [""]
        got: list[str] = []
        rotations = 0
        for step, text in [*steps, ("read", ""), ("read", "")]:
            if step == "write":
                with path.open("a", encoding="utf-8") as file:
                    file.write(text)
                written[-1] += text
            elif step == "rotate":
                while more := follower.read(now=0.0):
                    got += more
                path.rename(f"{path}.{rotations}")
                path.touch()
                follower.read(now=0.0)
                rotations += 1
                written.append("")
            elif step == "restart":
                remembered = follower.place
                follower.close()
                follower = LogFollower(path, remembered)
            else:
                got += follower.read(now=0.0)
        follower.close()
        assert got == [line for part in written for line in part.split("\n")[:-1]]
