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


def give_to_service(state: Path, *places: Path) -> None:
    """Give what root has made at these places, and below them, to whom the state directory belongs: the service could
    neither replace nor remove it, nor read a key.

    Nothing of what lies outside of the state directory, nothing where we are not root or the service runs as root.
    Links are neither followed nor given away. Raises WriteFailed.
    """
    owner = state.stat() if state.is_dir() else None
    if os.geteuid() != 0 or owner is None or owner.st_uid == 0:
        return
    for each in places:
        place = Path(os.path.normpath(each))
        if not place.is_relative_to(os.path.normpath(state)):
            continue
        try:
            _give(place.name, owner, os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY))
            if place.is_dir() and not place.is_symlink():
                # By descriptors: what the service's user puts there meanwhile must not lead elsewhere.
                for _, folders, files, within in os.fwalk(place):
                    for name in (*folders, *files):
                        _give(name, owner, os.dup(within))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise WriteFailed(
                f"what was written to {place} cannot be given to the service's user",
                why=error.strerror or str(error),
                fix=f"chown --recursive {owner.st_uid}:{owner.st_gid} {place}",
            ) from error


def _give(name: str, owner: os.stat_result, within: int) -> None:
    """Give one file or folder away, if it is root's; closes the folder ``within``."""
    try:
        status = os.stat(name, dir_fd=within, follow_symlinks=False)
        is_plain = stat.S_ISDIR(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink == 1)
        if status.st_uid == 0 and is_plain:
            os.chown(name, owner.st_uid, owner.st_gid, dir_fd=within, follow_symlinks=False)
    finally:
        os.close(within)


def _may_read(file: os.stat_result, user: pwd.struct_passwd) -> bool:
    if file.st_uid == user.pw_uid:
        return bool(file.st_mode & stat.S_IRUSR)
    if file.st_gid == user.pw_gid:
        return bool(file.st_mode & stat.S_IRGRP)
    return bool(file.st_mode & stat.S_IROTH)
