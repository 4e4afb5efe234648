"""Names of firmware loads: what protocol, hardware and version they stand for.

Sources: phone boot reference, sections 3 and 3.1; models reference, section 3 ("Load names").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bridge.core import SignallingProtocol
from bridge.errors import ConfigurationError
from bridge.phones.catalogue import ConfigFamily, Model

_SCCP = SignallingProtocol.SCCP
_SIP = SignallingProtocol.SIP
_LONGEST = 80
_ENDING = re.compile(r"\.(?:loads|bin|sbin|zup|sb[2n])\Z", re.IGNORECASE | re.ASCII)
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class FirmwareLoad:
    """What a load's name says. Empty sets and texts mean that the name does not tell."""

    name: str
    """Without ``.loads``."""
    protocol: SignallingProtocol | None = None
    group: str = ""
    """The hardware group as written in the name: ``41``, ``78xx``, ``8845_65``."""
    models: frozenset[str] = frozenset()
    """Catalogue names of the models it runs on."""
    families: frozenset[ConfigFamily] = frozenset()
    version: str = ""


@dataclass(frozen=True, slots=True)
class _Group:
    families: frozenset[ConfigFamily]
    models: frozenset[str]


def _group(family: ConfigFamily, *models: str) -> _Group:
    return _Group(frozenset({family}), frozenset(models))


_JAVA = ConfigFamily.JAVA_79XX
JAVA_GROUPS = {
    "11": _group(_JAVA, "7906G", "7911G"),
    "31": _group(_JAVA, "7931G"),
    "41": _group(_JAVA, "7941G", "7941G-GE", "7961G", "7961G-GE"),
    "42": _group(_JAVA, "7942G", "7962G"),
    "45": _group(_JAVA, "7945G", "7965G"),
    "70": _group(_JAVA, "7970G", "7971G-GE"),
    "75": _group(_JAVA, "7975G"),
}
"""Hardware groups that share one set of firmware files; a 7961 runs those of group 41."""

TERMINALS = {
    "06": _group(_JAVA, "7906G"),
    "11": _group(_JAVA, "7911G"),
    "31": _group(_JAVA, "7931G"),
    "41": _group(_JAVA, "7941G", "7941G-GE"),
    "42": _group(_JAVA, "7942G"),
    "45": _group(_JAVA, "7945G"),
    "61": _group(_JAVA, "7961G", "7961G-GE"),
    "62": _group(_JAVA, "7962G"),
    "65": _group(_JAVA, "7965G"),
    "70": _group(_JAVA, "7970G"),
    "71": _group(_JAVA, "7971G-GE"),
    "75": _group(_JAVA, "7975G"),
}
"""NN of ``termNN.default.loads``: the last two digits of the model."""

