"""Emergency calls: never blocked, out at once, and known to whoever has to know.

Numbers by country are public facts (ITU, national plans). With an access code in front, as users dial outside numbers,
they count as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from bridge.callcontrol.events import EmergencyCalled
from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.errors import ConfigurationError

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
NUMBERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_EU.split(), ("112",)),
    "US": ("911",),
    "CA": ("911",),
    "GB": ("999", "112"),
    "IE": ("999", "112"),
    "EU": ("112",),
    "DE": ("110", "112"),
    "AT": ("112", "122", "133", "144"),
    "FR": ("112", "15", "17", "18"),
    "CH": ("112", "117", "118", "144"),
    "AU": ("000", "112"),
    "NZ": ("111",),
}
"""Emergency numbers by ISO country code, and EU."""


def emergency_numbers(country: str, access_code: str = "", more: Iterable[str] = ()) -> frozenset[str]:
    """What counts as an emergency number, with and without the access code. Raises ConfigurationError."""
    if country and country.upper() not in NUMBERS:
        raise ConfigurationError(
            f"the emergency numbers of {country!r} are not known",
            fix=f"leave the country empty and give the numbers, or use one of {', '.join(sorted(NUMBERS))}",
        )
    plain = (*NUMBERS.get(country.upper(), ()), *more)
    for number in plain:
        if not number or not set(number) <= set("0123456789*#+"):
            raise ConfigurationError(f"{number!r} cannot be an emergency number", fix="write digits")
    return frozenset(plain) | frozenset(f"{access_code}{number}" for number in plain if access_code)


class Emergency(Feature):
    """Tells the application of emergency calls."""

    __slots__ = ("_raised",)

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._raised: set[int] = set()

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """Raised as soon as the number is complete, whatever becomes of the call."""
        if call.state is PhoneCallState.ENDED:
            ended = call.call_ref in self._raised
            self._raised.discard(call.call_ref)
            if ended:
                return
        if call.emergency and call.call_ref not in self._raised:
            if call.state is not PhoneCallState.ENDED:
                self._raised.add(call.call_ref)
            desk = self._at_work.desk
            desk.events.append(EmergencyCalled(call.call_ref, call.line, desk.own(call).number, call.dialled))
