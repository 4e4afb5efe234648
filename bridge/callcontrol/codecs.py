"""The codecs of a phone in SDP's terms, and back; where the phone's media can be reached.

Source: SCCP flows reference, section 5.4; SCCP enumerations reference, section 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from bridge.sccp import MediaCodec
from bridge.sip import AudioSession, Codec
from bridge.sip.sdp import G722, G729, ILBC, PCMA, PCMU, TELEPHONE_EVENT

IN_SDP: dict[MediaCodec, Codec] = {
    MediaCodec.G711_ULAW_64K: PCMU,
    MediaCodec.G711_ALAW_64K: PCMA,
    MediaCodec.G722_64K: G722,
    MediaCodec.G729_ANNEX_A: G729,
    MediaCodec.G729: G729,
    MediaCodec.ILBC: ILBC,
}
"""The codecs that the proxy offers. Annex B of G.729 is never asked for."""
ASTERISK_NAMES = {
    MediaCodec.G711_ULAW_64K: "ulaw",
    MediaCodec.G711_ALAW_64K: "alaw",
    MediaCodec.G722_64K: "g722",
    MediaCodec.G729_ANNEX_A: "g729",
    MediaCodec.G729: "g729",
    MediaCodec.ILBC: "ilbc",
}
"""What Asterisk calls them."""
FALLBACK = (MediaCodec.G711_ULAW_64K, MediaCodec.G711_ALAW_64K)
"""What a phone counts as having that told no capabilities."""


def usable(wanted: Iterable[MediaCodec], of_phone: Iterable[MediaCodec]) -> tuple[MediaCodec, ...]:
    """Of the codecs wanted, in their order, those that the phone has; each name of SDP once."""
    phone = tuple(of_phone) or FALLBACK
    chosen: list[MediaCodec] = []
    for codec in wanted:
        if codec in IN_SDP and codec in phone and all(IN_SDP[codec] != IN_SDP[known] for known in chosen):
            chosen.append(codec)
    return tuple(chosen)


def session_of(
    codecs: Iterable[MediaCodec], address: str, port: int, *, with_events: bool, packet_ms: int = 20
) -> AudioSession:
    """What the phone can, as a session."""
    formats = tuple(IN_SDP[codec] for codec in codecs)
    return AudioSession(address, port, (*formats, TELEPHONE_EVENT) if with_events else formats, packet_time=packet_ms)


def chosen_codec(session: AudioSession, codecs: Iterable[MediaCodec]) -> MediaCodec | None:
    """The first voice codec of the other side's session that the phone may use; None where there is none."""
    ours = tuple(codecs)
    for codec in session.codecs:
        if codec.is_events:
            continue
        for candidate in ours:
            if IN_SDP[candidate].is_like(codec):
                return candidate
    return None


def reachable_address(told: IPv4Address | IPv6Address | None, peer: str) -> str:
    """Where the phone's media can be reached: as it says itself, or where its connection comes from behind NAT."""
    if told is None or told.is_unspecified:
        return peer
    if not told.is_private:
        return str(told)
    try:
        seen = ip_address(peer)
    except ValueError:
        return str(told)
    return str(told) if seen == told else peer
