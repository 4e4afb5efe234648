"""What is followed at FreePBX and what is done there; the files that add to its own; what is remembered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core import DeviceName
from bridge.core.extensions import (
    ExtensionFound,
    ExtensionRemoved,
    ExtensionRenamed,
    ExtensionRenumbered,
    ExtensionSecretChanged,
)
from bridge.pbx.conffile import parse
from bridge.pbx.featurecodes import DEFAULT_CODES, service_text
from bridge.pbx.freepbxextensions import FreePbxExtension
from bridge.pbx.freepbxfiles import AORS, AUTHS, ENDPOINTS, FreePbxFiles
from bridge.pbx.freepbxfollow import Steps, compare, wanted_name
from bridge.pbx.freepbxinstall import without_codes
from bridge.pbx.freepbxledger import Agreed, Ledger
from bridge.pbx.freepbxnumbers import is_no_plan, numbers_in_use
from bridge.pbx.install import EXTENSIONS_PHONES
from bridge.pbx.pjsipconf import PjsipOptions
from bridge.ports import SipEndpoint

ANN = SipEndpoint("1000", "secret000000", DeviceName("SEP001122334455"), "1000", "Ann", context="from-internal")
THEIRS = FreePbxExtension("1000", "Ann", "secret000000", description="Ann")
OURS = Agreed("Ann", made=True, made_as="abc")


def steps(endpoints: list[SipEndpoint], known: dict[str, Agreed], *seen: FreePbxExtension, longest: int = 12) -> Steps:
    return compare(endpoints, known, {each.number: each for each in seen}, longest=longest)


def test_what_is_agreed_on_needs_nothing() -> None:
    assert steps([ANN], {"1000": OURS}, THEIRS) == Steps()


def test_a_new_phone_gets_an_extension() -> None:
    assert steps([ANN], {}) == Steps(create=(ANN,))
    assert wanted_name(replace(ANN, caller_name="")) == "SEP001122334455"
    assert len(wanted_name(replace(ANN, caller_name="x" * 80))) == 50


def test_who_changed_the_name_wins() -> None:
    there = steps([ANN], {"1000": OURS}, replace(THEIRS, name="Lobby"))
    assert there.changes == (ExtensionRenamed("1000", "Lobby"),)
    # It is not as we made it any more.
    assert there.agree == (("1000", Agreed("Lobby", made=True)),)
    here = replace(ANN, caller_name="Bea")
    assert steps([here], {"1000": OURS}, THEIRS) == Steps(rename=(here,))
    both = steps([here], {"1000": OURS}, replace(THEIRS, name="Lobby"))
    assert both.changes == (ExtensionRenamed("1000", "Lobby"),)
    assert both.rename == ()
    # A name that could not be set in FreePBX's pages is not tried again and again.
    assert steps([here], {"1000": replace(OURS, called="Bea")}, THEIRS) == Steps()


def test_a_password_that_fits_is_taken_over_and_another_is_left_alone() -> None:
    assert steps([ANN], {"1000": OURS}, replace(THEIRS, secret="x" * 12)).changes == (
        ExtensionSecretChanged("1000", "x" * 12),
    )
    for secret in ("x" * 13, "1000" * 8, "", "two words"):
        assert steps([ANN], {"1000": OURS}, replace(THEIRS, secret=secret)) == Steps()
    assert steps([ANN], {"1000": OURS}, replace(THEIRS, secret="x" * 13), longest=30).changes
    second = replace(ANN, name="1001", number="1001", username="1000")
    seen = replace(THEIRS, number="1001", secret="x" * 12)
    assert steps([second], {"1001": OURS}, seen).changes == ()


def test_an_extension_that_goes_is_not_made_anew() -> None:
    assert steps([ANN], {"1000": OURS}) == Steps(changes=(ExtensionRemoved("1000"),), forget=("1000",))
    moved = replace(THEIRS, number="1777", name="Moved")
    assert steps([ANN], {"1000": OURS}, moved).changes == (ExtensionRenumbered("1000", "1777", "Moved"),)
    # Two of them, or one that is a phone's already, prove nothing.
    assert steps([ANN], {"1000": OURS}, moved, replace(moved, number="1778")).changes == (ExtensionRemoved("1000"),)
    taken = {"1000": OURS, "1777": OURS}
    assert ExtensionRemoved("1000") in steps([ANN], taken, moved).changes


def test_an_extension_that_was_there_before_is_used_and_stays() -> None:
    found = steps([ANN], {}, replace(THEIRS, secret="1000" * 8, name="Reception"))
    assert found.changes == (ExtensionFound("1000", "Reception"),)
    assert found.agree == (("1000", Agreed("Reception")),)
    assert steps([], dict(found.agree), THEIRS) == Steps(forget=("1000",))
    # With our own password it is one that we made, and only forgot.
    assert steps([ANN], {}, THEIRS) == Steps(agree=(("1000", Agreed("Ann")),))


def test_only_what_we_made_is_deleted() -> None:
    assert steps([], {"1000": OURS}, THEIRS) == Steps(delete=("1000",))
    assert steps([], {"1000": OURS}) == Steps(forget=("1000",))


# --- files


def written(directory: Path, *endpoints: SipEndpoint, living: set[str], secrets: dict[str, str]) -> dict[str, str]:
    FreePbxFiles(directory, PjsipOptions()).write(endpoints, (), living=living, secrets=secrets)
    return {name: (directory / name).read_text() for name in (ENDPOINTS, AORS, AUTHS)}


def test_only_living_extensions_are_added_to(tmp_path: Path) -> None:
    bea = replace(ANN, name="1001", number="1001")
    texts = written(tmp_path, ANN, bea, living={"1001"}, secrets={"1000": ANN.secret, "1001": bea.secret})
    for name, heading in ((ENDPOINTS, "[1001](+)"), (AORS, "[1001](+type=aor)")):
        assert heading in texts[name]
        assert [section.name for section in parse(texts[name]).sections] == ["1001"]
        assert all(section.append for section in parse(texts[name]).sections)
    assert parse(texts[AUTHS]).sections == ()
    endpoint = parse(texts[ENDPOINTS]).sections[0]
    # FreePBX decides on these.
    assert not {"type", "aors", "auth", "callerid", "mailboxes"} & {item.key for item in endpoint.items}
    assert endpoint.last("rewrite_contact") == "no"
    assert parse(texts[AORS]).sections[0].of_type == "aor"


def test_the_watcher_sees_freepbxs_hints_and_the_phones_of_a_number_alone(tmp_path: Path) -> None:
    FreePbxFiles(tmp_path, PjsipOptions(), watcher_secret="s3cret").write([ANN], (), living=set(), secrets={})
    sections = {section.name: section for section in parse((tmp_path / EXTENSIONS_PHONES).read_text()).sections}
    watched = [(item.key, item.value) for item in sections["sepbridge-watched"].items]
    assert watched == [("include", "from-internal"), ("include", "sepbridge-line-states")]
    assert sections["sepbridge-watcher"].items == ()  # it can call nobody
    service = without_codes(service_text("sepbridge/services/dnd.conf", DEFAULT_CODES))
    assert service.split("[sepbridge-line-states]\n")[1] == "exten => _sepbridge-li[n]e-.,hint,PJSIP/${EXTEN:15}\n"


def test_logins_besides_freepbxs_own_are_sections_of_ours(tmp_path: Path) -> None:
    shared = replace(ANN, sharers=((DeviceName("SEP0011223344AA"), "1009", "other0000000"),), contacts=2)
    texts = written(tmp_path, shared, living={"1000"}, secrets={"1000": "1000" * 8})
    auths = {section.name: section for section in parse(texts[AUTHS]).sections}
    assert {name: each.last("username") for name, each in auths.items()} == {
        "1000-sepbridge": "1000",
        "1000-SEP0011223344AA": "1009",
    }
    assert parse(texts[ENDPOINTS]).sections[0].last("auth") == "1000-auth,1000-sepbridge,1000-SEP0011223344AA"
    assert parse(texts[AORS]).sections[0].last("max_contacts") == "2"
    assert "1000" * 8 not in "".join(texts.values())


def test_a_name_cannot_reach_the_files(tmp_path: Path) -> None:
    evil = replace(ANN, caller_name="x\n[1001](+)", context="from-internal\nx = y")
    files = FreePbxFiles(tmp_path, PjsipOptions())
    done = files.write([evil], (), living={"1000"}, secrets={})
    assert "1000" in done.refused
    assert parse((tmp_path / ENDPOINTS).read_text()).sections == ()


# --- what is remembered


def test_the_ledger_survives_and_a_broken_one_deletes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    ledger = Ledger(path)
    ledger.note("1000", OURS)
    ledger.note("1001", Agreed("Bea", called="B"))
    ledger.forget(["1001", "1002"])
    assert Ledger(path).known == {"1000": OURS}
    for text in ("", "[]", "{", json.dumps({"1000": {"name": "x"}}), json.dumps({"1000": 5})):
        path.write_text(text)
        assert Ledger(path).known == {}


# --- numbers


def test_catch_alls_and_ours_are_no_numbers_in_use() -> None:
    found = {"1000", "1001", "*72", "_*72.", "_X.", "_X!", "_*.", "_.", "_9X.", "_17XX", "s", "h", "fax", "_1[2-4]X"}
    assert numbers_in_use(found, ours={"1000"}) == {"1001", "*72", "_*72.", "_9X.", "_17XX", "_1[2-4]X"}
    assert is_no_plan("bad-number")
    assert is_no_plan("sepbridge-services")
    assert not is_no_plan("ext-local")


@pytest.mark.parametrize("secret", ["x" * 12, "Abc-_!~"])
def test_a_password_of_printable_characters_fits(secret: str) -> None:
    assert steps([ANN], {"1000": OURS}, replace(THEIRS, secret=secret)).changes
