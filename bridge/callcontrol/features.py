"""The supplementary services that every phone has, in the order in which they are asked."""

from __future__ import annotations

from bridge.callcontrol.feature import Feature
from bridge.callcontrol.park import Park

FEATURES: tuple[type[Feature], ...] = (Park,)
