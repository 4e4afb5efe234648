"""Who is on a call, as a phone may show it."""

from __future__ import annotations

from dataclasses import dataclass

MAX_NAME = 80
MAX_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Party:
    """A number and a name, both free of control characters; both empty for somebody who withholds them."""

    number: str = ""
    name: str = ""

    @classmethod
    def of(cls, number: str, name: str = "") -> Party:
        """From what the network says. Control characters would be read as built-in labels by a phone."""
        number, name = _clean(number)[:MAX_NUMBER], _clean(name)[:MAX_NAME]
        if number.lower() in ("anonymous", "unknown", "restricted", "asterisk"):
            number = ""
            name = "" if name.lower() in ("anonymous", "unknown", "restricted", "asterisk") else name
        return cls(number, "" if name == number else name)

    @property
    def shown(self) -> str:
        """The number, else the name, else nothing."""
        return self.number or self.name


def _clean(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()
