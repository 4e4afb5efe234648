"""Which files the phones of each family ask for, in which order: the boot orders as data.

Source: phone boot reference, section 2 (the table) and section 6 (observed logs). What happens with the answers is in
``bootorder``. Names are templates: ``{MAC}`` twelve digits in upper case, ``{mac}`` in lower case, ``{load}`` the load
that the phone is to run, ``{MAC_TAIL}`` the last ten digits, ``{locale}`` the user locale's file, ``{tones}`` the
network locale's folder, ``{psn}`` the model as flat profiles call it, and the names that the phone's own file gives:
``{dial_template}``, ``{soft_keys}``, ``{feature_policy}``, ``{folder}``, ``{profile_rule}``. ``{model_file}`` is what
the built-in profile rule asks for.
Where a phone takes files by HTTP or TFTP alike, as an address says, it takes them from one server here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from bridge.core import SignallingProtocol
from bridge.errors import NotFound
from bridge.phones import ConfigFamily, Model, parse_load


class Purpose(StrEnum):
    """What a file is to the phone."""

    TRUST_LIST = "trust list"
    DEVICE_FILE = "device file"
    DEFAULTS = "defaults"
    COMMON_TEXT = "common text file"
    OWN_TEXT = "own text file"
    OTHER_DEFAULTS = "other defaults"
    MODEL_PROFILE = "profile of the model"
    OWN_PROFILE = "own profile"
    SECOND_PORT = "file of the second port"
    """An adapter for two analogue phones has a file for each; here the first one is simulated."""
    LOAD = "load"
    IMAGE = "image"
    LOCALE = "locale"
    TONES = "tones"
    DIAL_TEMPLATE = "dial template"
    SOFT_KEYS = "soft keys"
    FEATURE_POLICY = "feature policy"
    DIAL_RULES = "application dial rules"
    RINGS = "ring list"
    HEADSETS = "headsets"
    SYNC = "sync"


class When(Enum):
    """When a step is taken; otherwise it is passed over without a request."""

    ALWAYS = auto()
    NOT_CONFIGURED = auto()
    """Only when no device file was found."""
    NEW_LOAD = auto()
    """Only when the load to run is not the running one."""
    NAMED = auto()
    """Only when the configuration names such a file."""
    SIP = auto()
    SCCP = auto()
    """Only with firmware of that protocol."""
    LOAD_14 = auto()
    """Only with loads from 14 on."""


@dataclass(frozen=True, slots=True)
class Step:
    """One file of a boot order."""

    purpose: Purpose
    name: str
    when: When = When.ALWAYS


@dataclass(frozen=True, slots=True)
class BootPlan:
    """A family's boot order."""

    steps: tuple[Step, ...]
    http: bool = False
    """Asks by HTTP on port 6970 first, and by TFTP where that fails (phone boot reference, section 4)."""


_CTL = Step(Purpose.TRUST_LIST, "CTLSEP{MAC}.tlv")
_TRUST = (_CTL, Step(Purpose.TRUST_LIST, "ITLSEP{MAC}.tlv"), Step(Purpose.TRUST_LIST, "ITLFile.tlv"))
_SEP = Step(Purpose.DEVICE_FILE, "SEP{MAC}.cnf.xml")
_SEP_LOWER = Step(Purpose.DEVICE_FILE, "SEP{mac}.cnf.xml")
_DEFAULTS = Step(Purpose.DEFAULTS, "XMLDefault.cnf.xml", When.NOT_CONFIGURED)
_OLD_DEFAULTS = Step(Purpose.OTHER_DEFAULTS, "SEPDefault.cnf", When.NOT_CONFIGURED)
_LOADS = Step(Purpose.LOAD, "{load}.loads", When.NEW_LOAD)
_LOADS_UPPER = Step(Purpose.LOAD, "{load}.LOADS", When.NEW_LOAD)
_BIN = Step(Purpose.LOAD, "{load}.bin", When.NEW_LOAD)
_SBIN = Step(Purpose.LOAD, "{load}.sbin", When.NEW_LOAD)
_LOCALE = Step(Purpose.LOCALE, "{locale}", When.NAMED)
_G3 = Step(Purpose.TONES, "{tones}/g3-tones.xml", When.NAMED)
_G4 = Step(Purpose.TONES, "{tones}/g4-tones.xml", When.NAMED)
_DIAL = Step(Purpose.DIAL_TEMPLATE, "{dial_template}", When.NAMED)
_KEYS = Step(Purpose.SOFT_KEYS, "{soft_keys}", When.NAMED)
_POLICY = Step(Purpose.FEATURE_POLICY, "{feature_policy}", When.NAMED)
_RULES = Step(Purpose.DIAL_RULES, "AppDialRules.xml")
_RINGS_WIDE = Step(Purpose.RINGS, "Ringlist-wb.xml")
_HEADSETS = Step(Purpose.HEADSETS, "defaultheadsetconfig.json", When.LOAD_14)

