"""Soft keys of SIP phones from a softkey template of the site (phone file reference, section 17.1).

The file also governs the dedicated keys for hold, transfer, conference and the end of a call. A key that a state does
not allow is left out, and one that a state must have is added: the stricter of the two lists of the reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bridge.core import Softkey, SoftkeyState, SoftkeyTemplate
from bridge.provisioning.renderer import RenderedFile, Renderer

_BLANK = "Undefined"
_MOST_KEYS = 16
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_STAMP = "00000000-0000-0000-0000-000000000001"


@dataclass(frozen=True, slots=True)
class KeyDefinition:
    """One soft key as phones number it."""

    name: str
    tag: int
    event: int
    help: int


@dataclass(frozen=True, slots=True)
class StateEntry:
    """The keys of one state."""

    name: str
    keys: tuple[str, ...]


_KEYS = tuple(
    KeyDefinition(name, tag, event, 300 + event if name != _BLANK else 0)
    for name, tag, event in (
        (_BLANK, 0, 0),
        ("Redial", 1, 1),
        ("NewCall", 2, 2),
        ("Hold", 3, 3),
        ("Transfer", 4, 4),
        ("CFwdAll", 5, 5),
        ("<<", 8, 8),
        ("EndCall", 9, 9),
        ("Resume", 10, 10),
        ("Answer", 11, 11),
        ("Confrn", 13, 13),
        ("Park", 14, 14),
        ("Join", 15, 15),
        ("MeetMe", 16, 16),
        ("PickUp", 17, 17),
        ("GPickUp", 18, 18),
        ("RmLstC", 57, 19),
        ("CallBack", 65, 20),
        ("DND", 63, 69),
        ("QRT", 75, 22),
        ("MCID", 76, 27),
        ("Select", 78, 29),
        ("ConfList", 79, 30),
        ("iDivert", 80, 31),
        ("OPickUp", 91, 34),
        ("HLog", 92, 35),
        ("AbbrDial", 7740, 71),
        ("Record", 7747, 74),
    )
)


@dataclass(frozen=True, slots=True)
class _State:
    name: str
    allowed: frozenset[str]
    standard: tuple[str, ...]
    needed: str = ""


def _state(name: str, allowed: str, standard: str, needed: str = "") -> _State:
    return _State(name, frozenset({*allowed.split(), _BLANK}), tuple(standard.split()), needed)


_STATES: Mapping[SoftkeyState, _State] = MappingProxyType(
    {
        SoftkeyState.ON_HOOK: _state(
            "On Hook",
            "Redial NewCall DND CFwdAll HLog PickUp GPickUp OPickUp CallBack MeetMe QRT",
            "Redial NewCall DND CFwdAll",
            "NewCall",
        ),
        SoftkeyState.OFF_HOOK: _state(
            "Off Hook",
            "Redial EndCall DND CFwdAll HLog PickUp GPickUp OPickUp AbbrDial",
            "Redial EndCall PickUp",
            "EndCall",
        ),
        SoftkeyState.OFF_HOOK_WITH_FEATURE: _state(
            "Off Hook With Feature", "Redial EndCall DND AbbrDial", "Redial EndCall", "EndCall"
        ),
        SoftkeyState.DIGITS_AFTER_FIRST: _state("Digits After First", "EndCall << DND AbbrDial", "<< EndCall", "<<"),
        SoftkeyState.RING_OUT: _state("Ring Out", "EndCall DND CallBack", "Undefined EndCall", "EndCall"),
        SoftkeyState.CONNECTED: _state(
            "Connected",
            "Hold EndCall Transfer Park Confrn ConfList RmLstC Record iDivert DND HLog QRT MCID Select Join",
            "Hold EndCall Transfer Confrn ConfList Park",
            "EndCall",
        ),
        SoftkeyState.CONNECTED_NO_FEATURE: _state("Connected No Feature", "EndCall", "Undefined EndCall"),
        SoftkeyState.CONNECTED_TRANSFER: _state(
            "Connected Transfer", "EndCall Transfer CallBack QRT", "Undefined EndCall Transfer", "Transfer"
        ),
        SoftkeyState.CONNECTED_CONFERENCE: _state(
            "Connected Conference", "EndCall Confrn DND QRT", "Undefined EndCall Confrn", "Confrn"
        ),
        SoftkeyState.ON_HOLD: _state("On Hold", "Resume NewCall iDivert DND Select Join", "Resume NewCall", "Resume"),
        SoftkeyState.RING_IN: _state("Ring In", "Answer iDivert DND", "Answer iDivert DND"),
        SoftkeyState.REMOTE_IN_USE: _state("Remote In Use", "", ""),
    }
)


def soft_key_file_name(template: str) -> str:
    """The file of a softkey template; empty for a template without a name."""
    word = _NOT_IN_NAMES.sub("-", template).strip("-").lower()
    return f"softkeys-{word[:48]}.xml" if word else ""


def soft_key_states(template: SoftkeyTemplate) -> tuple[StateEntry, ...]:
    """Every state with its keys; one that the template does not name has the usual ones."""
    given = {each.state: each.keys for each in template.states}
    return tuple(
        StateEntry(state.name, _keys_of(state, given[name]) if name in given else state.standard)
        for name, state in _STATES.items()
    )


def render_soft_key_file(renderer: Renderer, template: SoftkeyTemplate) -> RenderedFile:
    """The soft-key file of a template. Raises ConfigurationError."""
    text = renderer.render_document("softkeys/softkeys.xml", keys=_KEYS, states=soft_key_states(template), stamp=_STAMP)
    return RenderedFile(soft_key_file_name(template.name), text)


def _keys_of(state: _State, keys: Iterable[Softkey]) -> tuple[str, ...]:
    found = [name for key in keys if (name := key.value or _BLANK) in state.allowed]
    if state.needed and state.needed not in found:
        found.append(state.needed)
    return tuple(found[-_MOST_KEYS:])
