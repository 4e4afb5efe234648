"""``SEP<MAC>.cnf.xml`` and ``XMLDefault.cnf.xml`` as a phone's parser reads them.

Source: the SEP file reference, sections 1 to 7, 12 to 14 and 20; the autoregistration reference, section 6. Unknown
elements are ignored, and so is the order of the known ones. What a phone chokes on, this reader refuses with the line
that the phone's status list would show.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bridge.core import SignallingProtocol
from bridge.lab.phonesettings import (
    LINE_FEATURE,
    USECALLMANAGER,
    CallManager,
    ConfigurationRefused,
    FamilyLimits,
    FurtherFiles,
    LineKey,
    Locale,
    PhoneSettings,
    ServiceKeys,
    SipTimers,
    TransportCode,
)
from bridge.phones import ConfigFamily

_PARSE_ERROR = "Error parsing config"
_JAVA_PASSWORD = 12
_LONGEST_URL = 255
_DEFAULTS_SERVERS = 3
_LOAD_ELEMENT = re.compile(r"loadInformation(\d{1,6})")


def limits_of(family: ConfigFamily) -> FamilyLimits:
    """The limits of a family. The Java 79xx raise a parse error above 12 characters of password (section 4.5)."""
    return FamilyLimits(password=_JAVA_PASSWORD) if family is ConfigFamily.JAVA_79XX else FamilyLimits()


def read_sep_file(content: bytes, family: ConfigFamily) -> PhoneSettings:
    """Read a phone's own file. Raises ConfigurationRefused."""
    limits = limits_of(family)
    root = _parse(content, "device", limits)
    profile = root.find("sipProfile")
    return PhoneSettings(
        protocol=_protocol(_text(root, "deviceProtocol")),
        load=_text(root, "loadInformation"),
        servers=_servers(root, "devicePool/callManagerGroup/members/member", limits, limits.servers),
        lines=() if profile is None else _lines(profile, limits),
        transport=_transport(_text(root, "transportLayerProtocol")),
        security_mode=_number(root, "deviceSecurityMode", 1),
        register_with_proxy=_flag(root, "sipProfile/sipProxies/registerWithProxy"),
        timers=_timers(root),
        locale=Locale(_optional(root, "userLocale/name"), _optional(root, "networkLocale")),
        files=FurtherFiles(
            _file_name(root, "sipProfile/dialTemplate"),
            _file_name(root, "sipProfile/softKeyFile"),
            _file_name(root, "featurePolicyFile"),
        ),
        services=ServiceKeys(
            _url(root, "directoryURL"),
            _url(root, "servicesURL"),
            _url(root, "messagesURL"),
            _url(root, "informationURL"),
        ),
        event_payload=_number(root, "sipProfile/dtmfAvtPayload", 101),
        first_media_port=_number(root, "sipProfile/startMediaPort", 16384),
        last_media_port=_number(root, "sipProfile/stopMediaPort", 32766),
        sip_port=_number(root, "sipProfile/voipControlPort", 5060),
        phone_label=_text(root, "sipProfile/phoneLabel"),
        version_stamp=_text(root, "versionStamp"),
    )


@dataclass(frozen=True, slots=True)
class DefaultSettings:
    """What ``XMLDefault.cnf.xml`` holds for a phone of one model."""

    load: str
    """The load for its device type number; empty to keep the firmware."""
    registering: PhoneSettings | None
    """What the SIP firmware makes of it to register with; None where it names no line."""


def read_defaults(content: bytes, family: ConfigFamily, model_number: int | None) -> DefaultSettings:
    """Read ``XMLDefault.cnf.xml``. Raises ConfigurationRefused.

    SIP firmware makes itself one line named ``autoRegistrationName`` without password, and registers it with up to
    three servers (autoregistration reference, section 6). The text of ``autoRegistration`` is only logged by the
    phone, never obeyed.
    """
    limits = limits_of(family)
    root = _parse(content, "Default", limits)
    load = ""
    for child in root:
        match = _LOAD_ELEMENT.fullmatch(child.tag)
        if match and int(match.group(1)) == model_number:
            load = (child.text or "").strip()
    servers = _servers(root, "callManagerGroup/members/member", limits, _DEFAULTS_SERVERS)
    name = _text(root, "autoRegistrationName")
    if not name:
        return DefaultSettings(load, None if not servers else PhoneSettings(servers=servers, autoregistering=True))
    _check(name, limits.name, "autoRegistrationName")
    return DefaultSettings(
        load,
        PhoneSettings(
            servers=servers,
            lines=(LineKey(1, name, label=name, display_name=name, contact=name),),
            register_with_proxy=True,
            autoregistering=True,
        ),
    )


