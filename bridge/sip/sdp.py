"""Session descriptions with one audio stream, and offer/answer over them (RFC 8866, RFC 3264).

Phones and PBXs describe more (video, SRTP, ICE): a second stream is refused with port 0 in the answer, as RFC 3264
section 6 asks; the rest is skipped. Reading is lenient and bounded; what cannot be understood raises
RemoteProtocolError with status 488.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bridge.errors import InvalidInput, LocalProtocolError, RemoteProtocolError

MAX_LINES = 400
MAX_MEDIA = 16
MAX_PAYLOADS = 64
MEDIA_TYPE = "application/sdp"


class Direction(StrEnum):
    """Who sends, seen from the side whose description it is (RFC 3264 section 5.1)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        """True when this side sends."""
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        """True when this side listens."""
        return self in (Direction.SENDRECV, Direction.RECVONLY)

    @classmethod
    def of(cls, *, sends: bool, receives: bool) -> Direction:
        """The direction with these two properties."""
        if sends:
            return cls.SENDRECV if receives else cls.SENDONLY
        return cls.RECVONLY if receives else cls.INACTIVE


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload format."""

    name: str
    """Encoding name in the field's own letter case: ``PCMU``, ``G722``, ``telephone-event``, ``iLBC``."""
    payload_type: int
    clock_rate: int = 8000
    parameters: str = ""
    """The ``fmtp`` value, empty where there is none."""

    @property
    def is_events(self) -> bool:
        """True for DTMF events (RFC 4733), which are no voice codec."""
        return self.name.lower() == "telephone-event"

    def is_like(self, other: Codec) -> bool:
        """The same format, whatever its payload number."""
        return self.name.lower() == other.name.lower() and self.clock_rate == other.clock_rate


PCMU = Codec("PCMU", 0)
PCMA = Codec("PCMA", 8)
G722 = Codec("G722", 9)  # its clock rate reads 8000 although it samples at 16 kHz (RFC 3551 section 4.5.2)
G729 = Codec("G729", 18, parameters="annexb=no")
ILBC = Codec("iLBC", 97, parameters="mode=20")
TELEPHONE_EVENT = Codec("telephone-event", 101, parameters="0-16")

STATIC_PAYLOADS = {
    codec.payload_type: codec for codec in (PCMU, PCMA, G722, Codec("G729", 18), Codec("GSM", 3), Codec("G723", 4))
}


@dataclass(frozen=True, slots=True)
class AudioSession:
    """One side's audio stream: where it listens, and what it understands."""

    address: str
    """Where this side listens: an IP address. ``0.0.0.0`` is the old way to say hold (RFC 3264 section 8.4)."""
    port: int
    """RTP port, 0 to 65535; 0 refuses the stream."""
    codecs: tuple[Codec, ...] = (PCMU, PCMA, TELEPHONE_EVENT)
    direction: Direction = Direction.SENDRECV
    packet_time: int = 20
    """``ptime`` in milliseconds."""
    other_media: tuple[str, ...] = field(default=(), repr=False)
    """Further ``m=`` lines of an offer (media, protocol, formats), to be refused in the answer."""
    audio_index: int = 0
    """Place of the audio stream among the ``m=`` lines."""

    @property
    def voice(self) -> Codec | None:
        """The first codec that carries voice: what this side would like to be sent."""
        return next((codec for codec in self.codecs if not codec.is_events), None)

    @property
    def events(self) -> Codec | None:
        """The DTMF format, or None."""
        return next((codec for codec in self.codecs if codec.is_events), None)

    @property
    def on_hold(self) -> bool:
        """True when this side does not want to hear anything."""
        return not self.direction.receives or self.address in ("0.0.0.0", "::")

    def with_direction(self, direction: Direction) -> AudioSession:
        """The same session in another direction."""
        return replace(self, direction=direction)


# --- reading ---------------------------------------------------------------------------------------------------------


