"""Does a port of this machine answer? Asked as a phone would ask (requirement RG-13)."""

from __future__ import annotations

import errno
import secrets
import socket
import time

from bridge.doctor.ports import DOCTORS_NAME, Answer

_NOT_FOUND = b"\0\5\0\1"
_FILE = "XMLDefault.cnf.xml"
_LARGEST = 65535


def tcp_answer(host: str, port: int, *, within: float = 2.0) -> Answer:
    """Whether somebody takes a connection; nothing is sent."""
    try:
        with socket.create_connection((host, port), timeout=within):
            return Answer.YES
    except ConnectionRefusedError:
        return Answer.REFUSED
    except OSError:
        return Answer.NOTHING


def tftp_answer(host: str, port: int, *, name: str = _FILE, within: float = 3.0) -> Answer:
    """Fetch a whole file. "Not found" is an answer, too: the server is there, and its packets arrive."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        request = b"\0\1" + name.encode("ascii") + b"\0octet\0"
        deadline = time.monotonic() + within
        expected = 1
        try:
            sock.sendto(request, (host, port))
            while (left := deadline - time.monotonic()) > 0:
                sock.settimeout(left)
                packet, sender = sock.recvfrom(_LARGEST)
                if packet[:2] == b"\0\5":
                    return Answer.YES if packet[:4] == _NOT_FOUND or packet[3:4] == b"\2" else Answer.REFUSED
                if packet[:4] != b"\0\3" + expected.to_bytes(2, "big"):
                    continue
                sock.sendto(b"\0\4" + packet[2:4], sender)
                if len(packet) < 516:
                    return Answer.YES
                expected = (expected + 1) % 65536
        except TimeoutError:
            return Answer.NOTHING
        except OSError as error:
            return Answer.REFUSED if error.errno == errno.ECONNREFUSED else Answer.NOTHING
    return Answer.NOTHING


def sip_answer(host: str, port: int, *, within: float = 2.0) -> Answer:
    """Whether somebody answers OPTIONS over UDP; any answer will do, a 401 as well."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(within)
        try:
            sock.connect((host, port))
            own, own_port = sock.getsockname()[:2]
            branch = secrets.token_hex(8)
            shown = f"[{own}]" if ":" in own else own
            there = f"[{host}]" if ":" in host else host
            request = (
                f"OPTIONS sip:{there}:{port} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {shown}:{own_port};branch=z9hG4bK{branch};rport\r\n"
                f"From: <sip:{DOCTORS_NAME}@{shown}>;tag={branch}\r\nTo: <sip:{there}:{port}>\r\n"
                f"Call-ID: {branch}@{shown}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
                "Content-Length: 0\r\n\r\n"
            )
            sock.send(request.encode())
            return Answer.YES if sock.recv(_LARGEST).startswith(b"SIP/2.0 ") else Answer.REFUSED
        except ConnectionRefusedError:
            return Answer.REFUSED
        except OSError:
            return Answer.NOTHING
