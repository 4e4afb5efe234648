"""Making, renaming and deleting extensions in FreePBX, so that nothing is lost that an admin set there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

from bridge.core.extensions import ExtensionSecretChanged
from bridge.errors import PbxRefused
from bridge.pbx.asterisk import Asterisk
from bridge.pbx.freepbxextensions import FreePbxExtension, FreePbxExtensions
from bridge.pbx.freepbxfollow import fits, has_login_of_its_own, wanted_name
from bridge.pbx.freepbxgenerated import fingerprints
from bridge.pbx.freepbxledger import Agreed, Ledger
from bridge.ports import ExtensionFollower, SipEndpoint

_log = logging.getLogger(__name__)

_MANY = 10
"""Extensions of ours that go at once without a question; more, and most of all: something is wrong with us."""


class ExtensionMaker:
    """What is changed in FreePBX, with the ledger kept. ``is_waited_for``: whether a phone waits for its extension, and
    so has no file yet. ``etc`` is Asterisk's configuration directory.
    """

    def __init__(
        self,
        extensions: FreePbxExtensions,
        ledger: Ledger,
        asterisk: Asterisk,
        follower: ExtensionFollower,
        *,
        etc: Path,
        longest: int,
        is_waited_for: Callable[[str], bool],
    ) -> None:
        self._extensions = extensions
        self._ledger = ledger
        self._asterisk = asterisk
        self._follower = follower
        self._etc = etc
        self._longest = longest
        self._is_waited_for = is_waited_for
        self._made: set[str] = set()
        """Extensions that were made since the last reload."""
        self.are_unapplied = False
        """Something was changed, and FreePBX was not told to apply it yet."""

    async def create(self, endpoint: SipEndpoint) -> FreePbxExtension:
        """Make an extension with a password that the phone can take. Raises ApiRefused, PbxError."""
        number, name = endpoint.name, wanted_name(endpoint)
        _log.info("extension %s (%s) is made in FreePBX", number, name)
        made = await self._extensions.create(number, name)
        self.are_unapplied = True
        self._made.add(number)
        await asyncio.to_thread(self._ledger.note, number, Agreed(name, made=True))
        if not has_login_of_its_own(endpoint):
            return made
        if fits(made.secret, self._longest) and self._is_waited_for(number):
            # Nobody has the phone's file yet: it gets the password that FreePBX gave.
            await self._follower.follow([ExtensionSecretChanged(number, made.secret, is_new=True)])
            return made
        # Nobody has touched it yet, so nothing is lost by making it anew with ours.
        return await self._extensions.make_anew(made, name, endpoint.secret)

    async def rename(self, endpoint: SipEndpoint, seen: dict[str, FreePbxExtension]) -> None:
        """Give FreePBX the name that the line has with us.

        Its API can rename only by making the extension anew. That is done for one that we made and that nobody gave
        settings of its own; for any other the name that called parties see is set, and its pages keep the old one.
        """
        number, name, theirs = endpoint.name, wanted_name(endpoint), seen[endpoint.name]
        agreed = self._ledger.known[number]
        if await self._extensions.has_unapplied():
            return  # somebody is at work there; the next round sees it again
        if (
            agreed.made_as
            and theirs.is_plain
            and fits(theirs.secret, 30)
            and await self._made_as(number) == agreed.made_as
        ):
            seen[number] = await self._extensions.make_anew(theirs, name, theirs.secret)
            self.are_unapplied = True
            await asyncio.to_thread(self._ledger.note, number, replace(agreed, name=name))
            return
        if not self._asterisk.connected:
            return  # the next round sees it again
        fields = [("Family", f"AMPUSER/{number}"), ("Key", "cidname"), ("Val", name)]
        await self._asterisk.ami.demand("DBPut", fields)
        _log.warning(
            "extension %s calls as %r now, and FreePBX's pages show %r still: change it there, too "
            "(Applications > Extensions); its API would put other settings of the extension back",
            number,
            name,
            theirs.name,
        )
        # What its pages say is what a change there is told by.
        await asyncio.to_thread(self._ledger.note, number, replace(agreed, called=name))

    def check_deletion(self, numbers: Collection[str]) -> None:
        """Raises PbxRefused for so many that something must be wrong with us."""
        if len(numbers) > _MANY and len(numbers) * 2 > len(self._ledger.known):
            raise PbxRefused(
                f"{len(numbers)} extensions would be deleted from FreePBX at once, so none is",
                why="their phones are gone from sepbridge's database; an empty or restored one looks like that",
                fix="delete them in FreePBX (Applications > Extensions), or bring the database back",
            )

    async def delete(self, numbers: Iterable[str]) -> None:
        """Remove extensions; what we add to them must be gone from the files before."""
        for number in numbers:
            _log.info("extension %s is deleted from FreePBX, since its phone is gone", number)
            await self._extensions.delete(number)
            self.are_unapplied = True
            await asyncio.to_thread(self._ledger.forget, [number])

    async def note_what_was_made(self) -> None:
        """Remember how FreePBX generates what we just made, before anybody changed it."""
        new = [number for number in self._made if number in self._ledger.known]
        generated = await asyncio.to_thread(fingerprints, self._etc, new)
        for number, made_as in generated.items():
            await asyncio.to_thread(self._ledger.note, number, replace(self._ledger.known[number], made_as=made_as))
        self._made.clear()

    async def _made_as(self, number: str) -> str:
        generated = await asyncio.to_thread(fingerprints, self._etc, [number])
        return generated.get(number, "")