_NEW_GROUPS = {
    "69xx": _group(ConfigFamily.SERIES_69XX, "6921", "6941", "6961"),
    "6901": _group(ConfigFamily.SERIES_69XX, "6901"),
    "6911": _group(ConfigFamily.SERIES_69XX, "6911"),
    "6945": _group(ConfigFamily.SERIES_69XX, "6945"),
    "894x": _group(ConfigFamily.SERIES_894X, "8941", "8945"),
    "8941_8945": _group(ConfigFamily.SERIES_894X, "8941", "8945"),
    "3951": _group(ConfigFamily.SERIES_39XX, "3911", "3951"),
    "78xx": _group(ConfigFamily.SERIES_78XX, "7811", "7821", "7841", "7861"),
    "7832": _group(ConfigFamily.SERIES_78XX, "7832"),
    "88xx": _group(ConfigFamily.SERIES_88XX, "8811", "8841", "8851", "8851NR", "8861", "8811NS", "8841NS", "8851NS"),
    "8845_65": _group(ConfigFamily.SERIES_88XX, "8845", "8865", "8865NR"),
    "8821": _group(ConfigFamily.SERIES_88XX_WIRELESS, "8821"),
    "8831": _group(ConfigFamily.SERIES_88XX_CONFERENCE, "8831"),
    "8832": _group(ConfigFamily.SERIES_88XX_CONFERENCE, "8832", "8832NR"),
    "8961": _group(ConfigFamily.SERIES_99XX, "8961"),
    "9951": _group(ConfigFamily.SERIES_99XX, "9951"),
    "9971": _group(ConfigFamily.SERIES_99XX, "9971"),
    "dx650": _group(ConfigFamily.DX, "DX650"),
}
_OLD_PREFIXES = {
    "p003": (_SCCP, _group(ConfigFamily.SIPPHONE_7940_60, "7940G", "7960G")),
    "p0s3": (_SIP, _group(ConfigFamily.SIPPHONE_7940_60, "7940G", "7960G")),
    "p0m3": (None, _group(ConfigFamily.SIPPHONE_7940_60, "7940G", "7960G")),
    "p004": (_SCCP, _group(ConfigFamily.FIRST_GENERATION, "7910G")),
    "p005": (_SCCP, _group(ConfigFamily.CONFERENCE, "7935")),
}
_CMTERM = {
    "7920": _group(ConfigFamily.WIRELESS_1, "7920"),
    "7936": _group(ConfigFamily.CONFERENCE, "7936"),
    "7985": _group(ConfigFamily.VIDEO, "7985G"),
}
_FLAGS = re.IGNORECASE | re.ASCII
_TERM = re.compile(r"term(\d\d)\.default", _FLAGS)
_BY_PROTOCOL = re.compile(r"(sccp|sip)(\d\d|[0-9][0-9a-z_]{3,8}|dx\d{2,3})\.([\w.-]+)", _FLAGS)
_OLD = re.compile(r"(p0[0sm][345])([\w-]+)", _FLAGS)
_FF_LD_GK = re.compile(r"cp(7902|7905|7912)(\d+)(sccp|sip)?(\w*)", _FLAGS)
_WIRELESS = re.compile(r"cp(7921g|7925g|7926g)-([\w.-]+)", _FLAGS)
_CONFERENCE_37 = re.compile(r"apps37sccp\.([\w.-]+)", _FLAGS)
_CMTERM_NAME = re.compile(r"cmterm_(\d{4})\.([\w.-]+)", _FLAGS)
_CP3905 = re.compile(r"cp3905\.([\w.-]+)", _FLAGS)
_ATA = re.compile(r"ata(187|190|191)\.([\w.-]+)", _FLAGS)
_ATA18X = re.compile(r"ata(\d{6})(sccp|sip)(\w*)", _FLAGS)
_MPP = re.compile(r"(?:ata19x|cmterm-\d\dxx|sip\d\dxx)\.(\d[\w-]*mpp[\w-]*|[\w-]+msr[\w-]*)", _FLAGS)
_SPA = re.compile(r"spa(50x-30x|51x|525g)-(\d[\w.-]*)|spa[\dx-]+g?(?:-([\w.-]+))?", _FLAGS)
_SPA_GROUPS = {
    "50x-30x": _group(*(ConfigFamily.SPA, "SPA301", "SPA303G", "SPA501G", "SPA502G", "SPA504G", "SPA508G", "SPA509G")),
    "51x": _group(ConfigFamily.SPA, "SPA512G", "SPA514G"),
    "525g": _group(ConfigFamily.SPA, "SPA525G", "SPA525G2"),
}
"""One file for SIP and for SPCP, Cisco's name for their SCCP: which of them it speaks is set on the phone."""
_PART = re.compile(r"(?:apps|cnu|dsp|cvm|jar)(\d\d)(sccp|sip)?\.([\w.-]+)", _FLAGS)


def parse_load(name: str) -> FirmwareLoad:
    """What the name of a load, or of one of its files, says. Never raises; a strange name says nothing.

    Endings such as ``.loads`` and ``.sbn`` are taken off first. Parts of a Java load (``jar41sccp.….sbn``) tell the
    same as the load itself.
    """
    return _parse(name) if len(name) <= _LONGEST else FirmwareLoad(name[:_LONGEST])


@lru_cache(maxsize=512)
def _parse(name: str) -> FirmwareLoad:
    bare = _ENDING.sub("", name)
    for read in (_terminal, _mpp_or_spa, _by_protocol, _early, _single_models, _parts):
        if (load := read(bare)) is not None:
            return load
    return FirmwareLoad(bare)


def fits(load: str, model: Model, protocol: SignallingProtocol) -> bool:
    """False when the load's name shows that it is for other hardware or for the other protocol; else True.

    A name that says nothing fits: new firmware keeps appearing, and the administrator knows it before this table does.
    """
    parsed = parse_load(load)
    if parsed.protocol is not None and parsed.protocol is not protocol:
        return False
    if parsed.models:
        return model.name in parsed.models
    return not parsed.families or model.family in parsed.families


