"""``ld<mac>``, ``gk<mac>`` and ``ata<mac>``: binary profiles, of 7905 and 7912 with SIP firmware and of adapters.

Source: phone boot reference, section 2; for the layout, a public analysis of what the maker's tool writes and of the
firmware that reads it (kugg/ATA-tools). Numbers have their highest octet first. The parser of the firmware wants the
record 0x7FFE with a right sum at the beginning, and passes over numbers that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.core import SignallingProtocol
from bridge.lab.phonesettings import CallManager, ConfigurationRefused, LineKey, PhoneSettings, SipTimers, TransportCode
from bridge.phones import ConfigFamily

BINARY_FAMILIES = frozenset({ConfigFamily.FF_LD_GK, ConfigFamily.ATA18X})
"""Families that read such a profile with SIP firmware."""
_MAGIC = b"#ata"
_HEAD = 0x7FFE
_LARGEST = 2048
_REGISTERS, _SERVER, _SECOND_SERVER, _INTERVAL, _SIP_PORT, _MEDIA_PORT = 19, 29, 67, 13, 69, 70
_USES_LOGIN, _UPGRADE = 21, 0x1100
_IMAGE = 19
"""Octets before the name of an image."""
_LINES = ((25, 26, 44, (1006, 130)), (27, 28, 45, (131,)))
"""User, password, login and displayed name of the first and of the second line; a phone has the first one alone."""
_SHORT_NAME, _VOICEMAIL = 1019, 1004


def read_binary_file(content: bytes) -> dict[int, bytes]:
    """The parameters of one profile. Raises ConfigurationRefused."""
    if not content.startswith(_MAGIC) or len(content) > _LARGEST:
        raise ConfigurationRefused("Profile error", why="it is no binary profile")
    records = _records(content, len(_MAGIC))
    try:
        number, head, start = next(records)
        known = {tag: value for tag, value, _ in records}
    except (StopIteration, IndexError) as error:
        raise ConfigurationRefused("Profile error", why="it is cut short") from error
    body = content[start:]
    if number != _HEAD or head != (sum(body) & 0xFFFF).to_bytes(2, "big") + len(body).to_bytes(2, "big"):
        raise ConfigurationRefused("Profile error", why="its sum or its length is wrong")
    return known


def _records(content: bytes, place: int) -> Iterator[tuple[int, bytes, int]]:
    """Number, value, and where the next one begins. Raises IndexError at a record that is cut short."""
    while place < len(content):
        number, place = _count(content, place)
        length, place = _count(content, place)
        if place + length > len(content):
            raise IndexError
        yield number, content[place : place + length], place + length
        place += length


def _count(content: bytes, place: int) -> tuple[int, int]:
    first = content[place]
    if first & 0x80:
        return (first & 0x7F) << 8 | content[place + 1], place + 2
    return first, place + 1


def settings_from_binary(values: Mapping[int, bytes], protocol: SignallingProtocol | None) -> PhoneSettings:
    """The settings that the profile makes for firmware of that protocol: parameter 29 is the server of either."""
    if protocol is SignallingProtocol.SCCP:
        names = [_text(values, number) for number in (_SERVER, _SECOND_SERVER)]
        return PhoneSettings(
            protocol=protocol,
            load=_image(values.get(_UPGRADE, b"")),
            servers=tuple(CallManager(each) for each in names if each not in {"", "0"}),
        )
    host, _, port = _text(values, _SERVER).partition(":")
    server = CallManager(host, int(port) if port.isdigit() else 5060)
    lines = tuple(
        line for button in (1, 2) if (line := _line(values, button, server)) is not None and host not in {"", "0"}
    )
    return PhoneSettings(
        protocol=SignallingProtocol.SIP,
        load=_image(values.get(_UPGRADE, b"")),
        servers=(server,) if host not in {"", "0"} else (),
        lines=lines,
        transport=TransportCode.UDP,
        register_with_proxy=_number(values, _REGISTERS, 0) == 1,
        timers=SipTimers(register_expires=_number(values, _INTERVAL, 3600)),
        first_media_port=_number(values, _MEDIA_PORT, 16384),
        sip_port=_number(values, _SIP_PORT, 5060),
        phone_label=_text(values, _SHORT_NAME),
    )


def _line(values: Mapping[int, bytes], button: int, server: CallManager) -> LineKey | None:
    user, password, login, names = _LINES[button - 1]
    name = _text(values, user)
    if name in {"", "0"}:
        return None
    shown = next((text for each in names if (text := _text(values, each)) not in {"", "0"}), "")
    return LineKey(
        button=button,
        name=name,
        proxy=server.address,
        port=server.sip_port,
        label=_text(values, _SHORT_NAME) or name,
        display_name=shown,
        contact=name,
        auth_name=_text(values, login) if _number(values, _USES_LOGIN, 0) == 1 else name,
        auth_password=_text(values, password),
    )


def _text(values: Mapping[int, bytes], number: int) -> str:
    return values.get(number, b"").partition(b"\0")[0].decode("latin-1")


def _number(values: Mapping[int, bytes], number: int, default: int) -> int:
    return int.from_bytes(values[number], "big") if number in values else default


def _image(value: bytes) -> str:
    """The load behind an image's name; empty for none."""
    return value[_IMAGE:].partition(b"\0")[0].decode("latin-1").rpartition(".")[0]