_JAVA_TAIL = (_SEP, _DEFAULTS, _LOADS, _LOCALE, _G3, _DIAL, _KEYS)
_JAVA_OLD = BootPlan((_CTL, *_JAVA_TAIL))
_JAVA = BootPlan((*_TRUST, *_JAVA_TAIL))
_JAVA_EMPTY = BootPlan((Step(Purpose.LOAD, "{terminal}.default.loads", When.NEW_LOAD),))
"""After a factory reset there is only the loader, and it asks for nothing but the default load."""
_ENTERPRISE = BootPlan(
    (*_TRUST, _SEP, _DEFAULTS, _RULES, _LOADS, _LOCALE, _G3, _DIAL, _KEYS, _POLICY, _RINGS_WIDE, _HEADSETS), http=True
)
_ADAPTER = BootPlan(
    (
        Step(Purpose.DEVICE_FILE, "ATA{MAC}.cnf.xml"),
        # The second port: the digits move up by one byte.
        Step(Purpose.SECOND_PORT, "ATA{MAC_TAIL}01.cnf.xml"),
        _DIAL,
    )
)
_FLAT = (
    Step(Purpose.MODEL_PROFILE, "{model_file}"),
    Step(Purpose.OWN_PROFILE, "{profile_rule}", When.NAMED),
)
_FLAT_HTTP = BootPlan(_FLAT, http=True)
_FLAT_TFTP = BootPlan(_FLAT)
_SPCP = BootPlan((_SEP, Step(Purpose.DEFAULTS, "XMLDefault{psn}.cnf.xml", When.NOT_CONFIGURED)))
_PROFILE_PREFIX = {"7902": "ff", "7905": "ld", "7912": "gk"}

