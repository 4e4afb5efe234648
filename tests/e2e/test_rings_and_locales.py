"""What an admin puts beside phones' own files: how it gets there, and how phones fetch it."""

from __future__ import annotations

import asyncio
import math
import struct
import wave
from pathlib import Path

import pytest

from bridge.core.g711 import expand
from bridge.lab.g711 import share
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import FileAsked, FileGot, FileMissing, Registered
from bridge.lab.testbed import Testbed, running_testbed
from bridge.ports import RestartKind
from tests.e2e.conftest import Shelf, come_up
from tests.e2e.programs import run
from tests.firmware import zipped
from tests.peers import peer


def record(path: Path, frequency: int) -> Path:
    """A second and a half of a tone, as a studio records it: 48 kHz, 24 bits, stereo."""
    samples = (round(4_000_000 * math.sin(2 * math.pi * frequency * index / 48000)) for index in range(72000))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(3)
        file.setframerate(48000)
        file.writeframes(b"".join(struct.pack("<i", each)[:3] * 2 for each in samples))
    return path


async def got(phone: SimulatedPhone, name: str) -> FileGot:
    async with asyncio.timeout(20):
        while (event := await phone.wait_for(FileGot)).name != name:
            pass
    return event


async def tftp(bed: Testbed, name: str, directory: Path) -> bytes:
    """What tftp-hpa's client gets."""
    target = directory / "got"
    target.unlink(missing_ok=True)
    host, port = bed.tftp
    client = await asyncio.create_subprocess_exec(
        peer("tftp"), "-m", "binary", host, str(port), "-c", "get", name, str(target), stdout=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(20):
        await client.wait()
    return target.read_bytes()


@pytest.mark.peer("tftp-hpa")
async def test_phones_find_a_ring_on_their_lists_and_fetch_it(shelf: Shelf, tmp_path: Path) -> None:
    async with running_testbed() as bed:
        told = await run(
            "--config", str(bed.config), "rings", "add", str(record(tmp_path / "x.wav", 1000)), "--name", "Front door"
        )
        assert "Front-door.raw" in told
        # Each asks for the list of its own family while it boots.
        wide, wide_over_tftp, text = (
            shelf.take(bed, "8841"),
            shelf.take(bed, "7821", http=False),
            shelf.take(bed, "7960"),
        )
        for phone in (wide, wide_over_tftp, text):
            phone.power_on()
        assert (await got(wide, "Ringlist-wb.xml")).via == "http"
        assert (await got(wide_over_tftp, "Ringlist-wb.xml")).via == "tftp"
        await got(text, "RINGLIST.DAT")

        for name in ("RINGLIST.XML", "DISTINCTIVERINGLIST.XML", "Ringlist.xml"):
            listed = (await tftp(bed, name, tmp_path)).decode()
            assert "<DisplayName>Front door</DisplayName>" in listed
            assert "<FileName>Front-door.raw</FileName>" in listed
        assert await tftp(bed, "RINGLIST.DAT", tmp_path) == b"Front door\tFront-door.raw\n"
        assert b"<FileName>Front-door.rwb</FileName>" in await tftp(bed, "Ringlist-wb.xml", tmp_path)

        narrow = await tftp(bed, "FRONT-DOOR.RAW", tmp_path)
        assert len(narrow) % 240 == 0
        assert share(expand(narrow[:11840]), 1000) > 0.99
        broad = await tftp(bed, "Front-door.rwb", tmp_path)
        heard = struct.unpack(f"<{len(broad) // 2}h", broad)
        assert share(heard[:24000], 500) > 0.99  # twice as many samples a second: half the frequency in ``share``

        await run("--config", str(bed.config), "rings", "remove", "front door")
        again = shelf.take(bed, "7960")
        again.power_on()
        async with asyncio.timeout(20):
            while (await again.wait_for(FileMissing)).name != "RINGLIST.DAT":
                pass


async def test_a_phone_is_told_of_its_language_once_the_files_are_there(shelf: Shelf, tmp_path: Path) -> None:
    async with running_testbed() as bed:
        config = ("--config", str(bed.config))
        await run(*config, "site", "pools", "set", "Default", "user_locale=German_Germany", "network_locale=Germany")
        phone = shelf.take(bed, "7942")
        await come_up(phone)
        assert phone.boots == 2
        asked = {event.name for event in phone.events if isinstance(event, FileAsked)}
        assert not [name for name in asked if name.endswith((".jar", "-tones.xml"))], "it does not look for them"

        jar = b"PK\x03\x04" + bytes(range(256)) * 300
        package = zipped(
            tmp_path / "po-locale.zip", {"German_Germany/mk-sip.jar": jar, "Germany/g3-tones.xml": b"<tones/>"}
        )
        await run(*config, "locales", "add", str(package))
        await bed.service.restarts.phone(phone.device, RestartKind.RESET)
        assert (await got(phone, "German_Germany/mk-sip.jar")).size == len(jar)
        await got(phone, "Germany/g3-tones.xml")
        assert await tftp(bed, "german_germany/MK-SIP.JAR", tmp_path) == jar
        await phone.wait_for(Registered)
