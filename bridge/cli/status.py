"""``sepbridge status``: one look at everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bridge.app.admission.planoverlap import taken_numbers
from bridge.app.status import WindowStatus, window_status
from bridge.app.system import SystemClock
from bridge.cli.control import ServiceNotRunning, ask
from bridge.cli.desks import opened_store, pbx_plan
from bridge.cli.frame import Frame, in_words, json_option, table
from bridge.cli.main import root

SHOWN = 10
"""How many pending endpoints are named."""


@root.command()
@json_option
def status(frame: Frame) -> None:
    """How things stand: service, Asterisk, pending changes, window, phones. Exit code 1 when something is wrong."""
    with opened_store(frame) as store, store.read() as work:
        settings = work.autoregistration.load()
        phones = work.devices.all()
        temporary = sum(phone.temporary for phone in phones)
        in_use = taken_numbers(work, pbx_plan(frame))
        window = window_status(settings, in_use, SystemClock().now(), temporary)
        refused = work.journal.refused()
    registered = sum(phone.registered for phone in phones)
    trouble: list[str] = []
    try:
        service: dict[str, Any] | None = ask(frame.settings.control_socket, "GET", "/status")
    except ServiceNotRunning as error:
        service = None
        trouble.append(f"{error.what}; {error.fix}")
    rows = [("service", "not running")] if service is None else _service_rows(service, trouble)
    rows += [
        ("autoregistration", f"{window_in_words(window)}, {window.protocol}"),
        ("numbers", f"range {window.range}, {window.numbers_free} free, next {window.next_number}"),
        ("phones", f"{len(phones)}, {registered} registered; {len(refused)} refused"),
    ]
    if temporary >= window.warn_after:
        rows.append(("advice", f"{temporary} phones are temporary: for so many bulk import is the better way"))
    rows += [("attention", each) for each in trouble]
    data = {
        "service": service,
        "autoregistration": window,
        "phones": {"total": len(phones), "registered": registered, "refused": len(refused)},
        "trouble": trouble,
    }
    frame.show(data, table(("", ""), rows))
    if trouble:
        raise SystemExit(1)


def _service_rows(service: dict[str, Any], trouble: list[str]) -> list[tuple[str, str]]:
    pbx = service["pbx"]
    listens = (f"{name} {', '.join(service[key])}" for name, key in _LISTENERS if service[key])
    rows = [
        ("service", f"running, process {service['pid']}, version {service['version']}"),
        ("listens", "; ".join(listens)),
        ("Asterisk", f"{pbx['version']}, connected" if pbx["connected"] else "not connected"),
    ]
    if service["sccp"]:
        rows.append(("calls", f"{service['sccp_calls']} of SCCP phones"))
    if pbx["trouble"]:
        trouble.append(f"Asterisk: {pbx['trouble']}")
    if pending := pbx["pending"]:
        names = ", ".join(pending[:SHOWN]) + (" …" if len(pending) > SHOWN else "")
        rows.append(("pending", f"{len(pending)} endpoints wait for Asterisk: {names}"))
        trouble.append(f"{len(pending)} endpoints wait for Asterisk; they are applied by themselves when it is back")
    trouble += [f"beside the other TFTP server: {each}" for each in service["beside"]]
    if service["database"]:
        trouble.append(f"database: {service['database']}")
    return rows


_LISTENERS = (("TFTP", "tftp"), ("HTTP", "http"), ("doorway", "doorway"), ("SCCP", "sccp"), ("dashboard", "web"))


def window_in_words(window: WindowStatus) -> str:
    """``open; closes in 29 min``."""
    if not window.is_open:
        if window.opens_at is not None and window.opens_at > SystemClock().now():
            count = "" if window.phones_left is None else f", for {window.phones_left} phones"
            return f"closed; opens at {window.opens_at.astimezone():%Y-%m-%d %H:%M}{count}"
        if window.phones_left == 0 and window.closes_at is not None and window.closes_at > SystemClock().now():
            return "closed; as many phones as it was opened for are in"
        return "closed"
    count = "" if window.phones_left is None else f", or after {window.phones_left} more phones"
    if window.seconds_left is None:
        return f"open; until you close it{count}"
    return f"open; closes in {in_words(timedelta(seconds=window.seconds_left))}{count}"
