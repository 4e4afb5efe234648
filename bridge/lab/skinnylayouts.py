"""Whether a server's frame has the layout that a phone of this protocol version reads.

The table is the phone's, not the codec's: written from the SCCP wire reference (section 4 for the versions in which a
message id exists, sections 7.1 to 7.6 for lengths and texts), so that it finds mistakes of the codec too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.sccp import LEGACY, CodePage, Direction, Frame, MessageId

_NEWEST = 22
_LABEL_STARTS = (0x80, 0x1E)
_ALWAYS_ZERO = {MessageId.REGISTER_ACK, MessageId.KEEP_ALIVE_ACK, MessageId.UNREGISTER_ACK}
_FIRST_WITH_HEADER = 10


@dataclass(frozen=True, slots=True)
class Layout:
    """One message id as phones of some versions expect it."""

    lengths: frozenset[int] = frozenset()
    """Bytes of the body, filled up to a multiple of four; empty where the length is free."""
    since: int = 0
    until: int = _NEWEST
    texts: tuple[tuple[int, int], ...] = ()
    """Fixed texts: offset and size; each must end with NUL inside."""
    strings: tuple[int, ...] = ()
    """Packed texts: the most bytes of each, NUL included."""
    strings_from: int = 0


def _fixed(*lengths: int, since: int = 0, until: int = _NEWEST, texts: tuple[tuple[int, int], ...] = ()) -> Layout:
    return Layout(frozenset(lengths), since, until, texts)


def _packed(start: int, *strings: int, since: int = 0, until: int = _NEWEST) -> Layout:
    return Layout(frozenset(), since, until, (), strings, start)


def _call_info(strings: int, number: int, since: int, until: int) -> Layout:
    names = 5 if strings == 15 else 4
    sizes = [number] * (strings - names) + [121] * names
    if strings == 15:
        sizes = [number] * 9 + [121] * 4 + [number, 121]
    return _packed(32, *sizes, since=since, until=until)


_STATIC_CALL_INFO = ((0, 40), (40, 24), (64, 40), (104, 24))
_LAYOUTS: dict[MessageId, tuple[Layout, ...]] = {
    MessageId.REGISTER_ACK: (_fixed(12, 20),),
    MessageId.START_TONE: (_fixed(16),),
    MessageId.STOP_TONE: (_fixed(8, until=10), _fixed(12, since=11)),
    MessageId.SET_RINGER: (_fixed(16),),
    MessageId.SET_LAMP: (_fixed(12),),
    MessageId.SET_SPEAKER_MODE: (_fixed(4),),
    MessageId.SET_MICRO_MODE: (_fixed(4),),
    MessageId.START_MEDIA_TRANSMISSION: (
        _fixed(84, 108, 112, 116, until=16),
        _fixed(132, since=17, until=20),
        _fixed(132, 168, since=21, until=21),
        _fixed(168, since=22),
    ),
    MessageId.STOP_MEDIA_TRANSMISSION: (_fixed(16),),
    MessageId.CALL_INFO: (_fixed(384, until=8, texts=_STATIC_CALL_INFO),),
    MessageId.FORWARD_STAT: (_fixed(92, until=17), _fixed(96, since=18)),
    MessageId.SPEED_DIAL_STAT: (_fixed(68, texts=((4, 24), (28, 40))),),
    MessageId.LINE_STAT: (_fixed(68, 108, 112, until=16, texts=((4, 24), (28, 40), (68, 40))),),
    MessageId.CONFIG_STAT: (_fixed(112, texts=((0, 16), (24, 40), (64, 40))),),
    MessageId.DEFINE_TIME_DATE: (_fixed(36),),
    MessageId.BUTTON_TEMPLATE: (_fixed(96, 124),),
    MessageId.VERSION: (_fixed(16, texts=((0, 16),)),),
    MessageId.CAPABILITIES_REQ: (_fixed(0),),
    MessageId.REGISTER_REJECT: (_fixed(32, texts=((0, 32),)),),
    MessageId.SERVER_RES: (_fixed(280, until=16), _fixed(360, since=17)),
    MessageId.RESET: (_fixed(4),),
    MessageId.KEEP_ALIVE_ACK: (_fixed(0),),
    MessageId.OPEN_RECEIVE_CHANNEL: (
        _fixed(68, 92, 108, 112, 120, until=16),
        _fixed(128, since=17, until=17),
        _fixed(128, 132, since=18, until=20),
        _fixed(128, 132, 168, since=21, until=21),
        _fixed(168, since=22),
    ),
    MessageId.CLOSE_RECEIVE_CHANNEL: (_fixed(16),),
    MessageId.CONNECTION_STATISTICS_REQ: (_fixed(32, until=18), _fixed(36, since=19)),
    MessageId.SOFT_KEY_TEMPLATE_RES: (_fixed(652),),
    MessageId.SOFT_KEY_SET_RES: (_fixed(780),),
    MessageId.SELECT_SOFT_KEYS: (_fixed(16),),
    MessageId.CALL_STATE: (_fixed(24),),
    MessageId.DISPLAY_PROMPT_STATUS: (_fixed(44, until=7, texts=((4, 32),)),),
    MessageId.CLEAR_PROMPT_STATUS: (_fixed(8),),
    MessageId.DISPLAY_NOTIFY: (_fixed(36, until=7, texts=((4, 32),)),),
    MessageId.CLEAR_NOTIFY: (_fixed(0),),
    MessageId.ACTIVATE_CALL_PLANE: (_fixed(4),),
    MessageId.DEACTIVATE_CALL_PLANE: (_fixed(0),),
    MessageId.UNREGISTER_ACK: (_fixed(4),),
    MessageId.START_MEDIA_RECEPTION: (_fixed(24),),
    MessageId.STOP_MEDIA_RECEPTION: (_fixed(4, 8),),
    MessageId.BACK_SPACE_RES: (_fixed(8),),
    MessageId.REGISTER_TOKEN_ACK: (_fixed(0),),
    MessageId.REGISTER_TOKEN_REJECT: (_fixed(4),),
    MessageId.DIALED_NUMBER: (
        _fixed(32, until=17, texts=((0, 24),)),
        _fixed(36, since=18, texts=((0, 25),)),
    ),
    MessageId.FEATURE_STAT: (_fixed(52, until=14, texts=((8, 40),)),),
    MessageId.DISPLAY_PRI_NOTIFY: (_fixed(40, until=7, texts=((8, 32),)),),
    MessageId.CLEAR_PRI_NOTIFY: (_fixed(4),),
    MessageId.SERVICE_URL_STAT: (_fixed(300, until=6, texts=((4, 256), (260, 40))),),
    MessageId.CALL_SELECT_STAT: (_fixed(12),),
    MessageId.DISPLAY_DYNAMIC_NOTIFY: (_packed(4, 97, since=8),),
    MessageId.DISPLAY_DYNAMIC_PRI_NOTIFY: (_packed(8, 97, since=8),),
    MessageId.DISPLAY_DYNAMIC_PROMPT_STATUS: (_packed(12, 97, since=8),),
    MessageId.FEATURE_STAT_DYNAMIC: (_fixed(136, since=15, texts=((12, 121),)),),
    MessageId.LINE_STAT_DYNAMIC: (_packed(8, 25, 40, 40, since=17),),
    MessageId.SERVICE_URL_STAT_DYNAMIC: (
        _packed(4, 255, 120, since=7, until=18),
        _packed(4, 255, 120, 120, since=19),
    ),
    MessageId.SPEED_DIAL_STAT_DYNAMIC: (_packed(4, 24, 40, since=9),),
    MessageId.CALL_INFO_DYNAMIC: (_call_info(12, 24, 8, 15), _call_info(15, 24, 16, 17), _call_info(15, 25, 18, 22)),
    MessageId.PORT_REQ: (_fixed(24, since=11),),
    MessageId.PORT_CLOSE: (_fixed(16, since=11),),
    MessageId.SUBSCRIPTION_STAT: (_fixed(16),),
    MessageId.NOTIFICATION: (_fixed(112, texts=((12, 97),)),),
    MessageId.CALL_HISTORY_DISPOSITION: (_fixed(12),),
    MessageId.RECORDING_STATUS: (_fixed(8),),
}
_NO_RECEIVER = {Direction.TO_SERVER, Direction.INTERNAL}


def layout_faults(frame: Frame, version: int, page: CodePage, *, old: bool = False) -> Iterator[str]:
    """What a phone that negotiated ``version`` cannot read in this frame, in words. Never raises.

    ``old``: a phone of the 12SP era.
    """
    known = MessageId.find(frame.message_id)
    if known is None or known.direction in _NO_RECEIVER:
        yield f"0x{frame.message_id:04X} is no message for a phone"
        return
    name = known.name
    if known in LEGACY and not old:
        yield f"{name} (0x{frame.message_id:04X}) must never be sent to this phone"
        return
    wanted_header = 0 if version < _FIRST_WITH_HEADER or known in _ALWAYS_ZERO else version
    if frame.header_version not in {0, wanted_header}:
        yield f"{name} under header version {frame.header_version}, negotiated was {version}"
    if len(frame.body) % 4:
        yield f"the {len(frame.body)} bytes of {name} are not filled up to a multiple of four"
    layouts = _LAYOUTS.get(known)
    if layouts is None:
        return
    layout = next((each for each in layouts if each.since <= version <= each.until), None)
    if layout is None:
        yield f"{name} (0x{frame.message_id:04X}) does not belong to version {version}"
        return
    if layout.lengths and len(frame.body) not in layout.lengths:
        expected = " or ".join(str(length) for length in sorted(layout.lengths))
        yield f"{name} has {len(frame.body)} bytes at version {version}, not {expected}"
        return
    yield from _text_faults(name, frame.body, layout, page)


def _text_faults(name: str, body: bytes, layout: Layout, page: CodePage) -> Iterator[str]:
    for offset, size in layout.texts:
        field = body[offset : offset + size]
        if len(field) == size and b"\0" not in field:
            yield f"a text in {name} fills all of its {size} bytes"
        yield from _page_faults(name, field.partition(b"\0")[0], page)
    offset = layout.strings_from
    for most in layout.strings:
        end = body.find(b"\0", offset)
        if end < 0:
            yield f"{name} ends before its last text"
            return
        if end - offset + 1 > most:
            yield f"a text in {name} has {end - offset} bytes, the phone takes {most - 1}"
        yield from _page_faults(name, body[offset:end], page)
        offset = end + 1
    if layout.strings and (len(body) - offset > 3 or any(body[offset:])):
        yield f"{name} has {len(body) - offset} bytes after its last text"


def _page_faults(name: str, text: bytes, page: CodePage) -> Iterator[str]:
    """A phone with the UTF-8 feature shows nothing sensible for other bytes; built-in labels are two raw bytes."""
    if page is not CodePage.UTF_8 or text.isascii():
        return
    if "\ufffd" in page.decode(text) and b"\xef\xbf\xbd" not in text:
        yield f"a text in {name} is not UTF-8"
