"""TFTP as pure machines: packets, options, netascii, and the sending side of a transfer."""

from __future__ import annotations

from bridge.tftp.blocks import CutFiles
from bridge.tftp.netascii import from_netascii, to_netascii
from bridge.tftp.options import OptionLimits, Terms, negotiate
from bridge.tftp.packets import (
    MAX_REQUEST,
    Acknowledgement,
    Data,
    Error,
    ErrorCode,
    Opcode,
    OptionAcknowledgement,
    Packet,
    ReadRequest,
    WriteRequest,
    decode,
    encode,
)
from bridge.tftp.transfer import (
    ReadTransfer,
    RetransmissionPolicy,
    TransferCompleted,
    TransferEvent,
    TransferFailed,
)

__all__ = [
    "MAX_REQUEST",
    "Acknowledgement",
    "CutFiles",
    "Data",
    "Error",
    "ErrorCode",
    "Opcode",
    "OptionAcknowledgement",
    "OptionLimits",
    "Packet",
    "ReadRequest",
    "ReadTransfer",
    "RetransmissionPolicy",
    "Terms",
    "TransferCompleted",
    "TransferEvent",
    "TransferFailed",
    "WriteRequest",
    "decode",
    "encode",
    "from_netascii",
    "negotiate",
    "to_netascii",
]
