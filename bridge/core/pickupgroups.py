"""Call pickup groups: whose calls OPickUp takes, and what the others of a group hear and see of a call that rings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bridge.core.texts import check_shown
from bridge.errors import InvalidInput

MOST_ASSOCIATED = 10
"""As on CUCM."""
LONGEST_WAIT = 300
_NAME = re.compile(r"[0-9A-Za-z_-]{1,50}")


class PickupNotification(StrEnum):
    """How the idle phones of a group are told of a call that rings at another one."""

    OFF = "off"
    VISUAL = "visual"
    AUDIBLE = "audible"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class CallPickupGroup:
    """A group that lines name as theirs; one that is named without being here tells nobody. Raises InvalidInput."""

    name: str
    description: str = ""
    associated: tuple[str, ...] = ()
    """The groups whose calls OPickUp takes for the lines of this one, the most important first."""
    notification: PickupNotification = PickupNotification.OFF
    notification_wait: int = 6
    """Seconds that a call rings before the others are told (pickupNotificationTimer)."""
    show_caller: bool = True
    show_called: bool = False

    def __post_init__(self) -> None:
        check_shown(self.description, "description", most=255)
        for each in (self.name, *self.associated):
            if not _NAME.fullmatch(each):
                raise InvalidInput(
                    f"{each[:60]!r} is no name for a pickup group", fix="use up to 50 letters, digits, - and _"
                )
        if len(set(self.associated)) < len(self.associated) or len(self.associated) > MOST_ASSOCIATED:
            raise InvalidInput(
                f"the pickup group {self.name} is associated with one twice, or with more than {MOST_ASSOCIATED}",
                fix="name each group once",
            )
        if not 0 <= self.notification_wait <= LONGEST_WAIT:
            raise InvalidInput(f"{self.notification_wait} s is no time to wait", fix=f"use 0 to {LONGEST_WAIT}")

    @property
    def is_seen(self) -> bool:
        """Whether the screen tells of calls."""
        return self.notification in (PickupNotification.VISUAL, PickupNotification.BOTH)

    @property
    def is_heard(self) -> bool:
        """Whether the ringer does."""
        return self.notification in (PickupNotification.AUDIBLE, PickupNotification.BOTH)
