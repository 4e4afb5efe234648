"""The languages and tones that a phone's file names: those that are set, where their files are there to be fetched.

A phone asks at every boot for the files of a locale that its file names, and shows "Error updating locale" when they
are missing (phone file reference, section 8). So what is not there is not named, unless the site wants it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from bridge.core import Device, DevicePool, SignallingProtocol
from bridge.phones import BUILT_IN_COUNTRY, BUILT_IN_LANGUAGE, Model, language_files, tone_files
from bridge.provisioning.settings import Locale, PhoneSettings


class LocaleFiles(Protocol):
    """Where the files of languages and countries lie."""

    def language(self, folder: str, names: Sequence[str]) -> str | None:
        """What changes with the files ``names`` of a language, empty for nothing; None where one of them is missing.

        Without names, of a model whose files no source knows: those of any model.
        """
        ...

    def country(self, folder: str, names: Sequence[str]) -> str | None:
        """The same of a country's tones."""
        ...


class EverythingThere:
    """For whoever wants locales named whether or not their files are there."""

    def language(self, folder: str, names: Sequence[str]) -> str | None:
        """It is there."""
        return ""

    def country(self, folder: str, names: Sequence[str]) -> str | None:
        """It is there."""
        return ""


EVERYTHING_THERE = EverythingThere()


def wanted_language(settings: PhoneSettings, device: Device, pool: DevicePool) -> str:
    """The language that is set for a phone, by the name of its folder."""
    return device.settings.user_locale or pool.user_locale or settings.locale.name


def wanted_country(settings: PhoneSettings, pool: DevicePool) -> str:
    """The country whose tones are set for a phone, by the name of its folder."""
    return pool.network_locale or settings.locale.network


def locale_of(
    settings: PhoneSettings,
    device: Device,
    pool: DevicePool,
    model: Model | None,
    protocol: SignallingProtocol,
    files: LocaleFiles,
) -> Locale:
    """What the phone's file says of language and tones: what is set if its files are there, else what is built in.

    The language's code stands in no public table for every locale: where another one than that of the settings is
    named, it stays out, and the phone goes by the folder alone. The versions follow the files: a phone fetches those of
    a locale that it has only when the version changed.
    """
    locale = settings.locale
    language, country = wanted_language(settings, device, pool), wanted_country(settings, pool)
    if language != BUILT_IN_LANGUAGE:
        version = files.language(language, language_files(model, protocol))
        if version is None:
            locale = replace(locale, name=BUILT_IN_LANGUAGE, language=Locale().language, version="")
        elif language != locale.name:
            locale = replace(locale, name=language, language="", version=version)
        else:
            locale = replace(locale, version=version or locale.version)
    elif language != locale.name:
        locale = replace(locale, name=language, language=Locale().language, version="")
    if country != BUILT_IN_COUNTRY:
        version = files.country(country, tone_files(model, protocol))
        if version is None:
            country, version = BUILT_IN_COUNTRY, ""
        return replace(locale, network=country, network_version=version)
    return replace(locale, network=country, network_version="")
