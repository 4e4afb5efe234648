"""A softkey template of the site as the soft keys of an SCCP phone."""

from __future__ import annotations

from bridge.core import Softkey, SoftkeyState, SoftkeyTemplate
from bridge.sccp.softkeyplan import DEFAULT_SETS, DEFAULT_SOFT_KEYS, KEYS, KeysOfState, SoftKeyPlan
from bridge.sccp.softkeys import SoftKeyEventType, SoftKeySetIndex

_E = SoftKeyEventType
_EVENTS = {
    Softkey.BLANK: _E.NONE,
    Softkey.REDIAL: _E.REDIAL,
    Softkey.NEW_CALL: _E.NEW_CALL,
    Softkey.HOLD: _E.HOLD,
    Softkey.TRANSFER: _E.TRANSFER,
    Softkey.FORWARD_ALL: _E.CFWD_ALL,
    Softkey.FORWARD_BUSY: _E.CFWD_BUSY,
    Softkey.FORWARD_NO_ANSWER: _E.CFWD_NO_ANSWER,
    Softkey.BACKSPACE: _E.BACKSPACE,
    Softkey.END_CALL: _E.END_CALL,
    Softkey.RESUME: _E.RESUME,
    Softkey.ANSWER: _E.ANSWER,
    Softkey.INFO: _E.INFO,
    Softkey.CONFERENCE: _E.CONFRN,
    Softkey.PARK: _E.PARK,
    Softkey.JOIN: _E.JOIN,
    Softkey.MEET_ME: _E.MEET_ME,
    Softkey.PICKUP: _E.PICK_UP,
    Softkey.GROUP_PICKUP: _E.GROUP_PICK_UP,
    Softkey.OTHER_PICKUP: _E.OTHER_PICK_UP,
    Softkey.REMOVE_LAST_PARTY: _E.REMOVE_LAST_CONFERENCE_PARTY,
    Softkey.CALL_BACK: _E.CALL_BACK,
    Softkey.BARGE: _E.BARGE,
    Softkey.DND: _E.DO_NOT_DISTURB,
    Softkey.QUALITY_REPORT: _E.QUALITY_REPORT,
    Softkey.MALICIOUS_CALL: _E.MALICIOUS_CALL,
    Softkey.DIRECT_TRANSFER: _E.DIRECT_TRANSFER,
    Softkey.SELECT: _E.SELECT,
    Softkey.CONFERENCE_LIST: _E.CONF_LIST,
    Softkey.IDIVERT: _E.IDIVERT,
    Softkey.HUNT_LOGIN: _E.HUNT_GROUP_LOGIN,
    Softkey.ABBREVIATED_DIAL: _E.ABBREVIATED_DIAL,
    Softkey.RECORD: _E.RECORD,
    Softkey.VIDEO_MODE: _E.VIDEO_MODE,
    Softkey.DIAL: _E.DIAL,
}
_S = SoftKeySetIndex
_SETS = {
    SoftkeyState.ON_HOOK: _S.ON_HOOK,
    SoftkeyState.CONNECTED: _S.CONNECTED,
    SoftkeyState.ON_HOLD: _S.ON_HOLD,
    SoftkeyState.RING_IN: _S.RING_IN,
    SoftkeyState.OFF_HOOK: _S.OFF_HOOK,
    SoftkeyState.CONNECTED_TRANSFER: _S.CONNECTED_TRANSFERABLE,
    SoftkeyState.DIGITS_AFTER_FIRST: _S.DIGITS_AFTER_DIALING_FIRST,
    SoftkeyState.CONNECTED_CONFERENCE: _S.CONNECTED_CONFERENCEABLE,
    SoftkeyState.RING_OUT: _S.RING_OUT,
    SoftkeyState.OFF_HOOK_WITH_FEATURE: _S.OFF_HOOK_WITH_FEATURE,
    SoftkeyState.REMOTE_IN_USE: _S.IN_USE_HINT,
    SoftkeyState.ON_HOOK_STEALABLE: _S.ON_HOOK_STEALABLE,
    SoftkeyState.HOLD_CONFERENCE: _S.HOLD_CONFERENCE,
}
"""The states that SCCP knows: all but "connected, no feature"."""


def soft_key_plan(template: SoftkeyTemplate | None) -> SoftKeyPlan:
    """The plan of a template; states that it does not name keep the standard keys.

    A key that does nothing here is not shown: an idle key is worse than none.
    """
    if template is None or not template.states:
        return DEFAULT_SOFT_KEYS
    working = {key.event for key in KEYS} | {_E.NONE}
    sets = {each.state: each for each in DEFAULT_SETS}
    for each in template.states:
        if each.state in _SETS:
            events = (_EVENTS.get(key) for key in each.keys)
            state = _SETS[each.state]
            sets[state] = KeysOfState(state, tuple(event for event in events if event is not None and event in working))
    return SoftKeyPlan(sets=tuple(sets[state] for state in sorted(sets)))
