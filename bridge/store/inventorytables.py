"""What phones were seen to be, in the database: the table, and how it is read and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Integer,
    Named,
    Row,
    String,
    Table,
    TypedColumns,
    insert,
    select,
    update,
)

from bridge.core import NOTHING_SEEN, DeviceName, Inventory, SecurityMode
from bridge.store.tables import EXACT, NAME, device, metadata

LONGEST = 64
"""Characters of a name that a phone or a switch says; more are cut off."""


class _InventoryColumns(TypedColumns):
    device_name = Column(String(NAME), ForeignKey("device.name", ondelete="CASCADE"), primary_key=True)
    family: Named[str] = Column(String(LONGEST))
    firmware: Named[str] = Column(String(LONGEST))
    security: Named[str] = Column(String(LONGEST))
    voice_vlan: Named[int] = Column(Integer)
    neighbour: Named[str] = Column(String(LONGEST))
    neighbour_port: Named[str] = Column(String(LONGEST))
    manager: Named[str] = Column(String(LONGEST))


device_inventory = Table("device_inventory", metadata, _InventoryColumns, **EXACT)


class SqlInventoryRepository:
    """The InventoryRepository of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> Mapping[DeviceName, Inventory]:
        """What is known of every phone of which something is."""
        rows = self._connection.execute(select(device_inventory))
        return {DeviceName(row.device_name): _inventory(row) for row in rows}

    def get(self, name: DeviceName) -> Inventory:
        """The same of one phone; ``NOTHING_SEEN`` where nothing is known."""
        this = select(device_inventory).where(device_inventory.c.device_name == name.value)
        row = self._connection.execute(this).one_or_none()
        return NOTHING_SEEN if row is None else _inventory(row)

    def save(self, seen: Mapping[DeviceName, Inventory]) -> None:
        """Write what is known of these phones; of those that the database does not have, nothing."""
        ours = set(self._connection.execute(select(device.c.name)).scalars())
        known = set(self._connection.execute(select(device_inventory.c.device_name)).scalars())
        for name, each in seen.items():
            if name.value not in ours:
                continue
            values = {
                "family": each.family[:LONGEST],
                "firmware": each.firmware[:LONGEST],
                "security": each.security.value,
                "voice_vlan": each.voice_vlan,
                "neighbour": each.neighbour[:LONGEST],
                "neighbour_port": each.neighbour_port[:LONGEST],
                "manager": each.manager[:LONGEST],
            }
            if name.value in known:
                this = device_inventory.c.device_name == name.value
                self._connection.execute(update(device_inventory).where(this).values(values))
            else:
                self._connection.execute(insert(device_inventory).values(device_name=name.value, **values))


def _inventory(row: Row[Any]) -> Inventory:
    return Inventory(
        row.family,
        row.firmware,
        SecurityMode(row.security),
        row.voice_vlan,
        row.neighbour,
        row.neighbour_port,
        row.manager,
    )
