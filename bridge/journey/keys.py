"""What to press on a phone, by its family, and what to do where it has no keys.

Source: phone boot reference, sections 7 and 7.1; migration reference, section 5.3. Menus differ by load. The paths of
two kinds of phones are public in full; of the others it is known what the menu offers, and not where. Where the model
is not known, both are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from bridge.journey.findings import Fix, FixKind
from bridge.phones import ConfigFamily, catalogue


class Panel(Enum):
    """What there is to press."""

    OLD_SETTINGS = auto()
    """7940 and 7960: a Settings key, and trust lists only a factory reset takes away."""
    SETTINGS = auto()
    """79xx: a Settings key, or Settings in the menu of the small ones."""
    ADMIN_SETTINGS = auto()
    """78xx and 88xx: Admin settings in the menu of the Applications key."""
    SOME_MENU = auto()
    """A screen and a menu whose paths are not public."""
    WEB_PAGE = auto()
    """Phones with flat profiles: their own web page has all of it, and they hold no trust list."""
    NO_KEYS = auto()
    """Adapters and gateways."""
    PROGRAM = auto()
    """On a computer or a mobile phone."""


PANELS: Mapping[ConfigFamily, Panel] = {
    ConfigFamily.SIPPHONE_7940_60: Panel.OLD_SETTINGS,
    ConfigFamily.JAVA_79XX: Panel.SETTINGS,
    ConfigFamily.SERIES_78XX: Panel.ADMIN_SETTINGS,
    ConfigFamily.SERIES_88XX: Panel.ADMIN_SETTINGS,
    ConfigFamily.PHONEOS: Panel.WEB_PAGE,
    ConfigFamily.MPP: Panel.WEB_PAGE,
    ConfigFamily.SPA: Panel.WEB_PAGE,
    ConfigFamily.SPA9XX: Panel.WEB_PAGE,
    ConfigFamily.MPP_ATA: Panel.NO_KEYS,
    ConfigFamily.SPA_ATA: Panel.NO_KEYS,
    ConfigFamily.ATA18X: Panel.NO_KEYS,
    ConfigFamily.ATA187: Panel.NO_KEYS,
    ConfigFamily.ATA190: Panel.NO_KEYS,
    ConfigFamily.ATA191: Panel.NO_KEYS,
    ConfigFamily.VGC: Panel.NO_KEYS,
    ConfigFamily.VG: Panel.NO_KEYS,
    ConfigFamily.CIPC: Panel.PROGRAM,
    ConfigFamily.UPC: Panel.PROGRAM,
    ConfigFamily.CSF: Panel.PROGRAM,
    ConfigFamily.TCT: Panel.PROGRAM,
    ConfigFamily.BOT: Panel.PROGRAM,
    ConfigFamily.TAB: Panel.PROGRAM,
    ConfigFamily.CTI: Panel.PROGRAM,
    ConfigFamily.NOKIA: Panel.PROGRAM,
}
"""Families that are not here have some menu."""

_ERASE_SETTINGS = (
    "Settings > Security Configuration > Trust List > ITL File (and CTL File), unlock with **#, then the soft key Erase"
)
_ERASE_ADMIN = (
    "Admin settings > Security setup > Trust list > ITL file, unlock with **#, then Erase; or Reset settings > Security"
)
_RESET = "hold # while the power comes on until its keys flash, then type 123456789*0# within a minute"
_UNPLUG = "take its power away for some seconds"


def family_of(model: str) -> ConfigFamily | None:
    """The family of a model by its catalogue name, or None."""
    found = catalogue().by_name(model) if model else None
    return found.family if found is not None else None


def panel_of(model: str) -> Panel | None:
    """What there is to press on that model; None where the model is not known."""
    family = family_of(model)
    return None if family is None else PANELS.get(family, Panel.SOME_MENU)


def erase_trust_list(model: str) -> tuple[Fix, ...]:
    """How the trust list is erased on that model, the gentle way first."""
    on = f"on the {model}: "
    match panel_of(model):
        case Panel.OLD_SETTINGS:
            return (_keys(f"{on}{_RESET}; when it asks about the network settings, press 2 for no"),)
        case Panel.SETTINGS:
            return _keys(f"{on}{_ERASE_SETTINGS}"), _keys(f"or a factory reset: {_RESET}")
        case Panel.ADMIN_SETTINGS:
            return _keys(f"{on}{_ERASE_ADMIN}"), _keys(f"or a factory reset: {_RESET}")
        case Panel.SOME_MENU:
            return (_keys(f"{on}in its settings, under security: erase the trust list (ITL and CTL); **# unlocks it"),)
        case Panel.WEB_PAGE | Panel.NO_KEYS:
            return (_by_hand(f"{on}reset it to its factory settings, on its own web page or by its reset button"),)
        case Panel.PROGRAM:
            return (_by_hand(f"{on}reset the program, and have it forget the files of the old server"),)
        case _:
            ways = (f"79xx: {_ERASE_SETTINGS}", f"78xx and 88xx: {_ERASE_ADMIN}", f"or a factory reset: {_RESET}")
            return tuple(_keys(each) for each in ways)


def set_tftp_server(model: str, server: str) -> Fix:
    """How the file server's address is typed into that model."""
    address = server or "this server's address"
    match panel_of(model):
        case Panel.ADMIN_SETTINGS:
            path = "Admin settings > Network setup > Ethernet setup > IPv4 setup: Alternate TFTP on, TFTP server 1"
            return _keys(f"{path} = {address}, then save")
        case Panel.OLD_SETTINGS | Panel.SETTINGS:
            path = "Settings > Network Configuration, unlock with **#: Alternate TFTP = YES, TFTP Server 1"
            return _keys(f"{path} = {address}, then save")
        case Panel.WEB_PAGE | Panel.NO_KEYS:
            return _by_hand(f"on its own web page, or by DHCP option 66: {address} as the server of its files")
        case Panel.PROGRAM:
            return _by_hand(f"in the program's settings: {address} as its TFTP server")
        case _:
            return _keys(f"in its network menu (**# unlocks it): Alternate TFTP on, TFTP Server 1 = {address}")


