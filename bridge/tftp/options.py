"""Negotiating the options of a read request (RFC 2347).

They are blksize (RFC 2348), timeout and tsize (RFC 2349) and windowsize (RFC 7440). A value that is too ambitious is
answered with a smaller one where the RFC lets the server do so (blksize, windowsize), and left out of the answer where
it does not (timeout): then the client goes on as if the server did not know the option. A value that no RFC defines is
refused with error 8. Phones never need options; they may offer any.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.errors import RemoteProtocolError
from bridge.tftp.packets import ErrorCode, Options

DEFAULT_BLOCK_SIZE = 512
SMALLEST_BLOCK_SIZE = 8
LARGEST_BLOCK_SIZE = 65464
"""The bounds of RFC 2348, section "Blocksize Option Specification"."""


@dataclass(frozen=True, slots=True)
class OptionLimits:
    """What we grant at most, whatever the RFCs allow."""

    block_size: int = LARGEST_BLOCK_SIZE
    """Octets."""
    window_size: int = 64
    """Blocks in flight."""
    window_octets: int = 512 * 1024
    """Octets in flight: windowsize is lowered so that windowsize x blksize does not exceed it."""
    timeout: int = 30
    """Seconds. A client with a longer timeout would occupy a transfer for minutes after its death."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What server and client agreed on for one transfer."""

    block_size: int = DEFAULT_BLOCK_SIZE
    window_size: int = 1
    timeout: int | None = None
    """Seconds between retransmissions; None where the client did not ask."""
    granted: Options = ()
    """The content of the OACK; empty where none must be sent."""


DEFAULT_LIMITS = OptionLimits()
PLAIN_TERMS = Terms()
"""The terms of RFC 1350, for a request without options."""


def negotiate(asked: Iterable[tuple[str, str]], *, size: int, limits: OptionLimits = DEFAULT_LIMITS) -> Terms:
    """The terms for a read request of a file of ``size`` octets.

    Raises RemoteProtocolError (reply: error 8) for a value no RFC defines, and for an option that comes twice.
    """
    block_size, window_size = DEFAULT_BLOCK_SIZE, 1
    timeout: int | None = None
    granted: dict[str, str] = {}
    seen: set[str] = set()
    for spelling, value in asked:
        option = spelling.lower()
        if option in seen:
            raise _refused(f"option {option} comes twice")
        seen.add(option)
        if option == "blksize":
            # Larger than the RFC's maximum is met with the maximum: the answer may be any smaller value.
            block_size = min(_number(option, value, least=SMALLEST_BLOCK_SIZE), limits.block_size)
            granted[spelling] = str(block_size)
        elif option == "windowsize":
            window_size = min(_number(option, value, least=1), limits.window_size)
            granted[spelling] = ""  # depends on the block size, which may come later
        elif option == "timeout":
            seconds = _number(option, value, least=1, most=255)
            if seconds <= limits.timeout:
                timeout = seconds
                granted[spelling] = str(seconds)
        elif option == "tsize":
            _number(option, value, least=0)
            granted[spelling] = str(size)
    if not granted:
        return PLAIN_TERMS
    window_size = max(1, min(window_size, limits.window_octets // block_size))
    return Terms(
        block_size=block_size,
        window_size=window_size,
        timeout=timeout,
        granted=tuple((name, value or str(window_size)) for name, value in granted.items()),
    )


def _number(option: str, value: str, *, least: int, most: int | None = None) -> int:
    # No option has more than ten digits of sense; isdecimal alone would let other scripts' digits in.
    if not (value.isascii() and value.isdecimal() and len(value) <= 20):
        raise _refused(f"the value of {option} is not a number")
    number = int(value)
    if number < least or (most is not None and number > most):
        raise _refused(f"{option} must be {f'{least} to {most}' if most is not None else f'at least {least}'}")
    return number


def _refused(why: str) -> RemoteProtocolError:
    return RemoteProtocolError("TFTP options refused", why=why, reply=ErrorCode.OPTION_REFUSED)
