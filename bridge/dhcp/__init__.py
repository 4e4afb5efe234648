"""DHCP as Cisco phones use it: the question, the verdict on an answer, and what servers must be told. No sockets."""

from bridge.dhcp.judging import judge
from bridge.dhcp.packet import DhcpReply, MessageType, decode_reply, encode_discover
from bridge.dhcp.snippets import OTHER_NAMES, DhcpServer, snippet

__all__ = [
    "OTHER_NAMES",
    "DhcpReply",
    "DhcpServer",
    "MessageType",
    "decode_reply",
    "encode_discover",
    "judge",
    "snippet",
]
