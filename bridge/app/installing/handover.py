"""What the service's user must own. Made by root before that user was known, it is given to it by setting up again."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from bridge.errors import WriteFailed
from bridge.pbx.install import EXTENSIONS_PHONES, EXTENSIONS_SITE, PJSIP_PHONES, VOICEMAIL_PHONES

_REWRITTEN = (PJSIP_PHONES, EXTENSIONS_PHONES, EXTENSIONS_SITE, VOICEMAIL_PHONES)
"""Files that the service replaces, in its directory below Asterisk's configuration."""


def not_owned(owner: str, *, directory: Path, state: Path, toml: Path) -> tuple[Path, ...]:
    """What of these is not the owner's yet: our ``directory`` at Asterisk's and what the service rewrites there, the
    state directory with all that is in it, and the settings file, which it must be able to read.

    Nothing where no owner is named, or where only root could give anything away and we are not root.
    """
    if not owner or os.geteuid() != 0:
        return ()
    try:
        user = pwd.getpwnam(owner)
    except KeyError:
        return ()  # whoever writes something for it will say so

    def found() -> Iterator[Path]:
        places = [directory, *(directory / name for name in _REWRITTEN), state, *sorted(state.rglob("*"))]
        for place in places:
            if not place.is_symlink() and place.exists() and place.stat().st_uid != user.pw_uid:
                yield place
        if toml.is_file() and not _may_read(toml.stat(), user):
            yield toml

    return tuple(found())


def hand_over(owner: str, places: tuple[Path, ...]) -> None:
    """Give them to the owner; groups stay, so that Asterisk reads on what it read. Raises WriteFailed."""
    for place in places:
        try:
            shutil.chown(place, owner)
        except FileNotFoundError:
            continue  # a database's passing files
        except (LookupError, OSError) as error:
            raise WriteFailed(
                f"{place} cannot be given to {owner}", why=str(error), fix="create that user first"
            ) from error


def _may_read(file: os.stat_result, user: pwd.struct_passwd) -> bool:
    if file.st_uid == user.pw_uid:
        return bool(file.st_mode & stat.S_IRUSR)
    if file.st_gid == user.pw_gid:
        return bool(file.st_mode & stat.S_IRGRP)
    return bool(file.st_mode & stat.S_IROTH)
