"""Phones' files for a whole site: 2,000 phones in the database, all their files rendered and written, then changes.

``python -m bench.files [--phones N]``: everything at once, as a node does it beside another TFTP server: database, dial
plan, templates, schema of names, files written and synced. Then what one changed phone and one changed template cost.
Processor time is what can be compared on a machine that does other work.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from bench.lab import show
from bridge.app.files.beside import Beside
from bridge.app.files.filedesk import phone_files
from bridge.app.settings import BesideSettings, Settings, StateSettings
from bridge.app.system import SystemClock, SystemIds
from bridge.core import (
    CallManagerGroup,
    Device,
    DeviceName,
    FileAnswer,
    FileMissing,
    FileRequest,
    Line,
    LineAppearance,
    RoutePattern,
    Server,
    SignallingProtocol,
)
from bridge.core.events import Event
from bridge.phones import catalogue
from bridge.ports import UnitOfWork
from bridge.store import open_store, upgrade

MODELS = ("8841", "7841", "7961", "6941", "7960", "8841-3PCC", "7942", "9971")


class Nobody:
    """Who asks for no file and hears no event."""

    async def provide(self, request: FileRequest) -> FileAnswer:
        """Nothing."""
        return FileMissing()

    def record(self, event: Event) -> None:
        """Forget it."""


def furnish(work: UnitOfWork, phones: int) -> None:
    """A site with a dial plan and phones of many families."""
    pool, ids = work.site.pool("Default"), SystemIds()
    group = CallManagerGroup(pool.group.name, (Server("pbx", "192.0.2.10"),), autoregistration=True)
    work.site.save_pool(type(pool)(pool.name, group, pool.region, pool.date_time_group))
    for pattern in ("9.1[2-9]XX[2-9]XXXXXX", "9.[2-9]XXXXXX", "9.011!", "911"):
        work.objects.patterns.save(RoutePattern(pattern=pattern, destination="trunk"))
    for number in range(phones):
        model = catalogue().require(MODELS[number % len(MODELS)])
        line = LineAppearance(1, Line(str(10000 + number), display_name=f"Person {number}"))
        device = Device(
            DeviceName(f"SEP0011{number:08X}"),
            SignallingProtocol.SIP,
            datetime.now(UTC),
            ids.version_stamp(),
            ids.secret(12),
            (line,),
            model=model.name,
            model_number=model.number,
        )
        work.devices.add(device)


def timed(name: str, act: Callable[[], object]) -> tuple[str, ...]:
    """A row: what it was, wall-clock and processor time, what came out."""
    wall, cpu = time.monotonic(), time.process_time()
    out = act()
    return name, f"{time.monotonic() - wall:.2f}", f"{time.process_time() - cpu:.2f}", str(out)


def run(phones: int) -> Iterable[tuple[str, ...]]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory(prefix="sepbridge-bench-") as name:
        state, root = Path(name) / "state", Path(name) / "tftp"
        root.mkdir()
        settings = Settings(state=StateSettings(state))
        settings.templates_directory.mkdir(parents=True)
        upgrade(settings.database_url)
        store = open_store(settings.database_url)
        with store.write() as work:
            furnish(work, phones)
            work.commit()
        files, nobody = phone_files(settings, store), Nobody()
        beside = Beside(store, files, nobody, nobody, SystemClock(), settings=BesideSettings(root=root), state=state)

        def compare() -> str:
            changes = beside.compare()
            return f"{len(changes.written)} written, {len(changes.removed)} removed"

        def every_file() -> str:
            with store.read() as work:
                devices = work.devices.all()
            return f"{sum(len(files.own_files(device)) for device in devices)} rendered"

        yield "", "wall s", "CPU s", ""
        yield timed("the site read", lambda: f"{len(files.read_site().lines)} lines")
        yield timed("every file rendered", every_file)
        yield timed("every file rendered and written", compare)
        yield timed("nothing changed", compare)
        template = settings.templates_directory / "java-79xx/sip.xml"
        template.parent.mkdir()
        template.write_text('{% extends "base/sip.xml" %}', encoding="utf-8")
        yield timed("a template of one family changed", compare)
        with store.write() as work:
            work.devices.remove(DeviceName("SEP001100000000"))
            work.commit()
        yield timed("one phone removed", compare)
        store.close()


def main() -> None:
    """Read the command line, and run."""
    parser = argparse.ArgumentParser(prog="python -m bench.files", description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=2000)
    show(list(run(parser.parse_args().phones)))


if __name__ == "__main__":
    main()
