"""Which files of a language and of a country the phones of each model ask for (phone file reference, section 8).

They lie in a folder with the locale's name: ``German_Germany/mk-sip.jar``, ``Germany/g3-tones.xml``.
"""

from __future__ import annotations

import re

from bridge.core import SignallingProtocol
from bridge.phones.catalogue import ConfigFamily, Model

BUILT_IN_LANGUAGE = "English_United_States"
"""In every phone's firmware: no file is asked for."""
BUILT_IN_COUNTRY = "United_States"
OLD_TONES = "7960-tones.xml"
TONE_FILES = ("g3-tones.xml", "g4-tones.xml", OLD_TONES)
LONGEST_FOLDER = 64

_OLD_LANGUAGE = ("7960-dictionary.xml", "7960-font.xml", "7960-kate.xml")
"""From before the time of jars; background knowledge, unverified (phone boot reference, section 2)."""
_G3_FAMILIES = frozenset(
    {
        ConfigFamily.JAVA_79XX,
        ConfigFamily.SERIES_69XX,
        ConfigFamily.SERIES_894X,
        ConfigFamily.SERIES_78XX,
        ConfigFamily.SERIES_88XX,
        ConfigFamily.SERIES_88XX_WIRELESS,
        ConfigFamily.SERIES_88XX_CONFERENCE,
        # Cisco ATA 190 and 191 administration guides, "Country-Specific Tones and Cadences".
        ConfigFamily.ATA190,
        ConfigFamily.ATA191,
    }
)
_LANGUAGE_FILE = re.compile(
    r"[a-z]{2,3}(?:-(?:be|bev|sccp))?-(?:sip|sccp)\.jar|[\w-]+-(?:dictionary|dictionary-ext|font|kate)\.xml",
    re.IGNORECASE | re.ASCII,
)
_FOLDER = re.compile(r"[A-Za-z0-9_]+", re.ASCII)


def language_files(model: Model | None, protocol: SignallingProtocol) -> tuple[str, ...]:
    """The files of a language that a phone of this model asks for; empty where no source names them."""
    if model is None:
        return ()
    if model.family is ConfigFamily.SIPPHONE_7940_60:
        return _OLD_LANGUAGE if protocol is SignallingProtocol.SCCP else ()
    return (f"{model.locale_prefix}-{protocol.value.lower()}.jar",) if model.locale_prefix else ()


def tone_files(model: Model | None, protocol: SignallingProtocol) -> tuple[str, ...]:
    """The file of a country's tones that a phone of this model asks for; empty where no source names one."""
    if model is None:
        return ()
    if model.family is ConfigFamily.SIPPHONE_7940_60:
        return (OLD_TONES,) if protocol is SignallingProtocol.SCCP else ()
    if model.family is ConfigFamily.SERIES_99XX:
        return (TONE_FILES[1],)
    return (TONE_FILES[0],) if model.family in _G3_FAMILIES else ()


def is_language_file(name: str) -> bool:
    """Whether phones know a file of this name, without its folder, as one of a language."""
    return _LANGUAGE_FILE.fullmatch(name) is not None


def is_tone_file(name: str) -> bool:
    """Whether phones know a file of this name, without its folder, as one of a country."""
    return name.lower() in TONE_FILES


def is_locale_folder(name: str) -> bool:
    """Whether a locale's folder may be called so: letters, digits and underscores."""
    return len(name) <= LONGEST_FOLDER and _FOLDER.fullmatch(name) is not None
