"""An Asterisk that has its endpoints from a database server's tables, by ODBC."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bridge.app.installing.doctor import Doctor
from bridge.core.findings import Weight
from bridge.lab.asterisk import LabHouse
from bridge.lab.installation import AsteriskInstallation
from bridge.lab.testbed import Testbed
from bridge.pbx.install import plan
from bridge.pbx.snippets import snippet
from tests.databases import DatabaseServer
from tests.peers import missing

_DRIVERS = {"postgresql": "psqlodbcw.so", "mariadb": "libmaodbc.so"}
_NEEDED = ("res_odbc_transaction.so", "res_odbc.so", "res_config_odbc.so")


def odbc(
    server: DatabaseServer, url: str, installation: AsteriskInstallation, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write odbc.ini for a database of ``server``, and let programs started from now on read it."""
    kind = make_url(url).get_backend_name()
    name = _DRIVERS[kind]
    # A private Asterisk brings drivers along that fit its C library.
    beside = installation.modules.parent.parent / "odbc" / name
    driver = next((each for each in (beside, *Path("/usr/lib").glob(f"*/odbc/{name}")) if each.is_file()), None)
    if driver is None:
        missing(f"the ODBC driver {name} is not installed; scripts/get-asterisk.sh brings it")
    place.mkdir(exist_ok=True)
    (place / "odbcinst.ini").write_text(f"[test]\nDriver = {driver}\n")
    query = make_url(url).query
    text = snippet(
        "realtime/odbc.ini",
        DRIVER="test",
        HOST=str(query.get("host", "localhost")),
        PORT="5432" if kind == "postgresql" else "3306",
        DATABASE=make_url(url).database or "",
    )
    if "unix_socket" in query:
        text += f"Socket = {query['unix_socket']}\n"
    (place / "odbc.ini").write_text(text)
    monkeypatch.setenv("ODBCSYSINI", str(place))
    monkeypatch.delenv("ODBCINI", raising=False)


def realtime_house(username: str) -> LabHouse:
    """The lab's own Asterisk, with the files that realtime needs as ``sepbridge setup realtime`` shows them."""

    def write(etc: Path, address: str, port: int) -> None:
        texts = {
            "pjsip.conf": snippet("lab/pjsip.conf", ADDRESS=address, SIP_PORT=str(port)),
            "extensions.conf": snippet("lab/extensions.conf"),
            "sorcery.conf": snippet("realtime/sorcery.conf"),
            "extconfig.conf": snippet("realtime/extconfig.conf"),
            "res_odbc.conf": snippet("realtime/res_odbc.conf", USERNAME=username, PASSWORD=""),
        }
        for name, text in texts.items():
            (etc / name).write_text(text)
        modules = (etc / "modules.conf").read_text()
        for name in _NEEDED:
            modules = re.sub(rf"^noload => {name}\n", "", modules, flags=re.MULTILINE)
        (etc / "modules.conf").write_text(modules)
        (etc / "sepbridge").mkdir(exist_ok=True)
        (etc / "sepbridge/custom.conf").write_text(snippet("lab/custom.conf"))

    made: Callable[[Path, str, int], None] = write
    return LabHouse(made, plan, ("lab-udp", "lab-tcp"))


async def realtime_troubles(bed: Testbed, root: Path) -> list[str]:
    """Codes of the problems that the doctor finds about Asterisk and the tables. ``root``: a directory for it."""
    checks = ("modules", "configuration", "realtime", "endpoints")
    program = root / "usr/sbin/asterisk"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {bed.asterisk.installation.program} "$@"\n')
    program.chmod(0o755)

    def examined() -> list[str]:
        doctor = Doctor(bed.settings, None, status=dict, files=root)
        results = [each for each in doctor.run() if each.check in checks]
        assert {each.check for each in results} == set(checks)
        found = [each for result in results for each in result.findings]
        assert not [each for each in found if each.code.startswith("unchecked")], found
        return sorted(each.code for each in found if each.weight is Weight.PROBLEM)

    return await asyncio.to_thread(examined)
