"""The unit: systemd reads it without a complaint, and the service works behind the filter of system calls that it sets.

There is no systemd that could run it here; its filter is set as systemd would set it, by libseccomp.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bridge.lab.asterisk import free_port
from tests.e2e.programs import PROGRAM
from tests.packaging.roots import HERE
from tests.peers import missing, peer

UNIT = HERE / "packaging" / "sepbridge.service"

# Arguments: what happens to a call that is not allowed (a number of errno, 0: the process is killed), the calls that
# are, separated by commas, and the command.
_BEHIND_A_FILTER = """
import ctypes, os, sys
library = ctypes.CDLL("libseccomp.so.2")
library.seccomp_init.restype = ctypes.c_void_p
number = int(sys.argv[1])
context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(0x00050000 | number if number else 0x80000000)))
for name in sys.argv[2].split(","):
    call = library.seccomp_syscall_resolve_name(name.encode())
    if call >= 0:
        assert library.seccomp_rule_add(context, ctypes.c_uint32(0x7FFF0000), call, 0) == 0, name
assert library.seccomp_load(context) == 0
os.execv(sys.argv[3], sys.argv[3:])
"""


def values(key: str) -> Iterator[str]:
    """What stands in the unit under a key that may be there several times."""
    for line in UNIT.read_text().splitlines():
        if line.startswith(f"{key}="):
            yield line.partition("=")[2]


def calls(group: str) -> set[str]:
    """The system calls of a group, as systemd knows them."""
    done = subprocess.run(
        [peer("systemd-analyze"), "syscall-filter", group], capture_output=True, text=True, timeout=30, check=True
    )
    found: set[str] = set()
    for line in done.stdout.splitlines()[1:]:
        word = line.strip()
        if word and not word.startswith("#"):
            found |= calls(word) if word.startswith("@") else {word}
    return found


def allowed() -> set[str]:
    """What the unit's lines add up to, one after the other; ``@default`` is always allowed."""
    found = calls("@default")
    for line in values("SystemCallFilter"):
        names = {name for word in line.removeprefix("~").split() for name in calls(word)}
        found = found - names if line.startswith("~") else found | names
    return found


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "sepbridge.service"
    # The program need not be installed here for its unit to be checked.
    unit.write_text(UNIT.read_text().replace("/usr/bin/sepbridge", "/bin/true").replace("User=sepbridge", "User=root"))
    done = subprocess.run(
        [peer("systemd-analyze"), "verify", "--man=no", unit], capture_output=True, text=True, timeout=60, check=False
    )
    assert [line for line in done.stderr.splitlines() if "sepbridge.service" in line] == []
    assert done.returncode == 0, done.stderr


def test_it_is_exposed_to_little() -> None:
    words = [peer("systemd-analyze"), "security", "--offline=true", "--threshold=20", "--no-pager", str(UNIT)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    # 2.0 of 10; what is left is what it is there for: the network, and port 69.
    assert done.returncode == 0, done.stdout[-400:]


@pytest.mark.timeout(180)
def test_the_service_works_behind_the_units_filter(tmp_path: Path) -> None:
    if not any(Path("/usr/lib").glob("*/libseccomp.so.2")):
        missing("libseccomp.so.2 is not installed")
    config, phones = tmp_path / "sepbridge.toml", tmp_path / "asterisk"
    phones.mkdir()
    lines = [f'[state]\ndirectory = "{tmp_path / "state"}"', f'[asterisk]\ndirectory = "{phones}"']
    lines += ['[ami]\naddress = "127.0.0.1:1"\nsecret = "none"', '[server]\naddress = "127.0.0.1"']
    listens = {each: f'["127.0.0.1:{free_port()}"]' for each in ("tftp", "http", "sccp", "web")}
    lines += [f"[{section}]\nlisten = {address}" for section, address in listens.items()]
    config.write_text("\n".join([*lines, f'[sip]\ndoorway = ["127.0.0.1:{free_port()}"]\n']))

    def sepbridge(*words: str, prefix: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        command = [*prefix, *PROGRAM, "--config", str(config), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=HERE)

    code = str(next((errno.EPERM for each in values("SystemCallErrorNumber") if each == "EPERM"), 0))
    behind = [sys.executable, "-c", _BEHIND_A_FILTER, code, ",".join(sorted(allowed()))]
    # Nothing is proven by a filter that lets everything pass.
    refused = subprocess.run(
        [*behind, sys.executable, "-c", "import os; os.setpriority(os.PRIO_PROCESS, 0, 5)"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert refused.returncode

    upgraded = sepbridge("db", "upgrade", prefix=behind)
    assert upgraded.returncode == 0, upgraded.stderr
    serve = [*behind, *PROGRAM, "--config", str(config), "serve"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=HERE) as service:
        try:
            assert service.stdout is not None
            while "sepbridge serves phones" not in (line := service.stdout.readline()):
                assert line, "the service ended"
            os.set_blocking(service.stdout.fileno(), False)
            # The second one replaces a file that is there.
            for phone in ("001122334401", "001122334402"):
                added = sepbridge("phones", "add", phone, "--number", f"10{phone[-2:]}", "--model", "8841")
                assert added.returncode == 0, added.stderr
            told = json.loads(sepbridge("status", "--json").stdout)
            assert told["service"]["pid"] > 0
            written = (phones / "pjsip_phones.conf").read_text()
            assert "[1001]" in written
            assert "[1002]" in written
        finally:
            service.terminate()
            assert service.wait(30) == 0
