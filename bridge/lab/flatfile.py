"""Flat-profile XML as phones with MPP firmware and SPA phones read it.

Source: phone boot reference, sections 2 and 3 (``$PSN``, ``$MA``, the chain of profile rules). One element per
parameter below ``<flat-profile>``; the number of the line stands at the end of its name. What is not known is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from bridge.core import MacAddress, SignallingProtocol
from bridge.lab.phonesettings import (
    CallManager,
    ConfigurationRefused,
    LineKey,
    PhoneSettings,
    SipTimers,
    TransportCode,
)
from bridge.phones import ConfigFamily, Model

FLAT_FAMILIES = frozenset(
    {
        ConfigFamily.MPP,
        ConfigFamily.MPP_ATA,
        ConfigFamily.PHONEOS,
        ConfigFamily.SPA,
        ConfigFamily.SPA9XX,
        ConfigFamily.SPA_ATA,
    }
)
_LARGEST = 256 * 1024
_LINES = 16
_REFUSED = "Resync failed"


def product_name(model: Model) -> str:
    """``$PSN``: ``7841-3PCC``, ``504G``, ``9861``."""
    bare = model.name.removesuffix(" (MPP)").replace(" ", "")
    return bare.removeprefix("SPA") if model.family in {ConfigFamily.SPA, ConfigFamily.SPA9XX} else bare


def model_file(model: Model) -> str:
    """The file that the built-in rule asks for."""
    match model.family:
        case ConfigFamily.SPA | ConfigFamily.SPA9XX:
            return f"/spa{product_name(model)}.cfg"
        case ConfigFamily.SPA_ATA:
            return "/init.cfg" if model.name == "PAP2T" else f"/{model.name.lower()}.cfg"
        case ConfigFamily.MPP_ATA:
            return f"/{product_name(model).removesuffix('-MPP').lower()}.cfg"
        case _:
            return f"/{product_name(model)}.xml"


def read_flat_file(content: bytes) -> dict[str, str]:
    """The parameters of a profile. Raises ConfigurationRefused."""
    if len(content) > _LARGEST:
        raise ConfigurationRefused(_REFUSED, why=f"the profile has {len(content)} bytes")
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise ConfigurationRefused(_REFUSED, why=f"not well-formed: {error}"[:300]) from error
    if root.tag != "flat-profile":
        raise ConfigurationRefused(_REFUSED, why=f"the root is <{root.tag[:40]}>, not <flat-profile>")
    return {child.tag: (child.text or "").strip() for child in root}


def next_profile(values: Mapping[str, str], model: Model, mac: MacAddress) -> str:
    """The path that the profile rule names, with the phone's own words put in; empty for no rule."""
    rule = values.get("Profile_Rule", "").rpartition("]")[2].strip()
    rule = rule.replace("$PSN", product_name(model)).replace("$MAU", mac.value).replace("$MA", mac.value.lower())
    return urlsplit(rule).path if rule else ""


def settings_from_profile(values: Mapping[str, str]) -> PhoneSettings:
    """What the phone takes from its profiles."""
    lines = tuple(line for number in range(1, _LINES + 1) if (line := _line(values, number)) is not None)
    servers = dict.fromkeys(CallManager(line.proxy, line.port) for line in lines)
    return PhoneSettings(
        protocol=SignallingProtocol.SIP,
        servers=tuple(servers),
        lines=lines,
        transport=TransportCode.TCP if values.get("SIP_Transport_1_", "").upper() == "TCP" else TransportCode.UDP,
        register_with_proxy=values.get("Register_1_", "Yes").lower() == "yes",
        timers=SipTimers(register_expires=_number(values.get("Register_Expires_1_", ""), 3600)),
        phone_label=values.get("Station_Name", ""),
    )


def _number(text: str, default: int) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else default


def _line(values: Mapping[str, str], number: int) -> LineKey | None:
    def value(key: str) -> str:
        return values.get(f"{key}_{number}_", "")

    name, proxy = value("User_ID"), value("Proxy")
    if not name or not proxy or value("Line_Enable").lower() == "no":
        return None
    host, colon, port = proxy.rpartition(":")
    return LineKey(
        button=number,
        name=name,
        proxy=host if colon else proxy,
        port=_number(port, 5060) if colon else 5060,
        label=value("Short_Name") or name,
        display_name=value("Display_Name"),
        contact=name,
        auth_name=value("Auth_ID") if value("Use_Auth_ID").lower() == "yes" else name,
        auth_password=value("Password"),
    )
