"""``sepbridge locales``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.firmware import zipped
from tests.unit.cli.conftest import Shell

JAR = b"PK\x03\x04"


@pytest.fixture
def site(shell: Shell) -> Shell:
    """A site with a server."""
    shell.text("site", "servers", "add", "pbx", "address=192.0.2.1")
    shell.text("site", "groups", "set", "Default", "servers=pbx")
    return shell


def test_a_locale_on_its_way_in_and_out(site: Shell, tmp_path: Path) -> None:
    assert "No locales" in site.text("locales", "list")
    package = zipped(tmp_path / "german.zip", {"German_Germany/mk-sccp.jar": JAR, "readme.txt": b"x"})
    told = site.text("locales", "add", str(package))
    assert "German_Germany: files: 1 new" in told
    assert "1 others" in told
    site.text("site", "pools", "set", "Default", "user_locale=German_Germany", "network_locale=Germany")
    site.text("phones", "add", "001122AABBCC", "--model", "7942", "--protocol", "sccp", "--number", "1000")
    site.text("phones", "add", "001122AABBCD", "--model", "7841", "--number", "1001")

    found = {each["name"]: each for each in site.json("locales", "list")}
    assert set(found) == {"German_Germany", "Germany"}
    assert found["German_Germany"]["phones"] == 2
    assert found["German_Germany"]["lacking"] == {"sp-sip.jar": 1}
    assert found["Germany"]["lacking"] == {"g3-tones.xml": 2}
    assert "sp-sip.jar for 1 phones" in site.text("locales", "list")

    checked = site.json("locales", "check", "german_germany", code=1)
    needs = {tuple(each["files"]): each for each in checked["needs"]}
    assert needs[("mk-sccp.jar",)]["missing"] == []
    assert "7942G" in needs[("mk-sccp.jar",)]["models"]
    assert needs[("mk-sip.jar",)]["missing"] == ["mk-sip.jar"]
    assert all(not each["tones"] for each in checked["needs"])

    own = site.text("phones", "file", "1000")
    assert "<name>German_Germany</name>" in own
    assert "<networkLocale>United_States</networkLocale>" in own
    assert "English_United_States" in site.text("phones", "file", "1001")

    assert "set for 2 phones" in str(site.error("locales", "remove", "German_Germany"))
    site.text("locales", "add", str(zipped(tmp_path / "more.zip", {"German_Germany/sp-sip.jar": JAR})))
    assert site.json("locales", "check", "German_Germany")["lacking"] == {}
    site.text("locales", "remove", "German_Germany", "--force")
    assert "English_United_States" in site.text("phones", "file", "1000")


def test_tones_that_are_made_lack_nothing(site: Shell) -> None:
    with site.config.open("a", encoding="utf-8") as config:
        config.write("[phones]\nmake_tones = true\n")
    site.text("site", "pools", "set", "Default", "network_locale=Germany")
    site.text("phones", "add", "001122AABBCC", "--model", "7942", "--number", "1000")
    (germany,) = site.json("locales", "list")
    assert (germany["tones_made"], germany["lacking"]) == (True, {})
    assert "<networkLocale>Germany</networkLocale>" in site.text("phones", "file", "1000")
