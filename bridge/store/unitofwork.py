"""One transaction and the repositories in it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from bridge.errors import StoreUnavailable
from bridge.ports import (
    AccountRepository,
    AutoregistrationRepository,
    CallBackRepository,
    CallRecords,
    ClaimRepository,
    DeviceRepository,
    FileElementRepository,
    FirmwareRepository,
    InventoryRepository,
    Journal,
    OnboardingRepository,
    PhonebookRepository,
    SiteObjects,
    SiteRepository,
)
from bridge.store.accounts import SqlAccountRepository
from bridge.store.autoregistration import SqlAutoregistrationRepository
from bridge.store.callbacktables import SqlCallBackRepository
from bridge.store.callrecords import SqlCallRecords
from bridge.store.claims import SqlClaimRepository
from bridge.store.devices import SqlDeviceRepository
from bridge.store.engines import set_urgency
from bridge.store.firmwaretables import SqlFirmwareRepository
from bridge.store.inventorytables import SqlInventoryRepository
from bridge.store.journal import SqlJournal
from bridge.store.phonebook import SqlPhonebookRepository
from bridge.store.phonefiles import SqlFileElementRepository, SqlOnboardingRepository
from bridge.store.pruning import JourneyPruner
from bridge.store.site import SqlSiteRepository
from bridge.store.siteobjects import SqlSiteObjects


class SqlUnitOfWork:
    """The UnitOfWork over one connection. It begins with the ``with`` block and serves one thread.

    Do not open a writing unit inside another one: SQLite has one writer, and the inner unit would wait for the outer
    one until its time is over.
    """

    devices: DeviceRepository
    autoregistration: AutoregistrationRepository
    site: SiteRepository
    objects: SiteObjects
    journal: Journal
    phonebook: PhonebookRepository
    firmware: FirmwareRepository
    calls: CallRecords
    claims: ClaimRepository
    callbacks: CallBackRepository
    elements: FileElementRepository
    onboarding: OnboardingRepository
    inventory: InventoryRepository
    accounts: AccountRepository

    def __init__(self, engine: Engine, pruner: JourneyPruner, *, writes: bool, urgent: bool = True) -> None:
        self._engine = engine
        self._pruner = pruner
        self._writes = writes
        self._urgent = urgent
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        connection = self._connect()
        try:
            if self._writes and connection.dialect.name == "sqlite":
                set_urgency(connection, urgent=self._urgent)
            connection.begin()
            if self._writes and connection.dialect.name == "sqlite":
                # SQLite lets a transaction begin on a read-only file. Better to know before the work is done.
                connection.exec_driver_sql("DELETE FROM alembic_version WHERE 0")
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        # SQLite has one writer in any case.
        self.devices = SqlDeviceRepository(connection, locks=self._writes and connection.dialect.name != "sqlite")
        self.autoregistration = SqlAutoregistrationRepository(connection)
        site = SqlSiteRepository(connection)
        self.site = site
        self.objects = SqlSiteObjects(connection, site)
        self.journal = SqlJournal(connection, self._pruner)
        self.phonebook = SqlPhonebookRepository(connection)
        self.firmware = SqlFirmwareRepository(connection)
        self.calls = SqlCallRecords(connection)
        self.claims = SqlClaimRepository(connection)
        self.callbacks = SqlCallBackRepository(connection)
        self.elements = SqlFileElementRepository(connection)
        self.onboarding = SqlOnboardingRepository(connection)
        self.inventory = SqlInventoryRepository(connection)
        self.accounts = SqlAccountRepository(connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            # Closing rolls back what was not committed.
            self._connection.close()
            self._connection = None

    def commit(self) -> None:
        """Make the changes lasting. Raises Conflict, StoreUnavailable or StoreReadOnly."""
        if self._connection is None:
            raise RuntimeError("a unit of work is committed inside its with block")
        self._connection.commit()

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except NoConnectionInTime:
            raise StoreUnavailable(
                "the database is busy",
                why="all connections were in use for too long",
                fix="nothing: it is tried again; if it lasts, look for what keeps the database locked",
            ) from None
