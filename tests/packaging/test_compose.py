"""The optional services of compose.yaml, done by hand: PostgreSQL of Debian's package in place of its image, the DHCP
server of ours, each with the command, environment and capabilities that stand there.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.app.settings import Settings
from tests.dhcpnet import SERVER, network
from tests.packaging.roots import HERE
from tests.packaging.test_images import images, unpacked
from tests.peers import peer

__all__ = ["images"]
PATIENCE = 40.0
_VARIABLE = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")
SETTINGS = {
    f"SEPBRIDGE_{section.name}_{key.name}".upper()
    for section in fields(Settings)
    for key in fields(getattr(Settings(), section.name))
}
_HOME = {"PATH": "/opt/sepbridge/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


def service(name: str, **given: str) -> dict[str, Any]:
    """A service of compose.yaml, with these variables in the admin's shell. One without a value is not passed on."""
    found: dict[str, Any] = yaml.safe_load((HERE / "docker/compose.yaml").read_text())["services"][name]
    environment = found.get("environment", {})
    values = {key: given.get(key) if text is None else text for key, text in environment.items()}
    found["environment"] = {
        key: _VARIABLE.sub(lambda match: given.get(match[1]) or match[2], text)
        for key, text in values.items()
        if text is not None
    }
    return found


@contextmanager
def running(command: list[str], said: Path, environment: dict[str, str]) -> Iterator[None]:
    with (
        said.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, env={**_HOME, **environment}) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def comes(said: Path, words: str) -> None:
    """Wait until it is said."""
    deadline = time.monotonic() + PATIENCE
    while words not in (text := said.read_text(errors="replace")):
        assert time.monotonic() < deadline, text
        time.sleep(0.1)