def clear_tftp_server(model: str) -> Fix:
    """How a file server's address that was typed in is taken out again."""
    match panel_of(model):
        case Panel.ADMIN_SETTINGS:
            return _keys("Admin settings > Network setup > Ethernet setup > IPv4 setup: Alternate TFTP off, then save")
        case Panel.OLD_SETTINGS | Panel.SETTINGS:
            return _keys("Settings > Network Configuration, unlock with **#: Alternate TFTP = NO, then save")
        case Panel.WEB_PAGE | Panel.NO_KEYS:
            return _by_hand("on its own web page: take out the address, or the profile rule, that somebody typed in")
        case Panel.PROGRAM:
            return _by_hand("in the program's settings: take out the TFTP server that somebody typed in")
        case _:
            return _keys("in its network menu (**# unlocks it): Alternate TFTP off")


def status_messages(model: str) -> Fix:
    """Where that model lists what bothers it."""
    match panel_of(model):
        case Panel.ADMIN_SETTINGS:
            return _keys("read Admin settings > Status > Status messages on the phone")
        case Panel.OLD_SETTINGS | Panel.SETTINGS:
            return _keys("read Settings > Status > Status Messages on the phone")
        case Panel.WEB_PAGE | Panel.NO_KEYS:
            return _by_hand("read the status page of its own web pages (Info > Status, on newer ones)")
        case Panel.PROGRAM:
            return _by_hand("read the program's own log")
        case _:
            return _keys("read the status messages in its settings, under status")


def restart(model: str) -> Fix:
    """How it is started again at the phone."""
    match panel_of(model):
        case Panel.ADMIN_SETTINGS:
            return _keys("start it again: Admin settings > Reset settings > Reset device, or pull its cable")
        case Panel.OLD_SETTINGS | Panel.SETTINGS:
            return _keys("start it again: Settings, then **#** and wait, or pull its cable")
        case Panel.PROGRAM:
            return _by_hand("end the program, and start it again")
        case _:
            return _by_hand(f"start it again: {_UNPLUG}")


def _keys(text: str) -> Fix:
    return Fix(FixKind.KEYS, text)


def _by_hand(text: str) -> Fix:
    return Fix(FixKind.AT_PHONE, text)
