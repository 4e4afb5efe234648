"""AXL answers as an inventory. Names of elements: migration reference, section 3, and its table of AXL fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bridge.errors import InvalidInput
from bridge.migration.axlobjects import OBJECTS
from bridge.migration.axlxml import Node, answers
from bridge.migration.batphones import is_true
from bridge.migration.inventory import (
    CucmAppearance,
    CucmBusyLamp,
    CucmForward,
    CucmLine,
    CucmPhone,
    CucmSpeedDial,
    Inventory,
)
from bridge.migration.notes import Note, Origin, Weight
from bridge.migration.unsupported import is_worth_telling, reason

SECRET_ELEMENTS = frozenset(
    {
        "sshPwd",
        "sshUserId",
        "authenticationString",
        "password",
        "pin",
        "digestCredentials",
        "mlppPassword",
        "unlockPwd",
        "digestUser",
        "attendeesAccessCode",
    }
)
"""Elements whose text is never looked at."""

_PHONE = {
    "description": "description",
    "model": "model",
    "protocol": "protocol",
    "devicePoolName": "pool",
    "callingSearchSpaceName": "css",
    "phoneTemplateName": "button_template",
    "softkeyTemplateName": "softkey_template",
    "commonPhoneConfigName": "phone_profile",
    "securityProfileName": "security_profile",
    "ownerUserName": "owner",
    "userLocale": "user_locale",
    "networkLocale": "network_locale",
    "loadInformation": "load",
    "dndOption": "dnd_option",
    "dndRingSetting": "dnd_alert",
    "callInfoPrivacyStatus": "privacy",
    "singleButtonBarge": "barge",
    "idleUrl": "idle_url",
}
_LEFT_OUT = {
    "locationName": "location",
    "mediaResourceListName": "media resource group list",
    "networkHoldMohAudioSourceId": "network hold moh audio source",
    "userHoldMohAudioSourceId": "user hold moh audio source",
    "automatedAlternateRoutingCssName": "aar css",
    "aarNeighborhoodName": "aar group",
    "loadInformation": "phone load name",
    "networkLocale": "network locale",
    "sipProfileName": "sip profile",
    "enableExtensionMobility": "extension mobility",
    "servicesUrl": "services",
    "directoryUrl": "directory",
    "messagesUrl": "messages",
    "informationUrl": "information",
    "authenticationUrl": "authentication server",
    "proxyServerUrl": "proxy server",
    "dndStatus": "do not disturb",
    "rerouteCallingSearchSpaceName": "rerouting calling search space",
    "subscribeCallingSearchSpaceName": "device subscribe css",
    "presenceGroupName": "device presence group",
    "mobilityUserIdName": "mobility user id",
    "primaryPhoneName": "primary phone",
    "dialRulesName": "dial rules",
    "featureControlPolicy": "feature control policy",
    "hotlineDevice": "hotline device",
}
_LINE = {
    "shareLineAppearanceCssName": "css",
    "callPickupGroupName": "pickup_group",
    "voiceMailProfileName": "voicemail_profile",
    "alertingName": "alerting_name",
    "autoAnswer": "auto_answer",
    "hrDuration": "hold_reversion_seconds",
}
_FORWARDS = {
    "callForwardAll": ("all", False),
    "callForwardBusyInt": ("busy", False),
    "callForwardBusy": ("busy", True),
    "callForwardNoAnswerInt": ("no answer", False),
    "callForwardNoAnswer": ("no answer", True),
}
_OTHER_FORWARDS = (
    "callForwardNoCoverage",
    "callForwardNoCoverageInt",
    "callForwardOnFailure",
    "callForwardAlternateParty",
    "callForwardNotRegistered",
    "callForwardNotRegisteredInt",
)
_APPEARANCE = {
    "label": "label",
    "display": "display",
    "e164Mask": "external_mask",
    "maxNumCalls": "max_calls",
    "busyTrigger": "busy_trigger",
    "mwlPolicy": "lamp",
    "audibleMwi": "audible_messages",
    "ringSetting": "ring_idle",
    "consecutiveRingSetting": "ring_busy",
    "recordingFlag": "recording",
    "missedCallLogging": "log_missed",
}

Lines = Mapping[tuple[str, str], CucmLine]


def read_answers(files: Sequence[tuple[str, bytes]]) -> Inventory:
    """What recorded answers say; ``files`` are names and contents. What cannot be read becomes notes."""
    found: dict[tuple[str, str], tuple[Node, Origin]] = {}
    notes: list[Note] = []
    for file, content in files:
        try:
            bodies = answers(content, file)
        except InvalidInput as error:
            notes.append(Note(Weight.BROKEN, file, f"{error.what}: {error.why}", Origin(file)))
            continue
        if not bodies:
            notes.append(Note(Weight.BROKEN, file, "no answer of AXL", Origin(file)))
        for body in bodies:
            if body.name == "Fault":
                what = f"CUCM answered with an error: {body.text('faultstring')[:200]}"
                notes.append(Note(Weight.BROKEN, file, what, Origin(file)))
                continue
            _take(body, Origin(file), found, notes)
    lines = {
        (each.number, each.partition): each
        for (kind, _), (node, _) in found.items()
        if kind == "line"
        for each in [_line(node)]
    }
    phones: list[CucmPhone] = []
    inventory = Inventory()
    for (kind, _), (node, origin) in found.items():
        notes.extend(_secrets(node, origin))
        if kind == "phone":
            phone, left_out = _phone(node, origin, lines)
            phones.append(phone)
            notes.extend(left_out)
        elif kind == "line":
            notes.extend(_other_forwards(node, origin))
        else:
            inventory += OBJECTS[kind](node, origin)
    counts = {"phones": len(phones), "lines": len(lines)}
    return inventory + Inventory(phones=tuple(phones), notes=tuple(notes), counts=counts)


def _take(body: Node, origin: Origin, found: dict[tuple[str, str], tuple[Node, Origin]], notes: list[Note]) -> None:
    for node in body.children():
        kind = node.name
        if kind not in OBJECTS and kind not in {"phone", "line"}:
            notes.append(Note(Weight.LOST, kind, "answers of this kind are not imported", origin))
            continue
        name = node.text("name") or node.text("userid")
        if kind in {"line", "routePattern", "transPattern"}:
            name = f"{node.text('pattern')} {node.text('routePartitionName')}"
        if not name.strip():
            notes.append(Note(Weight.BROKEN, kind, "it has no name", origin))
            continue
        # A list has some elements of an object, the answer to "get" has them all.
        known = found.get((kind, name))
        if known is None or len(list(known[0].children())) <= len(list(node.children())):
            found[kind, name] = (node, origin)


def _phone(node: Node, origin: Origin, lines: Lines) -> tuple[CucmPhone, tuple[Note, ...]]:
    name = node.text("name")
    notes = [
        Note(Weight.LOST, column, reason(column), origin)
        for element, column in _LEFT_OUT.items()
        if is_worth_telling(column, node.text(element))
    ]
    if (config := node.child("vendorConfig")) is not None and any(config.children()):
        notes.append(Note(Weight.LOST, "xml", reason("xml"), origin))
    if not node.has("lines"):
        notes.append(Note(Weight.BROKEN, name, "it is in a list alone: its own answer (getPhone) is missing", origin))
    return (
        CucmPhone(
            name=name,
            origin=origin,
            **{field: node.text(element) for element, field in _PHONE.items()},
            modules=tuple(each.text("model") for each in _members(node, "addOnModules", "addOnModule")),
            lines=tuple(_appearance(each, at, lines) for at, each in enumerate(_members(node, "lines", "line"), 1)),
            speed_dials=tuple(
                CucmSpeedDial(_number(each.text("index"), at), each.text("dirn"), each.text("label"))
                for at, each in enumerate(_members(node, "speeddials", "speeddial"), 1)
            ),
            busy_lamps=tuple(
                CucmBusyLamp(
                    _number(each.text("index"), at),
                    each.text("blfDest") or each.text("blfDirn"),
                    each.text("label"),
                    any(
                        "pickup" in each.text("feature").casefold() for each in each.children("associatedBlfSdFeatures")
                    ),
                )
                for at, each in enumerate(_members(node, "busyLampFields", "busyLampField"), 1)
            ),
            services=tuple(
                each.text("name") or each.text("telecasterServiceName")
                for each in _members(node, "services", "service")
            ),
        ),
        tuple(notes),
    )


def _appearance(node: Node, at: int, lines: Lines) -> CucmAppearance:
    number, partition = node.text("dirn", "pattern"), node.text("dirn", "routePartitionName")
    line = lines.get((number, partition), CucmLine(number, partition))
    return CucmAppearance(
        _number(node.text("index"), at), line, **{field: node.text(element) for element, field in _APPEARANCE.items()}
    )


def _line(node: Node) -> CucmLine:
    forwards = tuple(
        CucmForward(kind, destination, voicemail, external)
        for element, (kind, external) in _FORWARDS.items()
        for destination in [node.text(element, "destination")]
        for voicemail in [is_true(node.text(element, "forwardToVoiceMail"))]
        if destination or voicemail
    )
    return CucmLine(
        node.text("pattern"),
        node.text("routePartitionName"),
        **{field: node.text(element) for element, field in _LINE.items()},
        forward_css=node.text("callForwardAll", "callingSearchSpaceName"),
        no_answer_seconds=node.text("callForwardNoAnswer", "duration")
        or node.text("callForwardNoAnswerInt", "duration"),
        forwards=forwards,
        urgent=is_true(node.text("patternUrgency")),
    )


def _other_forwards(node: Node, origin: Origin) -> Iterator[Note]:
    for element in _OTHER_FORWARDS:
        if node.text(element, "destination") or is_true(node.text(element, "forwardToVoiceMail")):
            yield Note(Weight.LOST, element, reason("forward"), origin)


def _secrets(node: Node, origin: Origin) -> Iterator[Note]:
    for each in node.children():
        if each.name in SECRET_ELEMENTS and each.text():
            yield Note(Weight.LOST, each.name, "secrets are not imported; this system makes its own", origin)


def _members(node: Node, group: str, name: str) -> list[Node]:
    inside = node.child(group)
    return [] if inside is None else list(inside.children(name))


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 and int(text) else otherwise
