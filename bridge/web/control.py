"""The Unix socket by which the command line talks to the running service. Its file permissions are its login."""

from __future__ import annotations

import base64
import json
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge.app.asjson import plain
from bridge.app.diagnosis.journeydata import diagnosis_as_data
from bridge.app.phones.screenmessages import checked_document, checked_message
from bridge.core import DeviceName, MacAddress
from bridge.dhcp.leases import Lease
from bridge.errors import InvalidInput, NotFound, PbxError, SepbridgeError
from bridge.migration.wishes import ForwardWish
from bridge.ports import RestartKind

if TYPE_CHECKING:
    from bridge.app.service import Service

LONGEST_PAUSE = 3600.0
"""Seconds between two restarts of phones that were changed."""


class ControlServer:
    """Serves status, refresh, restarts and messages on a Unix socket."""

    def __init__(self, service: Service, path: Path) -> None:
        self._service = service
        self._path = path
        application = web.Application(middlewares=[_errors_as_json])
        application.add_routes(
            [
                web.get("/status", self._status),
                web.get("/firmware/rollout", self._rollout),
                web.get("/plan", self._plan),
                web.get("/installing", self._installing),
                web.get("/findings", self._findings),
                web.get("/phones/{name}/diagnosis", self._diagnosis),
                web.post("/refresh", self._refresh),
                web.post("/phones/{name}/restart", self._restart),
                web.post("/message", self._message),
                web.post("/restarts", self._restarts),
                web.post("/traces", self._trace),
                web.get("/traces/{trace}", self._trace_progress),
                web.delete("/traces/{trace}", self._finish_trace),
                web.post("/forwards", self._forwards),
                web.post("/dhcp/lease", self._lease),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=5.0)

    async def start(self) -> None:
        """Listen; only the service's own user and group may connect."""
        self._path.unlink(missing_ok=True)
        await self._runner.setup()
        await web.UnixSite(self._runner, self._path).start()
        self._path.chmod(0o660)

    async def close(self) -> None:
        """Stop listening and remove the socket."""
        await self._runner.cleanup()
        self._path.unlink(missing_ok=True)

    async def _status(self, _: web.Request) -> web.Response:
        return _json(await self._service.status())

    async def _rollout(self, _: web.Request) -> web.Response:
        return _json(await self._service.rollout())

    async def _plan(self, _: web.Request) -> web.Response:
        return _json(await self._service.pbx_plan())

    async def _installing(self, _: web.Request) -> web.Response:
        return _json({"phones": [plain(each) for each in self._service.phones_on_their_way()]})

    async def _findings(self, _: web.Request) -> web.Response:
        return _json(
            {
                str(name): [{"code": each.code, "severity": each.severity, "title": each.title} for each in findings]
                for name, findings in self._service.found().items()
            }
        )

    async def _diagnosis(self, request: web.Request) -> web.Response:
        name = DeviceName.parse(request.match_info["name"])
        return _json(diagnosis_as_data(await self._service.diagnose(name)))

    async def _refresh(self, _: web.Request) -> web.Response:
        await self._service.refresh()
        return _json({})

    async def _restart(self, request: web.Request) -> web.Response:
        kind = request.query.get("kind", RestartKind.RESTART)
        if kind not in list(RestartKind):
            raise InvalidInput(f"{kind!r} is not a kind of restart", fix="restart or reset")
        await self._service.restarts.phone(DeviceName.parse(request.match_info["name"]), RestartKind(kind))
        return _json({})

    async def _restarts(self, request: web.Request) -> web.Response:
        try:
            asked = await request.json()
            names = [DeviceName.parse(str(each)) for each in asked["phones"]]
            every = float(asked["every"])
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("the restarts cannot be read", why=repr(error)) from error
        if not 0 <= every <= LONGEST_PAUSE:
            raise InvalidInput(f"{every} is no time between two restarts", fix=f"0 to {LONGEST_PAUSE:.0f} seconds")
        await self._service.restarts.changed(names, every=every)
        return _json({"phones": len(names)})

    async def _trace(self, request: web.Request) -> web.Response:
        try:
            asked = await request.json()
            name, seconds = DeviceName.parse(str(asked["phone"])), float(asked["seconds"])
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("the trace cannot be read", why=repr(error)) from error
        return _json(await self._service.traces.start(name, seconds))

    async def _trace_progress(self, request: web.Request) -> web.Response:
        return _json(self._service.tracing.progress(request.match_info["trace"]))

    async def _finish_trace(self, request: web.Request) -> web.Response:
        secrets = request.query.get("secrets") == "yes"
        done = await self._service.traces.finish(request.match_info["trace"], secrets=secrets)
        return _json(
            {
                "device": done.device,
                "is_sip": done.is_sip,
                "pieces": done.pieces,
                "lost": done.lost,
                "pcap": base64.b64encode(done.content).decode(),
            }
        )

    async def _forwards(self, request: web.Request) -> web.Response:
        try:
            asked = await request.json()
            wishes = [ForwardWish(str(each["number"]), str(each["kind"]), str(each["target"])) for each in asked]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("the forwards cannot be read", why=repr(error)) from error
        return _json(await self._service.set_forwards(wishes))

    async def _lease(self, request: web.Request) -> web.Response:
        try:
            asked = await request.json()
            mac, address = MacAddress.parse(str(asked["mac"])), str(ip_address(str(asked["address"])))
            host_name, vendor_class = (str(asked[key]).strip()[:255] for key in ("host_name", "vendor_class"))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("the lease cannot be read", why=str(error) or repr(error)) from error
        device = self._service.take_lease(Lease(mac, address, host_name, vendor_class))
        return _json({"device": str(device) if device is not None else ""})

    async def _message(self, request: web.Request) -> web.Response:
        try:
            asked = await request.json()
            document = str(asked.get("document", ""))
            message = (
                checked_document(document.encode())
                if document
                else checked_message(
                    str(asked["text"]),
                    seconds=int(asked["seconds"]),
                    priority=int(asked["priority"]),
                    stays=bool(asked["stays"]),
                )
            )
            names = [DeviceName.parse(str(each)) for each in asked["phones"]]
            pool = str(asked["pool"])
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("the message cannot be read", why=repr(error)) from error
        deliveries = await self._service.message_phones(message, names=names, pool=pool)
        return _json([{"phone": each.device, "why_not": each.why_not} for each in deliveries])


def _json(data: object, status: int = 200) -> web.Response:
    return web.json_response(plain(data), status=status, dumps=lambda each: json.dumps(each, ensure_ascii=False))


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except SepbridgeError as error:
        status = {NotFound: 404, InvalidInput: 400}.get(type(error), 503 if isinstance(error, PbxError) else 409)
        return _json({"kind": type(error).__name__, "what": error.what, "why": error.why, "fix": error.fix}, status)
