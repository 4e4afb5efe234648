"""The resolver: who gets which file, by name."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from PIL import Image

from bridge.app.admission.admissions import Admissions
from bridge.app.admission.onboarding import Onboarding
from bridge.app.admission.window import WindowDesk
from bridge.app.files.backgrounds import BackgroundDesk
from bridge.app.files.localeshelf import LocaleShelf
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.files.resolver import FileResolver
from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.phones.phones import PhoneDesk
from bridge.app.settings import FilesSettings, UnsignedFiles
from bridge.core import (
    CodeVerdict,
    Device,
    DeviceDefaults,
    DeviceName,
    FileAnswer,
    FileDenied,
    FileFound,
    FileMissing,
    FileRequest,
    NumberRange,
    RoutePattern,
    SignallingProtocol,
    Via,
)
from bridge.core.events import ModelLearnt, NamesGuessed, PhoneAdmitted, PhoneRefused
from bridge.errors import InvalidInput
from bridge.lab.binaryfile import read_binary_file
from bridge.lab.textfile import read_text_file
from bridge.phones import catalogue
from bridge.store import SqlStore
from bridge.store.filetree import FileTree
from tests.unit.app.conftest import CountingIds, Remembering, StillClock

Ask = Callable[..., Awaitable[FileAnswer]]
CLIENT = "192.0.2.77"
MAC = "001122AABBCC"
PHONE = DeviceName(f"SEP{MAC}")


@pytest.fixture
def open_window(window: WindowDesk) -> WindowDesk:
    window.enable(duration=timedelta(hours=1))
    return window


@pytest.fixture
def resolver(ask: Ask) -> FileResolver:
    """The resolver that ``ask`` asks."""
    found: FileResolver = ask.resolver  # type: ignore[attr-defined]  # put there by this test
    return found


@pytest.fixture
async def ask(
    store: SqlStore, files: PhoneFiles, clock: StillClock, ids: CountingIds, sink: Remembering, tmp_path: Path
) -> AsyncIterator[Ask]:
    admissions = Admissions(store, sink, clock, ids, admitted=lambda devices: None)
    tree = tmp_path / "files"
    tree.mkdir()

    async def settled(device: object) -> bool:
        return True

    resolver = FileResolver(
        store,
        files,
        FileTree(tree),
        admissions,
        sink=sink,
        settled=settled,
        mac_of=lambda client: None,
        settings=FilesSettings(),
        networks=(ip_network("192.0.2.0/24"),),
        onboarding=Onboarding(store, clock, ids, "onboarding"),
    )

    async def one(name: str, *, client: str = CLIENT, via: Via = Via.TFTP, user_agent: str = "") -> FileAnswer:
        return await resolver.provide(FileRequest(name, client, via, clock.now(), user_agent=user_agent))

    one.resolver = resolver  # type: ignore[attr-defined]  # put there by this test
    running = asyncio.create_task(admissions.run())
    yield one
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def text(answer: FileAnswer) -> str:
    assert isinstance(answer, FileFound), answer
    return bytes(answer.content).decode("latin-1")


@pytest.mark.req("RG-02")
@pytest.mark.parametrize("name", ["sep001122aabbcc.cnf.xml", "/SEP001122aabbcc.cnf.xml", "./Sep001122AABBCC.CNF.XML"])
async def test_a_name_in_small_letters_is_served(
    ask: Ask, open_window: WindowDesk, sink: Remembering, name: str
) -> None:
    assert "<device>" in text(await ask(name))
    (admitted,) = sink.of(PhoneAdmitted)
    assert admitted.device == DeviceName(f"SEP{MAC}")


async def test_an_unknown_7960_with_sip_firmware_is_let_in_and_gets_its_text_files(
    ask: Ask, open_window: WindowDesk, sink: Remembering
) -> None:
    assert "<device>" in text(await ask(f"SEP{MAC}.cnf.xml"))
    common = await ask("SIPDefault.cnf")
    own = await ask(f"./SIP{MAC}.cnf")
    assert isinstance(common, FileFound)
    assert common.secret_of is None
    assert isinstance(own, FileFound)
    assert own.secret_of == PHONE
    values = read_text_file(bytes(common.content)) | read_text_file(bytes(own.content))
    (admitted,) = sink.of(PhoneAdmitted)
    assert values["line1_name"] == values["line1_authname"] == admitted.number
    assert values["line1_password"]
    assert "DIALTEMPLATE" in text(await ask(values["dial_template"] + ".xml"))
    assert "SYNC=" in text(await ask("syncinfo.xml"))


async def test_sip_firmware_is_turned_away_where_the_site_wants_sccp(
    ask: Ask, open_window: WindowDesk, sink: Remembering
) -> None:
    open_window.set_protocol("SCCP")
    await ask(f"SEP{MAC}.cnf.xml")
    assert isinstance(await ask(f"SIP{MAC}.cnf"), FileMissing)
    assert sink.of(PhoneRefused)[-1].device == PHONE


async def test_a_closed_window_gives_no_text_file(ask: Ask, sink: Remembering) -> None:
    assert isinstance(await ask(f"SIP{MAC}.cnf"), FileMissing)
    assert sink.of(PhoneAdmitted) == []


async def test_a_text_file_with_the_password_goes_to_its_phone_alone(
    ask: Ask, open_window: WindowDesk, store: SqlStore
) -> None:
    await ask(f"SIP{MAC}.cnf")
    with store.write() as work:
        device = work.devices.get(PHONE)
        assert device is not None
        work.devices.update(replace(device, registered=True, address=CLIENT))
        work.commit()
    assert not isinstance(await ask(f"SIP{MAC}.cnf", client="192.0.2.78"), FileFound)
    assert isinstance(await ask(f"SIP{MAC}.cnf"), FileFound)


MPP_AGENT = "Cisco-CP-8841-3PCC/12.0.7 (001122aabbcc)"


@pytest.mark.req("RG-30")
async def test_an_mpp_phone_gets_a_flat_profile_and_never_a_cnf_xml(
    ask: Ask, open_window: WindowDesk, store: SqlStore, sink: Remembering
) -> None:
    assert isinstance(await ask(f"SEP{MAC}.cnf.xml", via=Via.HTTP, user_agent=MPP_AGENT), FileMissing)
    assert sink.of(PhoneAdmitted) == []
    model = await ask("/8841-3PCC.xml", via=Via.HTTP, user_agent=MPP_AGENT)
    assert isinstance(model, FileFound)
    assert model.secret_of is None
    assert "$MA.xml</Profile_Rule>" in text(model)
    assert "Password" not in text(model)
    own = await ask(f"/provision/{MAC.lower()}.xml", via=Via.HTTP, user_agent=MPP_AGENT)
    assert isinstance(own, FileFound)
    assert own.secret_of == PHONE
    (admitted,) = sink.of(PhoneAdmitted)
    assert f"<User_ID_1_>{admitted.number}</User_ID_1_>" in text(own)
    with store.read() as work:
        device = work.devices.get(PHONE)
    assert device is not None
    assert device.model == "8841-3PCC (MPP)"
    assert device.secret in text(own)
    assert isinstance(await ask(f"SEP{MAC}.cnf.xml"), FileMissing)  # its model is known now


async def test_enterprise_firmware_on_the_same_hardware_gets_its_cnf_xml(ask: Ask, open_window: WindowDesk) -> None:
    found = await ask(f"SEP{MAC}.cnf.xml", via=Via.HTTP, user_agent="Cisco-CP8841/12.8.1")
    assert "<device>" in text(found)


AGENT_7841 = "Cisco-CP7841/12.8.1"


def known(store: SqlStore) -> Device:
    with store.read() as work:
        device = work.devices.get(PHONE)
    assert device is not None
    return device


def set_known(store: SqlStore, model: str, observed: SignallingProtocol | None) -> None:
    found = catalogue().require(model)
    with store.write() as work:
        device = replace(known(store), model=found.name, model_number=found.number, observed_protocol=observed)
        work.devices.update(device)
        work.commit()


async def test_a_phone_that_names_itself_over_http_gets_the_file_of_its_model_at_once(
    ask: Ask, open_window: WindowDesk, store: SqlStore, sink: Remembering
) -> None:
    first = text(await ask(f"SEP{MAC}.cnf.xml", via=Via.HTTP, user_agent=AGENT_7841))
    assert (known(store).model, known(store).model_number) == ("7841", 622)
    (learnt,) = sink.of(ModelLearnt)
    assert (learnt.device, learnt.model) == (PHONE, "7841")
    assert "over HTTP" in learnt.evidence
    # It speaks SIP alone, so that it is never kept from its file to show what it speaks; and nothing is learnt twice.
    assert text(await ask(f"SEP{MAC}.cnf.xml", via=Via.HTTP, user_agent=AGENT_7841)) == first
    assert len(sink.of(ModelLearnt)) == 1


@pytest.mark.req("AR-05")
async def test_the_news_of_a_new_phone_names_the_model_that_its_request_named(
    ask: Ask, open_window: WindowDesk, sink: Remembering, store: SqlStore
) -> None:
    assert isinstance(await ask(f"SEP{MAC}.cnf.xml", via=Via.HTTP, user_agent=AGENT_7841), FileFound)
    assert isinstance(await ask("SEP001122AABBCE.cnf.xml", client="192.0.2.78"), FileFound)
    assert [(each.device, each.model) for each in sink.of(PhoneAdmitted)] == [
        (PHONE, "7841"),
        (DeviceName("SEP001122AABBCE"), ""),
    ]
    with store.read() as work:
        first, second = [each.detail for each in work.journal.audit_trail() if each.action.startswith("admitted")]
    assert ("model 7841" in first, "model" in second) == (True, False)


async def test_a_registration_is_better_evidence_than_a_user_agent_over_http(
    ask: Ask, open_window: WindowDesk, store: SqlStore, sink: Remembering
) -> None:
    await ask(f"SEP{MAC}.cnf.xml")
    set_known(store, "8841", SignallingProtocol.SIP)
    own = text(await ask(f"SEP{MAC}.cnf.xml", via=Via.HTTP, user_agent="Cisco-CP8841/12.8.1"))
    assert text(await ask(f"SEP{MAC}.cnf.xml", via=Via.HTTP, user_agent=AGENT_7841)) == own
    assert known(store).model == "8841"
    assert sink.of(ModelLearnt) == []


async def test_what_somebody_typed_gives_way_to_what_the_phone_says_of_itself(
    ask: Ask, open_window: WindowDesk, store: SqlStore
) -> None:
    await ask(f"SEP{MAC}.cnf.xml")
    set_known(store, "8841", None)
    await ask(f"SEP{MAC}.cnf.xml", via=Via.HTTP, user_agent=AGENT_7841)
    assert known(store).model == "7841"


async def test_a_phone_that_got_enterprise_firmware_gets_the_file_that_it_reads_now(
    ask: Ask, open_window: WindowDesk, store: SqlStore
) -> None:
    await ask(f"/provision/{MAC.lower()}.xml", via=Via.HTTP, user_agent=MPP_AGENT)
    set_known(store, "8841-3PCC", SignallingProtocol.SIP)
    found = text(await ask(f"SEP{MAC}.cnf.xml", via=Via.HTTP, user_agent="Cisco-CP8841/14.2.1"))
    assert "<device>" in found
    assert known(store).model == "8841"


@pytest.mark.parametrize(
    ("client", "agent"),
    [
        ("192.0.2.99", AGENT_7841),  # who may not have the file is not believed
        (CLIENT, "Cisco-CP-8841-3PCC/11.3.7 (AABBCCDDEEFF)"),
        (CLIENT, "Cisco-CP7841/12.8.1 (AABBCCDDEEFF)"),  # a MAC that is not the phone's
        (CLIENT, "curl/8.5"),
        (CLIENT, "Cisco-CP9999/1.0"),
    ],
)
async def test_who_is_not_believed(
    ask: Ask, open_window: WindowDesk, store: SqlStore, client: str, agent: str, sink: Remembering
) -> None:
    await ask(f"SEP{MAC}.cnf.xml")
    with store.write() as work:
        work.devices.update(replace(known(store), address=CLIENT, registered=True))
        work.commit()
    await ask(f"SEP{MAC}.cnf.xml", client=client, via=Via.HTTP, user_agent=agent)
    assert known(store).model == ""
    assert sink.of(ModelLearnt) == []


@pytest.mark.req("RG-30")
@pytest.mark.parametrize(
    "agent", ["Cisco-CP-9861/3.1.1", "Cisco-CP-9861-3PCC/3.1.1", "Cisco/SPA504G-7.5.5 (001122AABBCC)(1)"]
)
async def test_a_9861_and_an_spa_get_a_flat_profile(ask: Ask, open_window: WindowDesk, agent: str) -> None:
    assert isinstance(await ask(f"SEP{MAC}.cnf.xml", via=Via.HTTP, user_agent=agent), FileMissing)
    assert "<flat-profile>" in text(await ask(f"/{MAC.lower()}.xml", via=Via.HTTP, user_agent=agent))


async def test_a_closed_window_gives_no_flat_profile(ask: Ask, sink: Remembering) -> None:
    assert isinstance(await ask(f"/provision/{MAC.lower()}.xml"), FileMissing)
    assert len(sink.of(PhoneRefused)) == 1


async def test_a_scan_for_flat_profiles_is_braked(ask: Ask, open_window: WindowDesk) -> None:
    answers = [await ask(f"/provision/001122aa{index:04x}.xml") for index in range(80)]
    assert isinstance(answers[-1], FileDenied)


@pytest.mark.parametrize("mac", ["001BD4AABBCC", "0021AABBCCDD"])  # moved up by a byte, the first looks like a group's
async def test_both_ports_of_an_adapter_get_a_number_of_their_own(
    ask: Ask, open_window: WindowDesk, sink: Remembering, mac: str
) -> None:
    first = text(await ask(f"ATA{mac}.cnf.xml"))
    second = text(await ask(f"ATA{mac[2:]}01.cnf.xml"))
    numbers = [event.number for event in sink.of(PhoneAdmitted)]
    assert len(set(numbers)) == 2
    assert f"<name>{numbers[0]}</name>" in first
    assert f"<name>{numbers[1]}</name>" in second


# --- binary profiles --------------------------------------------------------------------------------------------------


@pytest.mark.req("RG-32")
@pytest.mark.parametrize(("name", "model"), [(f"ld{MAC.lower()}", "7905G"), (f"GK{MAC}", "7912G")])
async def test_a_phone_that_asks_for_a_profile_alone_runs_sip_firmware(
    ask: Ask, open_window: WindowDesk, store: SqlStore, sink: Remembering, name: str, model: str
) -> None:
    answer = await ask(name)
    assert isinstance(answer, FileFound)
    (admitted,) = sink.of(PhoneAdmitted)
    values = read_binary_file(bytes(answer.content))
    with store.read() as work:
        device = work.devices.get(PHONE)
    assert device is not None
    assert (device.model, device.desired_protocol) == (model, SignallingProtocol.SIP)
    assert values[25].decode() == admitted.number
    assert values[26].decode() == device.secret
    assert answer.secret_of == PHONE
    assert answer.name == name.lower()


async def test_a_phone_that_has_its_device_file_gets_no_profile(
    ask: Ask, open_window: WindowDesk, clock: StillClock, store: SqlStore
) -> None:
    """SCCP firmware asks for both; its numbers could mean other things to it."""
    await ask(f"SEP{MAC.lower()}.cnf.xml")
    assert isinstance(await ask(f"gk{MAC.lower()}"), FileMissing)
    clock.pass_by(timedelta(minutes=3))  # it got SIP firmware, and asks for nothing else
    assert isinstance(await ask(f"gk{MAC.lower()}"), FileFound)


async def test_who_may_not_have_a_profile(
    ask: Ask, store: SqlStore, clock: StillClock, ids: CountingIds, sink: Remembering
) -> None:
    assert isinstance(await ask(f"gk{MAC.lower()}"), FileMissing)
    assert len(sink.of(PhoneRefused)) == 1
    PhoneDesk(store, clock, ids, "tester").add(PHONE, number="1001", model="7912", protocol=SignallingProtocol.SCCP)
    missing = await ask(f"gk{MAC.lower()}")
    assert isinstance(missing, FileMissing)
    assert "to speak SCCP" in missing.why
    with store.write() as work:
        device = work.devices.get(PHONE)
        assert device is not None
        work.devices.update(
            replace(device, desired_protocol=SignallingProtocol.SIP, address="192.0.2.78", registered=True)
        )
        work.commit()
    assert isinstance(await ask(f"gk{MAC.lower()}"), FileDenied)
    assert isinstance(await ask(f"ff{MAC.lower()}"), FileMissing), "a 7902 has no SIP firmware"


async def test_an_adapter_finds_the_servers_while_the_window_is_open_and_its_profile_once_it_is_known(
    ask: Ask, desk: WindowDesk, store: SqlStore, clock: StillClock, ids: CountingIds, files: PhoneFiles
) -> None:
    assert isinstance(await ask("atadefault.cfg"), FileMissing)
    desk.set_range(NumberRange("1000", "1009"))
    files.read_site()
    assert isinstance(await ask(f"ata{MAC.lower()}"), FileMissing)
    defaults = await ask("atadefault.cfg")
    assert isinstance(defaults, FileFound)
    assert read_binary_file(bytes(defaults.content)) == {20: b"\1", 29: b"192.0.2.10", 67: b"0"}
    assert defaults.secret_of is None
    with store.read() as work:
        assert list(work.devices.all()) == [], "the name of a file does not tell what an adapter runs"

    adapter = DeviceName(f"ATA{MAC}")
    PhoneDesk(store, clock, ids, "tester").add(adapter, number="1001", model="ATA 186", protocol=SignallingProtocol.SIP)
    own = await ask(f"ata{MAC.lower()}")
    assert isinstance(own, FileFound)
    values = read_binary_file(bytes(own.content))
    assert (values[25], values[27], values[29]) == (b"1001", b"0", b"192.0.2.10")
    assert own.secret_of == adapter


# --- around the phone's own file --------------------------------------------------------------------------------------


async def test_application_dial_rules_follow_the_sites_patterns(ask: Ask, store: SqlStore, files: PhoneFiles) -> None:
    assert "DialRule " not in text(await ask("/AppDialRules.xml"))
    with store.write() as work:
        work.objects.patterns.save(RoutePattern(pattern="9.1[2-9]XX[2-9]XXXXXX", destination="trunk"))
        work.commit()
    files.read_site()
    rules = text(await ask("/AppDialRules.xml"))
    assert 'BeginsWith="1" NumDigits="11" DigitsToRemove="0" PrefixWith="9"' in rules


async def test_ring_lists_name_the_rings_that_phones_play(ask: Ask, tmp_path: Path) -> None:
    for name in ("Ringlist.xml", "Ringlist-wb.xml", "RINGLIST.DAT", "DistinctiveRingList.xml"):
        assert isinstance(await ask(name), FileMissing)
    (tmp_path / "files/bell.raw").write_bytes(bytes(480))
    (tmp_path / "files/bell.rwb").write_bytes(bytes(960))
    (tmp_path / "files/short.raw").write_bytes(bytes(10))
    for name in ("RINGLIST.XML", "ringlist.xml", "DISTINCTIVERINGLIST.XML"):
        found = text(await ask(name))
        assert "bell.raw" in found
        assert "short" not in found
    assert "bell.rwb" in text(await ask("Ringlist-wb.xml"))
    assert text(await ask("RINGLIST.DAT")) == "bell\tbell.raw\n"
    assert isinstance(await ask("bell.raw"), FileFound)
    (tmp_path / "files/Ringlist.xml").write_text("<CiscoIPPhoneRingList/>")
    assert text(await ask("RINGLIST.XML")) == "<CiscoIPPhoneRingList/>"  # the admin's own goes first


async def test_backgrounds_are_listed_for_the_screens_that_have_them(ask: Ask, tmp_path: Path) -> None:
    assert isinstance(await ask("Desktops/800x480x24/List.xml"), FileMissing)
    picture = tmp_path / "hills.bmp"
    Image.new("RGB", (1000, 1000), "green").save(picture)
    BackgroundDesk(tmp_path / "files").add(picture)
    listed = text(await ask("Desktops/800x480x24/List.xml"))
    names = re.findall(r'"TFTP:([^"]+)"', listed)
    assert names == ["Desktops/800x480x24/TN-hills.png", "Desktops/800x480x24/hills.png"]
    for name in names:
        answer = await ask(f"/{name}", via=Via.HTTP)
        assert isinstance(answer, FileFound)
        assert bytes(answer.content).startswith(b"\x89PNG")
    assert isinstance(await ask("Desktops/1x1x1/List.xml"), FileMissing)
    assert isinstance(await ask("Desktops/../List.xml"), FileMissing)


async def test_tones_and_locales_are_the_admins_own_files(ask: Ask, tmp_path: Path) -> None:
    assert isinstance(await ask("Germany/g3-tones.xml"), FileMissing)
    (tmp_path / "files/Germany").mkdir()
    (tmp_path / "files/Germany/g3-tones.xml").write_text("<tones/>")
    (tmp_path / "files/German_Germany").mkdir()
    (tmp_path / "files/German_Germany/mk-sip.jar").write_bytes(b"jar")
    assert text(await ask("/Germany/g3-tones.xml", via=Via.HTTP)) == "<tones/>"
    assert text(await ask("german_germany/MK-SIP.jar")) == "jar"


async def test_tones_of_known_countries_are_made_where_the_site_wants_it(
    ask: Ask, resolver: FileResolver, files: PhoneFiles, clock: StillClock, tmp_path: Path
) -> None:
    request = FileRequest("Germany/g3-tones.xml", CLIENT, Via.TFTP, clock.now())
    assert isinstance(resolver.at_once(request), FileMissing)
    files.serve_locales(LocaleShelf(FileTree(tmp_path / "files"), makes_tones=True))
    assert resolver.at_once(request) is None, "it has to be made"
    assert 't="ringing"' in text(await ask("/germany/G3-tones.xml", via=Via.HTTP))
    assert isinstance(await ask("Atlantis/g3-tones.xml"), FileMissing)
    assert isinstance(await ask("g3-tones.xml"), FileMissing)
    (tmp_path / "files/Germany").mkdir()
    (tmp_path / "files/Germany/g3-tones.xml").write_text("<tones/>")
    assert text(await ask("Germany/g3-tones.xml")) == "<tones/>"  # the admin's own goes first


# --- elements that the admin sets -------------------------------------------------------------------------------------


@pytest.fixture
def changes(store: SqlStore, clock: StillClock, ids: CountingIds, files: PhoneFiles) -> PhoneChanges:
    return PhoneChanges(store, clock, ids, "tester")


async def test_an_element_is_set_for_all_phones_and_differently_for_one(
    ask: Ask, open_window: WindowDesk, changes: PhoneChanges, files: PhoneFiles, store: SqlStore
) -> None:
    before = text(await ask(f"SEP{MAC}.cnf.xml"))
    text(await ask("SEP001122AABBCD.cnf.xml", client="192.0.2.78"))
    with store.write() as work:  # they do not show any more what they speak
        for device in work.devices.all():
            work.devices.update(replace(device, observed_protocol=device.desired_protocol))
        work.commit()
    changes.set_element("vendorConfig/daysDisplayNotActive", "1,7", None)
    changes.set_element("sipProfile/dscpForAudio", "160", None)
    changes.set_element("sipProfile/dscpForAudio", "104", PHONE)
    files.read_site()
    own = text(await ask(f"SEP{MAC}.cnf.xml"))
    other = text(await ask("SEP001122AABBCD.cnf.xml", client="192.0.2.78"))
    assert "<daysDisplayNotActive>1,7</daysDisplayNotActive>" in own
    assert "<daysDisplayNotActive>1,7</daysDisplayNotActive>" in other
    assert "<dscpForAudio>104</dscpForAudio>" in own
    assert "<dscpForAudio>160</dscpForAudio>" in other
    assert re.findall("<versionStamp>.*", own) != re.findall("<versionStamp>.*", before)
    changes.remove_element("sipProfile/dscpForAudio", PHONE)
    changes.remove_element("sipProfile/dscpForAudio", None)
    files.read_site()
    assert "<dscpForAudio>184</dscpForAudio>" in text(await ask(f"SEP{MAC}.cnf.xml"))


async def test_an_element_becomes_the_key_that_means_the_same_in_text_files(
    ask: Ask, open_window: WindowDesk, changes: PhoneChanges, files: PhoneFiles
) -> None:
    await ask(f"SIP{MAC}.cnf")
    changes.set_element("sipProfile/sipStack/timerT1", "750", None)
    changes.set_element("sipProfile/enableVad", "true", None)
    changes.set_element("sipProfile/phoneLabel", "Porter 2", PHONE)
    changes.set_element("sipProfile/dscpForAudio", "160", None)
    files.read_site()
    told = text(await ask(f"SIP{MAC}.cnf"))
    assert {"timer_t1: 750", "enable_vad: 1", 'phone_label: "Porter 2"'} <= set(told.splitlines())
    assert told.count("phone_label") == 1
    assert "160" not in told
    assert read_text_file(told.encode("latin-1"))["line1_name"]


async def test_an_element_of_flat_profiles_stands_in_those_alone(
    ask: Ask, open_window: WindowDesk, changes: PhoneChanges, files: PhoneFiles
) -> None:
    changes.set_element("VLAN_ID", "30", None)
    changes.set_element("Backlight_Timer_", "10s", None, unknown=True)
    changes.set_element("sipProfile/enableVad", "true", None)
    files.read_site()
    profile = text(await ask(f"/{MAC.lower()}.xml", via=Via.HTTP, user_agent=MPP_AGENT))
    assert "<VLAN_ID>30</VLAN_ID>" in profile
    assert "<Backlight_Timer_>10s</Backlight_Timer_>" in profile
    assert "sipProfile" not in profile
    enterprise = text(await ask("SEP001122AABBCD.cnf.xml", client="192.0.2.78"))
    assert "VLAN_ID" not in enterprise
    assert "<enableVad>true</enableVad>" in enterprise


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("vendorConfig/pcport", "1"),  # written otherwise
        ("vendorConfig/pcPort", "2"),  # no such value
        ("vendorConfig", "1"),  # holds elements
        ("sipProfile/sipLines/line/authPassword", "x"),
        ("sshPassword", "x"),
        ("Password_1_", "x"),
        ("versionStamp", "x"),
        ("../up", "x"),
        ("a<b", "x"),
    ],
)
def test_elements_that_are_not_set_this_way(changes: PhoneChanges, path: str, value: str) -> None:
    with pytest.raises(InvalidInput):
        changes.set_element(path, value, None)
    assert changes.elements() == []


# --- one-time codes ---------------------------------------------------------------------------------------------------


@pytest.fixture
def codes(store: SqlStore, clock: StillClock, ids: CountingIds) -> Onboarding:
    return Onboarding(store, clock, ids, "tester")


def profile_of(code: str, mac: str = MAC) -> str:
    return f"/onboard/{code}/{mac.lower()}.xml"


@pytest.mark.req("RG-30")
async def test_a_code_lets_a_phone_in_once_while_the_window_is_closed(
    ask: Ask, window: WindowDesk, codes: Onboarding, store: SqlStore, sink: Remembering
) -> None:
    code, _ = codes.issue(display_name="Home")
    assert len(code) == 16
    assert f"/onboard/{code}/$MA.xml</Profile_Rule>" in text(await ask(f"/onboard/{code}/8841-3PCC.xml", via=Via.HTTP))
    grouped = "-".join(code[place : place + 4] for place in range(0, 16, 4))
    profile = text(await ask(profile_of(grouped), via=Via.HTTP, user_agent=MPP_AGENT))
    with store.read() as work:
        device = work.devices.get(PHONE)
    assert device is not None
    assert (device.number, device.model, device.temporary) == ("1000", "8841-3PCC (MPP)", False)
    assert device.secret in profile
    assert "/onboard/" not in profile
    assert [event.device for event in sink.of(PhoneAdmitted)] == [PHONE]
    for mac in (MAC, "001122AABBCD"):
        refused = await ask(profile_of(code, mac), via=Via.HTTP, user_agent=MPP_AGENT)
        assert isinstance(refused, FileDenied)
        assert "used before" in refused.why
    assert text(await ask(f"/provision/{MAC.lower()}.xml", via=Via.HTTP, user_agent=MPP_AGENT)) == profile
    assert code not in repr(codes.list())


@pytest.mark.req("RG-30")
async def test_a_code_lives_a_week(ask: Ask, window: WindowDesk, codes: Onboarding, clock: StillClock) -> None:
    in_time, late = codes.issue()[0], codes.issue()[0]
    clock.pass_by(timedelta(days=7) - timedelta(seconds=1))
    assert "<flat-profile>" in text(await ask(profile_of(in_time)))
    clock.pass_by(timedelta(seconds=1))
    refused = await ask(profile_of(late, "001122AABBCD"))
    assert isinstance(refused, FileDenied)
    assert "expired" in refused.why


async def test_a_removed_code_is_none(ask: Ask, window: WindowDesk, codes: Onboarding) -> None:
    code, record = codes.issue()
    assert codes.remove(record.last_digits) == 1
    assert isinstance(await ask(profile_of(code)), FileDenied)


async def test_whoever_tries_codes_is_heard_no_more(
    ask: Ask, window: WindowDesk, codes: Onboarding, sink: Remembering, clock: StillClock
) -> None:
    code, _ = codes.issue()
    for wrong in range(5):
        assert isinstance(await ask(profile_of(f"{99 - wrong:016d}")), FileDenied)
    assert isinstance(await ask(profile_of(code)), FileDenied)
    assert [event.client for event in sink.of(NamesGuessed)] == [CLIENT]
    assert "<flat-profile>" in text(await ask(profile_of(code), client="192.0.2.78"))
    clock.pass_by(timedelta(minutes=10))
    other, _ = codes.issue()
    assert "<flat-profile>" in text(await ask(profile_of(other, "001122AABBCD")))


async def test_a_code_is_no_key_to_the_password_of_another_phone(
    ask: Ask, open_window: WindowDesk, codes: Onboarding, store: SqlStore
) -> None:
    await ask(f"/{MAC.lower()}.xml", via=Via.HTTP, user_agent=MPP_AGENT)
    with store.write() as work:
        device = work.devices.get(PHONE)
        assert device is not None
        work.devices.update(replace(device, registered=True, address=CLIENT))
        work.commit()
    code, _ = codes.issue()
    assert isinstance(await ask(profile_of(code), client="192.0.2.99"), FileDenied)
    assert codes.verdict(code) is CodeVerdict.VALID


async def test_a_code_whose_number_was_given_away_stays_good(
    ask: Ask, open_window: WindowDesk, codes: Onboarding, store: SqlStore
) -> None:
    code, _ = codes.issue(number="1000")
    await ask("SEP001122AABBCD.cnf.xml", client="192.0.2.78")
    assert isinstance(await ask(profile_of(code)), FileMissing)
    assert codes.verdict(code) is CodeVerdict.VALID


# --- signed and encrypted forms ---------------------------------------------------------------------------------------


SIGNED = ["XMLDefault.cnf.xml", "dialplan.xml", "Germany/g3-tones.xml", "AppDialRules.xml", "softkeys.xml"]


@pytest.mark.parametrize("wanted", list(UnsignedFiles))
@pytest.mark.parametrize("via", [Via.TFTP, Via.HTTP, Via.HTTPS])
async def test_what_every_name_gets_in_its_signed_form(
    ask: Ask, resolver: FileResolver, tmp_path: Path, wanted: UnsignedFiles, via: Via
) -> None:
    resolver._settings = FilesSettings(unsigned_for_signed=wanted)
    (tmp_path / "files/Germany").mkdir()
    (tmp_path / "files/Germany/g3-tones.xml").write_text("<tones/>")
    (tmp_path / "files/softkeys.xml").write_text("<softKeyCfg/>")
    plain = wanted is UnsignedFiles.ALWAYS or (wanted is UnsignedFiles.HTTPS and via is Via.HTTPS)
    for name in SIGNED:
        answer = await ask(f"{name}.sgn", via=via)
        assert isinstance(answer, FileFound) == plain, name
        if isinstance(answer, FileMissing):
            assert "signs no files yet" in answer.why
        encrypted = await ask(f"{name}.enc.sgn", via=via)
        assert isinstance(encrypted, FileMissing)
        assert "neither encrypts nor signs" in encrypted.why
    (tmp_path / "files/Germany/g3-tones.xml.sgn").write_bytes(b"signed by somebody")
    assert text(await ask("Germany/g3-tones.xml.sgn", via=via)) == "signed by somebody"


async def test_trust_lists_are_the_admins_own(ask: Ask, tmp_path: Path) -> None:
    for name in (f"CTLSEP{MAC}.tlv", f"ITLSEP{MAC}.tlv", "ITLFile.tlv", "CTLFile.tlv", "ITLFile.tlv.sgn"):
        missing = await ask(name)
        assert isinstance(missing, FileMissing)
        assert "trust lists" in missing.why or "signs no files" in missing.why
    (tmp_path / "files/ITLFile.tlv").write_bytes(b"mine")
    assert text(await ask("ITLFile.tlv")) == "mine"


# --- models -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("RG-32")
@pytest.mark.parametrize("agent", ["Cisco-CP9999/1.0", "Cisco-CP-9999-3PCC/1.0 (001122aabbcc)"])
async def test_a_model_that_nobody_knows_gets_a_refusal_and_no_file(
    ask: Ask, open_window: WindowDesk, store: SqlStore, clock: StillClock, ids: CountingIds, agent: str
) -> None:
    for name in (f"SEP{MAC}.cnf.xml", f"/{MAC.lower()}.xml"):
        refused = await ask(name, via=Via.HTTP, user_agent=agent)
        assert isinstance(refused, FileMissing)
        assert "no file for a Cisco" in refused.why
        assert "by hand" in refused.why
    with store.read() as work:
        assert work.devices.get(PHONE) is None
    PhoneDesk(store, clock, ids, "tester").add(PHONE, number="1001", model="8841")
    assert "<device>" in text(await ask(f"SEP{MAC}.cnf.xml", via=Via.HTTP, user_agent="Cisco-CP9999/1.0"))


async def test_an_spa_phone_in_spcp_mode_reads_defaults_of_its_own(
    ask: Ask, window: WindowDesk, store: SqlStore, files: PhoneFiles
) -> None:
    assert "loadInformation" not in text(await ask("XMLDefault504G.cnf.xml"))
    with store.write() as work:
        work.site.save_device_defaults(DeviceDefaults(80004, SignallingProtocol.SCCP, "spa50x-30x-7-5-5"))
        work.commit()
    files.read_site()
    defaults = text(await ask("/xmldefault504g.cnf.xml"))
    assert "<loadInformation>spa50x-30x-7-5-5</loadInformation>" in defaults
    assert "<processNodeName>192.0.2.10</processNodeName>" in defaults
    assert "loadInformation" not in text(await ask("XMLDefault525G2.cnf.xml"))
    assert isinstance(await ask("XMLDefault8841.cnf.xml"), FileMissing)


async def test_what_needs_no_waiting_is_answered_at_once_and_the_same(
    ask: Ask, resolver: FileResolver, clock: StillClock, tmp_path: Path
) -> None:
    (tmp_path / "files" / "g3-tones.xml").write_bytes(b"tones")
    for name in ("g3-tones.xml", "ITLFile.tlv", f"CTLSEP{MAC}.tlv", "jar41sip.9-4-2.sbn", "term61.default.loads"):
        request = FileRequest(name, CLIENT, Via.TFTP, clock.now())
        at_once = resolver.at_once(request)
        assert at_once is not None, name
        assert at_once == await ask(name), name
    assert "7961G" in (resolver.evidence.about(CLIENT, PHONE).models or ())


@pytest.mark.parametrize(
    ("name", "client"),
    [
        (f"SEP{MAC}.cnf.xml", CLIENT),
        ("XMLDefault.cnf.xml", CLIENT),
        ("g3-tones.xml.sgn", CLIENT),
        ("Ringlist.xml", CLIENT),
        ("../etc/passwd", CLIENT),
        ("g3-tones.xml", "198.51.100.7"),
    ],
)
async def test_what_has_to_be_decided_is_not_answered_at_once(
    resolver: FileResolver, clock: StillClock, name: str, client: str
) -> None:
    assert resolver.at_once(FileRequest(name, client, Via.TFTP, clock.now())) is None
