"""The catalogue of Cisco device types: numbers, names, protocols, keys, limits.

The table itself is package data (``bridge/phones/data/models.csv``); it is read once. A cell that is not certain is
named in the row's ``marks``: ``background`` (not seen in a public source), ``open`` (must be checked on hardware),
``pattern`` (follows from the naming rule of its family), ``package`` (name of a firmware package), ``sources-differ``.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources

from bridge.core import SignallingProtocol
from bridge.errors import NotFound

_BOTH = frozenset(SignallingProtocol)
_CANNOT_CONVERT = frozenset({"", "no"})
_NOISE = re.compile(r"CISCO|UNIFIED|IP PHONE|\bPHONE\b|\bCP[- ]")
_LETTERS_AND_DIGITS = re.compile(r"[^A-Z0-9]")


class DeviceClass(StrEnum):
    """What kind of thing a device type is."""

    PHONE = "phone"
    ATA = "ata"
    SOFTPHONE = "softphone"
    VIDEO = "video"
    ADDON = "addon"
    GATEWAY = "gateway"
    MEDIA_RESOURCE = "mediaresource"
    THIRD_PARTY = "thirdparty"
    VIRTUAL = "virtual"
    TRUNK = "trunk"
    TEMPLATE = "template"


class ConfigFamily(StrEnum):
    """Which set of files, in which boot order, a device type reads (phone boot reference, section 2)."""

    NONE = "none"
    """No files at all: virtual devices, trunks, media resources."""
    SELSIUS = "selsius"
    FIRST_GENERATION = "first-gen"
    FF_LD_GK = "ff-ld-gk"
    """7902, 7905, 7912; named after the prefixes of their profile files."""
    SIPPHONE_7940_60 = "7940-60"
    JAVA_79XX = "java-79xx"
    WIRELESS_1 = "wireless-1"
    WIRELESS_2 = "wireless-2"
    CONFERENCE = "conference"
    SERIES_69XX = "69xx"
    SERIES_894X = "894x"
    SERIES_99XX = "99xx"
    SERIES_78XX = "78xx-ent"
    SERIES_88XX = "88xx-ent"
    SERIES_88XX_WIRELESS = "88xx-wireless"
    SERIES_88XX_CONFERENCE = "88xx-conf"
    SERIES_39XX = "39xx"
    PHONEOS = "phoneos"
    VIDEO = "video"
    DX = "dx"
    CE = "ce"
    """Room systems."""
    MPP = "mpp"
    MPP_ATA = "mpp-ata"
    SPA = "spa"
    SPA9XX = "spa9xx"
    SPA_ATA = "spa-ata"
    ATA18X = "ata18x"
    ATA187 = "ata187"
    ATA190 = "ata190"
    ATA191 = "ata191"
    CIPC = "cipc"
    WEBEX_WIRELESS = "webex-wireless"
    VGC = "vgc"
    VG = "vg"
    STE = "ste"
    MOTOROLA = "moto"
    NOKIA = "nokia"
    UPC = "upc"
    CSF = "csf"
    TCT = "tct"
    BOT = "bot"
    TAB = "tab"
    THIRD_PARTY = "3p"
    CTI = "cti"
    TEMPLATE = "udt"
    ADDON = "addon"


class Evidence(StrEnum):
    """How well the row is supported by public sources."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Model:
    """One device type. Empty texts, None and empty sets mean: not known, or it does not apply."""

    name: str
    """As sold, with its hardware suffix (G, GE, NR, NS); MPP variants end in ``-3PCC (MPP)``."""
    number: int | None
    """CUCM's device type number; the N of ``loadInformationN``. None for MPP and SPA, and where none is public."""
    device_class: DeviceClass
    family: ConfigFamily
    protocols: frozenset[SignallingProtocol]
    """Those of SCCP and SIP for which firmware exists."""
    other_protocols: frozenset[str]
    """Further ones: MGCP, H.323, CTI, SPCP (the SCCP subset of the SPA phones)."""
    administered: frozenset[SignallingProtocol]
    """The protocols that CUCM offers for the type; may be fewer than ``protocols``, empty where nobody says."""
    line_keys: int | None
    more_line_keys: int | None
    """Line keys in the mode in which all keys are line keys."""
    max_calls: int | None
    """Highest ``maxNumCalls`` the phone takes on a SIP line."""
    modules: int | None
    """How many expansion modules it takes."""
    sccp_load: str
    sip_load: str
    """Newest load names known from public material."""
    locale_prefix: str
    """First part of the name of its locale file, ``mk`` for ``mk-sip.jar``."""
    wallpaper: str
    """Folder below ``Desktops``: width x height x depth."""
    preview: str
    display: str
    codecs: tuple[str, ...]
    mixed_mode: bool | None
    """May autoregister on a CUCM in mixed mode; None where no source names it."""
    mpp: str
    """Whether it can be converted to MPP firmware: empty or ``no``, ``yes``, or the least hardware version."""
    evidence: Evidence
    marks: frozenset[str]
    """``column:reason`` for cells that are not certain."""

    @property
    def is_dual_protocol(self) -> bool:
        """True for types that follow the autoregistration protocol parameter (autoregistration rules, 7 and 8; AR-24).

        Those for which CUCM itself offers both: the nine of the 5.x list and the later ones. An ATA 186 has firmware
        for both too, but CUCM administers it with SCCP alone.
        """
        return self.administered == _BOTH

    @property
    def only_protocol(self) -> SignallingProtocol | None:
        """The protocol of a single-protocol type (AR-25); None for dual types and for what is no phone."""
        offered = self.administered or self.protocols
        return next(iter(offered)) if len(offered) == 1 else None

    @property
    def device_prefix(self) -> str:
        """What stands before the MAC in its device name: ``ATA`` for the SIP ATAs, else ``SEP``; empty without MAC."""
        if self.family in {ConfigFamily.ATA187, ConfigFamily.ATA190, ConfigFamily.ATA191}:
            return "ATA"
        return "SEP" if self.device_class in {DeviceClass.PHONE, DeviceClass.ATA, DeviceClass.VIDEO} else ""

    @property
    def speaks_spcp(self) -> bool:
        """Whether it is an SPA phone that can be switched to SPCP, its SCCP; it then reads ``SEP<MAC>.cnf.xml``."""
        return "SPCP" in self.other_protocols

    @property
    def can_convert_to_mpp(self) -> bool:
        """Whether the maker sells an MPP licence for this hardware."""
        return self.mpp not in _CANNOT_CONVERT

    def protocol_for(self, parameter: SignallingProtocol) -> SignallingProtocol | None:
        """What the type is to speak under this protocol parameter (AR-24 to AR-26); None for what is no phone."""
        return parameter if self.is_dual_protocol else self.only_protocol

    def last_known_load(self, protocol: SignallingProtocol) -> str:
        """The newest load name known for that protocol, or an empty text."""
        return self.sip_load if protocol is SignallingProtocol.SIP else self.sccp_load

    def __str__(self) -> str:
        return self.name


