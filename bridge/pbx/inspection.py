"""Looking an Asterisk over, once, for the doctor: what the manager interface says, and what stands in its files."""

from __future__ import annotations

import asyncio
import contextlib
import time
from ipaddress import ip_network
from pathlib import Path

from bridge.doctor.asterisk import (
    ACTIONS,
    NEEDED,
    REALTIME,
    UNWANTED,
    USEFUL,
    AmiFacts,
    ConfigurationFacts,
    Door,
    Network,
    TransportFacts,
)
from bridge.errors import ConfigurationError, PbxError, PbxLoginRefused
from bridge.pbx.ami import Ami, AmiSettings, AmiState
from bridge.pbx.conffile import Section
from bridge.pbx.included import included, names_of_others
from bridge.pbx.install import DIRECTORY, PJSIP_PHONES, InstallSettings, belongs_to_freepbx, outdated, standing

CODECS = ("ulaw", "alaw", "g722", "g729", "gsm", "ilbc", "opus", "g726")
"""Codecs that a module of Asterisk translates."""
_MODULE_OF = {"opus": ("codec_opus", "codec_opus_open_source")}


async def inspect_ami(settings: AmiSettings, *, within: float = 8.0) -> AmiFacts:
    """Log in, ask, log out. Never raises PbxError: what went wrong is a fact."""
    settled = asyncio.Event()

    def changed(state: AmiState) -> None:
        if state.connected or state.trouble is not None:
            settled.set()

    ami = Ami(settings, on_state=changed)
    running = asyncio.create_task(ami.run())
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await settled.wait()
        if not ami.state.connected:
            trouble = ami.state.trouble
            door = Door.REFUSED if isinstance(trouble, PbxLoginRefused) else Door.AWAY
            return AmiFacts(door, "; ".join(each for each in (trouble.what, trouble.why) if each) if trouble else "")
        return await _asked(ami)
    except PbxError as error:
        return AmiFacts(Door.AWAY, f"{error.what}; {error.why}" if error.why else error.what)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _asked(ami: Ami) -> AmiFacts:
    version = ami.state.version
    listed = await ami.action("ListCommands")
    named = {name for name, _ in listed.response.headers}  # in small letters
    actions = frozenset(each for each in ACTIONS if each.lower() in named)
    loaded: set[str] = set()
    codecs = [f"codec_{each}" for each in CODECS]
    for module in (*NEEDED, *USEFUL, *REALTIME, *UNWANTED, *codecs):
        names = _MODULE_OF.get(module.removeprefix("codec_"), (module,))
        for name in names:
            # Asterisk adds the ending itself, to whatever it is given.
            if (await ami.action("ModuleCheck", [("Module", name)])).success:
                loaded.add(module)
                break
    endpoints = await ami.action("PJSIPShowEndpoints")
    ping = await ami.action("Ping")
    ahead = 0.0
    with contextlib.suppress(ValueError):
        ahead = float(ping.response.get("Timestamp")) - time.time()
    return AmiFacts(
        Door.OPEN,
        "",
        version,
        frozenset(loaded),
        actions,
        frozenset(event.get("ObjectName") for event in endpoints.named("EndpointList")),
        ahead,
    )


def inspect_files(etc: Path, settings: InstallSettings) -> ConfigurationFacts:
    """What stands in ``/etc/asterisk``. Raises ConfigurationError where it cannot be read."""
    if not etc.is_dir():
        raise ConfigurationError(f"{etc} is not on this machine", fix="run the doctor where Asterisk runs")
    # FreePBX reads other files of ours, which are its own way in.
    missing, old = ((), ()) if belongs_to_freepbx(etc) else (standing(etc), outdated(etc, settings))
    return ConfigurationFacts(
        str(etc), missing, old, configured_transports(etc), configured_rtp(etc), _named_twice(etc)
    )


def _named_twice(etc: Path) -> tuple[str, ...]:
    ours = etc / DIRECTORY / PJSIP_PHONES
    if not ours.is_file():
        return ()
    named = {section.name for file in included(etc, str(ours)) for section in file.sections}
    return tuple(sorted(named & names_of_others(etc, etc / DIRECTORY)))


def configured_transports(etc: Path) -> tuple[TransportFacts, ...]:
    """The transports in pjsip.conf and all that it includes."""
    return tuple(
        _transport(section)
        for file in included(etc, "pjsip.conf")
        for section in file.sections
        if section.last("type").lower() == "transport" and not section.template
    )


def configured_rtp(etc: Path) -> tuple[int, int]:
    """First and last RTP port; Asterisk's defaults where nothing is set."""
    first, last = 5000, 31000
    for file in included(etc, "rtp.conf"):
        for section in file.named("general"):
            with contextlib.suppress(ValueError):
                first = int(section.last("rtpstart") or first)
                last = int(section.last("rtpend") or last)
    return first, last


def _transport(section: Section) -> TransportFacts:
    _, _, port = section.last("bind").rpartition(":") if ":" in section.last("bind") else ("", "", "")
    local: list[Network] = []
    for value in section.values("local_net"):
        for each in value.split(","):
            with contextlib.suppress(ValueError):
                local.append(ip_network(each.strip(), strict=False))
    return TransportFacts(
        section.name,
        section.last("protocol").lower() or "udp",
        int(port) if port.isdigit() else 5060,
        section.last("external_media_address") or section.last("external_signaling_address"),
        tuple(local),
    )
