"""The supplementary services that every phone has, in the order in which they are asked."""

from __future__ import annotations

from bridge.callcontrol.blf import BusyLamps
from bridge.callcontrol.feature import Feature
from bridge.callcontrol.pickup import Pickup

FEATURES: tuple[type[Feature], ...] = (BusyLamps, Pickup)
