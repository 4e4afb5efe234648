"""Which message has which forms; reading and writing frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bridge.errors import LocalProtocolError
from bridge.sccp.codepage import CodePage
from bridge.sccp.form import Chooser, Form, Shape
from bridge.sccp.framing import Frame
from bridge.sccp.message import Message, UnknownMessage
from bridge.sccp.messageid import MessageId
from bridge.sccp.versions import NEWEST, header_version

M = TypeVar("M", bound=Message)
_VERSIONS = range(NEWEST + 1)


class _Reading:
    """How the bodies of one message id are read."""

    __slots__ = ("_choose", "forms", "message")

    def __init__(self, message: type[Message], forms: tuple[Form, ...], choose: Chooser | None) -> None:
        self.message = message
        self.forms = forms
        self._choose = choose

    def form(self, body: bytes, version: int) -> Form:
        if len(self.forms) == 1:
            return self.forms[0]
        if self._choose is not None:
            return self.forms[self._choose(body, version)]
        length = len(body)
        return next((form for form in self.forms if length >= form.from_length), self.forms[-1])


_READINGS: dict[int, _Reading] = {}
_FORMS: dict[type[Message], tuple[Form, ...]] = {}
_TO_SEND: dict[type[Message], tuple[Form, ...]] = {}


def wire(*forms: Form, choose: Chooser | None = None) -> Callable[[type[M]], type[M]]:
    """Give a message class its forms. With several forms of one id, the longest readable one is taken, unless
    ``choose`` looks closer. Raises LocalProtocolError where two messages claim one id.
    """

    def register(message: type[M]) -> type[M]:
        ids = {form.id for form in forms}
        if taken := sorted(message_id.name for message_id in ids if message_id in _READINGS):
            raise LocalProtocolError(f"two messages claim the id {', '.join(taken)}")
        _FORMS[message] = forms
        _TO_SEND[message] = tuple(
            next((form for form in forms if form.since <= version <= form.until), forms[-1]) for version in _VERSIONS
        )
        for message_id in ids:
            same = [form for form in forms if form.id == message_id]
            if choose is None:
                same.sort(key=lambda form: form.from_length, reverse=True)
            _READINGS[message_id] = _Reading(message, tuple(same), choose)
        return message

    return register


def messages() -> tuple[type[Message], ...]:
    """All typed messages."""
    return tuple(_FORMS)


def forms_of(message: type[Message]) -> tuple[Form, ...]:
    """All forms of a typed message."""
    return _FORMS[message]


def form_to_send(message: type[Message], version: int) -> Form:
    """The form that a negotiated version calls for. Raises LocalProtocolError for a class that is no typed message."""
    try:
        return _TO_SEND[message][min(max(version, 0), NEWEST)]
    except KeyError:
        raise LocalProtocolError(f"{message.__name__} has no form on the wire") from None


def typed(message_id: int) -> type[Message] | None:
    """The class that frames with this id are read into; None for those that become UnknownMessage."""
    reading = _READINGS.get(message_id)
    return None if reading is None else reading.message


def shape(message: type[Message], *, form: str = "", length: int | None = None, version: int = NEWEST) -> Shape:
    """A shape by the name of its form (empty: what ``version`` calls for) and its length.

    Raises LocalProtocolError where the message has no form of that name.
    """
    if not form:
        return Shape(message, form_to_send(message, version), length)
    for candidate in _FORMS.get(message, ()):
        if candidate.name == form:
            return Shape(message, candidate, length)
    raise LocalProtocolError(f"{message.__name__} has no form named {form!r}")


def decode(frame: Frame, version: int, page: CodePage = CodePage.LATIN_1) -> Message:
    """The message in a frame: by the length of its body first, by the negotiated version where that leaves a doubt.

    Raises RemoteProtocolError, and nothing else, whatever the body holds.
    """
    reading = _READINGS.get(frame.message_id)
    if reading is None:
        return UnknownMessage(frame.message_id, frame.body)
    return reading.form(frame.body, version).read(reading.message, frame.body, page)


def shape_of(frame: Frame, version: int, page: CodePage = CodePage.LATIN_1) -> Shape | None:
    """The shape of a received frame, with which its message is encoded byte for byte again; None for unknown messages.

    Raises RemoteProtocolError as ``decode`` does.
    """
    reading = _READINGS.get(frame.message_id)
    if reading is None:
        return None
    body = frame.body
    form = reading.form(body, version)
    bare = Shape(reading.message, form, len(body))
    written = bare.write(form.read(reading.message, body, page), page)
    leftovers: list[tuple[int, bytes]] = []
    start: int | None = None
    for offset in range(len(body) + 1):
        same = offset == len(body) or body[offset] == written[offset]
        if same and start is not None:
            leftovers.append((start, body[start:offset]))
            start = None
        elif not same and start is None:
            start = offset
    return Shape(reading.message, form, len(body), tuple(leftovers))


def to_frame(
    message: Message,
    version: int,
    page: CodePage = CodePage.LATIN_1,
    *,
    like: Shape | None = None,
    header: int | None = None,
) -> Frame:
    """The frame for a message. See ``encode``."""
    if isinstance(message, UnknownMessage):
        message_id, body = message.message_id, message.body
    elif like is not None:
        message_id, body = int(like.form.id), like.write(message, page)
    else:
        form = form_to_send(type(message), version)
        message_id, body = int(form.id), form.write(message, page)
    return Frame(message_id, body, header_version(message_id, version) if header is None else header)


def encode(
    message: Message,
    version: int,
    page: CodePage = CodePage.LATIN_1,
    *,
    like: Shape | None = None,
    header: int | None = None,
) -> bytes:
    """The bytes of a message in the layout of the negotiated version, or in the shape of ``like``.

    ``header`` is the header version field, by default the server's rule. Texts are cut to what their field holds.
    Raises LocalProtocolError for values that the layout cannot carry.
    """
    return to_frame(message, version, page, like=like, header=header).to_bytes()


def id_of(message: Message, version: int) -> MessageId | int:
    """The id under which a message goes out at a version."""
    if isinstance(message, UnknownMessage):
        return message.message_id
    return form_to_send(type(message), version).id
