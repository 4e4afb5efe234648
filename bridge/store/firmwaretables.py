"""The tables of wanted loads and roll-outs, and what reads and writes them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, ForeignKey, Named, String, Table, Text, TypedColumns, delete, insert, select
from sqlalchemy import update as change
from sqlalchemy.exc import IntegrityError

from bridge.core import DeviceName, Rollout, RolloutPhone, RolloutStage, RolloutState
from bridge.errors import Conflict, NotFound
from bridge.store.columntypes import Moment, WordOf
from bridge.store.tables import COUNTER, EXACT, NAME, metadata

_LOAD = 80


class _WantedLoadColumns(TypedColumns):
    device_name = Column(String(NAME), ForeignKey("device.name", ondelete="CASCADE"), primary_key=True)
    load: Named[str] = Column(String(_LOAD))


wanted_load = Table("wanted_load", metadata, _WantedLoadColumns, **EXACT)


class _RolloutColumns(TypedColumns):
    id = Column(COUNTER, primary_key=True)
    load: Named[str] = Column(String(_LOAD))
    at_a_time: Named[int]
    state: Named[RolloutState] = Column(WordOf(RolloutState))
    actor: Named[str] = Column(String(100))
    started_at: Named[datetime] = Column(Moment)
    detail: Named[str] = Column(Text)


firmware_rollout = Table("firmware_rollout", metadata, _RolloutColumns, **EXACT)


class _RolloutPhoneColumns(TypedColumns):
    rollout_id = Column(COUNTER, ForeignKey("firmware_rollout.id", ondelete="CASCADE"), primary_key=True)
    device_name = Column(String(NAME), ForeignKey("device.name", ondelete="CASCADE"), primary_key=True)
    position: Named[int]
    stage: Named[RolloutStage] = Column(WordOf(RolloutStage))
    before: Named[str] = Column(String(255))
    wanted_before: Named[str] = Column(String(_LOAD))
    detail: Named[str] = Column(Text)
    told_at: Named[datetime | None] = Column(Moment)
    ended_at: Named[datetime | None] = Column(Moment)


firmware_rollout_phone = Table("firmware_rollout_phone", metadata, _RolloutPhoneColumns, **EXACT)


class SqlFirmwareRepository:
    """The FirmwareRepository of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def wanted(self) -> dict[DeviceName, str]:
        """The loads set for single phones."""
        rows = self._connection.execute(select(wanted_load.c.device_name, wanted_load.c.load))
        return {DeviceName(name): load for name, load in rows}

    def set_wanted(self, device: DeviceName, load: str) -> None:
        """Set the load of one phone; an empty one goes back to the device defaults. Raises NotFound."""
        self._connection.execute(delete(wanted_load).where(wanted_load.c.device_name == device.value))
        if not load:
            return
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(wanted_load).values(device_name=device.value, load=load))
        except IntegrityError:
            raise NotFound(
                f"there is no phone {device}", fix="`sepbridge phones list` shows those that exist"
            ) from None

    def begin(self, rollout: Rollout) -> Rollout:
        """Add a roll-out; it comes back with its id. Raises Conflict while another one is running."""
        rows = firmware_rollout.c
        running = select(rows.id, rows.load).where(rows.state == RolloutState.RUNNING).with_for_update()
        other = self._connection.execute(running).first()
        if other is not None:
            raise Conflict(
                f"the roll-out of {other.load} is running",
                fix="wait for its end, or: sepbridge firmware rollout --stop",
            )
        values = {
            "load": rollout.load,
            "at_a_time": rollout.at_a_time,
            "state": rollout.state,
            "actor": rollout.actor[:100],
            "started_at": rollout.started_at,
            "detail": rollout.detail,
        }
        done = self._connection.execute(insert(firmware_rollout).values(**values))
        number = int((done.inserted_primary_key or (0,))[0])
        phones = [
            {"rollout_id": number, "device_name": each.device.value, "position": place, **_phone_values(each)}
            for place, each in enumerate(rollout.phones)
        ]
        if phones:
            self._connection.execute(insert(firmware_rollout_phone), phones)
        found = self.newest()
        assert found is not None  # noqa: S101  it was just written
        return found

    def newest(self) -> Rollout | None:
        """The roll-out that was begun last."""
        row = self._connection.execute(
            select(firmware_rollout).order_by(firmware_rollout.c.id.desc()).limit(1)
        ).one_or_none()
        if row is None:
            return None
        rows = firmware_rollout_phone.c
        query = select(firmware_rollout_phone).where(rows.rollout_id == row.id).order_by(rows.position)
        phones = tuple(
            RolloutPhone(
                device=DeviceName(each.device_name),
                stage=each.stage,
                before=each.before,
                wanted_before=each.wanted_before,
                detail=each.detail,
                told_at=each.told_at,
                ended_at=each.ended_at,
            )
            for each in self._connection.execute(query)
        )
        return Rollout(row.id, row.load, row.at_a_time, row.state, row.actor, row.started_at, phones, row.detail)

    def set_state(self, rollout: int, state: RolloutState, detail: str = "") -> None:
        """Note how a roll-out stands."""
        statement = change(firmware_rollout).where(firmware_rollout.c.id == rollout)
        self._connection.execute(statement.values(state=state, detail=detail))

    def set_phone(self, rollout: int, phone: RolloutPhone) -> None:
        """Note how far a phone is."""
        rows = firmware_rollout_phone.c
        mine = (rows.rollout_id == rollout) & (rows.device_name == phone.device.value)
        self._connection.execute(change(firmware_rollout_phone).where(mine).values(**_phone_values(phone)))


def _phone_values(phone: RolloutPhone) -> dict[str, object]:
    return {
        "stage": phone.stage,
        "before": phone.before[:255],
        "wanted_before": phone.wanted_before,
        "detail": phone.detail,
        "told_at": phone.told_at,
        "ended_at": phone.ended_at,
    }
