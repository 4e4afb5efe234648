"""What a simulated phone offers whatever it speaks, so that demonstrations, storms and tests can mix both kinds."""

from __future__ import annotations

from typing import Protocol, TypeVar

from bridge.core import DeviceName, MacAddress
from bridge.lab.g711 import ToneHeard
from bridge.lab.phoneevents import PhoneEvent
from bridge.lab.phonetiming import PhoneState
from bridge.phones import Model

E = TypeVar("E", bound=PhoneEvent)


class AnyCall(Protocol):
    """A call, with its sound."""

    @property
    def other(self) -> str: ...

    @property
    def incoming(self) -> bool: ...

    @property
    def heard(self) -> ToneHeard: ...

    def share_of(self, frequency: int) -> float: ...

    @property
    def is_audible(self) -> bool: ...

    @property
    def keys(self) -> str: ...

    @property
    def packets(self) -> tuple[int, int, int]: ...


class AnyPhone(Protocol):
    """A phone, with what can be seen of it and what a person does with it."""

    model: Model
    mac: MacAddress
    load: str
    tone: int
    boots: int

    @property
    def device(self) -> DeviceName: ...

    @property
    def state(self) -> PhoneState: ...

    @property
    def display(self) -> str: ...

    @property
    def number(self) -> str: ...

    @property
    def current_call(self) -> AnyCall | None: ...

    @property
    def events(self) -> tuple[PhoneEvent, ...]: ...

    async def wait_for(self, kind: type[E], *, within: float = 10.0) -> E: ...

    def power_on(self) -> None: ...

    async def power_off(self) -> None: ...

    def call(self, number: str) -> object: ...

    def answer(self) -> None: ...

    def hang_up(self) -> None: ...

    def press_keys(self, keys: str) -> None: ...

    def hold(self) -> None: ...

    def resume(self) -> None: ...
