"""A whole site out of CUCM's export: read, planned, imported, and imported once more.

``python -m bench.imports [--phones N]``. The file has the columns of an All Details export that matter, and two lines
and three speed dials for each phone.
"""

from __future__ import annotations

import argparse
import csv
import io
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.lab import show
from bridge.app.leaving.importdesk import ImportDesk
from bridge.app.system import SystemClock, SystemIds
from bridge.core import Server
from bridge.migration.batfiles import read_file
from bridge.store import SqlStore, open_store, upgrade

MODELS = (("Cisco 7961", "SCCP"), ("Cisco 8841", "SIP"), ("Cisco 7942", "SCCP"), ("Cisco 7841", "SIP"))


def export(phones: int) -> bytes:
    """The file."""
    text = io.StringIO()
    rows = []
    for at in range(phones):
        model, protocol = MODELS[at % len(MODELS)]
        row = {
            "Device Name": f"SEP0011{at:08X}",
            "Description": f"Desk {at}",
            "Device Pool": f"Floor {at % 20}",
            "Device Type": model,
            "Device Protocol": protocol,
            "CSS": "Staff",
            "Location": "House",
        }
        for line, number in enumerate((30000 + at, 60000 + at), 1):
            row |= {
                f"Directory Number {line}": str(number),
                f"Route Partition {line}": "Inside",
                f"Display {line}": f"Person {at}",
                f"External Phone Number Mask {line}": "4930555XXXXX",
                f"Call Pickup Group {line}": f"G{at % 50}",
            }
        for dial in range(1, 4):
            row |= {f"Speed Dial Number {dial}": f"9{at:05}{dial}", f"Speed Dial Label {dial}": f"Friend {dial}"}
        rows.append(row)
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def furnished(directory: Path) -> SqlStore:
    """A database with a server."""
    url = f"sqlite:///{directory / 'bench.db'}"
    upgrade(url)
    store = open_store(url)
    with store.write() as work:
        server = Server("pbx", "192.0.2.10")
        work.objects.servers.save(server)
        (group,) = work.objects.groups.all()
        work.objects.groups.save(replace(group, servers=(server,)))
        work.commit()
    return store


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, default=2000)
    content = export(parser.parse_args().phones)
    with tempfile.TemporaryDirectory() as directory:
        store = furnished(Path(directory))
        desk = ImportDesk(store, SystemClock(), SystemIds(), "bench")
        rows: list[tuple[str, ...]] = [("", "seconds", "of the processor")]
        clock = [(time.perf_counter(), time.process_time())]

        def lap(what: str) -> None:
            clock.append((time.perf_counter(), time.process_time()))
            (was, used), (now, cpu) = clock[-2:]
            rows.append((what, f"{now - was:.2f}", f"{cpu - used:.2f}"))

        inventory = read_file(content, "phones.csv")
        lap(f"read {len(inventory.phones)} phones, {len(content) // 1024} KiB")
        plan = desk.plan(inventory, {})
        lap(f"plan {len(plan.changes)} changes, {len(plan.broken)} broken")
        desk.apply(inventory, {}, source="bench", expected=plan)
        lap("import")
        again = desk.apply(inventory, {}, source="bench")
        lap(f"import once more: {len(again.changes)} changes")
        show(rows)
        store.close()


if __name__ == "__main__":
    main()
