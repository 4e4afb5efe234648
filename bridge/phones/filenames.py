"""The grammar of the file names that Cisco phones ask for (phone boot reference, section 3).

A name is matched, never joined to a path. Phones are not consistent in how they write names: a leading ``./``, ``/``
or ``\\``, a drive letter, any letter case, hexadecimal digits in lower case. All of that is levelled here, once, for
TFTP, HTTP and watched logs alike.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from bridge.core import DeviceName, MacAddress, SignallingProtocol
from bridge.phones.catalogue import ConfigFamily, catalogue
from bridge.phones.loads import parse_load
from bridge.phones.requestedfile import FileKind, RequestedFile

LONGEST_NAME = 200
"""Characters. Phones stay far below; a longer name is no phone's."""

_INVALID = RequestedFile(FileKind.INVALID, "")


def parse_file_name(name: str) -> RequestedFile:
    """Say what a requested name asks for. Never raises, whatever the name holds."""
    return _parse(name) if len(name) <= LONGEST_NAME else _INVALID


@lru_cache(maxsize=4096)
def _parse(name: str) -> RequestedFile:
    path = _level(name)
    if path is None:
        return _INVALID
    path, signed, encrypted = _strip_signature(path)
    directory, _, base = path.rpartition("/")
    found = _device_file(base) or _exact(base) or _shaped(base, directory)
    if found is None:
        found = RequestedFile(FileKind.OTHER, base)
    if found.kind is FileKind.FLAT_PROFILE and (code := _ONBOARDING.fullmatch(directory)):
        return replace(found, onboarding_code=code[1].replace("-", ""))
    canonical = f"{directory}/{found.canonical}" if directory and found.kind not in _DIRECTORY_OFF else found.canonical
    if signed or canonical != found.canonical:
        return replace(found, canonical=canonical, signed=signed, encrypted=encrypted)
    return found


# --- levelling -------------------------------------------------------------------------------------------------------

_PREFIX = re.compile(r"(?:[A-Za-z]:|\./|/)*", re.ASCII)
_INNER = re.compile(r"/(?:\.?/)+")
_ENCRYPTED = ".enc.sgn"
_SIGNED = ".sgn"
_ONBOARDING = re.compile(r"(?:[^/]+/)?onboard/([0-9]{16}|[0-9]{4}(?:-[0-9]{4}){3})", re.IGNORECASE | re.ASCII)
"""The folder of a one-time code, and perhaps one before it."""
_SIGNED_FIRMWARE = re.compile(r"\.(?:zz|bin\d{0,2})\.sgn\Z", re.IGNORECASE | re.ASCII)


def _level(name: str) -> str | None:
    """The path below the served tree's root, or None for a name that no phone would ask for."""
    if not name or ".." in name or not name.isprintable():
        return None
    path = name.replace("\\", "/")
    match = _PREFIX.match(path)
    path = path[match.end() :] if match else path
    path = _INNER.sub("/", path) if "//" in path or "/./" in path else path
    return None if not path.strip("/. ") or path.endswith("/") else path


def _strip_signature(path: str) -> tuple[str, bool, bool]:
    """Take off ``.sgn`` or ``.enc.sgn``, except where it belongs to the firmware file's own name."""
    lower = path[-len(_ENCRYPTED) :].lower()
    if not lower.endswith(_SIGNED) or _SIGNED_FIRMWARE.search(path) or len(path) <= len(_ENCRYPTED):
        return path, False, False
    if lower == _ENCRYPTED:
        return path[: -len(_ENCRYPTED)], True, True
    return path[: -len(_SIGNED)], True, False


# --- names with a device ---------------------------------------------------------------------------------------------

_DEVICE = re.compile(r"(sep|ata|ctlsep|itlsep|sip)([^/]*?)(\.cnf\.xml|\.tlv|\.cnf)", re.IGNORECASE | re.ASCII)
_PROFILE = re.compile(r"(ld|gk|ff|ata)([0-9a-f]{12})(\.x)?", re.IGNORECASE | re.ASCII)
_MAC = re.compile(r"[0-9A-F]{12}")
_SHAPES = {
    ("SEP", ".cnf.xml"): FileKind.DEVICE,
    ("ATA", ".cnf.xml"): FileKind.DEVICE,
    ("SEP", ".cnf"): FileKind.OLD_DEVICE,
    ("SIP", ".cnf"): FileKind.SIP_TEXT,
    ("CTLSEP", ".tlv"): FileKind.TRUST_LIST,
    ("ITLSEP", ".tlv"): FileKind.TRUST_LIST,
}
_DIRECTORY_OFF = frozenset(
    {FileKind.DEVICE, FileKind.TRUST_LIST, FileKind.DEFAULT, FileKind.SIP_TEXT, FileKind.FLAT_PROFILE}
)
"""Kinds that stand in the root whatever directory the phone writes before them (``tftp_cfg_dir``)."""