class Catalogue:
    """All device types, found by number or by name. Iteration gives them in the table's order."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._models = tuple(models)
        self._by_number = {model.number: model for model in self._models if model.number is not None}
        self._by_key: dict[str, Model] = {}
        for model in self._models:
            self._by_key.setdefault(_key(model.name), model)
        for model in self._models:  # exact names win over every alias
            for alias in _aliases(model.name):
                self._by_key.setdefault(alias, model)

    def by_number(self, number: int) -> Model | None:
        """The type with CUCM's device type number, or None."""
        return self._by_number.get(number)

    def by_name(self, name: str) -> Model | None:
        """The type of that name, or None. Takes ``8841``, ``CP-8841``, ``Cisco 8841``, ``7961``, ``7961G-GE``."""
        return self._by_key.get(_key(name[:64]))

    def require(self, name: str) -> Model:
        """As ``by_name``. Raises NotFound with names that are close."""
        if (model := self.by_name(name)) is not None:
            return model
        close = self.find(name)
        raise NotFound(
            f"there is no Cisco model called {name[:64]!r}",
            fix=f"did you mean {', '.join(close)}?" if close else "docs/phones.md lists the models that are known",
        )

    def find(self, name: str, *, limit: int = 5) -> tuple[str, ...]:
        """Names of models that are close to ``name``, best first."""
        keys = difflib.get_close_matches(_key(name[:64]), self._by_key, n=limit * 2, cutoff=0.6)
        return tuple(dict.fromkeys(self._by_key[key].name for key in keys))[:limit]

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The catalogue that the package ships, read once."""
    text = (resources.files("bridge.phones") / "data" / "models.csv").read_text(encoding="utf-8")
    return Catalogue(_model(row) for row in csv.DictReader(text.splitlines()))


def _key(name: str) -> str:
    """The letters and digits of a name, without the maker's words: ``CP-7961G-GE`` becomes ``7961GGE``."""
    upper = name.upper().replace("+", "PLUS")  # 12 SP and 12 SP+ are two types
    return _LETTERS_AND_DIGITS.sub("", _NOISE.sub(" ", upper)) or _LETTERS_AND_DIGITS.sub("", upper)


def _aliases(name: str) -> Iterator[str]:
    """Other ways to write a model: without the G of the hardware, GE without its G, MPP for 3PCC."""
    key = _key(name)
    if key.endswith("3PCCMPP"):
        bare = key.removesuffix("3PCCMPP")
        yield from (bare + "3PCC", bare + "MPP")
    elif re.fullmatch(r"79\d\dG(GE)?", key):
        if key.endswith("GE"):
            yield key[:4] + "GE"
        yield key[:4] + "G"
        yield key[:4]
    elif re.fullmatch(r"SPA\d{3}S?G", key):
        yield key[:-1]
    elif key == "IPCOMMUNICATOR":
        yield "CIPC"


def _model(row: dict[str, str]) -> Model:
    return Model(
        name=row["name"],
        number=_integer(row["number"]),
        device_class=DeviceClass(row["kind"]),
        family=ConfigFamily(row["family"]),
        protocols=_protocols(row["protocols"]),
        other_protocols=frozenset(row["other_protocols"].split()),
        administered=_protocols(row["cucm_protocols"]),
        line_keys=_integer(row["line_keys"]),
        more_line_keys=_integer(row["more_line_keys"]),
        max_calls=_integer(row["max_calls"]),
        modules=_integer(row["modules"]),
        sccp_load=row["sccp_load"],
        sip_load=row["sip_load"],
        locale_prefix=row["locale_jar"],
        wallpaper=row["wallpaper"],
        preview=row["preview"],
        display=row["display"],
        codecs=tuple(row["codecs"].split()),
        mixed_mode={"yes": True, "no": False}.get(row["mixed_mode"]),
        mpp=row["mpp"],
        evidence=Evidence(row["evidence"]),
        marks=frozenset(row["marks"].split()),
    )


def _integer(cell: str) -> int | None:
    return int(cell) if cell else None


def _protocols(cell: str) -> frozenset[SignallingProtocol]:
    return frozenset(SignallingProtocol(word) for word in cell.split())
