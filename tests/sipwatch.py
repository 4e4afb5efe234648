"""A server of our own that has numbers to watch: it takes SUBSCRIBE and sends NOTIFY, as RFC 6665 says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sipmessage import Request, Response

from bridge.sip.addressing import parse_uri
from bridge.sip.destination import Destination, Transport
from bridge.sip.exchange import RequestArrived, ResponseArrived
from bridge.sip.message import Header, from_tag, reply_to, to_tag
from tests.sipwire import PBX, PHONE, Registrar

CONFIRMED, EARLY, IDLE = "confirmed", "early", "terminated"


def document(state: str, version: int, *, number: str = "2001", caller: str = "", name: str = "") -> str:
    """What Asterisk sends of a number."""
    remote = f'<remote><identity display="{name}">sip:{caller}@192.0.2.1</identity></remote>' if caller else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{version}" state="full" '
        f'entity="sip:{number}@192.0.2.1"><dialog id="{number}" direction="recipient">{remote}'
        f"<state>{state}</state></dialog></dialog-info>"
    )


@dataclass(eq=False)
class Watcher:
    """One subscription as the server sees it."""

    subscribe: Request
    tag: str
    number: str
    sequence: int = 0
    version: int = -1
    answers: list[int] = field(default_factory=list)
    """Final answers to its NOTIFYs."""


class Notifier(Registrar):
    """``states`` are what it tells of its numbers; a number that is missing gets 404."""

    def __init__(self) -> None:
        super().__init__()
        self.expires = 600
        self.states: dict[str, str] = {"2001": IDLE}
        self.callers: dict[str, tuple[str, str]] = {}
        self.watchers: list[Watcher] = []
        self.notifies_first = False
        self.notifies = True
        self.refuse: Callable[[Request], Response | None] = lambda request: None

    def receive_datagram(self, data: bytes, source: tuple[str, int], *, now: float) -> None:
        self.exchange.receive(data, Destination(*source, Transport.UDP), now=now)
        while event := self.exchange.next_event():
            match event:
                case RequestArrived(incoming=incoming):
                    request = incoming.request
                    self.requests.append(request)
                    response = self.refuse(request)
                    if response is None and self.challenges and not self._is_allowed(request):
                        response = self.challenge(request)
                    if response is None and request.method == "SUBSCRIBE":
                        self._subscribed(incoming, now)
                        continue
                    self.exchange.respond(incoming, response or self._answer(request), now=now)
                case ResponseArrived(outgoing=outgoing, response=answer):
                    watcher = outgoing.owner
                    assert isinstance(watcher, Watcher)
                    watcher.answers.append(answer.code)
                    if answer.code == 481 and watcher in self.watchers:
                        self.watchers.remove(watcher)
                case _:
                    pass

    def _subscribed(self, incoming: object, now: float) -> None:
        request = incoming.request  # type: ignore[attr-defined]  # requests alone come here
        respond = lambda response: self.exchange.respond(incoming, response, now=now)  # type: ignore[arg-type]  # noqa: E731  # one line, for two branches
        tag = to_tag(request)
        number = request.uri.user
        if tag:
            watcher = next((each for each in self.watchers if each.tag == tag), None)
            if watcher is None:
                respond(reply_to(request, 481))
                return
        elif number not in self.states:
            respond(reply_to(request, 404, tag="none"))
            return
        else:
            watcher = Watcher(request, f"w{len(self.requests)}", number)
            self.watchers.append(watcher)
        wanted = min(int(request.headers["Expires"]), self.expires)
        headers = [Header("Contact", f"<sip:watched@{PBX[0]}:{PBX[1]}>"), Header("Expires", str(wanted))]
        accepted = reply_to(request, 200, tag=watcher.tag, headers=headers)
        if not self.notifies_first:
            respond(accepted)
        if wanted == 0:
            self.tell(watcher, "terminated;reason=timeout", now=now)
            self.watchers.remove(watcher)
        elif self.notifies:
            self.tell(watcher, f"active;expires={wanted}", now=now)
        if self.notifies_first:
            respond(accepted)

    def change(self, number: str, state: str, *, caller: tuple[str, str] = ("", ""), now: float) -> None:
        """The number does something else; everybody who watches it is told."""
        self.states[number], self.callers[number] = state, caller
        for watcher in list(self.watchers):
            if watcher.number == number:
                self.tell(watcher, now=now)

    def tell(
        self,
        watcher: Watcher,
        state: str = "active;expires=600",
        *,
        body: str | None = None,
        sequence: int | None = None,
        event: str = "dialog",
        tag: str = "",
        now: float,
    ) -> None:
        """Send a NOTIFY."""
        watcher.sequence += 1
        watcher.version += 1
        subscribe = watcher.subscribe
        notify = Request(method="NOTIFY", uri=parse_uri(f"sip:watcher@{PHONE[0]}:{PHONE[1]}"))
        headers = notify.headers
        headers.set("Max-Forwards", "70")
        headers.set("From", f"{subscribe.headers['To'].partition(';')[0]};tag={tag or watcher.tag}")
        headers.set("To", subscribe.headers["From"])
        headers.set("Call-ID", subscribe.headers["Call-ID"])
        headers.set("CSeq", f"{watcher.sequence if sequence is None else sequence} NOTIFY")
        headers.set("Contact", f"<sip:watched@{PBX[0]}:{PBX[1]}>")
        headers.set("Event", event)
        headers.set("Subscription-State", state)
        headers.set("Content-Type", "application/dialog-info+xml")
        number = watcher.number
        if body is None:
            caller, name = self.callers.get(number, ("", ""))
            body = document(self.states.get(number, IDLE), watcher.version, number=number, caller=caller, name=name)
        notify.body = body.encode()
        assert from_tag(notify)
        self.exchange.send(notify, Destination(*PHONE, Transport.UDP), watcher, now=now)
