"""What an SCCP phone is told of itself, and how its calls are made: from the site's objects and its own settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.app.files.phonefiles import PhoneFiles, Site
from bridge.app.settings import SccpSettings
from bridge.app.stations.softkeys import soft_key_plan
from bridge.callcontrol import CallSettings, GroupAlert
from bridge.callcontrol.emergency import emergency_numbers
from bridge.callcontrol.languages import call_texts
from bridge.core import (
    BargeOption,
    BlfSpeedDial,
    ButtonKind,
    Device,
    DeviceButton,
    DndAlert,
    DndMode,
    DndOption,
    EarlyOpen,
    FeatureButton,
    PagingStream,
    PhoneButtonTemplate,
    ServiceUrl,
    SpeedDial,
    Switch,
    TemplateButton,
)
from bridge.phones import catalogue
from bridge.sccp import MediaCodec
from bridge.sccp.buttonplaces import place
from bridge.sccp.buttons import ButtonDefinition
from bridge.sccp.devicetypes import DeviceType
from bridge.sccp.labels import Label
from bridge.sccp.profile import BusyLamp, ParkButton, ServiceButton, StationLine, StationProfile
from bridge.sccp.profile import SpeedDial as StationSpeedDial
from bridge.sccp.stimuli import StimulusType
from bridge.sccp.versions import NEWEST

LABEL = 30
"""Characters of a line label."""
CODECS = {
    "ulaw": (MediaCodec.G711_ULAW_64K,),
    "alaw": (MediaCodec.G711_ALAW_64K,),
    "g722": (MediaCodec.G722_64K,),
    "g729": (MediaCodec.G729_ANNEX_A, MediaCodec.G729),
    "ilbc": (MediaCodec.ILBC,),
}
"""A region's codecs, by Asterisk's names, as SCCP knows them."""
_STIMULI = {
    ButtonKind.LINE: StimulusType.LINE,
    ButtonKind.SPEED_DIAL: StimulusType.SPEED_DIAL,
    ButtonKind.BLF_SPEED_DIAL: StimulusType.BLF_SPEED_DIAL,
    ButtonKind.SERVICE_URL: StimulusType.SERVICE_URL,
    ButtonKind.DIRECTED_PARK: StimulusType.DIRECTED_PARK,
    # No source tells how phones ask for the label of an intercom button; a speed dial serves on every model.
    ButtonKind.INTERCOM: StimulusType.SPEED_DIAL,
    ButtonKind.PAGING: StimulusType.SPEED_DIAL,
    ButtonKind.PRIVACY: StimulusType.FEATURE,
    ButtonKind.REDIAL: StimulusType.REDIAL,
    ButtonKind.HOLD: StimulusType.HOLD,
    ButtonKind.TRANSFER: StimulusType.TRANSFER,
    ButtonKind.FORWARD_ALL: StimulusType.FORWARD_ALL,
    ButtonKind.FORWARD_BUSY: StimulusType.FORWARD_BUSY,
    ButtonKind.FORWARD_NO_ANSWER: StimulusType.FORWARD_NO_ANSWER,
    ButtonKind.CONFERENCE: StimulusType.CONFERENCE,
    ButtonKind.CONFERENCE_LIST: StimulusType.CONFERENCE_LIST,
    ButtonKind.REMOVE_LAST_PARTICIPANT: StimulusType.REMOVE_LAST_PARTICIPANT,
    ButtonKind.MEET_ME: StimulusType.MEET_ME,
    ButtonKind.PARK: StimulusType.CALL_PARK,
    ButtonKind.PICKUP: StimulusType.CALL_PICKUP,
    ButtonKind.GROUP_PICKUP: StimulusType.GROUP_PICKUP,
    ButtonKind.OTHER_PICKUP: StimulusType.OTHER_PICKUP,
    ButtonKind.MOBILITY: StimulusType.MOBILITY,
    ButtonKind.DND: StimulusType.DO_NOT_DISTURB,
    ButtonKind.QUALITY_REPORT: StimulusType.QUALITY_REPORT,
    ButtonKind.CALL_BACK: StimulusType.CALL_BACK,
    ButtonKind.VIDEO_MODE: StimulusType.VIDEO_MODE,
    ButtonKind.NEW_CALL: StimulusType.NEW_CALL,
    ButtonKind.END_CALL: StimulusType.END_CALL,
    ButtonKind.HUNT_LOGIN: StimulusType.HUNT_GROUP_LOGIN,
    ButtonKind.MALICIOUS_CALL: StimulusType.MALICIOUS_CALL,
    ButtonKind.MESSAGES: StimulusType.MESSAGES,
    ButtonKind.DIRECTORY: StimulusType.DIRECTORY,
    ButtonKind.SERVICES: StimulusType.APPLICATION,
    ButtonKind.HEADSET: StimulusType.HEADSET,
}
"""Kinds that SCCP has a button type for (dialplan mapping reference, section 9)."""
_ASSIGNED = {
    ButtonKind.SPEED_DIAL,
    ButtonKind.BLF_SPEED_DIAL,
    ButtonKind.SERVICE_URL,
    ButtonKind.INTERCOM,
    ButtonKind.PAGING,
}
"""Kinds whose buttons of a device fill those of its template."""


class Profiles:
    """Makes the profiles and call settings of SCCP phones."""

    def __init__(self, files: PhoneFiles, settings: SccpSettings, language: str = "en") -> None:
        """``language``: of our own words on the screen, where neither the device nor its pool has a locale we know."""
        self._files = files
        self._language = language
        self._settings = settings

    def profile(self, device: Device, device_type: DeviceType) -> StationProfile:
        """What the session answers its phone's questions from."""
        site, pool = self._files.site, self._files.pool(device)
        zone = ZoneInfo(pool.date_time_group.time_zone)
        buttons = _buttons(device, device_type, site.button_templates.get(device.settings.button_template))
        # Where the model has no button for a lamp, the number stays a plain speed dial.
        dark = not any(each.type == StimulusType.BLF_SPEED_DIAL for each in buttons)
        return StationProfile(
            lines=tuple(
                StationLine(
                    each.line.number,
                    (each.label or each.external_number)[:LABEL],
                    each.line.display_name[:LABEL],
                    each.settings.max_calls,
                    each.settings.busy_trigger,
                    each.external_number if each.external_number != each.line.number else "",
                    each.line.settings.hotline,
                    float(each.line.settings.hotline_delay),
                    float(each.line.settings.hold_reversion_seconds or self._settings.hold_reversion),
                    each.settings.ring_idle,
                    each.settings.ring_busy,
                    each.settings.ring_kind,
                    each.line.settings.auto_answer,
                    each.settings.recording,
                    each.line.settings.voicemail_pilot,
                    each.line.settings.voicemail_box or each.line.number,
                    each.settings.lamp,
                    each.settings.audible_messages,
                    each.settings.log_missed_calls,
                )
                for each in device.lines
            ),
            local_time=lambda: datetime.now(zone),
            speed_dials=tuple(
                _speed_dials(device, site.button_templates.get(device.settings.button_template), dark=dark)
            ),
            lamps=() if dark else tuple(_lamps(device)),
            services=tuple(
                ServiceButton(each.assigned.url, each.label)
                for each in device.buttons
                if isinstance(each.assigned, ServiceUrl)
            ),
            buttons=buttons,
            park_buttons=tuple(_park_buttons(device)),
            softkeys=soft_key_plan(
                site.softkey_templates.get(device.settings.softkey_template or pool.softkey_template)
            ),
            keepalive_s=self._settings.keepalive,
            secondary_keepalive_s=self._settings.secondary_keepalive,
            date_template=pool.date_time_group.date_template,
            idle_prompt=device.settings.idle_text or Label.YOUR_CURRENT_OPTIONS,
            user_name=device.settings.owner[:LABEL],
            server_name=site.group.servers[0].name,
            version_ceiling=_ceiling(device, site),
        )

    def calls(self, device: Device) -> CallSettings:
        """Rules and times for its calls."""
        pool = self._files.pool(device)
        settings = device.settings
        pairs = [self._files.plans.pair(device, each.button) for each in device.lines]
        groups = tuple(each.line.settings.pickup_group for each in device.lines)
        others = map(self._files.site.other_groups, groups)
        late = settings.early_open is EarlyOpen.AUTO and settings.opens_late
        return CallSettings(
            digits=lambda line: self._files.plans.digits(pairs[line - 1]),
            # In the region's order, which is Asterisk's too: another one would cost a re-INVITE on most calls.
            codecs=tuple(codec for name in pool.region.codecs for codec in CODECS.get(name, ())),
            hold_reminder=max(1.0, self._settings.hold_reminder),
            transfer_on_hook=self._settings.transfer_on_hook,
            conference_outlives_starter=self._settings.conference_outlives_starter,
            meetme=self._settings.meetme,
            early_open=EarlyOpen.NEVER if late else settings.early_open,
            port_request=device.name in self._settings.port_request,
            dtmf=settings.dtmf,
            emergency=emergency_numbers(
                self._settings.emergency_country,
                self._settings.emergency_access_code,
                self._settings.emergency_numbers,
            ),
            dnd_modes=self._dnd_modes(device),
            dnd_alert=self._dnd_alert(device),
            intercom_whisper=self._settings.intercom_whisper,
            pages=self._pages(device),
            abbreviated=device.abbreviated_dials,
            privacy=self._privacy(device),
            barge=settings.barge is not BargeOption.OFF,
            preserve=self._settings.preserve,
            pickup_groups=groups,
            other_groups=tuple(None if each is None else frozenset(each) for each in others),
            group_alerts=tuple(self._alerts(device)),
            group_pickups=tuple(
                each.assigned.argument
                for each in device.buttons
                if isinstance(each.assigned, FeatureButton) and each.kind is ButtonKind.GROUP_PICKUP
            ),
            callback_wait=self._settings.callback_wait,
            voicemail=self._settings.voicemail,
            texts=call_texts(device.settings.user_locale, pool.user_locale, self._language),
        )

    def _dnd_modes(self, device: Device) -> tuple[DndMode, ...]:
        """What the device's setting allows, or else the common phone profile's; by default both, silence first."""
        option = device.settings.dnd
        profile = self._files.site.phone_profiles.get(device.settings.phone_profile or "")
        if option is DndOption.DEFAULT and profile is not None:
            option = profile.dnd
        match option:
            case DndOption.OFF:
                return ()
            case DndOption.REJECT:
                return (DndMode.REJECT,)
            case DndOption.RINGER_OFF:
                return (DndMode.SILENT, DndMode.REJECT)
            case DndOption.DEFAULT:
                return (DndMode.SILENT, DndMode.REJECT)

    def _pages(self, device: Device) -> tuple[PagingStream, ...]:
        """The streams of the groups that one of its lines is in, if the site says that its model joins them."""
        model = catalogue().by_name(device.model)
        if model is None or model not in map(catalogue().by_name, self._settings.paging_multicast_models):
            return ()
        numbers = {each.line.number for each in device.lines}
        groups = {each.number for each in self._settings.paging if numbers.intersection(each.members)}
        return tuple(each for each in self._settings.paging_multicast if each.number in groups)

    def _alerts(self, device: Device) -> Iterator[GroupAlert]:
        """One for each pickup group that tells, as the first line of it wants it."""
        known = {""}
        for line, each in enumerate(device.lines, 1):
            group, own = each.line.settings.pickup_group, each.settings
            if group not in known and (alert := self._files.site.pickup_alert(group)) is not None:
                yield replace(alert, line=line, ring_idle=own.pickup_ring_idle, ring_busy=own.pickup_ring_busy)
            known.add(group)

    def _dnd_alert(self, device: Device) -> DndAlert:
        """What the device's setting says, or else the common phone profile's."""
        alert = device.settings.dnd_alert
        profile = self._files.site.phone_profiles.get(device.settings.phone_profile or "")
        return profile.dnd_alert if alert is DndAlert.DEFAULT and profile is not None else alert

    def _privacy(self, device: Device) -> bool:
        own = device.settings.privacy
        profile = self._files.site.phone_profiles.get(device.settings.phone_profile)
        by_default = profile.privacy if profile is not None else Switch.ON
        return (by_default if own is Switch.DEFAULT else own) is Switch.ON


