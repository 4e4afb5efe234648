"""Who may in, and what they get: CUCM's autoregistration as pure rules."""

from __future__ import annotations

from bridge.autoregistration.allocation import Allocation, allocate, free_numbers
from bridge.autoregistration.changes import (
    disable,
    enable,
    parse_network,
    reset_pointer,
    set_allowed_networks,
    set_next_number,
    set_protocol,
    set_range,
    set_server_disabled,
)
from bridge.autoregistration.policy import DEFAULT_WINDOW, AutoregistrationSettings, Network, Window
from bridge.autoregistration.reasons import Refusal, RefusalReason, RejectLabel
from bridge.autoregistration.rules import (
    Admission,
    Arrival,
    Decision,
    Deferral,
    FileArrival,
    ModelFacts,
    RegistrationArrival,
    decide,
    desired_protocol,
    met_again,
    mismatch,
    new_device,
)
from bridge.autoregistration.window import remaining, window_for, window_until

__all__ = [
    "DEFAULT_WINDOW",
    "Admission",
    "Allocation",
    "Arrival",
    "AutoregistrationSettings",
    "Decision",
    "Deferral",
    "FileArrival",
    "ModelFacts",
    "Network",
    "Refusal",
    "RefusalReason",
    "RegistrationArrival",
    "RejectLabel",
    "Window",
    "allocate",
    "decide",
    "desired_protocol",
    "disable",
    "enable",
    "free_numbers",
    "met_again",
    "mismatch",
    "new_device",
    "parse_network",
    "remaining",
    "reset_pointer",
    "set_allowed_networks",
    "set_next_number",
    "set_protocol",
    "set_range",
    "set_server_disabled",
    "window_for",
    "window_until",
]
