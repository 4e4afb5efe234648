"""AXL answers about everything but phones and lines: pools, regions, partitions, spaces, patterns, templates, users."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.migration.axlxml import Node
from bridge.migration.batphones import is_true
from bridge.migration.inventory import (
    CucmButtonTemplate,
    CucmDateTimeGroup,
    CucmPartition,
    CucmPattern,
    CucmPickupGroup,
    CucmPool,
    CucmRegion,
    CucmSpace,
    CucmUser,
    Inventory,
)
from bridge.migration.notes import Note, Origin, Weight


def _pool(node: Node, origin: Origin) -> Inventory:
    pool = CucmPool(
        node.text("name"),
        node.text("callManagerGroupName"),
        node.text("regionName"),
        node.text("dateTimeSettingName"),
        node.text("autoSearchSpaceName"),
        node.text("networkLocale"),
        node.text("localRouteGroupName") or node.text("localRouteGroup", "value"),
        origin,
    )
    left = {
        "srstName": ("Disable", "survivable remote site telephony is Asterisk's matter"),
        "mediaResourceListName": ("", "conferences and music are Asterisk's own"),
        "cgpnTransformationCssName": ("", "transformation patterns are not there: use translation patterns"),
        "cdpnTransformationCssName": ("", "transformation patterns are not there: use translation patterns"),
    }
    notes = tuple(
        Note(Weight.LOST, f"device pool {element}", why, origin)
        for element, (usual, why) in left.items()
        if node.text(element) not in ("", usual)
    )
    return Inventory(pools=(pool,), notes=notes, counts={"device pools": 1})


def _region(node: Node, origin: Origin) -> Inventory:
    name = node.text("name")
    related = node.child("relatedRegions")
    bandwidth, others = node.text("defaultCodec"), 0
    for each in related.children("relatedRegion") if related is not None else ():
        allowed = each.text("bandwidth") or each.text("audioCodec") or each.text("codec")
        if each.text("regionName") == name:
            bandwidth = allowed or bandwidth
        else:
            others += 1
    what = "codecs between two regions are not set one by one: each region has one list"
    notes = (Note(Weight.LOST, f"region {name}", what, origin, others),) if others else ()
    return Inventory(regions=(CucmRegion(name, bandwidth, origin),), notes=notes, counts={"regions": 1})


def _date_time_group(node: Node, origin: Origin) -> Inventory:
    references = node.child("phoneNtpReferences")
    servers = (
        tuple(each.text("phoneNtpName") for each in references.children("selectedPhoneNtpReference"))
        if references is not None
        else ()
    )
    group = CucmDateTimeGroup(
        node.text("name"),
        node.text("timeZone"),
        node.text("separator"),
        node.text("dateformat"),
        node.text("timeFormat"),
        tuple(each for each in servers if each),
        origin,
    )
    return Inventory(date_time_groups=(group,), counts={"date/time groups": 1})


def _partition(node: Node, origin: Origin) -> Inventory:
    partition = CucmPartition(node.text("name"), node.text("description"), node.text("timeScheduleIdName"), origin)
    return Inventory(partitions=(partition,), counts={"partitions": 1})


def _space(node: Node, origin: Origin) -> Inventory:
    members: list[tuple[int, str]] = []
    inside = node.child("members")
    for at, each in enumerate(inside.children("member") if inside is not None else (), 1):
        index = each.text("index")
        members.append((int(index) if index.isdecimal() and len(index) < 6 else at, each.text("routePartitionName")))
    names = tuple(name for _, name in sorted(members, key=lambda each: each[0]) if name)
    if inside is None and node.text("clause"):
        names = tuple(filter(None, node.text("clause").split(":")))
    space = CucmSpace(node.text("name"), names, node.text("description"), origin)
    return Inventory(spaces=(space,), counts={"calling search spaces": 1})


def _pattern(node: Node, origin: Origin) -> Inventory:
    translation = node.name == "transPattern"
    pattern = CucmPattern(
        pattern=node.text("pattern"),
        translation=translation,
        partition=node.text("routePartitionName"),
        description=node.text("description"),
        block=is_true(node.text("blockEnable")),
        release_cause=node.text("releaseClause"),
        urgent=is_true(node.text("patternUrgency")),
        discard=node.text("digitDiscardInstructionName"),
        prefix=node.text("prefixDigitsOut"),
        called_mask=node.text("calledPartyTransformationMask"),
        use_external_mask=node.text("useCallingPartyPhoneMask").casefold() == "on",
        calling_mask=node.text("callingPartyTransformationMask"),
        calling_prefix=node.text("callingPartyPrefixDigits"),
        outside_dial_tone=is_true(node.text("provideOutsideDialtone")),
        route_filter=node.text("routeFilterName"),
        destination=node.text("destination", "routeListName") or node.text("destination", "gatewayName"),
        emergency=is_true(node.text("isEmergencyServiceNumber")),
        css=node.text("callingSearchSpaceName"),
        use_originator_css=is_true(node.text("useOriginatorCss")),
        dont_wait=is_true(node.text("dontWaitForIDTOnSubsequentHops")),
        origin=origin,
    )
    left = {
        "authorizationCodeRequired": "authorization codes are not there: who may dial it is a matter of partitions",
        "clientCodeRequired": "client matter codes are not there",
    }
    notes = tuple(
        Note(Weight.LOST, f"pattern {pattern.pattern}", why, origin)
        for element, why in left.items()
        if is_true(node.text(element))
    )
    kind = "translation patterns" if translation else "route patterns"
    return Inventory(patterns=(pattern,), notes=notes, counts={kind: 1})


def _button_template(node: Node, origin: Origin) -> Inventory:
    inside = node.child("buttons")
    buttons: list[tuple[int, str, str]] = []
    for at, each in enumerate(inside.children("button") if inside is not None else (), 1):
        index = each.text("buttonNumber")
        place = int(index) if index.isdecimal() and len(index) < 4 else at
        buttons.append((place, each.text("feature"), each.text("label")))
    template = CucmButtonTemplate(
        node.text("name"), tuple((feature, label) for _, feature, label in sorted(buttons)), origin
    )
    return Inventory(button_templates=(template,), counts={"phone button templates": 1})


def _softkey_template(node: Node, origin: Origin) -> Inventory:
    return Inventory(softkey_templates=(node.text("name"),), counts={"softkey templates": 1})


def _pickup_group(node: Node, origin: Origin) -> Inventory:
    group = CucmPickupGroup(
        node.text("name"),
        node.text("description"),
        node.text("pickupNotification"),
        node.text("pickupNotificationTimer"),
        origin,
    )
    return Inventory(pickup_groups=(group,), counts={"pickup groups": 1})


def _group(node: Node, origin: Origin) -> Inventory:
    what = "its servers are the old cluster's: pools get this system's group"
    note = Note(Weight.LOST, f"CallManager group {node.text('name')}", what, origin)
    return Inventory(groups=(node.text("name"),), notes=(note,), counts={"CallManager groups": 1})


def _user(node: Node, origin: Origin) -> Inventory:
    inside = node.child("associatedDevices")
    user = CucmUser(
        node.text("userid"),
        node.text("firstName"),
        node.text("lastName"),
        node.text("primaryExtension", "pattern"),
        tuple(each.text() for each in inside.children("device")) if inside is not None else (),
        origin,
    )
    return Inventory(users=(user,), counts={"users": 1})


OBJECTS: Mapping[str, Callable[[Node, Origin], Inventory]] = {
    "devicePool": _pool,
    "region": _region,
    "dateTimeGroup": _date_time_group,
    "routePartition": _partition,
    "css": _space,
    "routePattern": _pattern,
    "transPattern": _pattern,
    "phoneButtonTemplate": _button_template,
    "softKeyTemplate": _softkey_template,
    "callPickupGroup": _pickup_group,
    "callManagerGroup": _group,
    "user": _user,
}
"""By the element in ``<return>``."""
