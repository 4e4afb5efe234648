"""Is a phone's file one that phones read? Element by element against a schema of our own.

The schema is package data (``data/schema.csv``), derived from the phone file reference: a path, what may stand there,
and which attributes it takes; ``#`` in a name stands for a number. Phones ignore elements that they do not know, so an
unknown one is told apart from one with a value that a phone would choke on. Nothing here ever shows a value that could
be a password.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bridge.errors import InvalidInput
from bridge.provisioning.binaryprofile import BINARY_MAGIC, profile_trouble
from bridge.provisioning.dialtemplate import LONGEST_TEMPLATE
from bridge.provisioning.timezones import phone_time_zones

_DATE = re.compile(r"[DMY]{1,2}([/.-])[DMY]{1,2}\1[DMY]{1,2}A?")
_ADDRESS = re.compile(r"[A-Za-z0-9._:\[\]-]{1,50}")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_DIGITS = re.compile(r"\d+")
_TEXT_LINE = re.compile(r"[a-z][a-z0-9_]{1,40}: (?:\"[^\"]{0,255}\"|[A-Za-z0-9_./-]{1,64})")
_RING_LINE = re.compile(r"[^\t]{1,25}\t[A-Za-z0-9._-]{1,25}")
_SECRETS = frozenset({"authPassword", "sshPassword", "phonePassword", "adminPassword"})
_ROOTS = ("device", "flat-profile")
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}(?:/[A-Za-z][A-Za-z0-9_-]{0,63}){0,7}")
_OURS = _SECRETS | {"versionStamp", "authName", "deviceProtocol", "fullConfig", "sipLines", "addOnModules"}
"""Elements that are never set by themselves: secrets, and what must agree with the phone's record."""
_FLAT_SECRET = re.compile(r"(?:Password|Auth_ID|User_ID)_")
_LINE, _INTERCOM = "9", "23"


