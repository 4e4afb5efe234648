"""Texts for the screens of phones: for a while, or as the message of the day."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bridge.app.phones.screenmessages import LONGEST, LONGEST_IDLE, Delivery, checked_message
from bridge.core import Device, DeviceName, SignallingProtocol
from bridge.errors import InvalidInput, SepbridgeError
from bridge.web.dashboard.house import MOST_CHOSEN, Form, House, number_of, text_of

SECONDS = [
    ("10", "10 seconds"),
    ("60", "1 minute"),
    ("600", "10 minutes"),
    ("3600", "1 hour"),
    ("0", "until it is taken back"),
]
PRIORITIES = [("7", "Ordinary"), ("4", "Over the notices of calls"), ("1", "Over everything")]
SUGGESTED = 200
SHOWN = 200
"""Phones whose outcome is listed, those that did not get the text first."""


@dataclass(frozen=True, slots=True)
class _Read:
    able: int
    """Phones that can show texts."""
    everything: int
    pools: Sequence[str]
    suggestions: Sequence[Device]
    idle: Sequence[Device]
    """Phones with an idle text of their own."""


class MessagesPage:
    """``/messages``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house = self._house
        return [
            web.get("/messages", house.viewer(self.show)),
            web.post("/messages/send", house.admin(self._send)),
        ]

    async def show(
        self,
        request: web.Request,
        problem: SepbridgeError | None = None,
        outcome: Sequence[Delivery] | None = None,
        took_back: bool = False,
    ) -> web.Response:
        """The form; after it was sent, what became of the text, phone by phone."""
        read = await asyncio.to_thread(self._read)
        form = await request.post() if problem is not None and request.method == "POST" else {}
        typed = {key: str(form.get(key, ""))[:LONGEST] for key in ("text", "phones", "pool", "whom", "how")}
        typed["phones"] = typed["phones"] or request.query.get("phone", "")[:60]
        typed["whom"] = typed["whom"] or ("some" if typed["phones"] else "all")
        failed = [each for each in outcome or () if each.why_not]
        return self._house.page(
            request,
            "messages.html",
            here="messages",
            problem=problem,
            outcome=outcome,
            reached=len(outcome) - len(failed) if outcome is not None else 0,
            failed=failed[:SHOWN],
            more_failed=max(0, len(failed) - SHOWN),
            took_back=took_back,
            connected=self._house.service.stations.phones,
            able=read.able,
            everything=read.everything,
            pools=read.pools,
            suggestions=read.suggestions,
            idle=read.idle,
            typed=typed,
            seconds=SECONDS,
            priorities=PRIORITIES,
            longest_idle=LONGEST_IDLE,
        )

    def _read(self) -> _Read:
        with self._house.service.store.read() as work:
            devices = work.devices.all()
            pools = [each.name for each in work.site.pools()]
        able = [each for each in devices if each.desired_protocol is SignallingProtocol.SCCP]
        return _Read(
            len(able),
            len(devices),
            pools,
            [each for each in able if each.number][:SUGGESTED],
            [each for each in devices if each.settings.idle_text][:SUGGESTED],
        )

    async def _send(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        try:
            clear = text_of(form, "clear") == "1"
            text = "" if clear else text_of(form, "text")
            if not text and not clear:
                raise InvalidInput("there is no text", fix="write one, or take back what is shown")
            stays = text_of(form, "how") == "idle"
            message = checked_message(
                text,
                seconds=number_of(form, "seconds", least=0, most=24 * 3600),
                priority=number_of(form, "priority", least=1, most=9),
                stays=stays,
            )
            names, pool = await asyncio.to_thread(self._whom, request, form)
            outcome = await self._house.service.message_phones(message, names=names, pool=pool)
            whom = f"pool {pool}" if pool else ", ".join(map(str, names[:10])) if names else "all phones"
            what = "took back a text from screens" if clear else "showed a text on screens"
            await self._house.audit(request, what, f"{whom}: {message.text}" if text else whom)
        except SepbridgeError as error:
            return await self.show(request, problem=error)
        return await self.show(request, outcome=outcome, took_back=clear)

    def _whom(self, request: web.Request, form: Form) -> tuple[list[DeviceName], str]:
        """The phones that are named, or a pool; neither for all."""
        match text_of(form, "whom"):
            case "all":
                return [], ""
            case "pool" if pool := text_of(form, "pool"):
                return [], pool
            case "some" if phones := text_of(form, "phones").replace(",", " ").split():
                if len(phones) > MOST_CHOSEN:
                    raise InvalidInput(f"{len(phones)} phones are too many", fix="choose a pool, or all")
                find = self._house.desks(request).phones.find
                return list(dict.fromkeys(find(each) for each in phones)), ""
        raise InvalidInput("whom to tell?", fix="choose all, a pool, or name phones")
