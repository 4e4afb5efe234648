"""The checker of phones' files: it takes all of ours, and finds what is wrong in others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core import SignallingProtocol
from bridge.phones import Model, catalogue
from bridge.provisioning import Finding, Renderer, check_file, support
from tests.samples import SECRET, sample_device, sample_pool, template_loader

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "files"
SERVED = [(model, each) for model in catalogue() for each in SignallingProtocol if support(model, each).supported]
RENDERER = Renderer(template_loader())


@pytest.mark.parametrize("path", sorted(GOLDEN.iterdir()), ids=lambda path: path.name)
def test_every_golden_file_is_flawless(path: Path) -> None:
    findings = [each for each in check_file(path.name, path.read_bytes()) if not each.harmless]
    assert findings == []


@pytest.mark.req("RG-32")
@pytest.mark.parametrize(("model", "protocol"), SERVED, ids=str)
def test_the_file_of_every_model_is_flawless_and_holds_nothing_unknown(
    model: Model, protocol: SignallingProtocol
) -> None:
    rendered = RENDERER.render_phone_file(sample_device(protocol), sample_pool(), model=model)
    assert check_file(rendered.name, rendered.content) == ()


@pytest.mark.req("RG-27")
def test_a_sip_file_without_a_time_server_is_told_and_an_sccp_file_needs_none() -> None:
    pool = sample_pool()
    clockless = replace(pool, date_time_group=replace(pool.date_time_group, ntp_servers=()))
    model = catalogue().require("7961G")
    for protocol, expected in ((SignallingProtocol.SIP, ["ntp_missing"]), (SignallingProtocol.SCCP, [])):
        rendered = RENDERER.render_phone_file(sample_device(protocol), clockless, model=model)
        assert "<ntp>" not in rendered.text
        found = check_file(rendered.name, rendered.content)
        assert [each.what.partition(":")[0] for each in found] == expected
        assert all(each.harmless for each in found)


def changed(old: str, new: str, *, model: str = "8841") -> tuple[Finding, ...]:
    text = RENDERER.render_phone_file(sample_device(), sample_pool(), model=catalogue().require(model)).text
    assert old in text
    return check_file("SEP001122AABBCC.cnf.xml", text.replace(old, new, 1).encode())


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("<kpml>0<", "<kpml>3<", "device/sipProfile/kpml"),
        ("<proxy>USECALLMANAGER<", "<proxy>192.0.2.1<", "device/sipProfile/sipLines/line/proxy"),
        ("<authName>1001</authName>", "", "device/sipProfile/sipLines/line/authName"),
        ("<transportLayerProtocol>1<", "<transportLayerProtocol>3<", "device/transportLayerProtocol"),
        ("<transportLayerProtocol>1<", "<transportLayerProtocol>9<", "device/transportLayerProtocol"),
        (
            "<timeZone>W. Europe Standard/Daylight Time<",
            "<timeZone>W. Europe<",
            "device/devicePool/dateTimeSetting/timeZone",
        ),
        ("<dateTemplate>D/M/YY<", "<dateTemplate>%d.%m<", "device/devicePool/dateTimeSetting/dateTemplate"),
        ("<featureID>9<", "<featureID>2<", "device/sipProfile/sipLines"),
        ("<featureLabel>Ada<", f"<featureLabel>{'x' * 31}<", "device/sipProfile/sipLines/line/featureLabel"),
        ("<busyTrigger>2<", "<busyTrigger>5<", "device/sipProfile/sipLines/line/busyTrigger"),
        ("<deviceProtocol>SIP</deviceProtocol>", "", "device"),
        ("</device>", "<!-- no --></device>", "SEP001122AABBCC.cnf.xml"),
        ("</device>", "", "SEP001122AABBCC.cnf.xml"),
    ],
)
def test_what_a_phone_would_choke_on_is_found(old: str, new: str, path: str) -> None:
    assert path in {each.path for each in changed(old, new) if not each.harmless}


def test_what_a_phone_passes_over_is_told_apart() -> None:
    (finding,) = changed("</device>", "<noSuchThing>1</noSuchThing></device>")
    assert (finding.path, finding.harmless) == ("device/noSuchThing", True)


def test_a_password_that_is_too_long_is_found_and_not_shown() -> None:
    findings = changed(f"<authPassword>{SECRET}<", f"<authPassword>{SECRET * 3}<")
    assert len(findings) == 1
    assert SECRET not in str(findings[0])


def test_a_text_file_with_a_broken_line_is_found() -> None:
    assert check_file("SIPDefault.cnf", b'proxy1_address: "192.0.2.1"\nproxy1_port: 5060\n') == ()
    (finding,) = check_file("SIPDefault.cnf", b"proxy1_address 192.0.2.1\n")
    assert finding.path == "line 1"
    assert "twice" in str(check_file("SIPDefault.cnf", b"sync: 1\nsync: 2\n")[0])


def test_a_dial_template_that_phones_drop_is_found() -> None:
    rules = "<TEMPLATE match='1...' timeout='0' />" * 300
    (finding,) = check_file("dialplan.xml", f"<dialTemplate>{rules}</dialTemplate>".encode())
    assert "8191" in finding.what


def test_no_file_of_a_phone_begins_in_another_way() -> None:
    (finding,) = check_file("x.xml", b"<html></html>")
    assert not finding.harmless
