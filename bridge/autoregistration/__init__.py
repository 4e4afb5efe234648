"""Who may in, and what they get: CUCM's autoregistration as pure rules."""

from __future__ import annotations

from bridge.autoregistration.policy import DEFAULT_WINDOW, AutoregistrationSettings, Network, Window

__all__ = ["DEFAULT_WINDOW", "AutoregistrationSettings", "Network", "Window"]
