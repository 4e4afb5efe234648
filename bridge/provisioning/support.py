"""Which phones get a file from us, and what each family's file needs: the support matrix (RG-32).

Every model of the catalogue leads either to a template or to a refusal in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bridge.core import SignallingProtocol
from bridge.errors import ConfigurationError
from bridge.phones import ConfigFamily, Model

NEUTRAL_TEMPLATE = "neutral/sip.xml"
"""For a phone whose model nobody knows yet: names no load, holds nothing that only some families understand."""

_SIP = SignallingProtocol.SIP
_SCCP = SignallingProtocol.SCCP
_UNTESTED_SECRET = 12
"""A 7942 refused a file whose password was longer (phone file reference, section 4.5)."""
_LONGEST_SECRET = 30
_CAREFUL_CALLS = 6
"""What the least able phone (8831) takes; for phones of unknown model."""
_USUAL_CALLS = 12
"""Safe on every desk phone except the 8831 (phone file reference, section 20)."""


@dataclass(frozen=True, slots=True)
class FamilyFiles:
    """What a family reads, and how it codes the settings in which families differ."""

    sip: str = ""
    """Template of its SIP file; empty where we render none."""
    sccp: str = ""
    call_waiting: int = 3
    """The value that means "on": 3 in the coding of the 79xx, 69xx, 89xx and 99xx, 1 in that of 78xx and 88xx
    (phone file reference, section 4.2)."""
    secret_length: int = _LONGEST_SECRET


_NEUTRAL = FamilyFiles(NEUTRAL_TEMPLATE, "neutral/sccp.xml", secret_length=_UNTESTED_SECRET)
_NEW = FamilyFiles(sip="88xx/sip.xml", call_waiting=1)
_ATA = FamilyFiles("ata/sip.xml", secret_length=_UNTESTED_SECRET)
_SCCP_ONLY = FamilyFiles(sccp="base/sccp.xml")
_SPCP = FamilyFiles(sccp="neutral/sccp.xml")
"""SPA phones that are switched to SPCP: what they know beyond the servers is in no public source."""
_OLSON = FamilyFiles(sccp="olson/sccp.xml")
FILES: Mapping[ConfigFamily, FamilyFiles] = MappingProxyType(
    {
        ConfigFamily.JAVA_79XX: FamilyFiles("java-79xx/sip.xml", "base/sccp.xml", secret_length=_UNTESTED_SECRET),
        ConfigFamily.SERIES_69XX: FamilyFiles("69xx/sip.xml", "69xx/sccp.xml"),
        ConfigFamily.SERIES_894X: FamilyFiles("894x/sip.xml", "base/sccp.xml"),
        ConfigFamily.SERIES_99XX: FamilyFiles("99xx/sip.xml"),
        ConfigFamily.SERIES_78XX: FamilyFiles("78xx/sip.xml", call_waiting=1),
        ConfigFamily.SERIES_88XX: _NEW,
        ConfigFamily.SERIES_88XX_WIRELESS: _NEW,
        ConfigFamily.SERIES_88XX_CONFERENCE: _NEW,
        ConfigFamily.SIPPHONE_7940_60: FamilyFiles("7940-60/sip.xml", "base/sccp.xml", secret_length=_UNTESTED_SECRET),
        ConfigFamily.SERIES_39XX: FamilyFiles(NEUTRAL_TEMPLATE, secret_length=_UNTESTED_SECRET),
        ConfigFamily.ATA187: _ATA,
        ConfigFamily.ATA190: _ATA,
        ConfigFamily.ATA191: _ATA,
        ConfigFamily.FF_LD_GK: _SCCP_ONLY,
        ConfigFamily.FIRST_GENERATION: _SCCP_ONLY,
        ConfigFamily.WIRELESS_1: _OLSON,
        ConfigFamily.VIDEO: _SCCP_ONLY,
        ConfigFamily.CIPC: FamilyFiles("cipc/sip.xml", "base/sccp.xml", secret_length=_UNTESTED_SECRET),
        ConfigFamily.WIRELESS_2: _OLSON,
        ConfigFamily.CONFERENCE: _OLSON,
    }
)

FLAT: Mapping[ConfigFamily, str] = MappingProxyType(
    {
        ConfigFamily.MPP: "flat/phone.xml",
        ConfigFamily.PHONEOS: "flat/phone.xml",
        ConfigFamily.SPA: "flat/phone.xml",
        ConfigFamily.SPA9XX: "flat/phone.xml",
        ConfigFamily.MPP_ATA: "flat/adapter.xml",
        ConfigFamily.SPA_ATA: "flat/adapter.xml",
    }
)
"""Families that read flat-profile XML from a provisioning URL, and the template of each."""
PROFILES: Mapping[tuple[ConfigFamily, SignallingProtocol], str] = MappingProxyType(
    {
        (ConfigFamily.FF_LD_GK, _SIP): "profiles/phone.txt",
        (ConfigFamily.ATA18X, _SIP): "profiles/adapter-sip.txt",
        (ConfigFamily.ATA18X, _SCCP): "profiles/adapter-sccp.txt",
    }
)
"""Firmware that reads a binary profile, and the template of its text."""
_PROFILE = "it reads a binary profile, another format than SEP<MAC>.cnf.xml"
_PROFILE_FIX = "point it to our TFTP server, see docs/phones.md"
_FLAT = "it reads flat-profile XML, another format than SEP<MAC>.cnf.xml"
_FLAT_FIX = "point it to our provisioning URL, see docs/phones.md"
_REASONS: Mapping[ConfigFamily, tuple[str, str]] = MappingProxyType(
    {
        ConfigFamily.MPP: (
            _FLAT,
            _FLAT_FIX,
        ),
        ConfigFamily.MPP_ATA: (_FLAT, _FLAT_FIX),
        ConfigFamily.PHONEOS: (_FLAT, _FLAT_FIX),
        ConfigFamily.SPA: (_FLAT, _FLAT_FIX),
        ConfigFamily.SPA9XX: (_FLAT, _FLAT_FIX),
        ConfigFamily.SPA_ATA: (_FLAT, _FLAT_FIX),
        ConfigFamily.SELSIUS: (
            "it reads SEP<MAC>.cnf, a binary file of the first generation whose layout is in no public source",
            "type the server's address into its menu: it registers over SCCP without a file",
        ),
        ConfigFamily.ATA18X: (_PROFILE, _PROFILE_FIX),
        ConfigFamily.FF_LD_GK: (_PROFILE, _PROFILE_FIX),
        ConfigFamily.DX: (
            "which elements of SEP<MAC>.cnf.xml its Android firmware needs is in no public source",
            "register it as a plain SIP device, by hand",
        ),
        ConfigFamily.CE: (
            "it is a room system, and takes its settings from its own web pages or the maker's cloud",
            "register it as a plain SIP device, by hand",
        ),
        ConfigFamily.WEBEX_WIRELESS: (
            "it is an Android phone that takes its settings from the maker's own management",
            "register it as a plain SIP device, by hand",
        ),
    }
)
_UNKNOWN_REASON = ("no file of this device type is known well enough", "register it as a plain SIP device, by hand")


@dataclass(frozen=True, slots=True)
class Support:
    """The answer for one model and protocol: a template, or why there is none."""

    template: str
    files: FamilyFiles
    why: str = ""
    fix: str = ""

    @property
    def supported(self) -> bool:
        """Whether there is a template."""
        return bool(self.template)


def support(model: Model | None, protocol: SignallingProtocol) -> Support:
    """What a phone of this model gets when it is to speak ``protocol``. None stands for a model not known yet.

    A single-protocol model gets the file of its own protocol, whatever is asked for (AR-25, AR-26).
    """
    if model is None:
        return Support(NEUTRAL_TEMPLATE if protocol is _SIP else _NEUTRAL.sccp, _NEUTRAL)
    if protocol is _SCCP and model.speaks_spcp:
        return Support(_SPCP.sccp, _SPCP)
    spoken = spoken_protocol(model, protocol)
    files = FILES.get(model.family, FamilyFiles())
    template = files.sip if spoken is _SIP else files.sccp
    if template and spoken in model.protocols:
        return Support(template, files)
    why, fix = _REASONS.get(model.family, _UNKNOWN_REASON)
    if not model.device_prefix and model.family is not ConfigFamily.CIPC:
        why, fix = f"it is not a phone but of the kind {model.device_class}", "nothing needs to be done"
    elif model.family not in _REASONS and (template or files.sccp or files.sip):
        why = f"files for its {spoken} firmware are not made yet"
        fix = f"let it run its {spoken.other} firmware" if model.is_dual_protocol else _UNKNOWN_REASON[1]
    return Support("", files, why, fix)


def flat_template(model: Model | None) -> str:
    """The template of the model's flat profile; empty for models that read none. None stands for a model not known
    yet: whoever asks for a flat profile reads one."""
    return FLAT[ConfigFamily.MPP] if model is None else FLAT.get(model.family, "")


def profile_template(model: Model | None, protocol: SignallingProtocol) -> str:
    """The template of the text of the binary profile that the model reads with firmware of that protocol; empty for
    models that read none. An ATA 186 or 188 has firmware for SIP too, whatever CUCM offers for it."""
    if model is None or protocol not in model.protocols:
        return ""
    return PROFILES.get((model.family, protocol), "")


def require_support(model: Model | None, protocol: SignallingProtocol) -> Support:
    """As ``support``. Raises ConfigurationError with the refusal where there is no template."""
    found = support(model, protocol)
    if not found.supported:
        raise ConfigurationError(f"there is no configuration file for {_called(model)}", why=found.why, fix=found.fix)
    return found


def spoken_protocol(model: Model | None, desired: SignallingProtocol) -> SignallingProtocol:
    """What the phone will speak: its own protocol if it has only one, else the desired one."""
    return desired if model is None else model.only_protocol or desired


def secret_length(model: Model | None) -> int:
    """How long a SIP password may be for this model, in characters; None stands for a model not known yet."""
    return _NEUTRAL.secret_length if model is None else FILES.get(model.family, _NEUTRAL).secret_length


def call_limit(model: Model | None) -> int:
    """The highest ``maxNumCalls`` that is safe to write."""
    if model is None or model.family is ConfigFamily.SERIES_88XX_CONFERENCE:
        return (model.max_calls if model else None) or _CAREFUL_CALLS
    return model.max_calls or _USUAL_CALLS


def _called(model: Model | None) -> str:
    return "an unknown phone" if model is None else f"a Cisco {model.name.removeprefix('Cisco ')}"
