"""What an SCCP phone is told, from the site's objects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.settings import SccpSettings
from bridge.app.stations.profiles import Profiles
from bridge.callcontrol.languages import ENGLISH, GERMAN
from bridge.core import (
    AddOnModule,
    AppearanceSettings,
    BlfSpeedDial,
    ButtonKind,
    CallingSearchSpace,
    Device,
    DeviceButton,
    DeviceDefaults,
    DeviceSettings,
    DiscardDigits,
    DtmfMode,
    EarlyOpen,
    FeatureButton,
    LampPolicy,
    Line,
    LineAppearance,
    LineSettings,
    NumberRange,
    Partition,
    PhoneButtonTemplate,
    RoutePattern,
    ServiceUrl,
    SignallingProtocol,
    Softkey,
    SoftkeyState,
    SoftkeyTemplate,
    SpeedDial,
    StateKeys,
    Switch,
    TemplateButton,
    TranslationPattern,
)
from bridge.dialplan import Waiting
from bridge.sccp.buttons import ButtonDefinition
from bridge.sccp.devicetypes import DeviceType
from bridge.sccp.labels import Label
from bridge.sccp.profile import BusyLamp, ServiceButton, StationLine
from bridge.sccp.profile import SpeedDial as StationSpeedDial
from bridge.sccp.softkeyplan import DEFAULT_SOFT_KEYS
from bridge.sccp.softkeys import SoftKeyEventType, SoftKeySetIndex
from bridge.sccp.stimuli import StimulusType
from bridge.sccp.versions import NEWEST
from bridge.store import SqlStore
from tests.samples import sample_device

TYPE = DeviceType.CISCO_7961G
S = StimulusType


@pytest.fixture
def profiles(files: PhoneFiles) -> Profiles:
    return Profiles(files, SccpSettings())


def device(*lines: LineAppearance, buttons: tuple[DeviceButton, ...] = (), **settings: object) -> Device:
    return replace(
        sample_device(SignallingProtocol.SCCP, *lines),
        buttons=buttons,
        settings=DeviceSettings(**settings),  # type: ignore[arg-type]  # given by name: the call itself checks
    )


def shown(template: tuple[ButtonDefinition, ...]) -> list[tuple[int, int]]:
    return [(int(each.type), each.instance) for each in template if each.type != S.UNDEFINED]


def test_a_phone_that_nobody_touched(profiles: Profiles) -> None:
    profile = profiles.profile(device(), TYPE)
    assert profile.lines == (StationLine("1001", "Ada", "Ada Lovelace", mailbox="1001"),)
    assert profile.buttons == ()
    assert profile.softkeys is DEFAULT_SOFT_KEYS
    assert profile.version_ceiling == NEWEST
    assert profile.idle_prompt == Label.YOUR_CURRENT_OPTIONS
    calls = profiles.calls(device())
    assert (calls.early_open, calls.dtmf) == (EarlyOpen.AUTO, DtmfMode.AUTO)
    assert calls.digits(1).waiting("1") is Waiting.NO_MATCH


def test_lines_with_their_limits_and_labels(profiles: Profiles) -> None:
    masked = AppearanceSettings(
        external_mask="0301234XXXX",
        max_calls=6,
        busy_trigger=3,
        lamp=LampPolicy.PROMPT,
        audible_messages=Switch.ON,
        log_missed_calls=False,
    )
    boxed = LineSettings(voicemail_pilot="*98", voicemail_box="2001@sales")
    first = LineAppearance(1, Line("1001", settings=boxed), settings=masked)
    phone = device(first, LineAppearance(2, Line("1002"), "Second"), idle_text="Lobby", owner="Ada")
    profile = profiles.profile(phone, TYPE)
    assert profile.lines == (
        StationLine(
            "1001",
            "03012341001",
            max_calls=6,
            busy_trigger=3,
            shown_number="03012341001",
            voicemail_pilot="*98",
            mailbox="2001@sales",
            lamp=LampPolicy.PROMPT,
            audible_messages=Switch.ON,
            log_missed_calls=False,
        ),
        StationLine("1002", "Second", mailbox="1002"),
    )
    assert (profile.idle_prompt, profile.user_name) == ("Lobby", "Ada")
    assert profiles.calls(phone).voicemail == "*97"


def test_buttons_stand_where_the_admin_put_them(profiles: Profiles) -> None:
    buttons = (
        DeviceButton(3, SpeedDial("1009", "Bob")),
        DeviceButton(4, BlfSpeedDial("1010")),
        DeviceButton(5, ServiceUrl("http://192.0.2.1/", "Menu")),
        DeviceButton(6, FeatureButton(ButtonKind.DND)),
        DeviceButton(8, SpeedDial("1011")),
    )
    profile = profiles.profile(device(buttons=buttons, add_ons=(AddOnModule.CISCO_7914,)), TYPE)
    assert profile.speed_dials == (StationSpeedDial("1009", "Bob"), StationSpeedDial("1011", "1011"))
    assert profile.lamps == (BusyLamp("1010", "1010"),)
    assert profile.services == (ServiceButton("http://192.0.2.1/", "Menu"),)
    assert len(profile.buttons) == 6 + 14
    assert shown(profile.buttons) == [
        (S.LINE, 1),
        (S.SPEED_DIAL, 1),
        (S.BLF_SPEED_DIAL, 1),
        (S.SERVICE_URL, 1),
        (S.DO_NOT_DISTURB, 1),
        (S.SPEED_DIAL, 2),
    ]
    assert profile.buttons[7] == ButtonDefinition(2, S.SPEED_DIAL)
    old = profile.button_template(TYPE, version=14)
    assert [old[0], old[3]] == [ButtonDefinition(1, S.LINE), ButtonDefinition(2, S.LINE)]


def test_a_model_without_a_button_for_a_lamp_has_a_speed_dial(profiles: Profiles) -> None:
    buttons = (DeviceButton(3, BlfSpeedDial("1010")), DeviceButton(4, SpeedDial("1011")))
    profile = profiles.profile(device(buttons=buttons), DeviceType.CISCO_7912G)
    assert profile.lamps == ()
    assert [each.number for each in profile.speed_dials] == ["1010", "1011"]
    assert shown(profile.buttons)[2:4] == [(S.SPEED_DIAL, 1), (S.SPEED_DIAL, 2)]


def test_buttons_for_group_pickup_have_their_groups(profiles: Profiles) -> None:
    buttons = (
        DeviceButton(3, FeatureButton(ButtonKind.GROUP_PICKUP, argument="7")),
        DeviceButton(4, FeatureButton(ButtonKind.PICKUP)),
        DeviceButton(5, FeatureButton(ButtonKind.GROUP_PICKUP)),
    )
    assert profiles.calls(device(buttons=buttons)).group_pickups == ("7", "")


def test_a_button_template_says_what_a_button_is(profiles: Profiles, files: PhoneFiles, store: SqlStore) -> None:
    kinds = (ButtonKind.LINE, ButtonKind.SPEED_DIAL, ButtonKind.LINE, ButtonKind.PRIVACY, ButtonKind.SPEED_DIAL)
    with store.write() as work:
        work.objects.button_templates.save(PhoneButtonTemplate("Desk", tuple(TemplateButton(each) for each in kinds)))
        work.commit()
    files.read_site()
    phone = device(
        LineAppearance(1, Line("1001")),
        buttons=(DeviceButton(2, SpeedDial("1009")),),
        button_template="Desk",
    )
    profile = profiles.profile(phone, TYPE)
    # The second line and the second speed dial of the template are not there to be shown.
    assert [(at, int(each.type)) for at, each in enumerate(profile.buttons, 1) if each.instance] == [
        (1, S.LINE),
        (2, S.SPEED_DIAL),
        (4, S.FEATURE),
    ]


def test_softkeys_of_the_device_or_else_of_its_pool(profiles: Profiles, files: PhoneFiles, store: SqlStore) -> None:
    def template(name: str, *keys: Softkey) -> SoftkeyTemplate:
        return SoftkeyTemplate(name, (StateKeys(SoftkeyState.ON_HOOK, keys),))

    with store.write() as work:
        work.objects.softkey_templates.save(template("Device", Softkey.NEW_CALL, Softkey.REDIAL))
        # Conference barge does nothing here, so it is not shown.
        work.objects.softkey_templates.save(template("Pool", Softkey.CONFERENCE_BARGE, Softkey.NEW_CALL))
        work.objects.pools.save(replace(work.site.pool("Default"), softkey_template="Pool"))
        work.commit()
    files.read_site()

    def on_hook(phone: Device) -> tuple[SoftKeyEventType, ...]:
        sets = {each.state: each.events for each in profiles.profile(phone, TYPE).softkeys.sets}
        assert SoftKeySetIndex.CONNECTED in sets
        return sets[SoftKeySetIndex.ON_HOOK]

    assert on_hook(device(softkey_template="Device")) == (SoftKeyEventType.NEW_CALL, SoftKeyEventType.REDIAL)
    assert on_hook(device()) == (SoftKeyEventType.NEW_CALL,)


def test_the_version_ceiling_of_the_device_or_else_of_its_model(
    profiles: Profiles, files: PhoneFiles, store: SqlStore
) -> None:
    with store.write() as work:
        work.site.save_device_defaults(DeviceDefaults(30018, SignallingProtocol.SCCP, version_ceiling=17))
        work.commit()
    files.read_site()
    assert profiles.profile(replace(device(), model_number=30018), TYPE).version_ceiling == 17
    assert profiles.profile(replace(device(version_ceiling=9), model_number=30018), TYPE).version_ceiling == 9


@pytest.mark.parametrize(
    ("setting", "late", "wanted"),
    [
        (EarlyOpen.AUTO, False, EarlyOpen.AUTO),
        (EarlyOpen.AUTO, True, EarlyOpen.NEVER),
        (EarlyOpen.ALWAYS, True, EarlyOpen.ALWAYS),
    ],
)
def test_what_was_found_out_about_early_open_counts_with_auto(
    profiles: Profiles, setting: EarlyOpen, late: bool, wanted: EarlyOpen
) -> None:
    assert profiles.calls(device(early_open=setting, opens_late=late)).early_open is wanted


class TestRules:
    @pytest.fixture(autouse=True)
    def plan(self, store: SqlStore, files: PhoneFiles) -> None:
        with store.write() as work:
            for name in ("Inside", "Outside", "Abroad"):
                work.objects.partitions.save(Partition(name))
            for css, partitions in (("Guest", ("Inside",)), ("Staff", ("Inside", "Outside"))):
                work.objects.calling_search_spaces.save(CallingSearchSpace(css, partitions))
            for pattern in (
                RoutePattern(
                    pattern="9.1[2-9]XX", partition="Outside", destination="pstn", discard_digits=DiscardDigits.PRE_DOT
                ),
                RoutePattern(pattern="9.011!#", partition="Abroad", destination="pstn"),
                RoutePattern(pattern="112", partition="Abroad", destination="pstn", emergency=True),
                TranslationPattern(pattern="7XX", partition="Inside", outside_dial_tone=False),
                RoutePattern(pattern="8X+1", partition="Inside", destination="pstn"),
                RoutePattern(pattern="0.\\+49!", destination="pstn"),
            ):
                work.objects.patterns.save(pattern)
            work.commit()
        files.read_site()

    NUMBERS = ("112", "0+4930", "755", "91299", "9011441", "85551")
    ALWAYS = frozenset({"112", "0+4930"})
    """Emergency numbers, and the partition <None>."""

    def reached(self, profiles: Profiles, phone: Device) -> set[str]:
        plan = profiles.calls(phone).digits(1)
        return {number for number in self.NUMBERS if plan.waiting(number) in (Waiting.COMPLETE, Waiting.MAY_END)}

    def test_no_calling_search_space_reaches_what_is_in_no_partition(self, profiles: Profiles) -> None:
        assert self.reached(profiles, device()) == self.ALWAYS

    def test_of_the_device(self, profiles: Profiles) -> None:
        assert self.reached(profiles, device(css="Guest")) == self.ALWAYS | {"755", "85551"}
        outside = {"755", "91299", "85551"}
        assert self.reached(profiles, device(css="Staff")) == self.ALWAYS | outside

    def test_of_the_line(self, profiles: Profiles) -> None:
        line = LineAppearance(1, Line("1001", settings=LineSettings(css="Guest")))
        assert self.reached(profiles, device(line)) == self.ALWAYS | {"755", "85551"}

    @pytest.mark.req("AR-32")
    def test_an_autoregistered_phone_has_the_pools_space_for_it(
        self, profiles: Profiles, files: PhoneFiles, store: SqlStore
    ) -> None:
        with store.write() as work:
            work.objects.pools.save(replace(work.site.pool("Default"), autoreg_css="Guest", css="Staff"))
            work.commit()
        files.read_site()
        assert "91299" in self.reached(profiles, device())
        assert self.reached(profiles, replace(device(), temporary=True)) == self.ALWAYS | {"755", "85551"}

    def test_numbers_of_the_range_are_complete_too(
        self, profiles: Profiles, files: PhoneFiles, store: SqlStore
    ) -> None:
        with store.write() as work:
            settings = replace(work.autoregistration.load(for_update=True), range=NumberRange("1000", "1999"))
            work.autoregistration.save(settings)
            work.commit()
        files.read_site()
        plan = profiles.calls(device()).digits(1)
        assert plan.is_complete("1234")
        assert not plan.is_complete("123")


def test_words_on_the_screen_in_the_language_of_the_device_or_else_of_its_pool(
    profiles: Profiles, files: PhoneFiles, store: SqlStore
) -> None:
    assert profiles.calls(device()).texts is ENGLISH
    assert profiles.calls(device(user_locale="German_Germany")).texts is GERMAN
    with store.write() as work:
        work.objects.pools.save(replace(work.site.pool("Default"), user_locale="German_Germany"))
        work.commit()
    files.read_site()
    assert profiles.calls(device()).texts is GERMAN
    assert profiles.calls(device(user_locale="English_United_States")).texts is ENGLISH