def check_load(load: str, model: Model, protocol: SignallingProtocol) -> str:
    """Return ``load`` if it may be named in a file for this model. Raises ConfigurationError that says why not."""
    if len(load) > _LONGEST or not _SAFE.fullmatch(load):
        raise ConfigurationError(
            f"{load[:_LONGEST]!r} is not the name of a firmware load",
            fix="write it as on the download page, without .loads, for example SIP41.9-4-2SR3-1S",
        )
    if not fits(load, model, protocol):
        parsed = parse_load(load)
        hardware = ", ".join(sorted(parsed.models)) or ", ".join(sorted(parsed.families)) or "other hardware"
        example = model.last_known_load(protocol)
        raise ConfigurationError(
            f"the load {load} does not fit a {model.name} that is to speak {protocol}",
            why=f"it is {parsed.protocol or 'firmware'} for {hardware}",
            fix=f"name a load such as {example}" if example else "leave the load empty; the phone keeps its firmware",
        )
    return load


def _made(
    name: str, protocol: SignallingProtocol | None, group: str, known: _Group | None, version: str
) -> FirmwareLoad:
    if known is None:
        return FirmwareLoad(name, protocol, group, version=version)
    return FirmwareLoad(name, protocol, group, known.models, known.families, version)


def _terminal(name: str) -> FirmwareLoad | None:
    match = _TERM.fullmatch(name)
    return _made(name, None, match[1], TERMINALS.get(match[1]), "") if match else None


def _mpp_or_spa(name: str) -> FirmwareLoad | None:
    if match := _MPP.fullmatch(name):
        family = ConfigFamily.MPP_ATA if name.lower().startswith("ata") else ConfigFamily.MPP
        return FirmwareLoad(name, _SIP, families=frozenset({family}), version=match[1])
    if match := _SPA.fullmatch(name):
        if match[1]:
            return _made(name, None, match[1].lower(), _SPA_GROUPS[match[1].lower()], match[2])
        families = frozenset({ConfigFamily.SPA, ConfigFamily.SPA9XX, ConfigFamily.SPA_ATA})
        return FirmwareLoad(name, families=families, version=match[3] or "")
    return None


def _by_protocol(name: str) -> FirmwareLoad | None:
    match = _BY_PROTOCOL.fullmatch(name)
    if match is None:
        return None
    group = match[2].lower()
    known = JAVA_GROUPS.get(group) or _NEW_GROUPS.get(group)
    return _made(name, SignallingProtocol(match[1].upper()), group, known, match[3])


def _early(name: str) -> FirmwareLoad | None:
    if (match := _OLD.fullmatch(name)) and match[1].lower() in _OLD_PREFIXES:
        protocol, known = _OLD_PREFIXES[match[1].lower()]
        return _made(name, protocol, match[1].upper(), known, match[2].lstrip("-"))
    if match := _FF_LD_GK.fullmatch(name):
        protocol = SignallingProtocol(match[3].upper()) if match[3] else None
        return _made(name, protocol, match[1], _group(ConfigFamily.FF_LD_GK, match[1] + "G"), match[2])
    if match := _ATA18X.fullmatch(name):
        known = _group(ConfigFamily.ATA18X, "ATA 186", "ATA 188")
        return _made(name, SignallingProtocol(match[2].upper()), "ATA", known, match[1])
    return None


def _single_models(name: str) -> FirmwareLoad | None:
    if match := _WIRELESS.fullmatch(name):
        known = _group(ConfigFamily.WIRELESS_2, match[1].upper())
        return _made(name, _SCCP, match[1].upper(), known, match[2])
    if match := _CONFERENCE_37.fullmatch(name):
        return _made(name, _SCCP, "37", _group(ConfigFamily.CONFERENCE, "7937G"), match[1])
    if match := _CMTERM_NAME.fullmatch(name):
        return _made(name, _SCCP, match[1], _CMTERM.get(match[1]), match[2])
    if match := _CP3905.fullmatch(name):
        return _made(name, _SIP, "3905", _group(ConfigFamily.SERIES_39XX, "3905"), match[1])
    if match := _ATA.fullmatch(name):
        known = _group(ConfigFamily("ata" + match[1]), "ATA " + match[1])
        return _made(name, _SIP, "ATA" + match[1], known, match[2])
    return None


def _parts(name: str) -> FirmwareLoad | None:
    match = _PART.fullmatch(name)
    if match is None or match[1] not in JAVA_GROUPS:
        return None
    protocol = SignallingProtocol(match[2].upper()) if match[2] else None
    return _made(name, protocol, match[1], JAVA_GROUPS[match[1]], match[3])
