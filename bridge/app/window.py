"""Use cases of the admin around autoregistration: every change is one transaction with an audit entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from bridge.app.status import WindowStatus, window_status
from bridge.autoregistration import DEFAULT_WINDOW, AutoregistrationSettings, changes
from bridge.core import NumberRange
from bridge.ports import AuditEntry, Clock, Store

Change = Callable[[AutoregistrationSettings, datetime], AutoregistrationSettings]


class WindowDesk:
    """Opens, closes and describes autoregistration. ``actor`` is who asked, for the audit trail."""

    def __init__(self, store: Store, clock: Clock, actor: str) -> None:
        self._store = store
        self._clock = clock
        self._actor = actor

    def status(self) -> WindowStatus:
        """How things stand now."""
        with self._store.read() as work:
            settings = work.autoregistration.load()
            return window_status(settings, work.devices.numbers_in_use(settings.partition), self._clock.now())

    def settings(self) -> AutoregistrationSettings:
        """The settings as stored."""
        with self._store.read() as work:
            return work.autoregistration.load()

    def enable(
        self, *, duration: timedelta = DEFAULT_WINDOW, until: datetime | None = None, force: bool = False
    ) -> None:
        """Open the window. Raises Conflict without a range, InvalidInput for the time."""
        self._change(
            lambda settings, now: changes.enable(settings, now=now, duration=duration, until=until, force=force),
            "enabled autoregistration",
            f"until {until}" if until else f"for {duration}" + (" (forced)" if force else ""),
        )

    def disable(self) -> None:
        """Close the window."""
        self._change(lambda settings, _: changes.disable(settings), "disabled autoregistration")

    def set_range(self, numbers: NumberRange) -> None:
        """Enter a range. The first valid one opens the window, equal ends close it (AR-11)."""
        self._change(
            lambda settings, now: changes.set_range(settings, numbers, now=now),
            "set the autoregistration range",
            str(numbers),
        )

    def reset_pointer(self) -> None:
        """Start the search for free numbers at the beginning of the range again."""
        self._change(lambda settings, _: changes.reset_pointer(settings), "reset the autoregistration pointer")

    def set_protocol(self, protocol: str) -> None:
        """Set the Auto Registration Phone Protocol. Raises InvalidInput."""
        self._change(
            lambda settings, _: changes.set_protocol(settings, protocol), "set the autoregistration protocol", protocol
        )

    def set_networks(self, networks: Iterable[str]) -> None:
        """Set the networks whose phones may autoregister; none means all. Raises InvalidInput."""
        wanted = list(networks)
        self._change(
            lambda settings, _: changes.set_allowed_networks(settings, wanted),
            "set the autoregistration networks",
            ", ".join(wanted) or "all",
        )

    def _change(self, change: Change, action: str, detail: str = "") -> None:
        now = self._clock.now()
        with self._store.write() as work:
            work.autoregistration.save(change(work.autoregistration.load(for_update=True), now))
            work.journal.audit(AuditEntry(now, self._actor, action, detail))
            work.commit()
