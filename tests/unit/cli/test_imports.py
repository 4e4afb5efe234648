"""``sepbridge import``: what it prints, and its exit codes."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError, InvalidInput
from tests.cucm import RECORDED, SAMPLE, bat_file
from tests.unit.cli.conftest import Shell

pytestmark = pytest.mark.req("RG-29")

POOLS = (
    "DEVICE POOL NAME,CISCO UNIFIED CALLMANAGER GROUP,DATE/TIME GROUP,REGION,SRST REFERENCE,NETWORK LOCALE,"
    "LOCAL ROUTE GROUP,AAR GROUP\r\nHQ,CMG,Default,Default,Disable,Germany,RG-1,NULL\r\n"
)


@pytest.fixture
def site(shell: Shell) -> Shell:
    shell.text("site", "servers", "add", "pbx", "address=192.0.2.1")
    shell.text("site", "groups", "set", "Default", "servers=pbx")
    return shell


def numbers(site: Shell) -> list[str]:
    return sorted(each["lines"][0]["line"]["number"] for each in site.json("phones", "list")["phones"])


def test_a_dry_run_tells_all_and_does_nothing(site: Shell) -> None:
    told = site.text("import", "bat", str(SAMPLE), "--dry-run")
    assert "Read: 2 phones." in told
    assert "+ phone SEP00AABBCCDDEE" in told
    assert "+ calling_search_space CSS_Autoreg  partitions=PT_Autoreg, PT_Internal\n" in told
    assert "bat_export_sample.csv, line 3: device pool DP_HQ" in told
    assert site.json("phones", "list")["phones"] == []


def test_an_import_twice(site: Shell) -> None:
    done = site.json("import", "bat", str(SAMPLE), "--yes")
    assert done["applied"] is True
    assert done["read"] == {"phones": 2}
    assert numbers(site) == ["1001", "2001"]
    assert "Nothing to change" in site.text("import", "bat", str(SAMPLE))
    assert site.json("import", "bat", str(SAMPLE))["changes"] == []


def test_nobody_is_there_to_ask(site: Shell) -> None:
    assert isinstance(site.error("import", "bat", str(SAMPLE)), InvalidInput)
    assert site.json("phones", "list")["phones"] == []


def test_phones_import_is_the_same(site: Shell) -> None:
    assert len(site.json("phones", "import", str(SAMPLE), "--yes")["changes"]) == 9


def test_a_site_without_a_server_is_told_before_anything_happens(shell: Shell) -> None:
    error = shell.error("import", "bat", str(SAMPLE), "--dry-run")
    assert isinstance(error, ConfigurationError)
    assert "site servers add" in error.fix


def test_broken_records_and_the_option(site: Shell, tmp_path: Path) -> None:
    file = tmp_path / "phones.csv"
    file.write_bytes(
        bat_file(
            {"Device Name": "SEP001122000001", "Directory Number 1": "2001"},
            {"Device Name": "SEP001122000002", "Directory Number 1": "nobody"},
        )
    )
    assert "phones.csv, line 3: SEP001122000002" in site.text("import", "bat", str(file), "--dry-run", code=1)
    assert "phones.csv, line 3" in site.error("import", "bat", str(file), "--yes").why
    assert site.json("phones", "list")["phones"] == []
    site.text("import", "bat", str(file), "--yes", "--skip-broken")
    assert numbers(site) == ["2001"]


def test_an_archive_of_import_export(site: Shell, tmp_path: Path) -> None:
    (tmp_path / "devicepool.csv").write_text(POOLS, encoding="utf-8", newline="")
    (tmp_path / "mediaresourcegrouplist.csv").write_text("NAME,MEDIA RESOURCE GROUP 1,SORT ORDER 1\n", encoding="utf-8")
    (tmp_path / "readme.bin").write_bytes(b"\0\1")
    archive = tmp_path / "export.tar"
    with tarfile.open(archive, "w") as tar:
        for name in ("devicepool.csv", "mediaresourcegrouplist.csv", "readme.bin"):
            tar.add(tmp_path / name, name)
    done = site.json("import", "bat", str(archive), "--yes", "--trunk", "RG-1=provider")
    assert done["read"] == {"device pools": 1}
    (pool,) = [each for each in site.json("site", "pools", "list")["pools"] if each["name"] == "HQ"]
    assert (pool["network_locale"], pool["trunk"]) == ("Germany", "provider")
    assert [each["subject"] for each in done["notes"]] == ["export.tar:mediaresourcegrouplist.csv"]


def test_recorded_answers(site: Shell, tmp_path: Path) -> None:
    for name, content in RECORDED.items():
        (tmp_path / name).write_bytes(content)
    shown = site.text("import", "axl", "--answers", str(tmp_path), "--dry-run")
    assert "buttons=line, blf-speed-dial, line, privacy Private, speed-dial\n" in shown
    done = site.json("import", "axl", "--answers", str(tmp_path), "--yes", "--trunk", "RL PSTN=provider")
    assert done["forwards"] == [
        {"number": "2001", "kind": "busy", "target": "2002"},
        {"number": "2002", "kind": "all", "target": "90301234567"},
    ]
    assert any("2 forwards are not set" in each for each in done["remarks"])
    patterns = site.json("site", "patterns", "list")["patterns"]
    assert "provider" in {each.get("destination") for each in patterns}
    assert site.json("import", "axl", "--answers", str(tmp_path), "--trunk", "RL PSTN=provider")["changes"] == []


def test_wrong_words(site: Shell, tmp_path: Path) -> None:
    assert "from where" in site.error("import", "axl").what
    assert "no .xml file" in site.error("import", "axl", "--answers", str(tmp_path)).what
    assert "as whom" in site.error("import", "axl", "--url", "https://127.0.0.1/axl/").what
    nobody = site.error("import", "axl", "--url", "https://127.0.0.1/axl/", "--user", "reader")
    assert "nobody is there" in nobody.what
    assert "--password-file" in nobody.fix
    assert "names no trunk" in site.error("import", "bat", str(SAMPLE), "--trunk", "RL").what


def test_the_checklist(site: Shell) -> None:
    before = {each["number"]: each for each in site.json("import", "checklist")["steps"]}
    assert [before[at]["state"] for at in (1, 3, 5, 6, 7, 9)] == [
        *("open", "open", "by hand", "open", "open", "blocked"),
    ]
    site.text("import", "bat", str(SAMPLE), "--yes")
    after = {each["number"]: each for each in site.json("import", "checklist")["steps"]}
    assert (after[1]["state"], after[1]["told"]) == ("done", "1 imports, 2 phones")
    assert "0 of 2" in after[6]["told"]