_78XX_88XX = frozenset(
    {
        ConfigFamily.SERIES_78XX,
        ConfigFamily.SERIES_88XX,
        ConfigFamily.SERIES_88XX_WIRELESS,
        ConfigFamily.SERIES_88XX_CONFERENCE,
    }
)
_SIP_ATAS = frozenset({ConfigFamily.ATA187, ConfigFamily.ATA190, ConfigFamily.ATA191})
_7940_60 = frozenset({ConfigFamily.SIPPHONE_7940_60})
_7940_60_MODELS = frozenset({"7940G", "7960G"})
_PROFILES = {
    "ld": (frozenset({ConfigFamily.FF_LD_GK}), frozenset({"7905G"})),
    "gk": (frozenset({ConfigFamily.FF_LD_GK}), frozenset({"7912G"})),
    "ff": (frozenset({ConfigFamily.FF_LD_GK}), frozenset({"7902G"})),
    "ata": (frozenset({ConfigFamily.ATA18X}), frozenset({"ATA 186", "ATA 188"})),
}


def _mac(digits: str) -> MacAddress | None:
    """The MAC, or None for what cannot be a phone's own address."""
    if not _MAC.fullmatch(digits) or digits == "000000000000":
        return None
    mac = MacAddress(digits)
    return None if mac.is_multicast else mac


def _device_file(base: str) -> RequestedFile | None:
    if match := _DEVICE.fullmatch(base):
        prefix, digits, ending = match[1].upper(), match[2].upper(), match[3].lower()
        kind = _SHAPES.get((prefix, ending))
        if kind is None or digits == "DEFAULT":
            return None
        return _with_mac(kind, prefix, digits, ending, base)
    if match := _PROFILE.fullmatch(base):
        prefix, mac = match[1].lower(), _mac(match[2].upper())
        if mac is None:
            return RequestedFile(FileKind.NOT_A_DEVICE, base)
        families, models = _PROFILES[prefix]
        name = DeviceName.from_mac(mac, "ATA" if prefix == "ata" else "SEP")
        return RequestedFile(FileKind.PROFILE, base.lower(), name, families=families, models=models)
    return None


def _with_mac(kind: FileKind, prefix: str, digits: str, ending: str, base: str) -> RequestedFile:
    mac = _mac(digits)
    shifted = digits[:10] if prefix == "ATA" and _MAC.fullmatch(digits) and digits.endswith("01") else ""
    if mac is None and not shifted:
        return RequestedFile(FileKind.NOT_A_DEVICE, base)
    # The name of an ATA's second port is no address of a network card: it may look like one of a group.
    device = DeviceName((prefix if prefix == "ATA" else "SEP") + digits) if mac is not None or shifted else None
    found = RequestedFile(kind, prefix + digits + ending, device, second_port_digits=shifted)
    if prefix == "ATA":
        return replace(found, families=_SIP_ATAS, protocol=SignallingProtocol.SIP)
    if kind is FileKind.SIP_TEXT:
        return replace(found, families=_7940_60, models=_7940_60_MODELS, protocol=SignallingProtocol.SIP)
    return found


# --- fixed names -----------------------------------------------------------------------------------------------------


def _fixed(*files: RequestedFile) -> dict[str, RequestedFile]:
    return {file.canonical.lower(): file for file in files}


