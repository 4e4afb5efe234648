"""Traffic of one phone as a capture file: frames made anew from what our sockets saw. Pure."""

from __future__ import annotations

from bridge.capture.masking import mask
from bridge.capture.packets import PacketMaker
from bridge.capture.pcap import pcap_file
from bridge.capture.traffic import Carrier, Passage, Passed, Stamped, Wire

__all__ = ["Carrier", "PacketMaker", "Passage", "Passed", "Stamped", "Wire", "mask", "pcap_file"]
