"""The wheel and the source archive, installed as somebody with pipx and nothing else would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packaging.roots import HERE
from tests.peers import peer


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [HERE / ".venv/bin/python", "-m", "hatchling", "build", "-d", place],
        check=True, capture_output=True, timeout=100, cwd=HERE,
    )  # fmt: skip
    return place


@pytest.mark.timeout(300)
def test_pipx_installs_a_command_that_works(archives: Path, tmp_path: Path) -> None:
    (archive,) = archives.glob("*.whl")
    environment = {
        **os.environ,
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"),
        "PIPX_DEFAULT_PYTHON": str(HERE / ".venv/bin/python"),
        "HOME": str(tmp_path),
        "SEPBRIDGE_STATE_DIRECTORY": str(tmp_path / "state"),
        "SEPBRIDGE_ASTERISK_DIRECTORY": str(tmp_path),
        "SEPBRIDGE_TFTP_MODE": "off",
        "SEPBRIDGE_HTTP_LISTEN": "127.0.0.1:0",
        "SEPBRIDGE_SIP_DOORWAY": "",
        "SEPBRIDGE_SCCP_LISTEN": "",
        "SEPBRIDGE_AMI_ADDRESS": "127.0.0.1:1",
    }
    # What pip is told on this machine stays told in the home that the test gives it.
    own = Path.home() / ".config" / "pip" / "pip.conf"
    if own.is_file():
        environment["PIP_CONFIG_FILE"] = str(own)

    def run(*words: str, status: int = 0) -> str:
        done = subprocess.run(
            words, capture_output=True, text=True, env=environment, timeout=200, cwd=tmp_path, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    run(peer("pipx"), "install", str(archive))
    sepbridge = str(tmp_path / "bin" / "sepbridge")
    assert run(sepbridge, "--version").startswith("sepbridge, version")
    assert "ready" in run(sepbridge, "db", "upgrade")
    # It names itself as the server that phones register with, and ends when it is told to.
    with subprocess.Popen([sepbridge, "serve"], stdout=subprocess.PIPE, text=True, env=environment) as service:
        assert service.stdout is not None
        assert service.stdout.readline().startswith("sepbridge serves phones")
        service.terminate()
        assert service.wait(30) == 0
    run(sepbridge, "phones", "add", "001122AABBCC", "--model", "8841", "--number", "2001")
    assert "<device" in run(sepbridge, "phones", "file", "SEP001122AABBCC")
    if shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin") is not None:
        return
    # The lab needs an Asterisk; where there is none, the line that gets one is named, for this installation.
    refused = subprocess.run(
        [sepbridge, "lab", "demo"], capture_output=True, text=True, env=environment, timeout=100, check=False
    )
    assert refused.returncode
    found = re.search(r"bash (\S+/get-asterisk\.sh) (\S+)", refused.stderr)
    assert found is not None, refused.stderr
    assert Path(found[1]).read_text() == (HERE / "scripts/get-asterisk.sh").read_text()
    place = Path(found[2])
    assert place.is_relative_to(tmp_path)
    place.parent.mkdir(parents=True)
    place.symlink_to(HERE / ".cache/asterisk")
    assert json.loads(run(sepbridge, "lab", "demo", "--json"))


def test_the_wheel_holds_every_file_of_the_package(archives: Path) -> None:
    (archive,) = archives.glob("*.whl")
    with zipfile.ZipFile(archive) as opened:
        names = set(opened.namelist())
    ours = [each for each in (HERE / "bridge").rglob("*") if each.is_file() and "__pycache__" not in each.parts]
    wanted = {each.relative_to(HERE).as_posix() for each in ours}
    for directory in ("templates", "asterisk-conf"):
        files = [each for each in (HERE / directory).rglob("*") if each.is_file()]
        assert len(files) > 30
        wanted |= {f"bridge/_data/{each.relative_to(HERE).as_posix()}" for each in files}
    assert wanted - names == set()


def test_a_wheel_made_of_the_source_archive_is_the_same(archives: Path, tmp_path: Path) -> None:
    (source,), (wheel,) = archives.glob("*.tar.gz"), archives.glob("*.whl")
    subprocess.run(
        [
            *(HERE / ".venv/bin/python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--wheel-dir", tmp_path, source),
        ],
        check=True, capture_output=True, timeout=100,
    )  # fmt: skip
    (again,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert {each.filename: each.CRC for each in first.infolist()} == {
            each.filename: each.CRC for each in second.infolist()
        }


def test_the_source_archive_holds_what_the_tests_and_packages_need(archives: Path) -> None:
    (archive,) = archives.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {"Makefile", "packaging/sepbridge.service", "docker/Dockerfile", "templates/base", "tests/conftest.py"} <= {
        *names,
        *(name.rpartition("/")[0] for name in names),
    }
    assert not [name for name in names if name.startswith((".venv", ".cache", ".ci"))]
