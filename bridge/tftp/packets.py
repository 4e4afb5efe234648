"""The six packets of TFTP, decoded and encoded (RFC 1350 section 5; OACK: RFC 2347).

Texts are UTF-8; what is not UTF-8 is read as Latin-1, so that every request has a name that can be logged and stored.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from bridge.errors import LocalProtocolError, RemoteProtocolError

MAX_REQUEST = 512
"""Octets of the longest request (RFC 2347: "the maximum size of a request packet is 512 octets")."""
MAX_ERROR_TEXT = 200
"""Characters of an ERROR's text that we send or keep; the RFC sets no limit."""

HEADER = struct.Struct("!HH")
"""Opcode and block number or error code: the start of DATA, ACK and ERROR."""


class Opcode(IntEnum):
    """The first two octets of every packet."""

    RRQ = 1
    WRQ = 2
    DATA = 3
    ACK = 4
    ERROR = 5
    OACK = 6


class ErrorCode(IntEnum):
    """The codes of an ERROR packet (RFC 1350 appendix; 8: RFC 2347)."""

    NOT_DEFINED = 0
    FILE_NOT_FOUND = 1
    ACCESS_VIOLATION = 2
    DISK_FULL = 3
    ILLEGAL_OPERATION = 4
    UNKNOWN_TRANSFER_ID = 5
    FILE_EXISTS = 6
    NO_SUCH_USER = 7
    OPTION_REFUSED = 8


Options = tuple[tuple[str, str], ...]
"""Options in the order of the packet, names as the sender spelt them."""


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A client wants to read a file. ``mode`` is in lower case and not checked."""

    name: str
    mode: str
    options: Options = ()


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A client wants to write a file."""

    name: str
    mode: str
    options: Options = ()


@dataclass(frozen=True, slots=True)
class Data:
    """One block of a file; shorter than the block size means that it is the last."""

    block: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Everything up to ``block`` arrived."""

    block: int


@dataclass(frozen=True, slots=True)
class Error:
    """The end of a transfer, or the refusal of a request. ``code`` may be one that no RFC knows."""

    code: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class OptionAcknowledgement:
    """The options that the server grants, with the values it grants."""

    options: Options


Packet = ReadRequest | WriteRequest | Data | Acknowledgement | Error | OptionAcknowledgement


def decode(data: bytes) -> Packet:
    """Read one datagram. Raises RemoteProtocolError (reply: error 4) for anything that is no TFTP packet."""
    if len(data) < 4:
        raise _malformed("shorter than any TFTP packet")
    opcode, number = HEADER.unpack_from(data)
    if opcode == Opcode.RRQ:
        return ReadRequest(*_decode_request(data))
    if opcode == Opcode.WRQ:
        return WriteRequest(*_decode_request(data))
    if opcode == Opcode.DATA:
        return Data(number, data[4:])
    if opcode == Opcode.ACK:
        return Acknowledgement(number)
    if opcode == Opcode.ERROR:
        # Many clients leave the final NUL out; the text is for people only.
        return Error(number, _text(data[4:].split(b"\0", 1)[0]))
    if opcode == Opcode.OACK:
        return OptionAcknowledgement(_decode_options(data[2:].split(b"\0")))
    raise _malformed(f"operation {opcode} is not one of TFTP")


def encode(packet: Packet) -> bytes:
    """Write one packet. Raises LocalProtocolError for texts with a NUL and numbers beyond 16 bits."""
    match packet:
        case ReadRequest(name, mode, options):
            return b"\0\1" + _encode_texts(name, mode, *_flat(options))
        case WriteRequest(name, mode, options):
            return b"\0\2" + _encode_texts(name, mode, *_flat(options))
        case Data(block, data):
            return HEADER.pack(Opcode.DATA, _number(block)) + data
        case Acknowledgement(block):
            return HEADER.pack(Opcode.ACK, _number(block))
        case Error(code, message):
            return HEADER.pack(Opcode.ERROR, _number(code)) + _encode_texts(message[:MAX_ERROR_TEXT])
        case OptionAcknowledgement(options):
            return b"\0\6" + _encode_texts(*_flat(options))


def _decode_request(data: bytes) -> tuple[str, str, Options]:
    fields = data[2:].split(b"\0")
    if len(fields) < 3:
        raise _malformed("the request's file name or mode does not end")
    if not fields[0]:
        raise _malformed("the request names no file")
    return _text(fields[0]), _text(fields[1]).lower(), _decode_options(fields[2:])


def _decode_options(fields: list[bytes]) -> Options:
    """Pair up names and values. An empty name ends the list: some clients fill their requests up with NULs."""
    last = fields.pop()
    options: list[tuple[str, str]] = []
    for index in range(0, len(fields), 2):
        if not fields[index]:
            return tuple(options)
        if index + 1 == len(fields):
            raise _malformed("an option has a name and no value")
        options.append((_text(fields[index]), _text(fields[index + 1])))
    if last:
        raise _malformed("the last option does not end")
    return tuple(options)


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _encode_texts(*texts: str) -> bytes:
    if any("\0" in text for text in texts):
        raise LocalProtocolError("a text of a TFTP packet holds a NUL", why="NUL ends the text")
    return b"".join(text.encode() + b"\0" for text in texts)


def _flat(options: Options) -> list[str]:
    return [text for option in options for text in option]


def _number(value: int) -> int:
    if not 0 <= value <= 0xFFFF:
        raise LocalProtocolError(f"{value} does not fit into a TFTP packet", why="block numbers and codes have 16 bits")
    return value


def _malformed(why: str) -> RemoteProtocolError:
    return RemoteProtocolError("malformed TFTP packet", why=why, reply=ErrorCode.ILLEGAL_OPERATION)
