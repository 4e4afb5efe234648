"""The files that hold our phones, their numbers, and the site's dial plan."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.dialplan import Context
from bridge.errors import ConfigurationError, InvalidInput, WriteFailed
from bridge.pbx.atomic import remove_leftovers, sync_directory, write_together
from bridge.pbx.conffile import parse, stamped
from bridge.pbx.dialplanconf import dial_plan_text, number_text, numbers_text, pickup_groups_text, watcher_contexts_text
from bridge.pbx.included import names_of_others
from bridge.pbx.install import EXTENSIONS_PHONES, EXTENSIONS_SITE, PJSIP_PHONES, VOICEMAIL_PHONES
from bridge.pbx.pjsipconf import PjsipOptions, endpoint_sections, endpoint_text, watcher_text
from bridge.pbx.realtime import RealtimeTables
from bridge.pbx.voicemailconf import boxes_in, boxes_text
from bridge.ports import SipEndpoint

_ABOUT = "Replaced as a whole with every change; do not edit."


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did. A file that had the right content already was not touched."""

    pjsip: bool
    dialplan: bool
    voicemail: bool
    new: frozenset[str]
    """Endpoints that did not stand in the file before, or not like this."""
    refused: dict[str, str]
    """Endpoints that were left out because they cannot be expressed, with the reason; the others are in."""