_PLANS: dict[ConfigFamily, BootPlan] = {
    ConfigFamily.FIRST_GENERATION: BootPlan((_SEP, _DEFAULTS, _OLD_DEFAULTS, _BIN)),
    ConfigFamily.SIPPHONE_7940_60: BootPlan(
        (
            _CTL,
            _SEP,
            _DEFAULTS,
            # Log L1: asked for even when it is the running one.
            Step(Purpose.LOAD, "{load}.loads", When.NAMED),
            Step(Purpose.COMMON_TEXT, "SIPDefault.cnf", When.SIP),
            Step(Purpose.OWN_TEXT, "{folder}SIP{MAC}.cnf", When.SIP),
            Step(Purpose.RINGS, "RINGLIST.DAT", When.SIP),
            _DIAL,
            Step(Purpose.RINGS, "RINGLIST.XML", When.SCCP),
            Step(Purpose.RINGS, "DISTINCTIVERINGLIST.XML", When.SCCP),
            Step(Purpose.DIAL_TEMPLATE, "DIALPLAN.XML", When.SCCP),
        )
    ),
    ConfigFamily.WIRELESS_1: BootPlan((_SEP, _DEFAULTS, _LOADS_UPPER, _LOCALE)),
    ConfigFamily.WIRELESS_2: BootPlan((_SEP, _DEFAULTS, _LOADS_UPPER, _LOCALE)),
    ConfigFamily.CONFERENCE: BootPlan((_SEP, _DEFAULTS, _BIN)),
    ConfigFamily.SELSIUS: BootPlan(
        # Binary files that are not read here: what they hold is typed into the phone's menu instead.
        (Step(Purpose.OWN_TEXT, "SEP{MAC}.cnf"), Step(Purpose.COMMON_TEXT, "SEPDefault.cnf"))
    ),
    ConfigFamily.ATA18X: BootPlan(
        (
            Step(Purpose.OWN_TEXT, "ata{mac}"),
            Step(Purpose.COMMON_TEXT, "atadefault.cfg"),
            Step(Purpose.LOAD, "{load}.zup", When.NEW_LOAD),
        )
    ),
    ConfigFamily.MPP: _FLAT_HTTP,
    ConfigFamily.MPP_ATA: _FLAT_HTTP,
    ConfigFamily.PHONEOS: _FLAT_HTTP,
    ConfigFamily.SPA: _FLAT_HTTP,
    ConfigFamily.SPA9XX: _FLAT_TFTP,
    ConfigFamily.SPA_ATA: _FLAT_TFTP,
    ConfigFamily.ATA187: _ADAPTER,
    ConfigFamily.ATA190: _ADAPTER,
    ConfigFamily.ATA191: _ADAPTER,
    ConfigFamily.CIPC: BootPlan((_SEP, _DEFAULTS, _LOCALE, _DIAL, _KEYS)),
    ConfigFamily.VIDEO: BootPlan((_SEP, _DEFAULTS, _LOADS)),
    ConfigFamily.SERIES_39XX: BootPlan((_SEP, _DEFAULTS, _LOADS, _DIAL)),
    ConfigFamily.SERIES_69XX: BootPlan((*_TRUST, _SEP, _DEFAULTS, _LOADS, _LOCALE, _G3, _DIAL, _KEYS)),
    ConfigFamily.SERIES_894X: BootPlan((*_TRUST, _SEP, _DEFAULTS, _LOADS, _LOCALE, _G3, _DIAL, _KEYS)),
    ConfigFamily.SERIES_99XX: BootPlan(
        (*_TRUST, _SEP, _DEFAULTS, _LOADS, _POLICY, _KEYS, _DIAL, _G4, _LOCALE), http=True
    ),
    ConfigFamily.SERIES_78XX: _ENTERPRISE,
    ConfigFamily.SERIES_88XX: _ENTERPRISE,
    ConfigFamily.SERIES_88XX_WIRELESS: _ENTERPRISE,
    ConfigFamily.SERIES_88XX_CONFERENCE: _ENTERPRISE,
}

_NUMBERS = re.compile(r"\d+")
_SECURITY_BY_DEFAULT = (8, 5)
"""Java loads from this version on ask for identity trust lists too."""


def load_version(load: str) -> tuple[int, ...]:
    """The version in a load's name as numbers: (9, 4, 2, 3, 1) for ``SIP42.9-4-2SR3-1S``; empty without one."""
    return tuple(int(number) for number in _NUMBERS.findall(parse_load(load).version)[:8])


def boot_plan(model: Model, running_load: str, *, spcp: bool = False) -> BootPlan:
    """The boot order of a model with this firmware; an empty load means: factory-reset, only the loader is left.

    ``spcp``: it is an SPA phone that was switched to SPCP, which its firmware speaks as well. Raises NotFound for
    families whose order is not known or that are no phones on a desk.
    """
    family = model.family
    if spcp:
        return _SPCP
    if family is ConfigFamily.JAVA_79XX:
        if not running_load:
            return _JAVA_EMPTY
        return _JAVA if load_version(running_load) >= _SECURITY_BY_DEFAULT else _JAVA_OLD
    if family is ConfigFamily.FF_LD_GK:
        prefix = _PROFILE_PREFIX.get(model.name[:4], "ld")
        profile = (
            Step(Purpose.OWN_TEXT, prefix + "{mac}"),
            Step(Purpose.COMMON_TEXT, prefix + "default.cfg"),
        )
        if parse_load(running_load).protocol is SignallingProtocol.SIP:
            return BootPlan((*profile, _SBIN))
        return BootPlan((_SEP_LOWER, _DEFAULTS, _OLD_DEFAULTS, _SBIN, *profile))
    plan = _PLANS.get(family)
    if plan is None:
        raise NotFound(
            f"no boot order is known for the {model.name}",
            fix="simulate a desk phone with enterprise firmware, for example 7942, 7841 or 8841",
        )
    return plan