def _broken(what: str, why: str = "") -> RemoteProtocolError:
    return RemoteProtocolError(f"the session description cannot be used: {what}", why=why, reply=488)


@dataclass(slots=True)
class _Media:
    line: str
    address: str = ""
    direction: Direction | None = None
    packet_time: int = 20
    maps: dict[int, Codec] = field(default_factory=dict)
    formats: dict[int, str] = field(default_factory=dict)


_DIRECTIONS = frozenset(direction.value for direction in Direction)
_MEDIA = re.compile(r"([A-Za-z0-9-]{1,32}) (\d{1,5})(?:/\d{1,5})? ([A-Za-z0-9/]{1,64}) (.{1,512})")
_RTPMAP = re.compile(r"(\d{1,3}) +([A-Za-z0-9._+-]{1,64})/(\d{1,9})(?:/\d{1,3})?")
_FMTP = re.compile(r"(\d{1,3}) +(.{1,512})")


def parse_session(body: bytes) -> AudioSession:
    """Read the first audio stream. Raises RemoteProtocolError (status 488)."""
    lines = re.split(r"\r\n|\n|\r", body.decode("utf-8", errors="replace"))
    if len(lines) > MAX_LINES:
        raise _broken("too many lines", f"the limit is {MAX_LINES}")
    common = _Media("")
    media: list[_Media] = []
    current = common
    for line in lines:
        kind, value = line[:2], line[2:].strip()
        if kind == "m=":
            if len(media) >= MAX_MEDIA:
                raise _broken("too many media streams", f"the limit is {MAX_MEDIA}")
            current = _Media(value)
            media.append(current)
        elif kind == "c=":
            current.address = _connection_address(value) or current.address
        elif kind == "a=":
            _read_attribute(value, current)
    index = next((at for at, one in enumerate(media) if one.line.lower().startswith("audio ")), None)
    if index is None:
        raise _broken("it has no audio stream")
    return _audio(media[index], common, [one.line for one in media if one is not media[index]], index)


def _audio(audio: _Media, common: _Media, others: Sequence[str], index: int) -> AudioSession:
    match = _MEDIA.fullmatch(audio.line)
    if match is None or int(match[2]) > 65535:
        raise _broken("its audio line cannot be read", audio.line[:80])
    if match[3].upper() not in ("RTP/AVP", "RTP/AVPF"):
        raise _broken(f"{match[3]} is not supported", "plain RTP/AVP is")
    address = audio.address or common.address
    if not address:
        raise _broken("it has no usable connection address")
    codecs: list[Codec] = []
    for text in match[4].split()[:MAX_PAYLOADS]:
        if not re.fullmatch(r"\d{1,3}", text) or int(text) > 127:
            continue
        number = int(text)
        codec = audio.maps.get(number) or STATIC_PAYLOADS.get(number)
        if codec is not None and all(codec.payload_type != known.payload_type for known in codecs):
            codecs.append(replace(codec, parameters=audio.formats.get(number, "")))
    return AudioSession(
        address=address,
        port=int(match[2]),
        codecs=tuple(codecs),
        direction=audio.direction or common.direction or Direction.SENDRECV,
        packet_time=audio.packet_time,
        other_media=tuple(others),
        audio_index=index,
    )


