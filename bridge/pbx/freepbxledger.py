"""What we left at FreePBX: which extensions are of our making, and on which names both sides last agreed.

FreePBX keeps no room for such notes, so they stand in a file of ours. Without it nothing is ever deleted there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from bridge.errors import WriteFailed
from bridge.pbx.atomic import write_atomically

_log = logging.getLogger(__name__)

_LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Agreed:
    """The state of one extension that both sides knew last."""

    name: str
    made: bool = False
    """By us: it goes when its phone goes."""
    made_as: str = ""
    """What FreePBX generated for it when we made it; see ``freepbxgenerated``. Empty: not known, or not ours."""
    called: str = ""
    """Our name for it, where it differs from the one in FreePBX's pages, which could not be changed."""


class Ledger:
    """Extensions that phones of ours use, by number. Reading and writing are blocking and small."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.known: dict[str, Agreed] = _read(path)

    def note(self, number: str, agreed: Agreed) -> None:
        """Write one down. Raises WriteFailed."""
        if self.known.get(number) != agreed:
            self.known[number] = agreed
            self._write()

    def forget(self, numbers: Iterable[str]) -> None:
        """Strike some out. Raises WriteFailed."""
        gone = [number for number in numbers if self.known.pop(number, None) is not None]
        if gone:
            self._write()

    def _write(self) -> None:
        text = json.dumps({number: asdict(self.known[number]) for number in sorted(self.known)}, indent=1)
        write_atomically(self._path, text.encode())


def _read(path: Path) -> dict[str, Agreed]:
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_LARGEST))
        return {
            str(number): Agreed(
                str(row["name"]), row["made"] is True, str(row.get("made_as") or ""), str(row.get("called") or "")
            )
            for number, row in document.items()
        }
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WriteFailed(
            f"{path} cannot be read", why=error.strerror or str(error), fix="let the service's user own it"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        _log.error("%s cannot be read and is begun anew; extensions that we made stay in FreePBX: %r", path, error)
        return {}
