"""The least of a SIP phone that can be written down: registers over UDP with digest, and keeps what it receives."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from types import TracebackType
from typing import Self


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class SipClient(asyncio.DatagramProtocol):
    """``async with SipClient(("127.0.0.1", 5060), "1001", "secret") as phone``."""

    def __init__(self, server: tuple[str, int], user: str, password: str, *, user_agent: str = "Test/1") -> None:
        self.server, self.user, self.password, self.user_agent = server, user, password, user_agent
        self.call_id = f"{secrets.token_hex(8)}-{user}@127.0.0.1"
        self.received: asyncio.Queue[str] = asyncio.Queue()
        self._responses: asyncio.Queue[str] = asyncio.Queue()
        self._sequence = 0
        self._transport: asyncio.DatagramTransport

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    @property
    def port(self) -> int:
        return int(self._transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        text = data.decode()
        if text.startswith("SIP/2.0"):
            self._responses.put_nowait(text)
            return
        head = text.partition("\r\n\r\n")[0].split("\r\n")[1:]
        kept = [line for line in head if re.match(r"(Via|From|To|Call-ID|CSeq):", line)]
        reply = "\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""])
        self._transport.sendto(reply.encode(), addr)
        self.received.put_nowait(text)

    async def request(self, method: str) -> str:
        """The next request of that method that Asterisk sends."""
        async with asyncio.timeout(5):
            while not (text := await self.received.get()).startswith(method):
                pass
            return text

    async def register(self, *, expires: int = 3600) -> int:
        """Register (0: unregister) and return the final status."""
        authorization = ""
        for _ in range(2):
            self._sequence += 1
            address = f"127.0.0.1:{self.port}"
            lines = [
                f"REGISTER sip:{self.server[0]} SIP/2.0",
                f"Via: SIP/2.0/UDP {address};rport;branch=z9hG4bK{secrets.token_hex(6)}",
                "Max-Forwards: 70",
                f"From: <sip:{self.user}@{self.server[0]}>;tag=1",
                f"To: <sip:{self.user}@{self.server[0]}>",
                f"Call-ID: {self.call_id}",
                f"CSeq: {self._sequence} REGISTER",
                f"User-Agent: {self.user_agent}",
                f"Contact: <sip:{self.user}@{address}>;expires={expires}",
                *([authorization] if authorization else []),
                "Content-Length: 0",
            ]
            self._transport.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), self.server)
            async with asyncio.timeout(5):
                response = await self._responses.get()
            status = int(response.split()[1])
            if status != 401:
                return status
            authorization = self._answer(response, "REGISTER", f"sip:{self.server[0]}")
        return status

    async def invite(self, number: str, *, until: int = 200) -> list[int]:
        """Call ``number`` and return the statuses that came, up to ``until`` or the final one; then hang up."""
        uri = f"sip:{number}@{self.server[0]}:{self.server[1]}"
        call_id, branch, authorization = secrets.token_hex(8), "", ""
        statuses: list[int] = []
        for sequence in (1, 2):
            branch = f"z9hG4bK{secrets.token_hex(6)}"
            self._send("INVITE", uri, call_id, branch, sequence, "", authorization)
            while True:
                async with asyncio.timeout(5):
                    response = await self._responses.get()
                if f"Call-ID: {call_id}" not in response:
                    continue
                statuses.append(int(response.split()[1]))
                if statuses[-1] in (until, *range(200, 700)):
                    break
            to_tag = (re.search(r"\nTo:.*(;tag=\S+)", response) or ["", ""])[1]
            if statuses[-1] < 200:
                self._send("CANCEL", uri, call_id, branch, sequence, "", "")
                return statuses
            self._send("ACK", uri, call_id, branch, sequence, to_tag, "")
            if statuses[-1] != 401:
                break
            authorization = self._answer(response, "INVITE", uri)
        if statuses[-1] == 200:
            self._send("BYE", uri, call_id, f"z9hG4bK{secrets.token_hex(6)}", 3, to_tag, "")
        return [status for status in statuses if status not in (100, 401)]

    def _send(
        self, method: str, uri: str, call_id: str, branch: str, sequence: int, to_tag: str, authorization: str
    ) -> None:
        address = f"127.0.0.1:{self.port}"
        body = ""
        if method == "INVITE":
            sdp = ("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=audio 9 RTP/AVP 0", "")
            body = "\r\n".join(sdp)
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {address};rport;branch={branch}",
            "Max-Forwards: 70",
            f"From: <sip:{self.user}@{self.server[0]}>;tag=1",
            f"To: <{uri}>{to_tag}",
            f"Call-ID: {call_id}",
            f"CSeq: {sequence} {method}",
            f"Contact: <sip:{self.user}@{address}>",
            *([authorization] if authorization else []),
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._transport.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self.server)

    def _answer(self, challenge: str, method: str, uri: str) -> str:
        given = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        secret = _md5(f"{self.user}:{given['realm']}:{self.password}")
        digest = _md5(f"{secret}:{given['nonce']}:00000001:c0ffee:auth:{_md5(f'{method}:{uri}')}")
        return (
            f'Authorization: Digest username="{self.user}", realm="{given["realm"]}", nonce="{given["nonce"]}", '
            f'uri="{uri}", qop=auth, nc=00000001, cnonce="c0ffee", response="{digest}", algorithm=MD5, '
            f'opaque="{given.get("opaque", "")}"'
        )