_WIRELESS = frozenset({ConfigFamily.WIRELESS_1, ConfigFamily.WIRELESS_2})
_88XX = _78XX_88XX - {ConfigFamily.SERIES_78XX}
_SIP = SignallingProtocol.SIP
_SCCP = SignallingProtocol.SCCP
_EXACT = _fixed(
    RequestedFile(FileKind.DEFAULT, "XMLDefault.cnf.xml"),
    RequestedFile(FileKind.TRUST_LIST, "ITLFile.tlv"),
    RequestedFile(FileKind.TRUST_LIST, "CTLFile.tlv"),
    RequestedFile(FileKind.OLD_DEVICE, "SEPDefault.cnf"),
    RequestedFile(
        FileKind.SIP_TEXT_DEFAULT, "SIPDefault.cnf", families=_7940_60, models=_7940_60_MODELS, protocol=_SIP
    ),
    RequestedFile(FileKind.IMAGE_NAME, "OS79XX.TXT", families=_7940_60, models=_7940_60_MODELS),
    RequestedFile(FileKind.PROFILE_DEFAULT, "lddefault.cfg", families=_PROFILES["ld"][0], models=_PROFILES["ld"][1]),
    RequestedFile(FileKind.PROFILE_DEFAULT, "gkdefault.cfg", families=_PROFILES["gk"][0], models=_PROFILES["gk"][1]),
    RequestedFile(FileKind.PROFILE_DEFAULT, "ffdefault.cfg", families=_PROFILES["ff"][0], models=_PROFILES["ff"][1]),
    RequestedFile(FileKind.PROFILE_DEFAULT, "atadefault.cfg", families=_PROFILES["ata"][0], models=_PROFILES["ata"][1]),
    RequestedFile(FileKind.APPLICATION_DIAL_RULES, "AppDialRules.xml", families=_78XX_88XX, protocol=_SIP),
    RequestedFile(FileKind.RING_LIST, "Ringlist-wb.xml", families=_78XX_88XX, protocol=_SIP),
    RequestedFile(FileKind.RING_LIST, "Ringlist.xml"),
    RequestedFile(FileKind.RING_LIST, "RINGLIST.DAT", families=_7940_60, models=_7940_60_MODELS, protocol=_SIP),
    RequestedFile(FileKind.RING_LIST, "DistinctiveRingList.xml"),
    RequestedFile(FileKind.HEADSET, "defaultheadsetconfig.json", families=_88XX, protocol=_SIP),
    RequestedFile(FileKind.SYNC_INFO, "syncinfo.xml", families=_7940_60, models=_7940_60_MODELS, protocol=_SIP),
    RequestedFile(FileKind.WIRELESS_PROFILE, "WLANDefault.xml", families=_WIRELESS, protocol=_SCCP),
    RequestedFile(FileKind.TIME_ZONES, "tzupdater.jar"),
    RequestedFile(FileKind.SSH_KEYS, "authorized_keys"),
    RequestedFile(FileKind.DIAL_TEMPLATE, "dialplan.xml"),
    RequestedFile(
        FileKind.FLAT_PROFILE,
        "init.cfg",
        families=frozenset({ConfigFamily.SPA_ATA}),
        models=frozenset({"PAP2T"}),
        protocol=_SIP,
    ),
)


def _exact(base: str) -> RequestedFile | None:
    return _EXACT.get(base.lower())


# --- shapes ----------------------------------------------------------------------------------------------------------

_SHAPE = re.compile(
    r"""(?P<term>term\d\d\.default\.loads)
    |(?P<loads>[\w.-]+\.loads)
    |(?P<firmware>[\w.()-]+\.(?:sbn|sb2|bin|zup|sbin|zz\.sgn|bin\d{0,2}\.sgn))
    |(?P<jar>(?P<prefix>[a-z]{2,3}(?:-(?:be|bev|sccp))?)-(?P<protocol>sip|sccp)\.jar)
    |(?P<locale>[\w-]+-(?:dictionary|dictionary-ext|font|kate)\.xml)
    |(?P<tones>(?P<g>g[34])-tones\.xml|[\w-]+-tones\.xml)
    |(?P<soft>(?:csf|tct|bot|tab|upc)[\w.-]+\.cnf\.xml)
    |(?P<spcp>xmldefault[\w-]+\.cnf\.xml)
    |(?P<mpp>[\w-]+-3pcc\.xml)
    |(?P<phoneos>(?:cp-)?(?:98\d\d|8875)(?:nr)?\.xml)
    |(?P<spa>spa[\w-]+\.(?:cfg|xml))
    |(?P<atampp>ata19[12]\.cfg)
    |(?P<macxml>[0-9a-f]{12}\.(?:xml|cfg))
    |(?P<policy>defaultfp[\w.{}-]*\.xml)
    |(?P<softkeys>(?:sk[0-9a-f{][\w.{}-]*|softkeys?[\w.-]*)\.xml)
    |(?P<dial>(?:dr[0-9a-f{][\w.{}-]*|dialplan[\w.-]*|dialtemplate[\w.-]*)\.xml)
    |(?P<ring>[^/]+\.(?:raw|rwb))
    |(?P<list>list\.xml)
    |(?P<picture>[^/]+\.(?:png|bmp|jpg))
    """,
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)
_JAR_FAMILIES = {
    "rtl": frozenset({ConfigFamily.SERIES_69XX}),
    "sp": frozenset({ConfigFamily.SERIES_78XX}),
    "tc": frozenset({ConfigFamily.JAVA_79XX}),
    "mk": frozenset({ConfigFamily.JAVA_79XX}),
    "be": frozenset({ConfigFamily.JAVA_79XX}),
    "td": frozenset({ConfigFamily.JAVA_79XX}),
    "sl-be": frozenset({ConfigFamily.SERIES_88XX}),
    "sl-bev": frozenset({ConfigFamily.SERIES_88XX}),
    "gb-sccp": frozenset({ConfigFamily.SERIES_894X}),
    "gh": frozenset({ConfigFamily.SERIES_99XX}),
    "lk": frozenset({ConfigFamily.SERIES_99XX}),
    "gd": frozenset({ConfigFamily.SERIES_99XX}),
}
_FLAT_FAMILIES = {
    "mpp": frozenset({ConfigFamily.MPP, ConfigFamily.PHONEOS}),
    "phoneos": frozenset({ConfigFamily.PHONEOS}),
    "spa": frozenset({ConfigFamily.SPA, ConfigFamily.SPA9XX, ConfigFamily.SPA_ATA}),
    "spcp": frozenset({ConfigFamily.SPA}),
    "atampp": frozenset({ConfigFamily.MPP_ATA}),
    "macxml": frozenset(
        {
            ConfigFamily.MPP,
            ConfigFamily.MPP_ATA,
            ConfigFamily.PHONEOS,
            ConfigFamily.SPA,
            ConfigFamily.SPA9XX,
            ConfigFamily.SPA_ATA,
        }
    ),
}
_SOFTPHONES = {
    "csf": ConfigFamily.CSF,
    "tct": ConfigFamily.TCT,
    "bot": ConfigFamily.BOT,
    "tab": ConfigFamily.TAB,
    "upc": ConfigFamily.UPC,
}
_PLAIN = {
    "locale": FileKind.LOCALE,
    "dial": FileKind.DIAL_TEMPLATE,
    "softkeys": FileKind.SOFTKEYS,
    "ring": FileKind.RING,
    "picture": FileKind.WALLPAPER,
}


