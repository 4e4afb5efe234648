"""Which TFTP server a command line is, where its files are, and where it logs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.watch.tftplog import TftpProgram


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A TFTP server, as its command line and configuration describe it."""

    program: TftpProgram
    root: Path | None = None
    log: Path | None = None
    """None when it logs to syslog."""
    is_quiet: bool = False
    """It is set up so that it does not say who asks for what."""
    makes_public_only: bool = False
    """It serves only what everybody may read."""


_HPA_WITH_VALUE = frozenset("aumtTUPrBR")
"""Options of tftpd-hpa that take a value in the next argument."""
_HPA_LONG = frozenset(
    {"--address", "--user", "--map-file", "--timeout", "--retransmit", "--umask", "--pidfile", "--refuse"}
    | {"--blocksize", "--port-range", "--verbosity"}
)
_DNSMASQ_PLACES = ("/etc/dnsmasq.conf", "/etc/dnsmasq.d")
_MOST_FILES = 200
_LARGEST = 1 << 20


def recognise(command: Sequence[str], *, files: Path = Path("/")) -> FoundServer | None:
    """The server that this command line is; None for a program that is not known. ``files``: where ``/`` is."""
    program = Path(command[0]).name if command else ""
    match program:
        case "in.tftpd" | "tftpd":
            return _hpa(command[1:])
        case "atftpd":
            return _atftpd(command[1:])
        case "dnsmasq":
            return _dnsmasq(command[1:], files)
        case _:
            return None


def _hpa(arguments: Sequence[str]) -> FoundServer:
    root, verbose, permissive, skip = None, False, False, False
    for each in arguments:
        if skip:
            skip = False
        elif each.startswith("--"):
            verbose |= each in ("--verbose", "--verbosity") or each.startswith("--verbosity=")
            permissive |= each == "--permissive"
            skip = each in _HPA_LONG
        elif each.startswith("-") and len(each) > 1:
            verbose |= "v" in each
            permissive |= "p" in each
            skip = each[-1] in _HPA_WITH_VALUE
        elif each.startswith("/"):
            root = Path(each)
    return FoundServer(TftpProgram.TFTPD_HPA, root, None, not verbose, not permissive)


def _atftpd(arguments: Sequence[str]) -> FoundServer:
    root, log, level = None, None, 5
    for place, each in enumerate(arguments):
        value = each.partition("=")[2] or (arguments[place + 1] if place + 1 < len(arguments) else "")
        if each.startswith("--logfile") and value.startswith("/"):
            log = Path(value)
        elif each.startswith(("--verbose=", "-v")):
            digits = each.removeprefix("--verbose=").removeprefix("-v")
            level = int(digits) if digits.isdecimal() else 7
        elif each.startswith("/") and arguments[place - 1] != "--logfile":
            root = Path(each)
    return FoundServer(TftpProgram.ATFTPD, root or Path("/srv/tftp"), log, level < 5)


def _dnsmasq(arguments: Sequence[str], files: Path) -> FoundServer:
    places: list[str] = []
    settings: list[tuple[str, str]] = []
    for place, each in enumerate(arguments):
        key, _, value = each.removeprefix("--").partition("=")
        if each in ("-C", "-7") and place + 1 < len(arguments):
            places.append(arguments[place + 1])
        elif key in ("conf-file", "conf-dir"):
            places.append(value.partition(",")[0])
        elif each.startswith("--"):
            settings.append((key, value))
    for text in _configurations([files / each.lstrip("/") for each in places or _DNSMASQ_PLACES]):
        for line in text.splitlines():
            key, _, value = line.partition("#")[0].partition("=")
            settings.append((key.strip(), value.strip().strip('"')))
    last = dict(settings)
    root = last.get("tftp-root", "").partition(",")[0]
    log = last.get("log-facility", "")
    return FoundServer(
        TftpProgram.DNSMASQ,
        Path(root) if root.startswith("/") else None,
        Path(log) if log.startswith("/") else None,
        "quiet-tftp" in last,
        "tftp-secure" not in last,
    )


def _configurations(places: Sequence[Path]) -> Iterator[str]:
    found: list[Path] = []
    for place in places:
        with contextlib.suppress(OSError):
            found += sorted(place.iterdir()) if place.is_dir() else [place]
    for path in found[:_MOST_FILES]:
        with contextlib.suppress(OSError):
            if path.is_file() and path.stat().st_size <= _LARGEST:
                yield path.read_text(encoding="utf-8", errors="replace")
