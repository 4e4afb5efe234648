"""Partitions, calling search spaces and patterns of the site, made into contexts for Asterisk."""

from __future__ import annotations

from bridge.dialplan.compiling import CompiledPattern, compile_patterns
from bridge.dialplan.contexts import Context, DialledLine, Extension, SitePlan, context_of, numbers_context
from bridge.dialplan.digits import DigitPlan
from bridge.dialplan.effects import EXTERNAL_VARIABLE, TRUNK_VARIABLE, Effect, Step, context_name
from bridge.dialplan.emergency import emergency_routes
from bridge.dialplan.matching import Entry, Tie, Waiting, waiting, winner
from bridge.dialplan.pattern import Pattern
from bridge.dialplan.shape import Shape

__all__ = [
    "EXTERNAL_VARIABLE",
    "TRUNK_VARIABLE",
    "CompiledPattern",
    "Context",
    "DialledLine",
    "DigitPlan",
    "Effect",
    "Entry",
    "Extension",
    "Pattern",
    "Shape",
    "SitePlan",
    "Step",
    "Tie",
    "Waiting",
    "compile_patterns",
    "context_name",
    "context_of",
    "emergency_routes",
    "numbers_context",
    "waiting",
    "winner",
]
