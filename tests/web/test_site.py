"""The site's objects, the dial plan asked, firmware, health, users and tokens."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from bridge.store.firmware import FirmwareStore
from tests.firmware import java_load, zipped
from tests.web.conftest import House, Visit, Visitor


def _save(visitor: Visitor) -> None:
    visitor.page.click("section[aria-labelledby=h-form] button.main")


def test_an_object_is_added_changed_and_removed(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/site/date-time-groups")
    visitor.page.fill("input[name='key.name']", "Lisbon")
    visitor.page.fill("input[name='v.time_zone']", "Europe/Lisbon")
    _save(visitor)
    assert "Lisbon was added." in visitor.said()
    assert "Europe/Lisbon" in visitor.page.inner_text("tr[aria-current]")
    visitor.page.fill("input[name='v.ntp_servers']", "192.0.2.1, 192.0.2.2")
    _save(visitor)
    assert visitor.said() == "Saved."
    assert "192.0.2.1, 192.0.2.2" in visitor.page.inner_text("tr[aria-current]")
    _save(visitor)
    assert visitor.said() == "Nothing was changed."
    visitor.page.click("section[aria-labelledby=h-form] >> text=Remove")
    assert visitor.said() == "Lisbon is gone."


def test_what_is_in_use_stays_and_what_was_typed_too(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/site/regions?name=Default")
    visitor.page.click("section[aria-labelledby=h-form] >> text=Remove")
    assert "Default" in visitor.trouble()
    visitor.go("/site/patterns")
    visitor.page.fill("input[name='key.pattern']", "hello")
    visitor.page.fill("input[name='v.destination']", "my-trunk")
    _save(visitor)
    assert "no route pattern" in visitor.trouble()
    assert visitor.page.input_value("input[name='key.pattern']") == "hello"
    assert visitor.page.input_value("input[name='v.destination']") == "my-trunk"


def test_device_defaults_groups_and_templates_have_their_forms(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/site/defaults")
    visitor.page.fill("input[name='key.model']", "8841")
    visitor.page.select_option("select[name='key.protocol']", "SIP")
    visitor.page.fill("input[name='v.load']", "sip88xx.14-2-1-0101-53")
    _save(visitor)
    assert "sip88xx.14-2-1-0101-53" in visitor.page.inner_text("tr[aria-current]")
    visitor.go("/site/groups?name=Default")
    assert "of: pbx" in visitor.page.inner_text("section[aria-labelledby=h-form]")
    visitor.go("/site/button-templates")
    visitor.page.fill("input[name='key.name']", "Two lines")
    for place, kind in enumerate(("line", "line", "speed-dial"), 1):
        visitor.page.select_option(f"select[name='b{place}.kind']", kind)
    _save(visitor)
    assert "line, line, speed-dial" in visitor.page.inner_text("tr[aria-current]")
    assert visitor.go("/site/unicorns") == 404


def test_the_buttons_of_a_template_have_labels_and_numbers_and_gaps(house: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/site/button-templates")
    visitor.page.fill("input[name='key.name']", "Front desk")
    visitor.page.select_option("select[name='b1.kind']", "line")
    visitor.page.select_option("select[name='b3.kind']", "directed-park")
    visitor.page.fill("input[name='b3.label']", "Park 1")
    visitor.page.fill("input[name='b3.argument']", "701")
    visitor.page.fill("input[name='b4.label']", "Lost")
    _save(visitor)
    assert "button 4 has a label and is nothing" in visitor.trouble().lower()
    assert visitor.page.input_value("input[name='b4.label']") == "Lost", "what was typed stays"
    visitor.page.fill("input[name='b4.label']", "")
    _save(visitor)
    assert "Front desk was added." in visitor.said()
    with house.thread.service.store.read() as work:
        template = work.objects.button_templates.get("Front desk")
    assert template is not None
    assert [(each.kind.value, each.label, each.argument) for each in template.buttons] == [
        ("line", "", ""),
        ("none", "", ""),
        ("directed-park", "Park 1", "701"),
    ]
    assert template.protocol is None, "what was not chosen is not set"
    _save(visitor)
    assert visitor.said() == "Nothing was changed."
    visitor.page.select_option("select[name='b2.kind']", "")
    visitor.page.select_option("select[name='b3.kind']", "")
    visitor.page.fill("input[name='b3.label']", "")
    visitor.page.fill("input[name='b3.argument']", "")
    _save(visitor)
    with house.thread.service.store.read() as work:
        template = work.objects.button_templates.get("Front desk")
    assert template is not None
    assert [each.kind.value for each in template.buttons] == ["line"]


def test_soft_keys_and_universal_templates_are_changed_on_their_pages(house: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/site/softkey-templates")
    assert "needs NewCall" in visitor.page.inner_text("#h-v\\.on_hook")
    visitor.page.fill("input[name='key.name']", "Few")
    visitor.page.fill("input[name='v.on_hook']", "Redial")
    _save(visitor)
    assert "lacks the soft key NewCall" in visitor.trouble()
    visitor.page.fill("input[name='v.on_hook']", "NewCall, Redial")
    _save(visitor)
    assert "NewCall, Redial" in visitor.page.inner_text("tr[aria-current]")
    visitor.go("/site/line-templates")
    visitor.page.fill("input[name='key.name']", "Staff line")
    visitor.page.fill("input[name='v.display_name']", "{owner}")
    _save(visitor)
    visitor.go("/site/device-templates")
    visitor.page.fill("input[name='key.name']", "Staff")
    visitor.page.select_option("select[name='v.line_template']", "Staff line")
    visitor.page.select_option("select[name='v.softkey_template']", "Few")
    _save(visitor)
    assert "Staff line" in visitor.page.inner_text("tr[aria-current]")
    with house.thread.service.store.read() as work:
        template = work.objects.device_templates.get("Staff")
    assert template is not None
    assert (template.line_template, template.softkey_template, template.pool) == ("Staff line", "Few", "Default")


def test_what_would_happen_if_this_phone_dialled(visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/dial-plan")
    for dialled, verdict, text in (
        ("1001", "It rings", "The line 1001 rings on SEP001122300001."),
        ("030123", "It goes out", "030123 is called by trunk."),
        ("00900123456", "It is refused", "blocks it"),
        ("9999999", "Nobody has it", "No pattern takes it"),
    ):
        visitor.page.fill("#f-phone", "1000")
        visitor.page.fill("#f-dialled", dialled)
        visitor.page.click("text=What would happen?")
        card = visitor.page.inner_text("section[aria-labelledby=h-outcome]")
        assert verdict in card
        assert text in card
    visitor.page.fill("#f-phone", "nobody")
    visitor.page.click("text=What would happen?")
    assert "no phone 'nobody'" in visitor.trouble()


def test_firmware_is_rolled_out_and_stopped(house: House, visit: Visit, tmp_path: Path) -> None:
    service = house.thread.service
    FirmwareStore(service.settings.files_directory).add(zipped(tmp_path / "load.zip", java_load("SCCP41.9-4-2SR4-1S")))
    visitor = visit(javascript=False)
    visitor.go("/firmware")
    assert "complete" in visitor.page.inner_text("section[aria-labelledby=h-loads] tbody tr")
    visitor.page.select_option("#f-load", "SCCP41.9-4-2SR4-1S")
    visitor.page.fill("#f-models", "7961G")
    visitor.page.click("text=Show what it would do")
    plan = visitor.page.locator("section[aria-labelledby=h-begin] tbody tr")
    assert plan.count() > 1
    if visitor.page.locator("input[name=force]").count():
        visitor.page.check("input[name=force]")
    visitor.page.click("form[action='/firmware/begin'] button")
    assert "The roll-out of SCCP41.9-4-2SR4-1S began" in visitor.said()
    assert visitor.page.inner_text("#h-rollout .badge") == "running"
    visitor.page.click("text=Stop: tell no further phone")
    assert visitor.page.inner_text("#h-rollout .badge") == "stopped"
    assert visitor.page.locator("#rollout tbody tr").count() > 1
    visitor.go("/audit?q=roll-out")
    assert visitor.page.locator("tbody tr").count() == 2


def test_health_says_what_is_wrong(admin: Visitor) -> None:
    admin.go("/health")
    parts = admin.page.locator("ol.steps li")
    asterisk = parts.filter(has_text="Asterisk").first
    assert asterisk.locator(".badge").last.inner_text() == "away"
    assert "start Asterisk" in asterisk.inner_text()
    assert parts.filter(has_text="Database").locator(".badge").last.inner_text() == "works"


def test_users_and_tokens(house: House, visit: Visit) -> None:
    visitor = visit(javascript=False)
    visitor.go("/users")
    visitor.page.fill("#user-name", "new.one")
    visitor.page.select_option("#user-role", "viewer")
    visitor.page.click("text=Add the user")
    password = visitor.page.inner_text("[data-secret]")
    assert len(password) >= 12
    visitor.go("/users")
    assert password not in visitor.page.content()
    row = visitor.page.locator("tr", has_text="new.one")
    assert "has not chosen a password" in row.inner_text()
    row.locator("text=Make admin").click()
    assert "new.one is admin now." in visitor.said()
    row.locator("text=Remove").click()
    assert "new.one is gone." in visitor.said()
    visitor.page.fill("#token-name", "backup-job")
    visitor.page.click("text=Make it")
    token = visitor.page.inner_text("[data-secret]")
    house.thread.run(_uses(house.thread.url, token))
    visitor.go("/users")
    visitor.page.locator("tr", has_text="backup-job").locator("text=Remove").click()
    assert "good no more" in visitor.said()
    visitor.page.fill("#user-name", "../../etc")
    visitor.page.click("text=Add the user")
    assert "cannot be the name of a user" in visitor.trouble()


async def _uses(url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(f"{url}/health") as answer:
        assert answer.status == 200
