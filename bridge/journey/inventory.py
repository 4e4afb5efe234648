"""What an event tells of a phone that is worth keeping: firmware, security, VLAN, switch port, call manager (RG-32).

Unlike the facts of a journey this outlives restarts of the service, and the pruning of old events.
"""

from __future__ import annotations

from dataclasses import replace

from bridge.core import Inventory, SecurityMode, Via
from bridge.core.events import (
    Event,
    FileDelivered,
    FileRequested,
    ModelLearnt,
    OutOfServiceTold,
    PhoneAdmitted,
    PhoneConnecting,
    PhonePageRead,
    PhoneRegistered,
    TrustListNamed,
    TrustListSeen,
)
from bridge.journey.phonefacts import CONFIGURATION
from bridge.phones import FirmwareKind, catalogue, parse_user_agent
from bridge.phones.filenames import parse_file_name
from bridge.phones.requestedfile import FileKind
from bridge.phones.useragent import firmware_of

_TLS_PORTS = (2443, 5061)


def take_stock(known: Inventory, event: Event) -> Inventory:
    """What is known with this event."""
    match event:
        case FileRequested():
            known = _by_agent(known, event.user_agent)
            # Whoever asks for a flat profile reads one, whatever it calls itself.
            is_flat = parse_file_name(event.name).kind is FileKind.FLAT_PROFILE
            return replace(known, firmware=FirmwareKind.MPP.value) if is_flat and not known.firmware else known
        case TrustListSeen() if event.via is not Via.HTTPS:
            return replace(known, security=SecurityMode.TRUST_LIST)
        case FileDelivered() if _is_plain_configuration(event.name) and known.security is SecurityMode.TRUST_LIST:
            return replace(known, security=SecurityMode.NON_SECURE)
        case PhoneConnecting() if event.server_port in _TLS_PORTS:
            return replace(known, security=SecurityMode.TLS)
        case PhoneConnecting() if event.server_port and known.security in (SecurityMode.UNKNOWN, SecurityMode.TLS):
            return replace(known, security=SecurityMode.NON_SECURE)
        case PhoneRegistered():
            known = _by_agent(known, event.user_agent)
            is_news = known.security is SecurityMode.UNKNOWN
            return replace(known, security=SecurityMode.NON_SECURE) if is_news else known
        case PhoneAdmitted():
            return _placed(known, event.vlan, event.neighbour, event.neighbour_port)
        case ModelLearnt():
            return _by_model(known, event.model)
        case TrustListNamed():
            return replace(known, manager=event.itl_server or event.ctl_server or known.manager)
        case OutOfServiceTold():
            known = _placed(known, event.voice_vlan, event.neighbour, event.neighbour_port)
            return replace(known, manager=known.manager or event.server)
        case PhonePageRead():
            known = _placed(_by_model(known, event.model), event.voice_vlan, event.neighbour, event.neighbour_port)
            return replace(known, manager=event.call_manager or known.manager)
        case _:
            return known


def _by_agent(known: Inventory, user_agent: str) -> Inventory:
    agent = parse_user_agent(user_agent) if user_agent else None
    if agent is None:
        return known
    family = agent.model.family.value if agent.model is not None else known.family
    return replace(known, family=family, firmware=agent.firmware.value)


def _by_model(known: Inventory, name: str) -> Inventory:
    model = catalogue().by_name(name.removeprefix("CP-")) if name else None
    if model is None:
        return known
    return replace(known, family=model.family.value, firmware=known.firmware or firmware_of(model).value)


def _placed(known: Inventory, vlan: int, neighbour: str, port: str) -> Inventory:
    return replace(
        known,
        voice_vlan=vlan or known.voice_vlan,
        neighbour=neighbour or known.neighbour,
        neighbour_port=port or known.neighbour_port,
    )


def _is_plain_configuration(name: str) -> bool:
    asked = parse_file_name(name)
    return asked.kind in CONFIGURATION and not asked.signed