def _ceiling(device: Device, site: Site) -> int:
    defaults = site.defaults_of(device)
    return device.settings.version_ceiling or (defaults.version_ceiling if defaults else None) or NEWEST


def _lamps(device: Device) -> Iterator[BusyLamp]:
    for each in device.buttons:
        if isinstance(each.assigned, BlfSpeedDial):
            label = (each.label or each.assigned.number)[:LABEL]
            yield BusyLamp(each.assigned.number, label, each.assigned.pickup)


def _speed_dials(device: Device, template: PhoneButtonTemplate | None, *, dark: bool) -> Iterator[StationSpeedDial]:
    """The speed dials in the order in which the button template counts them."""
    left = [
        each
        for each in device.buttons
        if _STIMULI.get(each.kind) is StimulusType.SPEED_DIAL or (dark and each.kind is ButtonKind.BLF_SPEED_DIAL)
    ]
    for slot in template.buttons if template is not None else ():
        found = next((each for each in left if each.kind is slot.kind), None)
        if found is not None:
            left.remove(found)
            yield _speed_dial(found.kind, _number(found), found.label)
        elif _is_whole(slot):
            yield _speed_dial(slot.kind, slot.argument, slot.label)
    for each in left:
        yield _speed_dial(each.kind, _number(each), each.label)


