"""The supplementary services that every phone has, in the order in which they are asked."""

from __future__ import annotations

from bridge.callcontrol.barge import Barge
from bridge.callcontrol.feature import Feature
from bridge.callcontrol.privacy import Privacy

FEATURES: tuple[type[Feature], ...] = (Privacy, Barge)
