"""What to press on a phone, by its family.

Source: phone boot reference, sections 7 and 7.1. Menus differ by load; where the model is not known both ways are told.
"""

from __future__ import annotations

from bridge.journey.findings import Fix, FixKind
from bridge.phones import ConfigFamily, catalogue

_OLD = frozenset({ConfigFamily.SIPPHONE_7940_60, ConfigFamily.FIRST_GENERATION, ConfigFamily.FF_LD_GK})
_JAVA = frozenset({ConfigFamily.JAVA_79XX, ConfigFamily.WIRELESS_2, ConfigFamily.SERIES_99XX})
_NEW = frozenset(
    {
        ConfigFamily.SERIES_78XX,
        ConfigFamily.SERIES_88XX,
        ConfigFamily.SERIES_88XX_WIRELESS,
        ConfigFamily.SERIES_88XX_CONFERENCE,
        ConfigFamily.PHONEOS,
    }
)
_ERASE_JAVA = (
    "Settings > Security Configuration > Trust List > ITL File (and CTL File), unlock with **#, then the soft key Erase"
)
_ERASE_NEW = (
    "Admin settings > Security setup > Trust list > ITL file, unlock with **#, then Erase; or Reset settings > Security"
)
_RESET = "hold # while the power comes on until the line keys flash, then type 123456789*0#"


def family_of(model: str) -> ConfigFamily | None:
    """The family of a model by its catalogue name, or None."""
    found = catalogue().by_name(model) if model else None
    return found.family if found is not None else None


def erase_trust_list(model: str) -> tuple[Fix, ...]:
    """How the trust list is erased on that model, the gentle way first."""
    family = family_of(model)
    if family in _OLD:
        return (
            Fix(FixKind.KEYS, f"on the {model}: {_RESET}; when it asks about the network settings, press 2 for no"),
        )
    if family in _JAVA:
        ways = [f"on the {model}: {_ERASE_JAVA}"]
    elif family in _NEW:
        ways = [f"on the {model}: {_ERASE_NEW}"]
    else:
        ways = [f"79xx and 99xx: {_ERASE_JAVA}", f"78xx and 88xx: {_ERASE_NEW}"]
    return tuple(Fix(FixKind.KEYS, each) for each in (*ways, f"or a factory reset: {_RESET}"))


def set_tftp_server(model: str, server: str) -> Fix:
    """How a TFTP address is typed into that model."""
    address = server or "this server's address"
    if family_of(model) in _NEW:
        path = "Admin settings > Network setup > Ethernet setup > IPv4 setup: Alternate TFTP on, TFTP server 1"
    elif family_of(model) in _OLD | _JAVA:
        path = "Settings > Network Configuration, unlock with **#: Alternate TFTP = YES, TFTP Server 1"
    else:
        path = "in its network menu (unlock with **#): Alternate TFTP = YES, TFTP Server 1"
    return Fix(FixKind.KEYS, f"{path} = {address}, then save")


def clear_tftp_server(model: str) -> Fix:
    """How a TFTP address that was typed in is taken out again."""
    if family_of(model) in _NEW:
        return Fix(
            FixKind.KEYS, "Admin settings > Network setup > Ethernet setup > IPv4 setup: Alternate TFTP off, save"
        )
    return Fix(FixKind.KEYS, "Settings > Network Configuration, unlock with **#: Alternate TFTP = NO, save")


def status_messages(model: str) -> Fix:
    """Where that model lists what bothers it."""
    if family_of(model) in _NEW:
        return Fix(FixKind.KEYS, "read Admin settings > Status > Status messages on the phone")
    return Fix(FixKind.KEYS, "read Settings > Status > Status Messages on the phone")


def restart(model: str) -> Fix:
    """How it is started again at the phone."""
    if family_of(model) in _NEW:
        return Fix(FixKind.KEYS, "start it again: Admin settings > Reset settings > Reset device, or pull its cable")
    return Fix(FixKind.KEYS, "start it again: Settings, then **#** and wait, or pull its cable")