def _shaped(base: str, directory: str) -> RequestedFile | None:
    if directory.lower().partition("/")[0] == "communicator":
        return RequestedFile(FileKind.COMMUNICATOR, base, families=frozenset({ConfigFamily.CIPC}))
    match = _SHAPE.fullmatch(base)
    if match is None:
        return None
    shape = match.lastgroup or ""
    if match["jar"]:
        protocol = SignallingProtocol(match["protocol"].upper())
        families = _JAR_FAMILIES.get(match["prefix"].lower(), frozenset())
        return RequestedFile(FileKind.LOCALE, base, families=families, protocol=protocol)
    if match["tones"]:
        families = frozenset({ConfigFamily.SERIES_99XX}) if (match["g"] or "").lower() == "g4" else frozenset()
        return RequestedFile(FileKind.TONES, base, families=families)
    if shape in {"term", "loads", "firmware"}:
        return _firmware(base, shape)
    if shape == "soft":
        return RequestedFile(FileKind.SOFTPHONE, base, families=frozenset({_SOFTPHONES[base[:3].lower()]}))
    if shape in _FLAT_FAMILIES:
        return _flat(base, shape)
    if shape == "policy":
        return RequestedFile(FileKind.FEATURE_POLICY, base, families=frozenset({ConfigFamily.SERIES_99XX}))
    if shape == "list":
        wallpaper = directory.lower().startswith("desktops/")
        return RequestedFile(FileKind.WALLPAPER_LIST, "List.xml") if wallpaper else None
    return RequestedFile(_PLAIN[shape], base)


def _flat(base: str, shape: str) -> RequestedFile:
    """A flat profile: of a device, or of a model, whose name stands in it (``7841-3PCC.xml``, ``spa504G.cfg``)."""
    families = _FLAT_FAMILIES[shape]
    stem = base.rpartition(".")[0]
    if shape == "macxml":
        mac = _mac(stem.upper())
        if mac is None:
            return RequestedFile(FileKind.NOT_A_DEVICE, base)
        return RequestedFile(FileKind.FLAT_PROFILE, base.lower(), DeviceName.from_mac(mac), families=families)
    if shape == "spcp":
        return RequestedFile(FileKind.FLAT_PROFILE, base, families=families)
    model = catalogue().by_name(f"{stem}-MPP" if shape == "atampp" else stem)
    names = frozenset({model.name}) if model is not None and model.family in families else frozenset()
    return RequestedFile(FileKind.FLAT_PROFILE, base, families=families, models=names)


def _firmware(base: str, shape: str) -> RequestedFile:
    """A phone that asks for a load, or a part of one, is hardware that the load is for (logs L1 and L4)."""
    load = parse_load(base)
    kind = {"term": FileKind.DEFAULT_LOADS, "loads": FileKind.LOADS, "firmware": FileKind.FIRMWARE}[shape]
    canonical = base.lower() if kind is FileKind.DEFAULT_LOADS else base
    return RequestedFile(kind, canonical, families=load.families, models=load.models, protocol=load.protocol)
