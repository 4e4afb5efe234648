"""``SIPDefault.cnf`` and ``SIP<MAC>.cnf``: the text files of a 7940 or 7960 with SIP firmware.

Source: the SEP file reference, section 15. One ``key: value`` per line, values may be quoted, ``;`` and ``#`` begin
comments; the phone's own file overrides the common one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bridge.core import SignallingProtocol
from bridge.lab.phonesettings import (
    CallManager,
    ConfigurationRefused,
    FurtherFiles,
    LineKey,
    PhoneSettings,
    SipTimers,
    TransportCode,
)

_LINE = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*:\s*(\"[^\"]*\"|[^;#]*)")
_UNUSED = {"", "UNPROVISIONED"}
_LINES = 6
_LARGEST = 64 * 1024


def read_text_file(content: bytes) -> dict[str, str]:
    """The keys (in lower case) and values of one file. Lines that are none are skipped. Raises ConfigurationRefused."""
    if len(content) > _LARGEST:
        raise ConfigurationRefused("CFG TFTP Size Error", why=f"the file has {len(content)} bytes")
    values: dict[str, str] = {}
    for text in content.decode("latin-1").splitlines():
        if match := _LINE.match(text):
            values[match.group(1).lower()] = match.group(2).strip().strip('"').strip()
    return values


def settings_from(values: Mapping[str, str]) -> PhoneSettings:
    """The settings that both files together make. ``values`` are those of SIPDefault, overridden by the phone's own."""
    servers: dict[str, int] = {}
    for number in range(1, _LINES + 1):
        address = values.get(f"proxy{number}_address", "")
        if address not in _UNUSED:
            servers.setdefault(address, _number(values, f"proxy{number}_port", 5060))
    lines = tuple(line for number in range(1, _LINES + 1) if (line := _line(values, number)) is not None)
    template = values.get("dial_template", "")
    return PhoneSettings(
        protocol=SignallingProtocol.SIP,
        load=values.get("image_version", ""),
        servers=tuple(CallManager(address, port) for address, port in servers.items()),
        lines=lines,
        transport=TransportCode.UDP,  # this family knows no other
        register_with_proxy=values.get("proxy_register", "0") == "1",
        timers=SipTimers(register_expires=_number(values, "timer_register_expires", 3600)),
        files=FurtherFiles(dial_template=f"{template}.xml" if template else "", folder=values.get("tftp_cfg_dir", "")),
        event_payload=_number(values, "dtmf_avt_payload", 101),
        first_media_port=_number(values, "start_media_port", 16384),
        last_media_port=_number(values, "end_media_port", 32766),
        sip_port=_number(values, "voip_control_port", 5060),
        phone_label=values.get("phone_label", ""),
    )


def _number(values: Mapping[str, str], key: str, default: int) -> int:
    text = values.get(key, "")
    return int(text) if text.isdigit() and len(text) < 8 else default


def _line(values: Mapping[str, str], number: int) -> LineKey | None:
    def value(key: str) -> str:
        text = values.get(f"line{number}_{key}", "")
        return "" if text in _UNUSED else text

    name = value("name")
    if not name:
        return None
    return LineKey(
        button=number,
        name=name,
        proxy=values.get(f"proxy{number}_address", "") or values.get("proxy1_address", ""),
        port=_number(values, f"proxy{number}_port", _number(values, "proxy1_port", 5060)),
        label=value("shortname") or name,
        display_name=value("displayname"),
        contact=value("contact"),
        auth_name=value("authname") or None,
        auth_password=value("password"),
    )