NTP_MISSING = "ntp_missing: no time server is named, and Asterisk's SIP answers have no Date"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a file that is not as it should be."""

    path: str
    what: str
    harmless: bool = False
    """A phone passes it over."""

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: str
    arguments: str
    attributes: frozenset[str]


def check_file(name: str, content: bytes) -> tuple[Finding, ...]:
    """Everything that is wrong with a rendered file. ``name`` decides whether it is a document or a text file."""
    if name.lower().endswith(".cnf"):
        return tuple(_text_findings(content.decode("latin-1")))
    if content.startswith(BINARY_MAGIC):
        trouble = profile_trouble(content)
        return (Finding(name, trouble),) if trouble else ()
    if name.lower().endswith(".dat"):
        return tuple(_ring_findings(content.decode("latin-1")))
    if b"<!--" in content or b"<!DOCTYPE" in content:
        return (Finding(name, "it holds a comment or a DTD, over which some loads stumble"),)
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        return (Finding(name, f"it is not well-formed: {error}"),)
    if root.tag not in _schema():
        return (Finding(root.tag[:40], "no file of a phone begins with this element"),)
    return (*_element_findings(root, root.tag), *_whole_findings(root, content))


def check_element(path: str, value: str, *, unknown: bool = False) -> str:
    """Check what an admin wants an element to hold, and return the root of the files that it belongs to.

    ``path`` goes from below the root. ``unknown`` lets elements pass that the reference does not know: phones ignore
    what they do not know either. Raises InvalidInput.
    """
    for root in _ROOTS:
        full = f"{root}/{path}"
        rule = _schema().get(full) or _schema().get(_DIGITS.sub("#", full))
        if rule is None:
            continue
        if _OURS & set(path.split("/")) or _FLAT_SECRET.match(path):
            raise InvalidInput(f"{path} is not set this way", fix="it follows from the phone's own settings")
        if rule.kind == "group":
            raise InvalidInput(f"{path} holds elements, and no value of its own", fix="name one of them")
        if trouble := _trouble(rule, value):
            raise InvalidInput(f"{path} cannot hold that", why=trouble)
        return root
    if not unknown or not _PATH.fullmatch(path):
        raise InvalidInput(
            f"the reference knows no element {path[:80]}",
            fix="see to its spelling, letter case too; phones ignore what they do not know; --unknown writes it anyhow",
        )
    return element_root(path)


def element_root(path: str) -> str:
    """The root of the files that an element belongs to that ``check_element`` let pass."""
    known = (
        root for root in _ROOTS if _DIGITS.sub("#", f"{root}/{path}") in _schema() or f"{root}/{path}" in _schema()
    )
    return next(known, _ROOTS[1] if "_" in path else _ROOTS[0])


def _text_findings(text: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        key = line.partition(":")[0]
        if not _TEXT_LINE.fullmatch(line):
            yield Finding(f"line {number}", f"{key[:40]!r} is not written as `key: value`")
        elif key in seen:
            yield Finding(f"line {number}", f"{key} stands there twice")
        seen.add(key)


def _ring_findings(text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        if not _RING_LINE.fullmatch(line):
            yield Finding(f"line {number}", "it is not a name, a tab and the name of a file")


def _element_findings(element: Element, path: str) -> Iterator[Finding]:
    rule = _schema().get(path) or _schema().get(_DIGITS.sub("#", path))
    if rule is None:
        yield Finding(path, "the reference knows no such element", harmless=True)
        return
    for name in element.attrib:
        if name not in rule.attributes:
            yield Finding(f"{path}@{name}", "the reference knows no such attribute", harmless=True)
    if rule.kind == "group":
        if (element.text or "").strip():
            yield Finding(path, "it holds text beside its elements")
        for child in element:
            yield from _element_findings(child, f"{path}/{child.tag}")
    elif len(element):
        yield Finding(path, "it holds elements where a value belongs")
    elif trouble := _trouble(rule, element.text or ""):
        yield Finding(path, trouble if element.tag not in _SECRETS else "it is too long, or holds what it must not")


def _trouble(rule: _Rule, text: str) -> str:
    """What is wrong with a value; empty when nothing is."""
    match rule.kind:
        case "empty":
            return "it must be empty" if text.strip() else ""
        case "text":
            return f"it has {len(text)} characters, at most {rule.arguments} go" if len(text) > _most(rule) else ""
        case "one-of":
            return "" if text in rule.arguments.split("|") else f"it is {text[:40]!r}, none of {rule.arguments}"
        case "int":
            low, high = (int(each) for each in rule.arguments.split())
            fits = bool(_NUMBER.fullmatch(text)) and low <= int(text) <= high
            return "" if fits else f"it is {text[:40]!r}, no number from {low} to {high}"
        case "bits":
            return "" if re.fullmatch("[01]{1,60}", text) else "it is no row of 0 and 1"
        case "date":
            return "" if _DATE.fullmatch(text) else f"{text[:40]!r} is no date format of phones"
        case "zone":
            return "" if text in _zones() else f"{text[:60]!r} is no time zone of phones"
        case _:
            return "" if _ADDRESS.fullmatch(text) else f"{text[:50]!r} is no address"


def _most(rule: _Rule) -> int:
    return int(rule.arguments)


def _whole_findings(root: Element, content: bytes) -> Iterator[Finding]:
    """What only the whole file shows."""
    match root.tag:
        case "dialTemplate" | "DIALTEMPLATE":
            if len(content) >= LONGEST_TEMPLATE:
                yield Finding(root.tag, f"it has {len(content)} bytes; phones drop one of {LONGEST_TEMPLATE} or more")
        case "device":
            yield from _device_findings(root)
        case _:
            return


def _device_findings(root: Element) -> Iterator[Finding]:
    protocol = root.findtext("deviceProtocol")
    if protocol is None:
        yield Finding("device", "deviceProtocol is missing")
    profile = root.find("sipProfile")
    if root.findtext("deviceSecurityMode", "1") == "1" and root.findtext("transportLayerProtocol") == "3":
        yield Finding("device/transportLayerProtocol", "it asks for TLS without a security mode")
    if protocol == "SCCP" or profile is not None:
        if root.find("devicePool/callManagerGroup/members/member/callManager/processNodeName") is None:
            yield Finding("device/devicePool/callManagerGroup", "it names no server")
        if root.find("devicePool/dateTimeSetting/timeZone") is None:
            yield Finding("device/devicePool/dateTimeSetting", "the time zone is missing")
    if protocol == "SCCP" and profile is not None:
        yield Finding("device/sipProfile", "an SCCP phone's file holds no SIP profile")
    if profile is not None:
        if root.find("devicePool/dateTimeSetting/ntps/ntp/name") is None:
            # Requirement RG-27. Phones with SCCP firmware take the time from their server.
            yield Finding("device/devicePool/dateTimeSetting/ntps", NTP_MISSING, harmless=True)
        yield from _line_findings(profile)


def _line_findings(profile: Element) -> Iterator[Finding]:
    path = "device/sipProfile/sipLines"
    buttons: set[str] = set()
    credentials: set[tuple[str | None, str | None]] = set()
    lines = 0
    for line in profile.iterfind("sipLines/line"):
        button, feature = line.get("button", ""), line.findtext("featureID")
        if not button.isdigit() or button in buttons:
            yield Finding(f"{path}/line", f"button {button[:8]!r} is none, or stands there twice")
        buttons.add(button)
        if (line.get("lineIndex") is not None) is not (feature in {_LINE, _INTERCOM}):
            yield Finding(f"{path}/line", f"button {button[:8]}: lines have a lineIndex, and nothing else has")
        if feature != _LINE:
            continue
        lines += 1
        for needed in ("name", "proxy", "authName", "authPassword"):
            if not line.findtext(needed):
                yield Finding(f"{path}/line/{needed}", f"it is missing on button {button[:8]}")
        if line.findtext("proxy") != "USECALLMANAGER":
            yield Finding(f"{path}/line/proxy", "loads from 9 on take USECALLMANAGER alone")
        calls, busy = line.findtext("maxNumCalls", ""), line.findtext("busyTrigger", "")
        if calls.isdigit() and busy.isdigit() and int(busy) > int(calls):
            yield Finding(f"{path}/line/busyTrigger", f"it is above maxNumCalls on button {button[:8]}")
        credentials.add((line.findtext("authName"), line.findtext("authPassword")))
    if lines == 0:
        yield Finding(path, "there is no line")
    if len(credentials) > 1:
        yield Finding(path, "its lines have different credentials; this firmware uses those of the first for all")


@lru_cache(maxsize=1)
def _schema() -> dict[str, _Rule]:
    text = (resources.files("bridge.provisioning") / "data" / "schema.csv").read_text(encoding="utf-8")
    return {
        row["path"]: _Rule(row["rule"], row["arguments"], frozenset(row["attributes"].split()))
        for row in csv.DictReader(text.splitlines())
    }


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zone.name for zone in phone_time_zones())