def _parse(content: bytes, root_name: str, limits: FamilyLimits) -> Element:
    if len(content) > limits.file:
        raise ConfigurationRefused("CFG TFTP Size Error", why=f"the file has {len(content)} bytes")
    if b"<!--" in content:
        raise ConfigurationRefused(_PARSE_ERROR, why="the file holds a comment, and some loads stumble over comments")
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except ParseError as error:
        raise ConfigurationRefused(_PARSE_ERROR, why=f"not well-formed: {error}") from error
    except (DefusedXmlException, ValueError, LookupError) as error:
        raise ConfigurationRefused(_PARSE_ERROR, why=f"not acceptable: {error}"[:300]) from error
    if root.tag != root_name:
        raise ConfigurationRefused(_PARSE_ERROR, why=f"the root is <{root.tag[:40]}>, not <{root_name}>")
    return root


def _optional(node: Element, path: str) -> str | None:
    found = node.find(path)
    return None if found is None else (found.text or "").strip()


def _text(node: Element, path: str) -> str:
    return _optional(node, path) or ""


def _url(node: Element, path: str) -> str:
    text = _text(node, path)
    if len(text) > _LONGEST_URL:
        raise ConfigurationRefused(_PARSE_ERROR, why=f"{path} has {len(text)} characters")
    return text


def _number(node: Element, path: str, default: int) -> int:
    text = _text(node, path)
    if not text:
        return default
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise ConfigurationRefused(_PARSE_ERROR, why=f"{path} is {text[:40]!r}, not a number")
    return int(text)


def _flag(node: Element, path: str) -> bool:
    return _text(node, path).lower() in {"true", "1"}


def _check(text: str, most: int, what: str) -> str:
    if len(text) > most:
        raise ConfigurationRefused(_PARSE_ERROR, why=f"{what} has {len(text)} characters, the phone takes {most}")
    return text


def _file_name(node: Element, path: str) -> str:
    return _check(_text(node, path), 255, path)


def _protocol(text: str) -> SignallingProtocol | None:
    if not text:
        return None
    try:
        return SignallingProtocol(text.upper())
    except ValueError as error:
        raise ConfigurationRefused(_PARSE_ERROR, why=f"deviceProtocol is {text[:40]!r}") from error


def _transport(text: str) -> TransportCode | None:
    if not text:
        return None
    try:
        return TransportCode(int(text))
    except ValueError as error:
        raise ConfigurationRefused(_PARSE_ERROR, why=f"transportLayerProtocol is {text[:40]!r}") from error


def _servers(root: Element, path: str, limits: FamilyLimits, most: int) -> tuple[CallManager, ...]:
    members: list[tuple[int, CallManager]] = []
    for member in root.iterfind(path):
        address = _text(member, "callManager/processNodeName")
        if not address:
            continue
        _check(address, limits.host, "processNodeName")
        priority = member.get("priority", "0")
        if not re.fullmatch(r"[0-9]{1,3}", priority):
            raise ConfigurationRefused(_PARSE_ERROR, why=f"a member's priority is {priority[:40]!r}")
        server = CallManager(
            address,
            _number(member, "callManager/ports/sipPort", 5060),
            _number(member, "callManager/ports/ethernetPhonePort", 2000),
        )
        members.append((int(priority), server))
    members.sort(key=lambda pair: pair[0])  # stable: members of one priority keep the file's order
    return tuple(server for _priority, server in members[:most])


def _lines(profile: Element, limits: FamilyLimits) -> tuple[LineKey, ...]:
    lines: list[LineKey] = []
    for line in profile.iterfind("sipLines/line"):
        if _number(line, "featureID", 0) != LINE_FEATURE:
            continue
        name = _text(line, "name")
        if not name:
            continue  # a line key without name stays dark
        lines.append(
            LineKey(
                button=int(line.get("button", "0")) if line.get("button", "0").isdigit() else 0,
                name=_check(name, limits.name, "a line's name"),
                proxy=_text(line, "proxy"),
                port=_number(line, "port", 5060),
                label=_check(_text(line, "featureLabel"), limits.name, "a line's featureLabel"),
                display_name=_check(_text(line, "displayName"), limits.name, "a line's displayName"),
                contact=_text(line, "contact"),
                auth_name=_auth_name(line, limits),
                auth_password=_check(_text(line, "authPassword"), limits.password, "a line's authPassword"),
            )
        )
    lines.sort(key=lambda line: line.button)
    return tuple(lines)


def _auth_name(line: Element, limits: FamilyLimits) -> str | None:
    name = _optional(line, "authName")
    return None if name is None else _check(name, limits.name, "a line's authName")


def _timers(root: Element) -> SipTimers:
    stack = "sipProfile/sipStack/"
    return SipTimers(
        register_expires=_number(root, stack + "timerRegisterExpires", 3600),
        register_delta=_number(root, stack + "timerRegisterDelta", 5),
        keep_alive=_number(root, stack + "timerKeepAliveExpires", 120),
        t1=_number(root, stack + "timerT1", 500) / 1000,
        t2=_number(root, stack + "timerT2", 4000) / 1000,
    )


def uses_call_manager(line: LineKey) -> bool:
    """True when the line's server comes from the call manager group."""
    return line.proxy.upper() == USECALLMANAGER
