"""Does an element that the admin sets reach a phone? Each family reads files of its own kind.

An element of ``SEP<MAC>.cnf.xml`` is none of a flat profile, and the text files of a 7940 or 7960 have keys. Who sets
one for a phone that does not read it is told so, and what does the same there.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from bridge.core import SignallingProtocol
from bridge.phones import ConfigFamily, Model
from bridge.provisioning.schema import element_root
from bridge.provisioning.siptextfiles import text_keys
from bridge.provisioning.support import flat_template, profile_template, spoken_protocol, support

_SIP_PART = "sipProfile/"
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class ElementReach:
    """What becomes of one element for phones of one model and protocol."""

    is_read: bool
    why: str = ""
    """Why not; or what is uncertain about it."""
    fix: str = ""
    """What works instead."""


_READ = ElementReach(True)


def element_reach(path: str, model: Model | None, protocol: SignallingProtocol) -> ElementReach:
    """Whether phones of this model read the element ``path``, which ``check_element`` let pass.

    None stands for a model not known yet: its file is one with elements.
    """
    in_spcp = model is not None and model.speaks_spcp and protocol is SignallingProtocol.SCCP
    spoken = protocol if in_spcp else spoken_protocol(model, protocol)
    is_flat = element_root(path) == "flat-profile"
    if model is not None and flat_template(model) and not in_spcp:
        return _READ if is_flat else _not_in_flat_profiles(path)
    if is_flat:
        same = _elements().get(_DIGITS.sub("#", path), "")
        how = f"the element that does the same is {same}" if same else "elements have slashes: vendorConfig/webAccess"
        return ElementReach(False, "it reads a file with elements, and no flat profile", how)
    if template := profile_template(model, protocol):
        return ElementReach(
            False,
            "it reads a binary profile, which has parameters instead of such elements",
            f"put the parameter into a template of your own, {template} for all or devices/<name>.txt for one",
        )
    found = support(model, spoken)
    if not found.supported:
        return ElementReach(False, found.why, found.fix)
    if model is not None and model.family is ConfigFamily.SIPPHONE_7940_60 and spoken is SignallingProtocol.SIP:
        return _in_text_files(path)
    if spoken is SignallingProtocol.SCCP and path.startswith(_SIP_PART):
        return ElementReach(
            False,
            "it speaks SCCP: its file has no sipProfile, and lines, keys and codecs come from the server",
            "set them with `sepbridge phones line`, `phones set` and the region of its device pool",
        )
    if in_spcp:
        return ElementReach(True, "in SPCP mode it reads the servers of this file; what else is in no public source")
    return _READ


def _not_in_flat_profiles(path: str) -> ElementReach:
    same = _parameters().get(path, "")
    how = (
        f"the parameter that does the same is {same.replace('#', '1')}" + (", one for each line" if "#" in same else "")
        if same
        else "name a parameter of flat profiles, such as Enable_CDP; --unknown writes one that we do not know"
    )
    return ElementReach(False, "it reads a flat profile, which has parameters instead of such elements", how)


def _in_text_files(path: str) -> ElementReach:
    if keys := text_keys({path: "0"}):
        return ElementReach(True, f"in its text file it becomes {', '.join(keys)}")
    return ElementReach(
        False,
        "with SIP firmware it reads text files, and no key of theirs is known to mean the same",
        "put the key into a template of your own, 7940-60/SIP.cnf for all or devices/<name>.cnf for one",
    )


@cache
def _parameters() -> Mapping[str, str]:
    """Elements, and the parameters of flat profiles that mean the same; ``#`` is the number of a line."""
    text = (resources.files("bridge.provisioning") / "data" / "flatkeys.csv").read_text(encoding="utf-8")
    return {row["element"]: row["parameter"] for row in csv.DictReader(text.splitlines())}


@cache
def _elements() -> Mapping[str, str]:
    return {parameter: element for element, parameter in _parameters().items()}