class PhoneFiles:
    """Writes them. Blocking; one call at a time."""

    def __init__(
        self,
        directory: Path,
        options: PjsipOptions,
        dialplan: str = "",
        *,
        watcher_secret: str = "",
        realtime: RealtimeTables | None = None,
        voicemail_pin: str = "",
    ) -> None:
        """``dialplan`` goes to the end of the phones' numbers as it is. ``realtime``: where endpoints go instead of the
        file; hints and contexts stay in files. ``voicemail_pin``: the first password of the mailboxes that lines name;
        empty where they are not ours to make.
        """
        self._pin = voicemail_pin
        self._realtime = realtime
        self._watcher = watcher_text(watcher_secret) if watcher_secret else ""
        self._directory = directory
        self._dialplan = dialplan
        self._options = options
        self._texts: dict[SipEndpoint, tuple[str, str]] = {}
        """Endpoint and dialplan text of what was written last, so that a change renders only what changed."""
        self._standing: frozenset[str] | None = None
        """The endpoints' texts in the file; None before we looked."""
        self._ours: frozenset[str] | None = None
        self._changed: dict[Path, bytes] = {}
        """What the write under way will replace."""

    def ours(self) -> frozenset[str]:
        """Names of endpoints that we have written, now or earlier. Raises WriteFailed, ConfigurationError."""
        if self._ours is None:
            text = (self._read(PJSIP_PHONES) or b"").decode("utf-8", "replace")
            tables = self._realtime.ours() if self._realtime is not None else frozenset()
            self._ours = tables | {section.name for section in parse(text).sections}
        return self._ours

    def write(
        self, endpoints: Sequence[SipEndpoint], contexts: Sequence[Context] = (), *, taken: Collection[str] = ()
    ) -> Written:
        """Bring the files to hold exactly these, without those whose names are ``taken`` by somebody else; ``settle``
        belongs to it.

        Raises WriteFailed; the old files still stand then. With realtime tables also ConfigurationError.
        """
        self._changed.clear()
        refused: dict[str, str] = {}
        ours = self.ours()
        others = self._others([each.name for each in endpoints], taken)
        texts: dict[SipEndpoint, tuple[str, str]] = {}
        numbers: dict[str, str] = {}
        for endpoint in endpoints:
            if endpoint.name in others:
                refused[endpoint.name] = (
                    f"{endpoint.name} is an endpoint of somebody else in Asterisk, and two of one name keep Asterisk "
                    f"from reading any; give the phone another number, or take {endpoint.name} out of Asterisk"
                )
                continue
            try:
                text = self._texts.get(endpoint) or (endpoint_text(endpoint, self._options), number_text(endpoint))
            except InvalidInput as error:
                refused[endpoint.name] = str(error)
                continue
            if endpoint.number in numbers:
                refused[endpoint.name] = f"the number {endpoint.number} is that of {numbers[endpoint.number]} already"
                continue
            numbers[endpoint.number] = endpoint.name
            texts[endpoint] = text
        self._texts = texts
        self._ours = ours | {each.name for each in texts}
        if self._standing is None:
            remove_leftovers(self._directory)
            self._standing = self._blocks(self._read(PJSIP_PHONES))
        # The dialplan first: a number that leads to no endpoint does less harm than an endpoint without a number.
        plan = numbers_text((one.partition, number) for one, (_, number) in texts.items())
        if any(one.call_group for one in texts):
            plan = f"{plan}\n{pickup_groups_text(one.call_group for one in texts)}"
        if self._watcher:
            plan = f"{plan}\n{watcher_contexts_text(one.partition for one in texts)}"
        dialplan = self._replace(EXTENSIONS_PHONES, plan + self._dialplan)
        dialplan |= self._replace(EXTENSIONS_SITE, dial_plan_text(contexts))
        voicemail = self._write_boxes(list(texts))
        if self._realtime is not None:
            pjsip = self._replace(PJSIP_PHONES, self._watcher)
            write_together(self._changed)
            written = self._realtime.write({one.name: endpoint_sections(one, self._options) for one in texts})
            return Written(pjsip, dialplan, voicemail, written.new, refused)
        pjsip = self._replace(
            PJSIP_PHONES, "\n".join([*filter(None, [self._watcher]), *(text for text, _ in texts.values())])
        )
        write_together(self._changed)
        new = frozenset(endpoint.name for endpoint, (text, _) in texts.items() if text.strip() not in self._standing)
        self._standing = frozenset(text.strip() for text, _ in texts.values())
        return Written(pjsip, dialplan, voicemail, new, refused)

    def _others(self, names: Sequence[str], taken: Collection[str]) -> frozenset[str]:
        """Those of the names that are not ours to write."""
        others = frozenset(taken)
        with contextlib.suppress(ConfigurationError):  # the admin's file may be closed to us: then Asterisk was asked
            others |= names_of_others(self._directory.parent, self._directory)
        return others | (self._realtime.taken(names) if self._realtime is not None else frozenset())

    def settle(self) -> None:
        """Make the last write survive a power cut as well. Nobody needs to wait for that: if the old files come back,
        the next start writes the new ones again. Raises WriteFailed.
        """
        if not self._changed:
            return
        self._changed.clear()
        try:
            sync_directory(self._directory)
        except OSError as error:
            raise WriteFailed(f"could not sync {self._directory}", why=error.strerror or str(error)) from error

    def _write_boxes(self, endpoints: Sequence[SipEndpoint]) -> bool:
        if not self._pin:
            return False
        others: frozenset[str] = frozenset()
        # What the admin's own file has is his. Where we may not read it, Asterisk decides: the first of two counts,
        # and ours is included last.
        with contextlib.suppress(PermissionError, FileNotFoundError):
            others = boxes_in((self._directory.parent / "voicemail.conf").read_bytes().decode("utf-8", "replace"))
        return self._replace(VOICEMAIL_PHONES, boxes_text(endpoints, self._pin, others=others))

    @staticmethod
    def _blocks(content: bytes | None) -> frozenset[str]:
        text = (content or b"").decode("utf-8", "replace")
        return frozenset(block.strip() for block in re.split(r"^(?=; )", text, flags=re.MULTILINE))

    def _replace(self, name: str, body: str) -> bool:
        content = stamped(body, about=_ABOUT).encode()
        if self._read(name) == content:
            return False
        self._changed[self._directory / name] = content
        return True

    def _read(self, name: str) -> bytes | None:
        path = self._directory / name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise WriteFailed(
                f"could not read {path}",
                why=error.strerror or str(error),
                fix="give the service's user read and write permission in that directory",
            ) from error
