"""The doctor on a FreePBX: its API, transports, firewall, custom files, each with the way through its menus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from pathlib import Path

from bridge.app.pbxchoice import api_settings
from bridge.app.settings import Settings
from bridge.core.findings import Finding
from bridge.doctor.ailment import unchecked
from bridge.doctor.freepbx import INCLUDES, NOT_CONFIGURED
from bridge.errors import NotFound, SepbridgeError
from bridge.host.programs import output_of
from bridge.pbx.conffile import parse
from bridge.pbx.freepbxapi import ApiSettings, GraphQlApi
from bridge.pbx.freepbxchecks import check_api, check_custom_file, check_firewall, check_transports
from bridge.pbx.freepbxinstall import standing
from bridge.pbx.inspection import configured_transports

_API_PATIENCE = 10.0
_PARTS = ("endpoint", "aor", "auth")


def check_freepbx(settings: Settings, networks: Sequence[IPv4Network]) -> Iterator[Finding]:
    """Everything but port 69 and bans, which have checks of their own. Raises ConfigurationError, SepbridgeError.

    ``networks``: those that phones are in.
    """
    if not settings.freepbx.url:
        yield NOT_CONFIGURED.found("this is a FreePBX, and the settings file has no section [freepbx]")
    else:
        yield from _check_api(settings)
    etc = settings.asterisk.directory.parent
    if not etc.is_dir():
        yield unchecked("freepbx", f"{etc} is not on this machine")
        return
    if missing := standing(etc):
        yield INCLUDES.found(f"missing in {etc}: {', '.join(missing)}")
    yield from check_transports({each.protocol for each in configured_transports(etc)})
    yield from _check_custom_files(etc)
    try:
        yield from check_firewall(output_of(["iptables", "-S"]), networks)
    except NotFound:
        return  # without iptables FreePBX has no firewall
    except SepbridgeError as error:
        yield unchecked("freepbx", f"{error.what}: {error.why}" if error.why else error.what)


def _check_api(settings: Settings) -> Iterator[Finding]:
    try:
        mutations = asyncio.run(_mutations(api_settings(settings)))
    except SepbridgeError as error:
        yield from check_api(error)
    else:
        yield from check_api(None, mutations)


async def _mutations(settings: ApiSettings) -> frozenset[str]:
    api = GraphQlApi(settings)
    try:
        async with asyncio.timeout(_API_PATIENCE):
            return await api.mutations()
    except TimeoutError:
        raise SepbridgeError(
            f"FreePBX's API at {settings.url} did not answer",
            why=f"nothing came within {_API_PATIENCE:g} s",
            fix="see that its web server runs, and freepbx.url",
        ) from None
    finally:
        await api.close()


def _check_custom_files(etc: Path) -> Iterator[Finding]:
    """The admin's own ``[1001](+)``; those of sepbridge are checked before every reload."""
    for part in _PARTS:
        generated, *custom = (_text(etc / f"pjsip.{part}{ending}.conf") for ending in ("", "_custom", "_custom_post"))
        living = {
            section.name
            for text in (generated, *custom)
            for section in parse(text).sections
            if not (section.append or section.template)
        }
        for ending, text in zip(("_custom", "_custom_post"), custom, strict=True):
            yield from check_custom_file(f"pjsip.{part}{ending}.conf", text, living)


def _text(path: Path) -> str:
    """Empty where there is none. Raises SepbridgeError."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SepbridgeError(f"cannot read {path}", why=error.strerror or "", fix="run as root") from error
