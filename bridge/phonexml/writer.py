"""Documents as XML text, held to what the phone takes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from bridge.errors import LocalProtocolError
from bridge.phonexml.limits import DEFAULT_LIMITS, ScreenLimits
from bridge.phonexml.objects import (
    Directory,
    Document,
    Execute,
    Image,
    ImageFile,
    Input,
    InputField,
    Menu,
    ScreenKey,
    Text,
)

_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_QUOTES = {'"': "&quot;"}


def document_text(document: Document, limits: ScreenLimits = DEFAULT_LIMITS) -> str:
    """The XML of ``document``, without declaration.

    Names, titles and texts are cut to what fits. Raises LocalProtocolError for more items than the phone takes, and
    for addresses that are too long: leaving some out would mislead the user.
    """
    parts = [part for part in _parts(document, limits) if part]
    root = f"CiscoIPPhone{type(document).__name__}"
    return f"<{root}>\n" + "\n".join(parts) + f"\n</{root}>\n"


def _parts(document: Document, limits: ScreenLimits) -> Iterable[str]:
    match document:
        case Execute(items=items):
            _count(items, limits.commands, "commands")
            for item in items:
                url = escape(_address(item.url, limits), _QUOTES)
                yield f'<ExecuteItem Priority="{int(item.priority)}" URL="{url}"/>'
            return
        case _:
            yield from _head(document.title, document.prompt, limits)
    match document:
        case Menu(items=choices):
            _count(choices, limits.menu_items, "choices")
            for choice in choices:
                name, url = _element("Name", choice.name, limits.item_name), _url(choice.url, limits)
                yield f"<MenuItem>{name}{url}</MenuItem>"
        case Directory(entries=entries):
            _count(entries, limits.entries, "entries")
            for entry in entries:
                name = _element("Name", entry.name, limits.entry_name)
                yield f"<DirectoryEntry>{name}<Telephone>{_number(entry.number, limits)}</Telephone></DirectoryEntry>"
        case Text(text=text):
            yield f"<Text>{escape(_lines(text, limits.text))}</Text>"
        case Input(url=url, fields=fields):
            yield _url(url, limits)
            _count(fields, limits.fields, "fields")
            for each in fields:
                yield _field(each, limits)
        case Image():
            yield _picture(document, limits)
        case ImageFile(url=url, x=x, y=y):
            yield f"<LocationX>{x}</LocationX><LocationY>{y}</LocationY>"
            yield _url(url, limits)
    yield from _keys(document.keys, limits)


def _head(title: str, prompt: str, limits: ScreenLimits) -> Iterable[str]:
    yield _element("Title", title, limits.title)
    if prompt and (limits.title_and_prompt or not title):
        yield _element("Prompt", prompt, limits.prompt)


def _keys(keys: Sequence[ScreenKey], limits: ScreenLimits) -> Iterable[str]:
    _count(keys, limits.keys, "soft keys")
    places = [key.position for key in keys]
    if len(set(places)) < len(places) or any(not 1 <= place <= limits.keys for place in places):
        raise LocalProtocolError(f"soft keys stand at different places from 1 to {limits.keys}, not {places}")
    for key in keys:
        name, url = _element("Name", key.name, limits.key_name), _url(key.url, limits)
        yield f"<SoftKeyItem>{name}{url}<Position>{key.position}</Position></SoftKeyItem>"


def _field(field: InputField, limits: ScreenLimits) -> str:
    if not field.parameter.isidentifier() or len(field.parameter) > limits.field_name:
        raise LocalProtocolError(f"{field.parameter[:40]!r} is no name of a query parameter")
    return (
        f"<InputItem>{_element('DisplayName', field.name, limits.field_name)}"
        f"<QueryStringParam>{field.parameter}</QueryStringParam>"
        f"{_element('DefaultValue', field.default, limits.field_name)}"
        f"<InputFlags>{field.kind.value}</InputFlags></InputItem>"
    )


def _picture(image: Image, limits: ScreenLimits) -> str:
    if not (0 < image.width <= limits.width and 0 < image.height <= limits.height):
        raise LocalProtocolError(f"a picture of {image.width} x {image.height} points does not fit on the screen")
    if len(image.data) != (image.width * image.height + 3) // 4:
        raise LocalProtocolError("a picture has four points in each byte")
    return (
        f"<LocationX>{image.x}</LocationX><LocationY>{image.y}</LocationY><Width>{image.width}</Width>"
        f"<Height>{image.height}</Height><Depth>2</Depth><Data>{image.data.hex().upper()}</Data>"
    )


def _element(name: str, text: str, limit: int) -> str:
    return f"<{name}>{escape(shown(text, limit))}</{name}>"


def _url(url: str, limits: ScreenLimits) -> str:
    return f"<URL>{escape(_address(url, limits))}</URL>"


def _address(url: str, limits: ScreenLimits) -> str:
    if len(url) > limits.url or not url.isascii() or any(not each.isprintable() or each == " " for each in url):
        raise LocalProtocolError(f"an address in a document has at most {limits.url} visible ASCII characters")
    return url


def _number(number: str, limits: ScreenLimits) -> str:
    return escape(shown(number, limits.entry_number))


def _count(items: Sequence[object], most: int, what: str) -> None:
    if len(items) > most:
        raise LocalProtocolError(f"a document holds at most {most} {what}, not {len(items)}")


def shown(text: str, limit: int) -> str:
    """One line, without what no phone can show and no XML may hold."""
    spaced = " ".join(text[: limit * 8].split())
    visible = "".join(each for each in spaced if unicodedata.category(each) not in _DROPPED)
    return " ".join(visible.split())[:limit].rstrip()


def _lines(text: str, limit: int) -> str:
    return "\n".join(shown(line, limit) for line in text.splitlines())[:limit].rstrip()
