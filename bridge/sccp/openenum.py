"""Enumerations that survive numbers nobody has documented."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class OpenEnum(IntEnum):
    """An IntEnum whose unknown values become members without a documented name, so that they go out as they came in.

    Such a member is made afresh each time and not remembered: a hostile peer cannot make the table grow. Compare
    members with ``==``, as numbers.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member

    @property
    def known(self) -> bool:
        """True for a documented value."""
        return self._value_ in type(self)._value2member_map_
