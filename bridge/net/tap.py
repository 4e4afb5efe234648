"""The tap on our own sockets: nobody listens as a rule, and then it costs one comparison for each batch of octets."""

from __future__ import annotations

from collections.abc import Callable

from bridge.capture import Passed


class Wiretap:
    """One for the whole node. The sockets ask ``heard`` before they describe what passes."""

    __slots__ = ("heard",)

    def __init__(self) -> None:
        self.heard: Callable[[Passed], None] | None = None
        """Is called in the event loop with everything that passes; None while nobody traces."""


NO_TAP = Wiretap()
"""For sockets that nobody can trace. Nothing may listen to it."""
