"""The answers to a phone's questions about itself, from its profile.

Every question is answered, also about lines and buttons that do not exist: a phone that gets no answer asks again, and
some never finish their registration. Source: SCCP flows reference, section 1.1.
"""

from __future__ import annotations

from bridge.sccp.buttons import ButtonDefinition, ButtonTemplate
from bridge.sccp.device import MAX_SERVERS, ConfigStat, DefineTimeDate, ServerRes, Version
from bridge.sccp.display import DisplayPromptStatus
from bridge.sccp.features import (
    BlfStatus,
    FeatureStat,
    ServiceUrlStat,
)
from bridge.sccp.labels import Label
from bridge.sccp.lines import CallCount, CallCountRes, ForwardStat, LineStat, SpeedDialStat
from bridge.sccp.message import Message
from bridge.sccp.profile import StationProfile, StationServer
from bridge.sccp.registration import Register
from bridge.sccp.requests import (
    ButtonTemplateReq,
    CallCountReq,
    ConfigStatReq,
    FeatureStatReq,
    ForwardStatReq,
    LineStatReq,
    ServerReq,
    ServiceUrlStatReq,
    SoftKeySetReq,
    SoftKeyTemplateReq,
    SpeedDialStatReq,
    TimeDateReq,
    VersionReq,
)
from bridge.sccp.softkeys import ALL_KEYS, SelectSoftKeys, SoftKeySetIndex
from bridge.sccp.stimuli import StimulusType

QUESTIONS: tuple[type[Message], ...] = (
    ButtonTemplateReq,
    CallCountReq,
    ConfigStatReq,
    FeatureStatReq,
    ForwardStatReq,
    LineStatReq,
    ServerReq,
    ServiceUrlStatReq,
    SoftKeySetReq,
    SoftKeyTemplateReq,
    SpeedDialStatReq,
    TimeDateReq,
    VersionReq,
)
"""What ``answers_to`` has answers for."""


def answers_to(
    question: Message, register: Register, profile: StationProfile, buttons: tuple[ButtonDefinition, ...]
) -> tuple[Message, ...]:
    """What to send in answer to a phone's question; empty for a message that is no question.

    ``register`` is what the phone said of itself: without a load to run it shall keep the one it has.
    """
    match question:
        case ButtonTemplateReq():
            return (ButtonTemplate.of(buttons),)
        case SoftKeyTemplateReq():
            return (profile.softkeys.template(),)
        case SoftKeySetReq():
            return (profile.softkeys.set_message(), *idle_screen(profile))
        case LineStatReq():
            return (line_stat(question.line, profile),)
        case SpeedDialStatReq():
            return (speed_dial_stat(question.index, profile),)
        case FeatureStatReq():
            return (_feature_stat(question.index, profile, buttons),)
        case ServiceUrlStatReq():
            return (service_url_stat(question.index, profile),)
        case ForwardStatReq():
            return (ForwardStat(0, question.line),)
        case TimeDateReq():
            return (DefineTimeDate.of(profile.local_time()),)
        case ConfigStatReq():
            return (_config_stat(register.device_name, profile),)
        case VersionReq():
            return (Version(profile.firmware or register.load_name),)
        case ServerReq():
            return (_servers(profile.servers),)
        case CallCountReq():
            counts = tuple(CallCount(line.max_calls, line.busy_trigger) for line in profile.lines)
            return (CallCountRes(len(counts), 1, counts),)
        case _:
            return ()


def idle_screen(profile: StationProfile) -> tuple[Message, ...]:
    """What an idle phone shows."""
    return (SelectSoftKeys(0, 0, SoftKeySetIndex.ON_HOOK, ALL_KEYS), DisplayPromptStatus(profile.idle_prompt))


def line_stat(instance: int, profile: StationProfile) -> LineStat:
    """What a line button shows, and what the top of the screen says of the first line."""
    line = profile.line(instance)
    if line is None:
        lamp = profile.lamp(profile.lamp_of_line(instance))
        if lamp is not None:
            label = lamp.label or lamp.number
            return LineStat(instance, lamp.number, label, label)
        return LineStat(instance)
    shown = line.shown_number or line.display_name or line.number
    return LineStat(instance, line.number, shown, line.label or line.number)


def speed_dial_stat(index: int, profile: StationProfile) -> SpeedDialStat:
    """What a speed-dial button dials and shows."""
    speed_dial = profile.speed_dial(index)
    if speed_dial is None:
        return SpeedDialStat(index)
    return SpeedDialStat(index, speed_dial.number, speed_dial.label or speed_dial.number)


def service_url_stat(index: int, profile: StationProfile) -> ServiceUrlStat:
    """What a service button opens and shows."""
    if not 0 < index <= len(profile.services):
        return ServiceUrlStat(index)
    return ServiceUrlStat(index, profile.services[index - 1].url, profile.services[index - 1].label)


def _feature_stat(index: int, profile: StationProfile, buttons: tuple[ButtonDefinition, ...]) -> FeatureStat:
    lamp = profile.lamp(index)
    if lamp is not None and ButtonDefinition(index, StimulusType.BLF_SPEED_DIAL) in buttons:
        return FeatureStat(index, StimulusType.BLF_SPEED_DIAL, BlfStatus.UNKNOWN, lamp.label or lamp.number)
    park = profile.park_button(index)
    if park is not None and ButtonDefinition(index, StimulusType.DIRECTED_PARK) in buttons:
        return FeatureStat(index, StimulusType.DIRECTED_PARK, BlfStatus.IDLE, park.shown)
    if ButtonDefinition(index, StimulusType.FEATURE) in buttons:
        return FeatureStat(index, StimulusType.FEATURE, 0, Label.PRIVATE)
    return FeatureStat(index, StimulusType.UNDEFINED)


def _config_stat(device: str, profile: StationProfile) -> ConfigStat:
    return ConfigStat(
        device,
        user_name=profile.user_name,
        server_name=profile.server_name,
        line_count=len(profile.lines),
        speed_dial_count=len(profile.speed_dials),
    )


def _servers(servers: tuple[StationServer, ...]) -> ServerRes:
    listed = servers[:MAX_SERVERS]
    return ServerRes(
        tuple(server.name for server in listed),
        tuple(server.port for server in listed),
        tuple(server.address for server in listed),
    )