def _number(button: DeviceButton) -> str:
    match button.assigned:
        case SpeedDial(number=number) | BlfSpeedDial(number=number):
            return number
        case FeatureButton(argument=argument):
            return argument
        case _:
            return ""


def _speed_dial(kind: ButtonKind, number: str, label: str) -> StationSpeedDial:
    return StationSpeedDial(number, (label or number or kind.capitalize())[:LABEL], kind is ButtonKind.INTERCOM)


def _is_whole(slot: TemplateButton) -> bool:
    """Whether a template says all that its button needs."""
    return slot.kind is ButtonKind.INTERCOM or (slot.kind is ButtonKind.PAGING and bool(slot.argument))


def _park_buttons(device: Device) -> Iterator[ParkButton]:
    """In the order in which the buttons' instances count."""
    for each in sorted(device.buttons, key=lambda one: one.button):
        if isinstance(each.assigned, FeatureButton) and each.kind is ButtonKind.DIRECTED_PARK:
            yield ParkButton(each.assigned.argument, each.label)


def _buttons(
    device: Device, device_type: DeviceType, template: PhoneButtonTemplate | None
) -> tuple[ButtonDefinition, ...]:
    """The button template; empty where the session's own layout of lines will do."""
    if not device.buttons and template is None:
        return ()
    add_on_buttons = sum(each.buttons for each in device.settings.add_ons)
    wanted = _by_number(device) if template is None else _by_template(device, template)
    known = [(button, _STIMULI[kind]) for button, kind in wanted if kind in _STIMULI]
    placed = place(device_type, known, add_on_buttons=add_on_buttons)
    lamp, dial = StimulusType.BLF_SPEED_DIAL, StimulusType.SPEED_DIAL
    if sum(each.type == lamp for each in placed) == sum(kind == lamp for _, kind in known):
        return placed
    plain = [(button, dial if kind == lamp else kind) for button, kind in known]
    return place(device_type, plain, add_on_buttons=add_on_buttons)


