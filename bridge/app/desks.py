"""The use cases together, opened for whoever asks: one set for the command line, the REST API and the dashboard."""

from __future__ import annotations

from bridge.app.admission.onboarding import Onboarding
from bridge.app.admission.temporary import TemporaryDesk
from bridge.app.admission.window import WindowDesk
from bridge.app.claims.claimdesk import ClaimDesk
from bridge.app.files.backgrounds import BackgroundDesk
from bridge.app.files.filedesk import FileDesk, locales_directory
from bridge.app.files.firmware import FirmwareDesk
from bridge.app.files.locales import LocaleDesk
from bridge.app.files.rings import RingDesk
from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.phones.phones import PhoneDesk
from bridge.app.services.directory import DirectoryDesk
from bridge.app.settings import Settings
from bridge.app.site.sitedesk import SiteDesk
from bridge.app.system import SystemClock, SystemIds, own_address
from bridge.ports import AuditEntry, Clock, IdSource, Store
from bridge.store.filetree import FileTree
from bridge.store.firmware import FirmwareStore
from bridge.store.locales import LocaleStore


class Desks:
    """Makes the desks. All of them block: call them in a thread, outside the command line.

    ``actor`` is who asks, for the audit trail. A change is in the database alone: tell the running service afterwards.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        actor: str,
        clock: Clock | None = None,
        ids: IdSource | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.actor = actor
        self.clock = clock or SystemClock()
        self._ids = ids or SystemIds()

    @property
    def tree(self) -> FileTree | None:
        """The admin's file tree; None while there is none."""
        directory = self.settings.files_directory
        return FileTree(directory) if directory.is_dir() else None

    @property
    def window(self) -> WindowDesk:
        """Autoregistration."""
        return WindowDesk(self.store, self.clock, self.actor, self.tree)

    @property
    def phones(self) -> PhoneDesk:
        """Phones."""
        return PhoneDesk(self.store, self.clock, self._ids, self.actor)

    @property
    def changes(self) -> PhoneChanges:
        """Changes to single phones."""
        return PhoneChanges(self.store, self.clock, self._ids, self.actor)

    @property
    def temporary(self) -> TemporaryDesk:
        """Temporary phones."""
        return TemporaryDesk(self.store, self.clock, self.changes, self.actor)

    @property
    def onboarding(self) -> Onboarding:
        """Onboarding codes."""
        return Onboarding(self.store, self.clock, self._ids, self.actor)

    @property
    def files(self) -> FileDesk:
        """Phones' files."""
        return FileDesk(self.settings, self.store, self.settings.server.address or own_address())

    @property
    def directory(self) -> DirectoryDesk:
        """Directories."""
        return DirectoryDesk(self.store, self.clock, self.actor)

    @property
    def firmware(self) -> FirmwareDesk:
        """Firmware and its roll-outs."""
        return FirmwareDesk(self.store, FirmwareStore(self.settings.files_directory), self.clock, self.actor)

    @property
    def locales(self) -> LocaleDesk:
        """Languages and tones."""
        place = LocaleStore(locales_directory(self.settings))
        makes = self.settings.phones.make_tones
        return LocaleDesk(self.store, place, self.clock, self.actor, makes_tones=makes)

    @property
    def rings(self) -> RingDesk:
        """Rings."""
        return RingDesk(self.settings.files_directory)

    @property
    def backgrounds(self) -> BackgroundDesk:
        """Backgrounds."""
        return BackgroundDesk(self.settings.files_directory)

    def audit(self, action: str, detail: str = "") -> None:
        """Write down what was done without the database. Raises StoreError."""
        with self.store.write() as work:
            work.journal.audit(AuditEntry(self.clock.now(), self.actor, action, detail))
            work.commit()

    @property
    def claims(self) -> ClaimDesk:
        """Claims."""
        return ClaimDesk(self.store, self.clock, self._ids, self.actor)

    @property
    def site(self) -> SiteDesk:
        """The site's objects."""
        return SiteDesk(self.store, self.clock, self._ids, self.actor)
