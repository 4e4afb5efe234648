"""Pools, partitions, spaces, patterns and templates of CUCM as objects of our site.

What exists here already is changed only in what CUCM says of it. Sources: dialplan mapping reference, sections 3 to 9;
migration reference, section 2.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bridge.core import (
    CallingSearchSpace,
    CallManagerGroup,
    CallPickupGroup,
    DateTimeGroup,
    DevicePool,
    Partition,
    PhoneButtonTemplate,
    PickupNotification,
    Region,
    RoutePattern,
    TranslationPattern,
)
from bridge.errors import ConfigurationError, InvalidInput
from bridge.migration.buttontemplates import with_buttons
from bridge.migration.inventory import CucmDateTimeGroup, CucmPattern, CucmPool, CucmSpace, Inventory
from bridge.migration.notes import NOWHERE, Note, Origin, Weight
from bridge.migration.words import (
    DISCARDS,
    RELEASES,
    group_name,
    locale_name,
    object_name,
    place_name,
    printable,
    translated,
)

Records = Mapping[str, Mapping[Any, Any]]

_ZONE = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){0,2}")
_NARROW = re.compile(r"\b8 ?kbps|g\.?729", re.IGNORECASE)
_MIDDLE = re.compile(r"\b64 ?kbps|g\.?711", re.IGNORECASE)
_NOTIFICATIONS = {
    "no alert": PickupNotification.OFF,
    "visual alert": PickupNotification.VISUAL,
    "audio alert": PickupNotification.AUDIBLE,
    "audio and visual alert": PickupNotification.BOTH,
}


class SiteMapping:
    """Collects the objects of one import. ``known`` are the site's records by section and key."""

    def __init__(self, known: Records, trunks: Mapping[str, str]) -> None:
        self._known = known
        self._trunks = trunks
        self.records: dict[str, dict[Any, Any]] = {}
        self.notes: list[Note] = []

    def map(self, inventory: Inventory) -> None:
        """Everything but phones."""
        self._partitions(inventory)
        self._spaces(inventory)
        for region in inventory.regions:
            if name := self._name(region.name, "region", region.origin):
                self._put("region", name, self._region(name, region.bandwidth, region.origin))
        for group in inventory.date_time_groups:
            if name := self._name(group.name, "date/time group", group.origin):
                self._put("date_time_group", name, self._date_time_group(name, group))
        self._pickup_groups(inventory)
        self._button_templates(inventory)
        self._pools(inventory)
        for pattern in inventory.patterns:
            self._pattern(pattern)

    def found(self, section: str, key: Any) -> Any:
        """An object that is here, or will be; None for none."""
        new = self.records.get(section, {}).get(key)
        return new if new is not None else self._known.get(section, {}).get(key)

    def _put(self, section: str, key: Any, record: Any) -> None:
        if record is not None and self._known.get(section, {}).get(key) != record:
            self.records.setdefault(section, {})[key] = record

    def _note(self, weight: Weight, subject: str, what: str, origin: Origin = NOWHERE) -> None:
        self.notes.append(Note(weight, subject, what, origin))

    def _name(self, text: str, kind: str, origin: Origin) -> str:
        name = object_name(text)
        if not name:
            self._note(Weight.BROKEN, kind, f"{printable(text)!r} cannot be its name", origin)
        elif name != text:
            self._note(Weight.CHANGED, f"{kind} {printable(text)}", f"is called {name} here", origin)
        return name

    def _partitions(self, inventory: Inventory) -> None:
        told = {object_name(each.name): each for each in inventory.partitions}
        for each in inventory.partitions:
            if each.schedule:
                what = "its time schedule is not taken over: it can be reached at any time"
                self._note(Weight.LOST, f"partition {each.name}", what, each.origin)
            self._name(each.name, "partition", each.origin)
        named = [line.line.partition for phone in inventory.phones for line in phone.lines]
        named += [each.partition for each in inventory.patterns]
        named += [each for space in inventory.spaces for each in space.partitions]
        for name in dict.fromkeys([*told, *map(object_name, named)]):
            if not name:
                continue
            old = self._known.get("partition", {}).get(name)
            description = printable(told[name].description) if name in told else ""
            self._put("partition", name, Partition(name, description or (old.description if old else "")))

    def _spaces(self, inventory: Inventory) -> None:
        told = {object_name(each.name): each for each in inventory.spaces}
        for name, space in told.items():
            if self._name(space.name, "calling search space", space.origin):
                self._put("calling_search_space", name, self._space(name, space))
        inside = tuple(
            dict.fromkeys(
                name for phone in inventory.phones for line in phone.lines if (name := object_name(line.line.partition))
            )
        )
        for text, origin in _named_spaces(inventory):
            name = object_name(text)
            if not name or self.found("calling_search_space", name) is not None:
                continue
            self._put("calling_search_space", name, CallingSearchSpace(name, inside[:60]))
            what = (
                "its partitions stand in no phone file: it reaches the partitions of the imported lines "
                f"({', '.join(inside) or 'none'}) and no trunk; import AXL answers, or set them with "
                f"`sepbridge site css set {name!r} partitions=…`"
            )
            self._note(Weight.TODO, f"calling search space {name}", what, origin)

    def _space(self, name: str, space: CucmSpace) -> CallingSearchSpace | None:
        try:
            partitions = tuple(dict.fromkeys(filter(None, map(object_name, space.partitions))))
            return CallingSearchSpace(name, partitions, printable(space.description))
        except InvalidInput as error:
            self._note(Weight.BROKEN, f"calling search space {name}", str(error), space.origin)
            return None

    def _region(self, name: str, bandwidth: str, origin: Origin) -> Region:
        old = self._known.get("region", {}).get(name) or Region(name)
        if _NARROW.search(bandwidth):
            return Region(name, ("g729",))
        if _MIDDLE.search(bandwidth):
            return Region(name, ("g722", "ulaw", "alaw"))
        if bandwidth:
            what = f"{printable(bandwidth)!r} says nothing about codecs; it has {', '.join(old.codecs)}"
            self._note(Weight.CHANGED, f"region {name}", what, origin)
        return old

    def _date_time_group(self, name: str, group: CucmDateTimeGroup) -> DateTimeGroup:
        old = self._known.get("date_time_group", {}).get(name) or DateTimeGroup(name)
        zone = _ZONE.fullmatch(group.time_zone.rpartition(" ")[2])
        if group.time_zone and zone is None:
            what = f"the time zone {printable(group.time_zone)!r} has no IANA name; it has {old.time_zone}"
            self._note(Weight.TODO, f"date/time group {name}", what, group.origin)
        letters = [each for each in group.date_format.upper() if each in "DMY"]
        template = old.date_template
        if sorted(letters) == ["D", "M", "Y"]:
            separator = group.separator if group.separator in ("-", ".", "/") else "/"
            template = separator.join(letters) + ("A" if "12" in group.time_format else "")
        return replace(
            old,
            time_zone=zone[0] if zone else old.time_zone,
            date_template=template,
            ntp_servers=group.ntp_servers or old.ntp_servers,
        )

    def _pickup_groups(self, inventory: Inventory) -> None:
        told = {group_name(each.name): each for each in inventory.pickup_groups}
        named = [line.line.pickup_group for phone in inventory.phones for line in phone.lines]
        for name in dict.fromkeys([*told, *map(group_name, named)]):
            if not name:
                continue
            group = self._known.get("call_pickup_group", {}).get(name) or CallPickupGroup(name)
            if (cucm := told.get(name)) is not None:
                seconds = int(cucm.notification_wait) if cucm.notification_wait.isdecimal() else 0
                kind = _NOTIFICATIONS.get(cucm.notification.casefold(), group.notification)
                wait = seconds if 0 < seconds <= 300 else group.notification_wait
                group = replace(group, description=printable(cucm.description), notification=kind)
                group = replace(group, notification_wait=wait)
            self._put("call_pickup_group", name, group)

    def _button_templates(self, inventory: Inventory) -> None:
        used = {each.button_template for each in inventory.phones}
        for each in inventory.button_templates:
            name = object_name(each.name)
            if each.name in used and name:
                old = self._known.get("phone_button_template", {}).get(name) or PhoneButtonTemplate(name)
                template, notes = with_buttons(old, each)
                self.notes += notes
                self._put("phone_button_template", name, template)

    def _pools(self, inventory: Inventory) -> None:
        told = {object_name(each.name): each for each in inventory.pools}
        named = {object_name(each.pool): each.origin for each in reversed(inventory.phones)}
        for name in dict.fromkeys([*told, *named]):
            if name in told:
                self._name(told[name].name, "device pool", told[name].origin)
            old = self._known.get("device_pool", {}).get(name)
            if name and (name in told or old is None):
                self._put("device_pool", name, self._pool(name, old, told.get(name), named.get(name, NOWHERE)))

    def _pool(self, name: str, old: DevicePool | None, cucm: CucmPool | None, origin: Origin) -> DevicePool:
        pool = old or DevicePool(
            name, self._group(), self._first("region", Region), self._first("date_time_group", DateTimeGroup)
        )
        if cucm is None:
            what = (
                "it is named by phones and described nowhere: it gets the default region and time; import "
                "devicepool.csv or AXL answers, or set them with `sepbridge site pools set`"
            )
            self._note(Weight.TODO, f"device pool {name}", what, origin)
            return pool
        region = self.found("region", object_name(cucm.region))
        time = self.found("date_time_group", object_name(cucm.date_time_group))
        for kind, text, record in (("region", cucm.region, region), ("date/time group", cucm.date_time_group, time)):
            if text and record is None:
                what = f"the {kind} {printable(text)} is described nowhere: the pool gets the default one"
                self._note(Weight.TODO, f"device pool {name}", what, cucm.origin)
        css = object_name(cucm.autoreg_css)
        trunk = place_name(self._trunks.get(cucm.local_route_group, cucm.local_route_group))
        return replace(
            pool,
            region=region or pool.region,
            date_time_group=time or pool.date_time_group,
            autoreg_css=css if css and self.found("calling_search_space", css) else pool.autoreg_css,
            network_locale=locale_name(cucm.network_locale) or pool.network_locale,
            trunk=trunk or pool.trunk,
        )

    def _group(self) -> CallManagerGroup:
        groups: Iterable[CallManagerGroup] = self._known.get("callmanager_group", {}).values()
        group = next((each for each in groups if each.autoregistration), None)
        if group is None:
            raise ConfigurationError(
                "no CallManager group is marked for autoregistration, so new device pools have no group",
                fix="mark one: sepbridge site groups set Default autoregistration=yes",
            )
        if not group.servers:
            raise ConfigurationError(
                f"the CallManager group {group.name} has no server, so new device pools lead nowhere",
                fix="start the service, which puts this machine there; or sepbridge site servers add NAME address=…, "
                f"then sepbridge site groups set {group.name} servers=NAME",
            )
        return group

    def _first(self, section: str, kind: Any) -> Any:
        known = self._known.get(section, {})
        if "Default" in known:
            return known["Default"]
        if known:
            return known[min(known)]
        default = kind("Default")
        self._put(section, "Default", default)
        return default

    def _pattern(self, cucm: CucmPattern) -> None:
        subject = f"{'translation' if cucm.translation else 'route'} pattern {printable(cucm.pattern)}"

        def lost(what: str) -> None:
            self._note(Weight.LOST, subject, what, cucm.origin)

        shared: dict[str, Any] = {
            "pattern": cucm.pattern,
            "partition": object_name(cucm.partition),
            "description": printable(cucm.description),
            "block": cucm.block,
            "urgent": cucm.urgent,
            "prefix_digits": cucm.prefix,
            "called_mask": cucm.called_mask,
            "use_external_mask": cucm.use_external_mask,
            "calling_mask": cucm.calling_mask,
            "calling_prefix": cucm.calling_prefix,
            "outside_dial_tone": cucm.outside_dial_tone,
        }
        if (discard := translated(cucm.discard, DISCARDS, lost)) is not None:
            shared["discard_digits"] = discard
        if (cause := translated(cucm.release_cause, RELEASES, lost)) is not None:
            shared["release_cause"] = cause
        if cucm.route_filter:
            lost(f"its route filter {printable(cucm.route_filter)} is not taken over")
        try:
            if cucm.translation:
                css = object_name(cucm.css)
                if css and self.found("calling_search_space", css) is None:
                    raise InvalidInput(f"its calling search space {css} is not there")
                new: RoutePattern | TranslationPattern = TranslationPattern(
                    **shared,
                    css=css,
                    use_originator_css=cucm.use_originator_css,
                    wait_after_translation=not cucm.dont_wait,
                )
            else:
                trunk = place_name(self._trunks.get(cucm.destination, cucm.destination))
                new = RoutePattern(**shared, destination="" if cucm.block else trunk, emergency=cucm.emergency)
                if new.destination:
                    what = (
                        f"it leaves by {new.destination}: that trunk must exist at Asterisk, or name one with --trunk"
                    )
                    self._note(Weight.TODO, f"route list {printable(cucm.destination)}", what, cucm.origin)
        except InvalidInput as error:
            self._note(Weight.BROKEN, subject, str(error), cucm.origin)
            return
        section = "translation_pattern" if cucm.translation else "route_pattern"
        other = "route_pattern" if cucm.translation else "translation_pattern"
        if self.found(other, new.key) is not None:
            self._note(Weight.BROKEN, subject, "a pattern of the other kind is there already", cucm.origin)
            return
        self._put(section, new.key, new)


def _named_spaces(inventory: Inventory) -> Iterable[tuple[str, Origin]]:
    for phone in inventory.phones:
        yield phone.css, phone.origin
        for each in phone.lines:
            yield each.line.css, phone.origin
            yield each.line.forward_css, phone.origin
    for pool in inventory.pools:
        yield pool.autoreg_css, pool.origin
