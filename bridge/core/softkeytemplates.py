"""Softkey templates: which soft keys a phone shows in which state of a call.

Source: dialplan mapping reference, section 10, and its tables softkey_sets.csv and softkey_defs.csv.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.core.texts import check_object_name, check_shown
from bridge.errors import InvalidInput

MAX_KEYS = 16


class Softkey(StrEnum):
    """The soft keys, by the names of CUCM."""

    BLANK = ""
    """A place left free."""
    REDIAL = "Redial"
    NEW_CALL = "NewCall"
    HOLD = "Hold"
    TRANSFER = "Transfer"
    FORWARD_ALL = "CFwdAll"
    FORWARD_BUSY = "CFwdBusy"
    FORWARD_NO_ANSWER = "CFwdNoAnswer"
    BACKSPACE = "<<"
    END_CALL = "EndCall"
    RESUME = "Resume"
    ANSWER = "Answer"
    INFO = "Info"
    CONFERENCE = "Confrn"
    PARK = "Park"
    JOIN = "Join"
    MEET_ME = "MeetMe"
    PICKUP = "PickUp"
    GROUP_PICKUP = "GPickUp"
    OTHER_PICKUP = "OPickUp"
    REMOVE_LAST_PARTY = "RmLstC"
    CALL_BACK = "CallBack"
    BARGE = "Barge"
    CONFERENCE_BARGE = "cBarge"
    DND = "DND"
    QUALITY_REPORT = "QRT"
    MALICIOUS_CALL = "MCID"
    DIRECT_TRANSFER = "DirTrfr"
    SELECT = "Select"
    CONFERENCE_LIST = "ConfList"
    IDIVERT = "iDivert"
    HUNT_LOGIN = "HLog"
    ABBREVIATED_DIAL = "AbbrDial"
    RECORD = "Record"
    PRIVATE = "Private"
    VIDEO_MODE = "VidMode"
    DIAL = "Dial"


class SoftkeyState(StrEnum):
    """The states of a call that have keys of their own; CUCM's names in lower case."""

    ON_HOOK = "on-hook"
    CONNECTED = "connected"
    ON_HOLD = "on-hold"
    RING_IN = "ring-in"
    OFF_HOOK = "off-hook"
    CONNECTED_TRANSFER = "connected-transfer"
    DIGITS_AFTER_FIRST = "digits-after-first"
    CONNECTED_CONFERENCE = "connected-conference"
    RING_OUT = "ring-out"
    OFF_HOOK_WITH_FEATURE = "off-hook-with-feature"
    REMOTE_IN_USE = "remote-in-use"
    CONNECTED_NO_FEATURE = "connected-no-feature"
    ON_HOOK_STEALABLE = "on-hook-stealable"
    HOLD_CONFERENCE = "hold-conference"


MANDATORY = {
    SoftkeyState.ON_HOOK: Softkey.NEW_CALL,
    SoftkeyState.CONNECTED: Softkey.END_CALL,
    SoftkeyState.ON_HOLD: Softkey.RESUME,
    SoftkeyState.OFF_HOOK: Softkey.END_CALL,
    SoftkeyState.CONNECTED_TRANSFER: Softkey.TRANSFER,
    SoftkeyState.DIGITS_AFTER_FIRST: Softkey.BACKSPACE,
    SoftkeyState.CONNECTED_CONFERENCE: Softkey.CONFERENCE,
    SoftkeyState.RING_OUT: Softkey.END_CALL,
    SoftkeyState.OFF_HOOK_WITH_FEATURE: Softkey.END_CALL,
}
"""The key that a state must have: without it a user could not go on."""


@dataclass(frozen=True, slots=True)
class StateKeys:
    """The keys of one state in their order. Raises InvalidInput for too many, a repeated or a missing one."""

    state: SoftkeyState
    keys: tuple[Softkey, ...]

    def __post_init__(self) -> None:
        named = [key for key in self.keys if key]
        if len(self.keys) > MAX_KEYS or len(set(named)) < len(named):
            raise InvalidInput(
                f"the state {self.state} has more than {MAX_KEYS} soft keys, or one of them twice",
                fix="name each key once",
            )
        needed = MANDATORY.get(self.state)
        if needed is not None and needed not in self.keys:
            raise InvalidInput(f"the state {self.state} lacks the soft key {needed}", fix=f"add {needed}, as on CUCM")


@dataclass(frozen=True, slots=True)
class SoftkeyTemplate:
    """The soft keys of a phone; a state that is not named has the standard ones."""

    name: str
    states: tuple[StateKeys, ...] = ()
    description: str = ""

    def __post_init__(self) -> None:
        check_object_name(self.name, "softkey template")
        check_shown(self.description, "description", most=255)
        if len({each.state for each in self.states}) < len(self.states):
            raise InvalidInput(f"the softkey template {self.name} names a state twice", fix="name each state once")