def test_whatever_compose_names_is_there() -> None:
    """No engine reads the file here: so what an engine would look up is looked up."""
    path = HERE / "docker/compose.yaml"
    text = path.read_text()
    compose: dict[str, Any] = yaml.safe_load(text)
    services: dict[str, dict[str, Any]] = compose["services"]
    built = {each["image"]: each["build"] for each in services.values() if "build" in each}
    assert set(built) == {"sepbridge", "sepbridge-asterisk", "sepbridge-dhcp"}
    for build in built.values():
        assert (path.parent / build["context"]).resolve() == HERE
        assert (HERE / build["dockerfile"]).is_file()
    used: set[str] = set()
    for name, each in services.items():
        # What is built here is looked for nowhere else.
        assert (each.get("pull_policy") == "never") is (each["image"] in built), name
        for other, wish in each.get("depends_on", {}).items():
            assert other in services
            # What is waited for ends by itself: it is not told to start again.
            assert wish == {"condition": "service_completed_successfully"}
            assert "restart" not in services[other]
        used |= {_VARIABLE.sub(r"\2", volume).partition(":")[0] for volume in each.get("volumes", ())}
        for key in each.get("environment", {}):
            if key.startswith("SEPBRIDGE_"):
                assert key in SETTINGS, f"{key} is no setting"
    assert used == set(compose["volumes"])
    # With an Asterisk of the admin's own the bridge alone is started, and what it waits for.
    needed, waits = {"bridge"}, ["bridge"]
    while waits:
        more = set(services[waits.pop()].get("depends_on", {})) - needed
        needed |= more
        waits += more
    assert needed == {"bridge", "setup", "asterisk-files"}
    for name in ("setup", "bridge"):
        assert "${ASTERISK_ETC:-asterisk-etc}:/etc/asterisk" in services[name]["volumes"]
    # Every variable that may be set is told of.
    page = (HERE / "docs/docker.md").read_text()
    told = {found[1] for found in _VARIABLE.finditer(text)} | {"SEPBRIDGE_SERVER_ALLOWED_NETWORKS"}
    assert {each for each in told if f"{each}=" not in page} == set()


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("images")
def test_the_dhcp_server_leads_phones_to_the_bridge(tmp_path: Path) -> None:
    dhcp = service("dhcp", INTERFACE="server0", RANGE="192.0.2.100,192.0.2.200,12h", ADDRESS=SERVER)
    assert dhcp["cap_drop"] == ["ALL"]
    bounds = ",".join(["-all", *(f"+{each.lower()}" for each in dhcp["cap_add"])])
    said = tmp_path / "said"
    with unpacked("sepbridge-dhcp") as root, network() as net:
        words = [peer("chroot"), str(root), "setpriv", "--bounding-set", bounds, "start-dhcp"]
        with running(net.at_server(*words), said, dhcp["environment"]):
            comes(said, "sockets bound exclusively to interface server0")
            program = str(HERE / ".venv/bin/sepbridge")
            told = subprocess.run(
                net.at_phone(program, "dhcp", "check", "--interface", "phone0", "--address", SERVER),
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
        volume = dhcp["volumes"][0].partition(":")[2]
        assert (root / volume.lstrip("/") / "dnsmasq.leases").is_file()
    assert told.returncode == 0, told.stdout + told.stderr
    assert SERVER in told.stdout
    assert f"option:150 tftp-server-address  {SERVER}" in said.read_text()


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("images")
def test_the_bridge_keeps_its_phones_in_the_database(tmp_path: Path) -> None:
    password = "not-a-secret"
    database = service("database", DATABASE_PASSWORD=password)
    user = database["environment"]["POSTGRES_USER"]
    url = f"postgresql+psycopg://{user}:{password}@127.0.0.1/{user}"
    bridge = service("bridge", ADDRESS=SERVER, DATABASE_URL=url, SEPBRIDGE_SERVER_ALLOWED_NETWORKS="192.0.2.0/24")
    place, said = Path("/tmp") / f"compose-{tmp_path.name}", tmp_path / "said"
    nobody = [peer("setpriv"), "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    try:
        (place / "password").write_text(database["environment"]["POSTGRES_PASSWORD"])
        # As the image's entry does it: a superuser of that name, and a database that is called like him.
        words = [*nobody, peer("initdb"), "-D", f"{place}/data", "-U", user, f"--pwfile={place}/password"]
        words += ["--auth-host=scram-sha-256", "--auth-local=trust", "--no-sync"]
        subprocess.run(words, check=True, capture_output=True, timeout=60)
        with unpacked("sepbridge") as root, network() as net:
            (root / "etc/asterisk/sepbridge").mkdir(parents=True)
            subprocess.run(["chown", "-R", "6970:6970", root / "etc/asterisk"], check=True)
            server = [*nobody, peer("postgres"), "-D", f"{place}/data", "-k", str(place), *database["command"]]
            inside = net.at_server(peer("chroot"), "--userspec=6970:6970", str(root), "start-sepbridge")
            environment = bridge["environment"]
            # The engine starts it again until the database is there.
            early = subprocess.run(
                [*inside, "serve"],
                capture_output=True, text=True, timeout=60, env={**_HOME, **environment}, check=False,
            )  # fmt: skip
            assert early.returncode
            with running(net.at_server(*server), tmp_path / "database", {}):
                comes(tmp_path / "database", "ready to accept connections")
                sql = [peer("psql"), "-h", str(place), "-U", user, "-d", "postgres", "-tAc"]
                subprocess.run([*sql, f"CREATE DATABASE {user}"], check=True, capture_output=True, timeout=30)
                with running([*inside, "serve"], said, environment):
                    comes(said, "sepbridge serves phones")
                    for words in (["healthy"], ["phones", "add", "001122334455", "--number", "1001"]):
                        done = subprocess.run(
                            [*inside, *words],
                            capture_output=True, text=True, timeout=60, env={**_HOME, **environment}, check=False,
                        )  # fmt: skip
                        assert done.returncode == 0, done.stdout + done.stderr
                sql[6] = user
                names = subprocess.run([*sql, "SELECT name FROM device"], check=True, capture_output=True, text=True)
                assert names.stdout.strip() == "SEP001122334455"
    finally:
        subprocess.run(["rm", "-rf", place], check=True)
