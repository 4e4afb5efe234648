"""From an inventory to what is wanted of the site."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.migration.inventory import Inventory
from bridge.migration.notes import gathered
from bridge.migration.phonemapping import PhoneMapping
from bridge.migration.siteobjects import Records, SiteMapping
from bridge.migration.wishes import Wishes


def wishes_of(inventory: Inventory, known: Records, trunks: Mapping[str, str]) -> Wishes:
    """What an inventory means for a site that has ``known`` records by section and key.

    ``trunks`` names the trunk at Asterisk for route lists and gateways; others keep their own names. Raises
    ConfigurationError for a site that cannot take device pools.
    """
    site = SiteMapping(known, trunks)
    site.map(inventory)
    phones = PhoneMapping(inventory, site.found)
    phones.map()
    return Wishes(
        site.records,
        tuple(phones.phones),
        tuple(phones.forwards.values()),
        gathered((*inventory.notes, *site.notes, *phones.notes)),
    )
