"""The files by which FreePBX's own configuration is added to: in our directory, included by its ``*_custom`` files.

``[1001](+)`` adds to an endpoint that FreePBX generated. Where that endpoint is gone, Asterisk drops every later
section of the file without a word (FreePBX reference, section 2): so these files hold sections of living extensions
alone, and nothing else. A second login for an extension is a whole section of our own, in another file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.dialplan import Context, numbers_context
from bridge.errors import InvalidInput, WriteFailed
from bridge.pbx.atomic import remove_leftovers, write_atomically
from bridge.pbx.conffile import Item, Section, render, stamped
from bridge.pbx.dialplanconf import LINE_STATES_CONTEXT, NUMBERS_CONTEXT, dial_plan_text, pickup_groups_text
from bridge.pbx.install import EXTENSIONS_PHONES, EXTENSIONS_SITE
from bridge.pbx.pjsipconf import (
    WATCHED_CONTEXT,
    WATCHER,
    PjsipOptions,
    check_extension,
    endpoint_sections,
    watcher_text,
)
from bridge.ports import SipEndpoint

FROM_INTERNAL = "from-internal"
"""Where calls of FreePBX's extensions start."""
ENDPOINTS = "freepbx_endpoints.conf"
AORS = "freepbx_aors.conf"
AUTHS = "freepbx_auths.conf"
WATCHERS = "freepbx_watcher.conf"
_ABOUT = "Replaced as a whole with every change; do not edit."
_FREEPBX_HAS = frozenset({"type", "aors", "auth", "callerid", "mailboxes"})
"""What the generated endpoint says itself; its admin decides on these."""


@dataclass(frozen=True, slots=True)
class FilesWritten:
    """What a write did. A file that had the right content already was not touched."""

    pjsip: bool
    dialplan: bool
    refused: dict[str, str]
    """Endpoints that were left out because they cannot be expressed, with the reason."""


class FreePbxFiles:
    """Writes them. Blocking; one call at a time."""

    def __init__(self, directory: Path, options: PjsipOptions, dialplan: str = "", *, watcher_secret: str = "") -> None:
        """``dialplan`` goes to the end of the phones' numbers as it is."""
        self._directory = directory
        self._options = options
        self._dialplan = dialplan
        self._watcher_secret = watcher_secret
        self._clean = False

    def write(
        self,
        endpoints: Sequence[SipEndpoint],
        contexts: Sequence[Context],
        *,
        living: Collection[str],
        secrets: Mapping[str, str],
    ) -> FilesWritten:
        """Bring the files to hold exactly these. ``living`` names the endpoints that FreePBX generates, ``secrets`` the
        passwords that it gives them. Raises WriteFailed; the old files still stand then.
        """
        if not self._clean:
            remove_leftovers(self._directory)
            self._clean = True
        refused: dict[str, str] = {}
        added: list[Section] = []
        aors: list[Section] = []
        auths: list[Section] = []
        for endpoint in endpoints:
            try:
                parts = _parts(endpoint, self._options, secrets.get(endpoint.name, ""))
            except InvalidInput as error:
                refused[endpoint.name] = str(error)
                continue
            if endpoint.name in living:
                added.append(parts.endpoint)
                aors.append(parts.aor)
                auths += parts.auths
        here = [each for each in endpoints if each.name not in refused]
        dialplan = self._replace(EXTENSIONS_PHONES, _numbers(here, bool(self._watcher_secret)) + self._dialplan)
        dialplan |= self._replace(EXTENSIONS_SITE, dial_plan_text(contexts))
        # Logins first: an endpoint that names one that is not there takes no calls.
        pjsip = self._replace(AUTHS, render(auths))
        pjsip |= self._replace(ENDPOINTS, render(added))
        pjsip |= self._replace(AORS, render(aors))
        pjsip |= self._replace(WATCHERS, watcher_text(self._watcher_secret) if self._watcher_secret else "")
        return FilesWritten(pjsip, dialplan, refused)

    def _replace(self, name: str, body: str) -> bool:
        path = self._directory / name
        content = stamped(body, about=_ABOUT).encode()
        try:
            if path.read_bytes() == content:
                return False
        except FileNotFoundError:
            pass
        except OSError as error:
            raise WriteFailed(
                f"could not read {path}",
                why=error.strerror or str(error),
                fix="give the service's user read and write permission in that directory",
            ) from error
        write_atomically(path, content)
        return True


@dataclass(frozen=True, slots=True)
class _Parts:
    endpoint: Section
    aor: Section
    auths: tuple[Section, ...]


def _parts(endpoint: SipEndpoint, options: PjsipOptions, secret: str) -> _Parts:
    """What is added to one extension. Raises InvalidInput."""
    sections = endpoint_sections(endpoint, options)
    first, aor = sections[0], sections[-1]
    items = [item for item in first.items if item.key not in _FREEPBX_HAS]
    # FreePBX's defaults that phones of this kind do not suit (reference: chan_pjsip with Cisco phones, 1).
    items.append(Item("rtp_symmetric", "yes" if options.behind_nat else "no"))
    items.append(Item("mwi_subscribe_replaces_unsolicited", "no"))
    own, names = _logins(endpoint, sections[1:-1], secret)
    if own:
        # Asterisk takes the last list of a name, so FreePBX's own login is named again.
        items.append(Item("auth", ",".join([f"{endpoint.name}-auth", *names])))
    kept = tuple(item for item in aor.items if item.key != "type")
    # Endpoint and aor have the same name: without its type, what is meant for the aor would go to the endpoint.
    return _Parts(
        replace(first, items=tuple(items), append=True), replace(aor, items=kept, append=True, of_type="aor"), own
    )


def _logins(endpoint: SipEndpoint, auths: Sequence[Section], secret: str) -> tuple[tuple[Section, ...], list[str]]:
    """Logins besides FreePBX's own: of devices that share the line, of the first line of the same phone, and of a phone
    whose extension has a password that it cannot take.
    """
    own: list[Section] = []
    for auth in auths:
        same = auth.last("username") == endpoint.name and auth.last("password") == secret
        if not same:
            name = auth.name if auth.name != endpoint.name else f"{endpoint.name}-sepbridge"
            own.append(replace(auth, name=name))
    return tuple(own), [auth.name for auth in own]


def _numbers(endpoints: Sequence[SipEndpoint], watched: bool) -> str:
    """The numbers by partition, each called as FreePBX calls it, and the contexts of the watcher."""
    texts: dict[str, list[Item]] = {NUMBERS_CONTEXT: []}
    for endpoint in endpoints:
        number = check_extension(endpoint.number)
        step = Item("exten", f"{number},1,Goto({FROM_INTERNAL},{number},1)", arrow=True)
        texts.setdefault(numbers_context(endpoint.partition), []).append(step)
    sections = [Section(name, tuple(items)) for name, items in texts.items()]
    if watched:
        includes = tuple(Item("include", name, arrow=True) for name in (FROM_INTERNAL, LINE_STATES_CONTEXT))
        sections += [Section(WATCHER), Section(WATCHED_CONTEXT, includes)]
    groups = pickup_groups_text(each.call_group for each in endpoints) if any(e.call_group for e in endpoints) else ""
    return "\n".join(filter(None, [render(sections), groups]))
