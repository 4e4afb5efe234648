"""The text files of 7940 and 7960, read with the eyes of a simulated phone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core import DeviceButton, Line, LineAppearance, NumberRange, Server, SignallingProtocol, SpeedDial
from bridge.errors import ConfigurationError
from bridge.lab.phonesettings import CallManager, LineKey
from bridge.lab.textfile import read_text_file, settings_from
from bridge.phones import catalogue
from bridge.provisioning import (
    PhoneSettings,
    Renderer,
    dial_rules,
    render_common_text,
    render_old_dial_template,
    render_own_text,
)
from bridge.provisioning.dialtemplate import LONGEST_TEMPLATE
from tests.samples import SECRET, sample_device, sample_pool, template_loader

RENDERER = Renderer(template_loader())
SIP = SignallingProtocol.SIP
POOL = sample_pool(Server("a", "192.0.2.1", 5070), Server("b", "192.0.2.2"))


def own(model: str = "7960", **options: object) -> dict[str, str]:
    device = options.pop("device", sample_device())
    rendered = render_own_text(
        RENDERER, device, options.pop("pool", POOL), catalogue().require(model), PhoneSettings(), year=2026, **options
    )
    assert rendered.holds_secret
    return read_text_file(rendered.content)


def common(**settings: object) -> dict[str, str]:
    rendered = render_common_text(RENDERER, POOL.group, PhoneSettings(**settings))
    assert not rendered.holds_secret
    return read_text_file(rendered.content)


def test_a_phone_reads_its_lines_servers_and_dial_template_from_both_files() -> None:
    settings = settings_from(common() | own())
    assert settings.register_with_proxy
    assert settings.servers[0] == CallManager("192.0.2.1", 5070)
    assert settings.lines == (
        LineKey(1, "1001", "192.0.2.1", 5070, "Ada", "Ada Lovelace", "1001", auth_name="1001", auth_password=SECRET),
    )
    assert settings.files.dial_template == "dialplan7940.xml"
    assert settings.files.folder == "./"


def test_the_second_server_is_the_backup() -> None:
    values = common()
    assert (values["proxy_backup"], values["proxy_backup_port"]) == ("192.0.2.2", "5060")


def test_several_lines_share_the_credential_of_the_first_and_free_keys_are_cleared() -> None:
    device = sample_device(
        SIP, LineAppearance(1, Line("1001")), LineAppearance(3, Line("2002", display_name="Sales"), label="Desk")
    )
    device = replace(device, buttons=(DeviceButton(2, SpeedDial("4711", "Taxi")),))
    values = own(device=device)
    assert (values["line3_name"], values["line3_shortname"], values["line3_authname"]) == ("2002", "Desk", "1001")
    assert values["line3_password"] == SECRET
    assert (values["speed_line2"], values["speed_label2"]) == ("4711", "Taxi")
    assert values["line2_name"] == values["line6_name"] == "UNPROVISIONED"


def test_a_7940_has_two_keys() -> None:
    assert "line3_name" not in own("7940")


def test_the_clock_follows_the_zone_of_the_pool() -> None:
    values = own()
    assert (values["time_zone"], values["dst_auto_adjust"], values["dst_offset"]) == ("1", "1", "1")
    assert (values["dst_start_month"], values["dst_start_week_of_month"], values["dst_stop_time"]) == ("3", "8", "3")
    assert values["sntp_server"] == "192.0.2.11"
    assert values["date_format"] == "D/M/YY"
    assert "time_zone" not in own(pool=sample_pool(time_zone="Asia/Kolkata"))  # how to write half hours is not known


def test_names_are_cut_down_to_what_the_phone_can_show_and_cannot_break_out_of_their_line() -> None:
    line = LineAppearance(1, Line("1001", display_name='Łukasz "X"\nline2_name: 9'), label="Käthe")
    values = own(device=sample_device(SIP, line))
    assert values["line1_displayname"].startswith("Lukasz 'X'") or values["line1_displayname"].startswith("?ukasz 'X'")
    assert values["line1_shortname"] == "Käthe"
    assert values["line2_name"] == "UNPROVISIONED"


def test_a_password_with_a_quotation_mark_is_refused_without_being_told() -> None:
    with pytest.raises(ConfigurationError) as error:
        own(device=sample_device(secret='abc"def'))
    assert "abc" not in str(error.value)


def test_nat_is_off_until_an_address_is_given() -> None:
    assert common()["nat_enable"] == "0"
    values = common(nat_address="198.51.100.7")
    assert (values["nat_enable"], values["nat_address"]) == ("1", "198.51.100.7")
    with pytest.raises(ConfigurationError):
        common(nat_address="no good\n")


def test_one_phone_may_have_a_template_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "SEP001122AABBCC.cnf").write_text('{% include "7940-60/SIP.cnf" %}\nauto_answer: 1\n')
    renderer = Renderer(template_loader(tmp_path))
    text = render_own_text(
        renderer, sample_device(), POOL, catalogue().require("7960"), PhoneSettings(), year=2026
    ).content
    values = read_text_file(text)
    assert (values["auto_answer"], values["line1_name"]) == ("1", "1001")


def test_the_dial_template_has_their_form_and_fits() -> None:
    rendered = render_old_dial_template(RENDERER, dial_rules([NumberRange.parse("1000-1999")]))
    assert '<TEMPLATE MATCH="1..." Timeout="0" User="Phone" />' in rendered.text
    assert "<DIALTEMPLATE>" in rendered.text
    assert len(rendered.content) < LONGEST_TEMPLATE
