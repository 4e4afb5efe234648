"""The database: units of work over its repositories."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from bridge.ports.access import AccountRepository, ClaimRepository, OnboardingRepository
from bridge.ports.devices import CallBackRepository, CallRecords, DeviceRepository, InventoryRepository, Journal
from bridge.ports.siteobjects import (
    AutoregistrationRepository,
    FileElementRepository,
    FirmwareRepository,
    PhonebookRepository,
    SiteObjects,
    SiteRepository,
)


class UnitOfWork(Protocol):
    """One transaction. Leaving the block without ``commit()`` undoes everything in it."""

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

    def commit(self) -> None:
        """Make the changes lasting. Raises Conflict, StoreUnavailable or StoreReadOnly."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Store(Protocol):
    """The database."""

    def read(self) -> UnitOfWork:
        """A transaction that only reads. Raises StoreUnavailable."""
        ...

    def write(self, *, urgent: bool = True) -> UnitOfWork:
        """A transaction that may write. Raises StoreUnavailable or StoreReadOnly.

        What is committed lasts, also through a power cut; what is not ``urgent`` may take half a minute until it does.
        """
        ...