def _connection_address(value: str) -> str:
    words = value.split()
    if len(words) != 3 or words[0] != "IN":
        return ""
    host = words[2].partition("/")[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        # A host name is legal, but nothing here resolves names: an address is what phones and Asterisk write.
        return ""


def _read_attribute(value: str, media: _Media) -> None:
    name, _, rest = value.partition(":")
    if name in _DIRECTIONS:
        media.direction = Direction(name)
    elif name == "ptime" and re.fullmatch(r"\d{1,3}", rest.strip()):
        media.packet_time = min(max(int(rest), 10), 120)
    elif name == "rtpmap" and (match := _RTPMAP.match(rest)) and len(media.maps) < MAX_PAYLOADS:
        media.maps[int(match[1])] = Codec(match[2], int(match[1]), int(match[3]))
    elif name == "fmtp" and (match := _FMTP.match(rest)) and len(media.formats) < MAX_PAYLOADS:
        media.formats[int(match[1])] = match[2].strip()


# --- writing ---------------------------------------------------------------------------------------------------------


def write_session(session: AudioSession, *, session_id: int, version: int, name: str = "-") -> bytes:
    """The session as a body. ``version`` grows by one with every change (RFC 3264 section 8).

    Raises LocalProtocolError for an address that is none or a text with line breaks.
    """
    try:
        family = f"IP{ipaddress.ip_address(session.address).version}"
    except ValueError as error:
        raise LocalProtocolError(f"{session.address!r} is no IP address to listen at") from error
    lines = [
        "v=0",
        f"o=- {session_id} {version} IN {family} {session.address}",
        f"s={name}",
        f"c=IN {family} {session.address}",
        "t=0 0",
    ]
    sections = [f"m={_refused(line)}" for line in session.other_media]
    numbers = " ".join(str(codec.payload_type) for codec in session.codecs) or "0"
    audio = [f"m=audio {session.port} RTP/AVP {numbers}"]
    for codec in session.codecs:
        audio.append(f"a=rtpmap:{codec.payload_type} {codec.name}/{codec.clock_rate}")
        if codec.parameters:
            audio.append(f"a=fmtp:{codec.payload_type} {codec.parameters}")
    audio += [f"a=ptime:{session.packet_time}", f"a={session.direction}"]
    sections.insert(min(session.audio_index, len(sections)), "\r\n".join(audio))
    text = "\r\n".join([*lines, *sections]) + "\r\n"
    if "\x00" in text or any(re.search(r"[\r\n]", piece) for piece in _pieces_of(session, name)):
        raise LocalProtocolError("a session description may hold no line break in a value")
    return text.encode()


def _pieces_of(session: AudioSession, name: str) -> Iterable[str]:
    yield name
    yield from session.other_media
    for codec in session.codecs:
        yield codec.name
        yield codec.parameters


def _refused(line: str) -> str:
    match = _MEDIA.fullmatch(line)
    return f"{match[1]} 0 {match[3]} {match[4]}" if match else "application 0 RTP/AVP 0"


# --- offer and answer ------------------------------------------------------------------------------------------------


def answer_to(offer: AudioSession, local: AudioSession) -> AudioSession:
    """Our answer: of what ``local`` can, what ``offer`` has, in the offer's order and with its payload numbers.

    RFC 3264 section 6: the direction mirrors the offer's, narrowed by ours. Raises RemoteProtocolError (488) when no
    voice codec is common.
    """
    common = [
        replace(theirs, parameters=ours.parameters or theirs.parameters)
        for theirs in offer.codecs
        for ours in local.codecs[:MAX_PAYLOADS]
        if ours.is_like(theirs)
    ]
    if all(codec.is_events for codec in common):
        raise _broken("there is no common codec", f"offered: {', '.join(c.name for c in offer.codecs) or 'none'}")
    return replace(
        local,
        codecs=tuple(common),
        direction=Direction.of(
            sends=local.direction.sends and not offer.on_hold,
            receives=local.direction.receives and offer.direction.sends,
        ),
        packet_time=offer.packet_time,
        other_media=offer.other_media,
        audio_index=offer.audio_index,
    )


def codec_named(name: str) -> Codec:
    """The codec that Asterisk calls ``ulaw``, ``alaw``, ``g722``, ``g729``, ``ilbc``. Raises InvalidInput."""
    known = {"ulaw": PCMU, "alaw": PCMA, "g722": G722, "g729": G729, "ilbc": ILBC}
    try:
        return known[name.lower()]
    except KeyError:
        raise InvalidInput(f"{name!r} is not a known codec", fix=f"use one of {', '.join(known)}") from None
