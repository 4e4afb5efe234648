"""What programs that watch over the node are told: metrics, life, readiness; and the dashboard made of the metrics."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bridge.app.settings import MetricsAccess
from bridge.core import DeviceName, Role, SignallingProtocol, Via
from bridge.core.events import (
    CallConnected,
    CallFinished,
    CallStarted,
    FileDelivered,
    FileNotFound,
    FileRefused,
    PbxReloaded,
    PhoneAdmitted,
    PhoneRefused,
    TransferAborted,
)
from bridge.journey import PortCheck, PortState
from bridge.web import operations
from tests.webnode import WebNode, running_web_node, web_settings

DOCS = Path(__file__).parents[3] / "docs"
PHONE = DeviceName("SEP001122334455")
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape(client: aiohttp.ClientSession) -> str:
    response = await client.get("/metrics")
    assert response.status == 200
    assert response.content_type == "text/plain"
    return await response.text()


def samples(page: str) -> Samples:
    return {
        (each.name, frozenset(each.labels.items())): each.value
        for family in text_string_to_metric_families(page)
        for each in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


async def seen(client: aiohttp.ClientSession, name: str, wanted: float) -> Samples:
    """Wait until a figure without labels has that value."""
    async with asyncio.timeout(40):
        while True:
            found = samples(await scrape(client))
            if value(found, name) == wanted:
                return found
            await asyncio.sleep(0.1)


def happen(node: WebNode) -> None:
    record = node.service.recorder.record
    name = "SEP001122334455.cnf.xml"
    record(
        FileDelivered(at=AT, name=name, client="192.0.2.7", via=Via.TFTP, size=8000, seconds=0.02, retransmissions=2)
    )
    record(FileNotFound(at=AT, name="x", client="192.0.2.7", via=Via.HTTP))
    record(FileRefused(at=AT, name=name, client="192.0.2.7", via=Via.TFTP, why="no"))
    record(
        TransferAborted(at=AT, name=name, client="192.0.2.7", via=Via.TFTP, size=8000, acknowledged=512, why="silence")
    )
    record(PhoneRefused(at=AT, device=PHONE, client="192.0.2.7", reason="window_closed", text="closed"))
    record(PhoneAdmitted(at=AT, device=PHONE, number="4711", client="192.0.2.7", protocol=SignallingProtocol.SCCP))
    record(PbxReloaded(at=AT, endpoints=3, seconds=0.4))
    record(CallStarted(at=AT, device=PHONE, call=1, line=1, number="5550100", outgoing=True))
    record(CallConnected(at=AT + timedelta(seconds=3), device=PHONE, call=1, line=1, number="5550100"))
    record(
        CallFinished(
            at=AT + timedelta(seconds=63),
            device=PHONE,
            call=1,
            line=1,
            number="5550100",
            outgoing=True,
            answered=True,
            seconds=60.0,
            why="hung up",
        )
    )


async def test_what_happens_is_counted_and_names_nobody(tmp_path: Path) -> None:
    async with running_web_node(web_settings(tmp_path)) as node, node.client(await node.token(Role.VIEWER)) as client:
        happen(node)
        page = await scrape(client)
        found = samples(page)
        assert value(found, "sepbridge_transfers_total", via="tftp", outcome="delivered") == 1
        assert value(found, "sepbridge_transfers_total", via="http", outcome="missing") == 1
        assert value(found, "sepbridge_transfers_total", via="tftp", outcome="refused") == 1
        assert value(found, "sepbridge_transfers_total", via="tftp", outcome="aborted") == 1
        assert value(found, "sepbridge_transfer_bytes_total", via="tftp") == 8000
        assert value(found, "sepbridge_transfer_retransmissions_total") == 2
        assert value(found, "sepbridge_transfer_seconds_bucket", via="tftp", le="0.025") == 1
        assert value(found, "sepbridge_transfer_seconds_bucket", via="tftp", le="0.01") == 0
        assert value(found, "sepbridge_phones_refused_total", reason="window_closed") == 1
        assert value(found, "sepbridge_phones_refused_total", reason="range_exhausted") == 0
        assert value(found, "sepbridge_phones_admitted_total", protocol="SCCP") == 1
        assert value(found, "sepbridge_call_setup_seconds_sum", direction="out") == 3
        assert value(found, "sepbridge_calls_total", direction="out", outcome="answered") == 1
        assert value(found, "sepbridge_call_seconds_total") == 60
        assert value(found, "sepbridge_asterisk_reload_seconds_sum") == pytest.approx(0.4)
        assert value(found, "sepbridge_asterisk_connected") == 0
        assert value(found, "sepbridge_database_up") == 1
        assert value(found, "sepbridge_events_dropped_total") == 0
        assert value(found, "sepbridge_phones_at_stage", stage="rejected") == 1
        assert value(found, "sepbridge_phones", protocol="SIP", registered="no") == 0
        assert value(found, "sepbridge_autoregistration_open") == 0
        assert value(found, "process_resident_memory_bytes") > 1e6
        assert not re.search(r"SEP[0-9A-F]{12}|001122334455|192\.0\.2|4711|5550100", page)


async def test_the_journal_and_the_database_show(tmp_path: Path) -> None:
    settings = web_settings(tmp_path)
    async with running_web_node(settings) as node, node.client(await node.token()) as client:
        happen(node)
        # All but the reload are about the phone: the request without a name came from its address.
        await seen(client, "sepbridge_journal_events", 9)
        lock = sqlite3.connect(settings.state.directory / "sepbridge.db")
        lock.execute("BEGIN EXCLUSIVE")
        try:
            found = await seen(client, "sepbridge_database_up", 0)
            assert value(found, "sepbridge_database_errors_total") >= 1
            # Alive, but not ready: starting the service again would not help.
            assert (await client.get("/healthz")).status == 200
            ready = await client.get("/readyz")
            assert (ready.status, (await ready.json())["database"]) == (503, "down")
        finally:
            lock.rollback()
            lock.close()


@pytest.mark.parametrize("access", list(MetricsAccess))
async def test_who_may_read_the_metrics_is_a_setting(tmp_path: Path, access: MetricsAccess) -> None:
    settings = web_settings(tmp_path)
    async with running_web_node(replace(settings, web=replace(settings.web, metrics=access))) as node:
        async with node.client() as client:
            stranger = (await client.get("/metrics")).status
        async with node.client(await node.token(Role.VIEWER)) as client:
            known = (await client.get("/metrics")).status
    assert (stranger, known) == {
        MetricsAccess.OFF: (404, 404),
        MetricsAccess.TOKEN: (401, 200),
        MetricsAccess.OPEN: (200, 200),
    }[access]


async def test_readiness_names_the_parts_and_no_more(tmp_path: Path) -> None:
    async with running_web_node(web_settings(tmp_path)) as node, node.client() as client:
        response = await client.get("/readyz")
        # There is no Asterisk here.
        assert response.status == 503
        assert await response.json() == {"status": "down", "database": "ok", "asterisk": "down", "tftp": "ok"}


async def test_the_process_lives_while_its_parts_are_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "FRESH", 0.0)
    async with running_web_node(web_settings(tmp_path)) as node, node.client() as client:

        async def parts() -> dict[str, str]:
            assert (await client.get("/healthz")).status == 200
            response = await client.get("/readyz")
            found: dict[str, str] = await response.json()
            assert response.status == (200 if found.pop("status") == "ok" else 503)
            return found

        well = {"database": "ok", "asterisk": "down", "tftp": "ok"}
        assert await parts() == well
        file = node.service.settings.state.directory / "sepbridge.db"
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert await parts() == {**well, "database": "down"}
            other.execute("ROLLBACK")
        assert await parts() == well
        # The port is there, and nobody answers on it: a self test finds that.
        silent = PortCheck("TFTP", "127.0.0.1", 69, "udp", PortState.BLOCKED)
        node.service.site_watch.take_ports((silent,))
        assert await parts() == {**well, "tftp": "down"}
        node.service.site_watch.take_ports((replace(silent, state=PortState.OPEN),))
        assert await parts() == well
        await node.service.tftp.close()
        assert await parts() == {**well, "tftp": "down"}


async def test_every_expression_of_the_dashboard_is_exported(tmp_path: Path) -> None:
    async with running_web_node(web_settings(tmp_path)) as node, node.client(await node.token()) as client:
        page = await scrape(client)
    exported: dict[str, set[str]] = {}
    for name, labels in samples(page):
        exported.setdefault(name, {"instance"}).update(label for label, _ in labels)
    dashboard = json.loads((DOCS / "grafana/sepbridge.json").read_text(encoding="utf-8"))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    assert len(expressions) > 30
    for expression in expressions:
        names = re.findall(r"\b(?:sepbridge|process|python)_[a-z_]+\b", expression)
        assert names, expression
        assert set(names) <= set(exported), expression
        allowed = {"le", *(label for name in names for label in exported[name])}
        used = re.findall(r"[{,]\s*([a-z_]+)\s*=", expression)
        for words in re.findall(r"by \(([^)]*)\)", expression):
            used += [word.strip() for word in words.split(",")]
        assert set(used) <= allowed, expression
    shown = {name for expression in expressions for name in re.findall(r"\bsepbridge_[a-z_]+\b", expression)}
    ours = {name for name in exported if name.startswith("sepbridge_") and not name.endswith("_created")}
    of_histograms = {name for name in ours if re.search(r"_(?:bucket|sum|count)$", name)}
    assert ours - shown - of_histograms == set(), "the dashboard leaves figures out"


async def test_the_page_on_monitoring_knows_every_figure(tmp_path: Path) -> None:
    async with running_web_node(web_settings(tmp_path)) as node, node.client(await node.token()) as client:
        page = await scrape(client)
    text = (DOCS / "monitoring.md").read_text(encoding="utf-8")
    for family in text_string_to_metric_families(page):
        if family.name.startswith("sepbridge_"):
            name = family.name + ("_total" if family.type == "counter" else "")
            assert f"`{name}`" in text, name
