"""Settings from the environment, for containers: ``SEPBRIDGE_AMI_SECRET`` is the setting ``ami.secret``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

PREFIX = "SEPBRIDGE_"
NOT_SETTINGS = frozenset({"SEPBRIDGE_CONFIG"})
"""Names that begin alike and mean something else."""


def with_environment(
    document: dict[str, object], environment: Mapping[str, str], known: Mapping[str, Mapping[str, object]]
) -> dict[str, object]:
    """The parsed settings file with what the environment says on top.

    ``known``: per section its settings and their types. A variable that names no setting is left to whoever it is for.
    A text stands as it is, a list is separated by commas (or written as in the file), everything else as in the file.
    """
    result = {name: dict(table) if isinstance(table, dict) else table for name, table in document.items()}
    for section, settings in known.items():
        for key, kind in settings.items():
            name = f"{PREFIX}{section}_{key}".upper()
            text = environment.get(name)
            if text is None or name in NOT_SETTINGS:
                continue
            table = result.setdefault(section, {})
            if isinstance(table, dict):
                table[key] = _value(text.strip(), kind)
    return result


def _value(text: str, kind: object) -> object:
    is_list = str(kind).startswith("tuple[")
    if text.startswith("[") if is_list else kind in (bool, int, float):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text  # refused by the setting's own check, which knows what it wants
    if is_list:
        return [each.strip() for each in text.split(",") if each.strip()]
    return text
