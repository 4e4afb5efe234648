"""What Asterisk is to know, and how far it has got: desired, written, reloaded, confirmed. Pure bookkeeping.

Every change gets the next version number. The files hold everything up to ``written``, Asterisk has read everything up
to ``reloaded``. While a reload runs, changes gather and go into the next one: a lone change is served at once, a storm
causes as many reloads as fit one after the other, however many phones there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bridge.ports import SipEndpoint


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that is desired, as of one version, ordered by name."""

    version: int
    endpoints: tuple[SipEndpoint, ...]


@dataclass(frozen=True, slots=True)
class ReloadBatch:
    """What one reload is to bring to Asterisk."""

    version: int
    names: tuple[str, ...]
    """Endpoints to ask Asterisk for afterwards, ordered by name."""
    changed: int
    """How many of them changed; the others are only verified."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What Asterisk turned out to know after a reload."""

    confirmed: tuple[SipEndpoint, ...] = ()
    """Known now, and waited for until now."""
    refused: tuple[str, ...] = ()
    """Still unknown, though they stand in the files."""


class Backlog:
    """The desired endpoints and their progress."""

    def __init__(self) -> None:
        self._desired: dict[str, SipEndpoint] = {}
        self._unconfirmed: dict[str, int] = {}
        self._refused: dict[str, str] = {}
        self._unwritable: frozenset[str] = frozenset()
        self._version = 0
        self._written = -1
        self._reloaded = -1
        self._verify_all = True
        self._met: set[str] = set()
        self.declared = False
        """Whether the complete set was ever given; before that nothing may be written, or phones would be lost."""

    # --- what is desired

    def replace_all(self, endpoints: Iterable[SipEndpoint]) -> None:
        """The complete set."""
        wanted = {endpoint.name: endpoint for endpoint in endpoints}
        self.declared = True
        self._version += 1
        for name in [name for name in self._desired if name not in wanted]:
            self._mark(name, None)
        for endpoint in wanted.values():
            self._mark(endpoint.name, endpoint)

    def put(self, endpoints: Iterable[SipEndpoint]) -> bool:
        """Add or change. False when nothing changes."""
        changed = [one for one in endpoints if self._desired.get(one.name) != one]
        if changed:
            self._version += 1
        for endpoint in changed:
            self._mark(endpoint.name, endpoint)
        return bool(changed)

    def drop(self, names: Iterable[str]) -> bool:
        """Remove. False when nothing changes."""
        known = [name for name in names if name in self._desired]
        if known:
            self._version += 1
        for name in known:
            self._mark(name, None)
        return bool(known)

    def touch(self) -> None:
        """Something that is written beside the endpoints changed."""
        self._version += 1

    def _mark(self, name: str, endpoint: SipEndpoint | None) -> None:
        if self._desired.get(name) == endpoint:
            return
        if endpoint is None:
            del self._desired[name]
            self._met.discard(name)
        else:
            self._desired[name] = endpoint
        self._unconfirmed[name] = self._version
        self._refused.pop(name, None)

    # --- how far it has got

    def desired(self, name: str) -> SipEndpoint | None:
        """The endpoint of that name."""
        return self._desired.get(name)

    @property
    def names(self) -> frozenset[str]:
        """Every endpoint of ours."""
        return frozenset(self._desired)

    @property
    def pending(self) -> tuple[str, ...]:
        """Endpoints whose change (removal included) Asterisk has not confirmed, ordered by name."""
        return tuple(sorted(self._unconfirmed))

    @property
    def refused(self) -> Mapping[str, str]:
        """Endpoints that cannot be written or that Asterisk does not take, with the reason."""
        return self._refused

    def is_confirmed(self, name: str) -> bool:
        """Whether Asterisk said that it knows the endpoint as it is desired now."""
        return name in self._desired and name not in self._unconfirmed

    def was_confirmed(self, name: str) -> bool:
        """Whether Asterisk ever said that it knows the endpoint, in this form or an older one."""
        return name in self._desired and name in self._met

    # --- writing

    @property
    def needs_writing(self) -> bool:
        """Whether the files lag behind."""
        return self.declared and self._version > self._written

    def snapshot(self) -> Snapshot:
        """What to write."""
        return Snapshot(self._version, tuple(self._desired[name] for name in sorted(self._desired)))

    def wrote(self, snapshot: Snapshot, refused: Mapping[str, str]) -> None:
        """The files hold ``snapshot`` without the ``refused``."""
        self._written = snapshot.version
        self._unwritable = frozenset(refused)
        for name, why in refused.items():
            if self._unconfirmed.get(name, 0) <= snapshot.version:
                self._refused[name] = why

    # --- reloading

    def connected(self) -> None:
        """A new connection: nobody knows what this Asterisk has read, so read again and verify everything."""
        self._reloaded = -1
        self._verify_all = True

    @property
    def has_written(self) -> bool:
        """Whether the files hold anything of ours to read."""
        return self._written >= 0

    @property
    def needs_reload(self) -> bool:
        """Whether Asterisk lags behind the files."""
        return self._written > self._reloaded

    def begin_reload(self) -> ReloadBatch:
        """What the reload that starts now covers; changes from here on belong to the next one."""
        changed = {name for name, version in self._unconfirmed.items() if version <= self._written}
        names = (changed | self._desired.keys() if self._verify_all else changed) - self._unwritable
        names = {name for name in names if self._unconfirmed.get(name, 0) <= self._written}
        return ReloadBatch(self._written, tuple(sorted(names)), len(changed))

    def finish_reload(self, batch: ReloadBatch, is_live: Callable[[str], bool], *, why_not: str) -> Outcome:
        """Asterisk has read the batch and answered for each of its names. Changes made meanwhile stay open."""
        self._reloaded = batch.version
        self._verify_all = False
        confirmed: list[SipEndpoint] = []
        refused: list[str] = []
        for name in batch.names:
            if self._unconfirmed.get(name, 0) > batch.version:
                continue
            endpoint = self._desired.get(name)
            if endpoint is None:
                self._unconfirmed.pop(name, None)
            elif not is_live(name):
                if name not in self._refused:
                    refused.append(name)
                self._refused.setdefault(name, why_not)
                self._unconfirmed.setdefault(name, batch.version)
            else:
                self._refused.pop(name, None)
                self._met.add(name)
                if self._unconfirmed.pop(name, None) is not None:
                    confirmed.append(endpoint)
        return Outcome(tuple(confirmed), tuple(refused))
