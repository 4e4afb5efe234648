"""Small firmware packages that we make ourselves: the form of real ones, and nothing of Cisco's."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

JAVA_41 = ("apps41.9-4-2ES26.sbn", "cnu41.9-4-2ES26.sbn", "cvm41sccp.9-4-2ES26.sbn", "dsp41.9-4-2ES26.sbn")


def load_list(*names: str, signed: bool = True) -> bytes:
    """A ``.loads`` file that names these, between the octets of a made-up signature."""
    header = b"\x01\x00\x02\x01\x01" + bytes(range(128, 200)) if signed else b""
    return header + "\n".join(names).encode() + b"\n" + (bytes(20) if signed else b"")


def platform_list(**blocks: tuple[str, ...]) -> bytes:
    """The signed INI of 78xx and 88xx."""
    text = "".join(
        f"[{block}]\n" + "".join(f"image_{place}={name}\n" for place, name in enumerate(names))
        for block, names in blocks.items()
    )
    return b"\x01\x00\x02" + bytes(range(160, 230)) + text.encode()


def java_load(
    name: str = "SCCP41.9-4-2SR3-1S", files: tuple[str, ...] = JAVA_41, *, size: int = 300
) -> dict[str, bytes]:
    """A load of the 79xx kind with its files."""
    return {f"{name}.loads": load_list(*files), **{each: each.encode().ljust(size, b".") for each in files}}


def zipped(path: Path, content: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, content: Mapping[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]  # the mode is a text here, which no overload takes
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path