def _by_number(device: Device) -> list[tuple[int, ButtonKind]]:
    lines = [(each.button, ButtonKind.LINE) for each in device.lines]
    return sorted(lines + [(each.button, each.kind) for each in device.buttons], key=lambda each: each[0])


def _by_template(device: Device, template: PhoneButtonTemplate) -> list[tuple[int, ButtonKind]]:
    """As on CUCM: the template says what a button is, and lines and speed dials fill those of their kind in order.

    What stands on buttons behind the template's last one, on an add-on module perhaps, stays there.
    """
    waiting: dict[ButtonKind, list[DeviceButton]] = {}
    for each in device.buttons:
        waiting.setdefault(each.kind, []).append(each)
    lines = len(device.lines)
    placed: list[tuple[int, ButtonKind]] = []
    for button, slot in enumerate(template.buttons, start=1):
        if slot.kind is ButtonKind.LINE:
            lines -= 1
            if lines < 0:
                continue
        elif slot.kind in _ASSIGNED:
            if waiting.get(slot.kind):
                waiting[slot.kind].pop(0)
            elif not _is_whole(slot):
                continue
        placed.append((button, slot.kind))
    behind = len(template.buttons)
    left = [(each.button, each.kind) for rest in waiting.values() for each in rest if each.button > behind]
    left += [(each.button, ButtonKind.LINE) for each in device.lines[len(device.lines) - max(lines, 0) :]]
    return placed + sorted((max(button, behind + 1), kind) for button, kind in left)
