"""What the service's user must own. Made by root before that user was known, it is given to it by setting up again."""

from __future__ import annotations

import grp
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


def shut_out(owner: str, directory: Path) -> str:
    """What keeps the owner from our ``directory`` at Asterisk's, and what opens it; empty where nothing does.

    Many guides give Asterisk's configuration the mode 0750, and nobody else can enter it then.
    """
    try:
        user = pwd.getpwnam(owner) if owner and os.geteuid() == 0 else None
    except KeyError:
        user = None
    if user is None or user.pw_uid == 0:
        return ""
    groups = os.getgrouplist(user.pw_name, user.pw_gid)
    for place in reversed([each for each in directory.parents if each.is_dir()]):
        seen = place.stat()
        if seen.st_uid == user.pw_uid or seen.st_mode & (stat.S_IXGRP if seen.st_gid in groups else stat.S_IXOTH):
            continue
        way = f"usermod -a -G {_group(seen.st_gid)} {owner}" if seen.st_mode & stat.S_IXGRP else f"chmod a+x {place}"
        return f"{place} is closed to {owner}, who writes below it: {way}, then start the service anew"
    return ""


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def _may_read(file: os.stat_result, user: pwd.struct_passwd) -> bool:
    if file.st_uid == user.pw_uid:
        return bool(file.st_mode & stat.S_IRUSR)
    if file.st_gid == user.pw_gid:
        return bool(file.st_mode & stat.S_IRGRP)
    return bool(file.st_mode & stat.S_IROTH)
