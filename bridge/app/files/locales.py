"""Use cases of the admin around languages and tones: what is there, for which phones, and what phones would miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bridge.app.files.phonefiles import model_of
from bridge.core import Device, DevicePool, SignallingProtocol
from bridge.errors import Conflict, NotFound
from bridge.phones import (
    BUILT_IN_COUNTRY,
    BUILT_IN_LANGUAGE,
    TONE_FILES,
    Model,
    catalogue,
    language_files,
    tone_files,
)
from bridge.ports import AuditEntry, Clock, Store
from bridge.provisioning import spoken_protocol, tones_of
from bridge.store.locales import AddedLocales, LocaleStore, StoredLocale


@dataclass(frozen=True, slots=True)
class LocaleNeed:
    """Files that some models ask for, all or none of which help them."""

    files: tuple[str, ...]
    models: tuple[str, ...]
    """Catalogue names."""
    tones: bool


@dataclass(frozen=True, slots=True)
class NeedMet:
    """One such need, and whether a locale meets it."""

    need: LocaleNeed
    missing: tuple[str, ...]

    @property
    def is_met(self) -> bool:
        """Whether every file is there."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class UsedLocale:
    """One locale that is there, or that phones are to have."""

    name: str
    stored: StoredLocale | None
    phones: int
    """Phones for which it is set as their language."""
    phones_for_tones: int
    """Phones for which it is set as their country."""
    needs: tuple[NeedMet, ...]
    """For every kind of model, those of languages where it has files of one, or phones are to have it; tones alike."""
    lacking: Mapping[str, int]
    """Phones of the site that go without, by the file that they lack."""
    made: bool = False
    """Its tones are made by us where it has none."""


class LocaleDesk:
    """The admin's locales. ``actor`` is who asked, for the audit trail."""

    def __init__(self, store: Store, locales: LocaleStore, clock: Clock, actor: str, *, makes_tones: bool) -> None:
        self._store = store
        self._locales = locales
        self._clock = clock
        self._actor = actor
        self._makes_tones = makes_tones

    def add(self, source: Path, name: str = "", *, replace: bool = False) -> AddedLocales:
        """Take the locales out of a package. Raises what ``LocaleStore.add`` raises."""
        added = self._locales.add(source, name, replace=replace)
        detail = ", ".join(each.name for each in added.locales)
        self._audit(f"added locales from {source.name}", detail[:500])
        return added

    def list(self) -> tuple[UsedLocale, ...]:
        """Every locale that is there, or that is set for phones or pools and is not built in, by name."""
        stored = {each.name.lower(): each for each in self._locales.locales()}
        languages, countries = self._wanted()
        names = {each.name for each in stored.values()}
        names |= {each for each in (*languages, *countries) if each.lower() not in stored}
        return tuple(
            self._used(name, stored.get(name.lower()), _of(languages, name), _of(countries, name))
            for name in sorted(names, key=str.lower)
        )

    def show(self, name: str) -> UsedLocale:
        """One of them. Raises NotFound."""
        found = next((each for each in self.list() if each.name.lower() == name.lower()), None)
        if found is None:
            raise NotFound(f"there is no locale {name}", fix="`sepbridge locales list` shows those that are there")
        return found

    def remove(self, name: str, *, force: bool = False) -> StoredLocale:
        """Remove one. Raises NotFound, Conflict while it is set for phones (unless ``force``)."""
        used = self.show(name)
        count = used.phones + used.phones_for_tones
        if count and used.stored is not None and not force:
            raise Conflict(
                f"{used.name} is set for {count} phones",
                why="they would speak English, with the tones of the United States",
                fix="set another locale for them first, or add --force",
            )
        removed = self._locales.remove(name)
        self._audit(f"removed the locale {removed.name}", "forced" if force else "")
        return removed

    def _wanted(self) -> tuple[Mapping[str, Sequence[Device]], Mapping[str, Sequence[Device]]]:
        """Phones by the language and by the country that is set for them, and those that are set without phones."""
        languages: dict[str, list[Device]] = {}
        countries: dict[str, list[Device]] = {}
        with self._store.read() as work:
            pools: dict[str, DevicePool] = {pool.name: pool for pool in work.site.pools()}
            for pool in pools.values():
                languages.setdefault(pool.user_locale or BUILT_IN_LANGUAGE, [])
                countries.setdefault(pool.network_locale or BUILT_IN_COUNTRY, [])
            for device in work.devices.all():
                pool = pools[device.pool]
                language = device.settings.user_locale or pool.user_locale or BUILT_IN_LANGUAGE
                languages.setdefault(language, []).append(device)
                countries.setdefault(pool.network_locale or BUILT_IN_COUNTRY, []).append(device)
        languages.pop(BUILT_IN_LANGUAGE, None)
        countries.pop(BUILT_IN_COUNTRY, None)
        return languages, countries

    def _used(
        self,
        name: str,
        stored: StoredLocale | None,
        speakers: Sequence[Device] | None,
        hearers: Sequence[Device] | None,
    ) -> UsedLocale:
        language, tones = (stored.language, stored.tones) if stored is not None else ((), ())
        held = {file.lower() for file in (*language, *tones)}
        made = self._makes_tones and bool(tones_of(name))
        if made:
            held |= set(TONE_FILES)
        concerned = {False: bool(language) or speakers is not None, True: bool(tones) or made or hearers is not None}
        needs = tuple(
            NeedMet(need, tuple(file for file in need.files if file.lower() not in held))
            for need in locale_needs()
            if concerned[need.tones]
        )
        asked = [
            *(file for each in speakers or () for file in language_files(*_spoken(each))),
            *(file for each in hearers or () for file in tone_files(*_spoken(each))),
        ]
        lacking = dict(Counter(file for file in asked if file.lower() not in held))
        return UsedLocale(name, stored, len(speakers or ()), len(hearers or ()), needs, lacking, made)

    def _audit(self, action: str, detail: str) -> None:
        with self._store.write() as work:
            work.journal.audit(AuditEntry(self._clock.now(), self._actor, action, detail))
            work.commit()


@lru_cache(maxsize=1)
def locale_needs() -> tuple[LocaleNeed, ...]:
    """What the models of the catalogue ask for, those that ask for the same together."""
    found: dict[tuple[bool, tuple[str, ...]], list[str]] = {}
    for model in catalogue():
        for protocol in sorted(model.protocols):
            for tones, files in ((False, language_files(model, protocol)), (True, tone_files(model, protocol))):
                if files:
                    models = found.setdefault((tones, files), [])
                    models.extend([] if model.name in models else [model.name])
    return tuple(LocaleNeed(files, tuple(models), tones) for (tones, files), models in sorted(found.items()))


def _of(wanted: Mapping[str, Sequence[Device]], name: str) -> Sequence[Device] | None:
    """The phones of a locale, letter case ignored; None where it is set for nobody and nothing."""
    return next((devices for each, devices in wanted.items() if each.lower() == name.lower()), None)


def _spoken(device: Device) -> tuple[Model | None, SignallingProtocol]:
    model = model_of(device)
    return model, spoken_protocol(model, device.desired_protocol)
