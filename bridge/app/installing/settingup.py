"""Setting up and undoing it: what is to be done, shown first, then done. Doing it twice changes nothing."""

from __future__ import annotations

import contextlib
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bridge.app.admission.window import WindowDesk
from bridge.app.installing.handover import hand_over, not_owned, shut_out
from bridge.app.installing.setupplan import MANIFEST, Manifest, SetupAnswers, differences, digest, settings_text
from bridge.app.settings import AsteriskBackend, Settings, load_settings, settings_from
from bridge.app.system import SystemClock
from bridge.autoregistration import AutoregistrationSettings, changes
from bridge.core import NumberRange
from bridge.errors import ConfigurationError, Conflict, SepbridgeError, WriteFailed
from bridge.host.programs import output_of
from bridge.pbx import freepbxinstall, install
from bridge.pbx.atomic import write_atomically
from bridge.pbx.install import InstallPlan, InstallSettings, apply, belongs_to_freepbx
from bridge.ports import Store
from bridge.store import HEAD, current, open_store, upgrade
from bridge.store.filetree import FileTree

_UNIT = "sepbridge"
_SETTINGS_MODE = 0o640
_ACTOR = "setup"


@dataclass(frozen=True, slots=True)
class SiteWishes:
    """What is set in the database; None leaves it as it is."""

    range: NumberRange | None = None
    protocol: str | None = None
    """Only what somebody confirmed (requirement AR-23)."""
    open_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """What would be done."""

    answers: SetupAnswers
    toml: Path
    text: str
    """Of a settings file to write; empty where one is kept."""
    settings: Settings
    asterisk: InstallPlan
    owner: str
    site: SiteWishes
    notes: tuple[str, ...]
    upgrades: bool
    """The database is to be created or upgraded."""
    changes_site: tuple[str, ...]
    """Words for what changes in the database."""
    hands_over: tuple[Path, ...] = ()
    """What the service's user does not own yet, and must."""
    before: AutoregistrationSettings | None = None
    """As the database has them before; None where it has to be upgraded to be read."""

    @property
    def has_range(self) -> bool:
        """Whether there are numbers for unknown phones once it is done."""
        numbers = self.site.range or (self.before.range if self.before is not None else None)
        return numbers is None or not numbers.is_empty

    @property
    def protocol_is_chosen(self) -> bool:
        """Whether somebody said what phones that speak both are to speak."""
        return self.site.protocol is not None or self.before is None or self.before.protocol_chosen

    @property
    def opens(self) -> bool:
        """Whether unknown phones come in once it is done."""
        is_open = self.before is not None and self.before.is_open(SystemClock().now())
        return self.site.open_for is not None or is_open

    @property
    def is_empty(self) -> bool:
        """Whether everything is as it should be already."""
        changes = self.text or self.upgrades or self.changes_site or self.hands_over
        return self.asterisk.is_empty and not changes


def plan_setup(answers: SetupAnswers, toml: Path, site: SiteWishes, *, owner: str) -> SetupPlan:
    """Decide. Reads only. Raises ConfigurationError, InvalidInput, StoreError."""
    notes: list[str] = []
    if toml.is_file():
        settings = load_settings(toml)
        if not settings.ami.secret:
            raise ConfigurationError(
                f"{toml} is there, and has no ami.secret",
                fix="write the one of Asterisk's manager account there, or move the file away and run this again",
            )
        notes.append(f"{toml} is there already and is kept")
        wanted = {"server.address": answers.address, "asterisk.directory": answers.etc / "sepbridge"}
        notes += differences(settings, wanted)
        answers = replace(answers, secret=settings.ami.secret, state=settings.state.directory)
        text = ""
    else:
        text = settings_text(answers)
        settings = _settings_of(text)
    on_freepbx = belongs_to_freepbx(answers.etc)
    if on_freepbx and not settings.freepbx.url:
        raise ConfigurationError(
            "FreePBX's API is not known yet",
            why=f"neither --credentials nor a section [freepbx] in {toml} names it",
            fix="fwconsole api gql genclientcred pbx.example.com > api.json, then --credentials api.json"
            + (f"; what it says belongs into {toml}, which is kept" if toml.is_file() else ""),
        )
    installed = (freepbxinstall.plan if on_freepbx else install.plan)(
        answers.etc,
        InstallSettings(
            secret=answers.secret,
            owner=owner,
            codes=settings.feature_codes,
            voicemail=bool(settings.asterisk.voicemail_pin),
            parking=settings.asterisk.parking,
            self_provision_socket=settings.selfprovisioning.socket,
        ),
    )
    if settings.asterisk.backend is AsteriskBackend.REALTIME:
        notes.append(
            "endpoints go into Asterisk's tables: `sepbridge setup realtime` makes them and shows what it needs"
        )
    if closed := shut_out(owner, settings.asterisk.directory):
        notes.append(closed)
    revision = current(settings.database_url)
    before = _stored(settings, revision)
    if site.open_for is not None and before is not None:
        _check_opening(settings, site, before, is_new=revision is None)
    return SetupPlan(
        answers,
        toml,
        text,
        settings,
        installed,
        owner,
        site,
        (*(() if installed.is_empty else installed.notes), *notes),
        revision != HEAD,
        tuple(_site_changes(site, before, is_new=revision != HEAD)),
        _not_owned(settings, toml, owner),
        before,
    )


def carry_out(wanted: SetupPlan) -> None:
    """Do it. Raises Conflict, WriteFailed, StoreError; what was done before a failure is undone by ``--undo``."""
    state = wanted.settings.state.directory
    before = Manifest.load(state)
    made_state = not state.is_dir()
    sqlite = not wanted.settings.database.url
    made_database = sqlite and not (state / "sepbridge.db").exists()
    apply(wanted.asterisk)
    _make_directory(state)
    if wanted.text:
        _make_parent(wanted.toml)
        write_atomically(wanted.toml, wanted.text.encode(), mode=_SETTINGS_MODE)
    manifest = Manifest(
        str(wanted.answers.etc),
        str(wanted.toml),
        digest(wanted.text) if wanted.text else (before.digest if before else ""),
        made_state or (before.made_state if before else False),
        made_database or (before.made_database if before else False),
        before.enabled_unit if before else False,
    )
    _note(state, manifest, wanted.owner)
    upgrade(wanted.settings.database_url)
    _set_site(wanted.settings, wanted.site)
    hand_over(wanted.owner, _not_owned(wanted.settings, wanted.toml, wanted.owner))


def _not_owned(settings: Settings, toml: Path, owner: str) -> tuple[Path, ...]:
    return not_owned(owner, directory=settings.asterisk.directory, state=settings.state.directory, toml=toml)


def start_unit(state: Path, owner: str) -> None:
    """Enable and start the service's unit, and note it. Raises SepbridgeError."""
    output_of(["systemctl", "enable", "--now", _UNIT], within=60.0)
    if (manifest := Manifest.load(state)) is not None:
        _note(state, replace(manifest, enabled_unit=True), owner)


def tell_asterisk(command: Sequence[str], done: InstallPlan) -> str:
    """Let a running Asterisk read its files anew; an answer for people. ``command`` ends in ``-rx``."""
    new = {change.path.name for change in done.changes if change.before is None}
    try:
        output_of([*command, "core reload"], within=60.0)
        if "pjsip_notify.conf" in new:
            # The module declined when Asterisk started without that file, and a reload does not bring it back.
            output_of([*command, "module load res_pjsip_notify.so"], within=60.0)
    except SepbridgeError as error:
        return f"Asterisk was not told ({error.why or error.what}): asterisk -rx 'core reload'"
    more = ""
    if "transports.conf" in new:
        more = " A new SIP transport needs a restart: asterisk -rx 'core restart when convenient'."
    return f"Asterisk has read its files anew.{more}"


def tell_freepbx(program: str) -> str:
    """Have FreePBX apply its configuration; an answer for people. ``program``: fwconsole."""
    try:
        output_of([program, "reload"], within=300.0)
    except SepbridgeError as error:
        return f"FreePBX was not told ({error.why or error.what}): fwconsole reload"
    return "FreePBX has applied its configuration."


# --- undoing


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What would be taken back."""

    manifest: Manifest | None
    asterisk: InstallPlan
    toml: Path | None
    """The settings file, where nobody changed it since."""
    state: Path
    remove_data: bool
    notes: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to take back."""
        noted = self.manifest is not None and (self.manifest.keeps_more_than_data or self.remove_data)
        return not noted and self.asterisk.is_empty and self.toml is None


def plan_undo(etc: Path | None, state: Path, *, with_data: bool) -> UndoPlan:
    """Decide what to take back. ``etc``: Asterisk's directory, where no note says. Raises ConfigurationError."""
    manifest = Manifest.load(state)
    place = Path(manifest.etc) if manifest is not None else etc
    if place is None:
        raise ConfigurationError("it is not known where Asterisk's configuration is", fix="name it with --etc")
    installed = InstallPlan(place, ())
    if place.is_dir():
        installed = (freepbxinstall.undo_plan if belongs_to_freepbx(place) else install.undo_plan)(place)
    notes = [*installed.notes]
    toml: Path | None = None
    if manifest is not None and manifest.digest:
        path = Path(manifest.settings)
        if path.is_file():
            if digest(path.read_text(encoding="utf-8", errors="surrogateescape")) == manifest.digest:
                toml = path
            else:
                notes.append(f"{path} was changed since, and is kept")
    removes = with_data and manifest is not None and manifest.made_database
    if manifest is not None and manifest.made_database and not with_data:
        notes.append(f"the database and the files in {state} are kept; --with-data removes what setting up made")
    return UndoPlan(manifest, installed, toml, state, removes, tuple(notes))


def carry_out_undo(wanted: UndoPlan) -> None:
    """Take it back. Raises Conflict, WriteFailed."""
    if wanted.manifest is not None and wanted.manifest.enabled_unit:
        with contextlib.suppress(SepbridgeError):
            output_of(["systemctl", "disable", "--now", _UNIT], within=60.0)
    apply(wanted.asterisk)
    if wanted.toml is not None:
        wanted.toml.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # something else is in it
            wanted.toml.parent.rmdir()
    (wanted.state / MANIFEST).unlink(missing_ok=True)
    if wanted.manifest is not None and wanted.manifest.made_database and not wanted.remove_data:
        # --with-data may still follow.
        _note(wanted.state, replace(wanted.manifest, settings="", digest="", enabled_unit=False), "")
    if wanted.remove_data and wanted.manifest is not None:
        for each in wanted.state.glob("sepbridge.db*"):
            each.unlink(missing_ok=True)
        if wanted.manifest.made_state:
            with contextlib.suppress(OSError):  # the admin's files are in it
                wanted.state.rmdir()


# --- details


def _settings_of(text: str) -> Settings:
    return settings_from(tomllib.loads(text))


def _stored(settings: Settings, revision: str | None) -> AutoregistrationSettings | None:
    if revision is None:
        return AutoregistrationSettings()
    if revision != HEAD:
        return None
    with contextlib.closing(open_store(settings.database_url)) as store:
        return WindowDesk(store, SystemClock(), _ACTOR).settings()


def _site_changes(site: SiteWishes, known: AutoregistrationSettings | None, *, is_new: bool) -> list[str]:
    wishes: list[str] = []
    if is_new or known is None:
        if site.range is not None:
            wishes.append(f"range of numbers {site.range}")
        if site.protocol is not None:
            wishes.append(f"phones that speak both get {site.protocol}")
    else:
        if site.range is not None and known.range != site.range:
            wishes.append(f"range of numbers {site.range} (now {known.range})")
        if site.protocol is not None and known.protocol.value != site.protocol:
            wishes.append(f"phones that speak both get {site.protocol} (now {known.protocol})")
    is_open = known is not None and known.is_open(SystemClock().now())
    if site.open_for is not None and not is_open:
        wishes.append(f"autoregistration open for {site.open_for}")
    return wishes


def _check_opening(settings: Settings, site: SiteWishes, known: AutoregistrationSettings, *, is_new: bool) -> None:
    """What stands against opening is told before anything is written. Raises Conflict, InvalidInput.

    Whether there are numbers at all is asked when it is done (``SetupPlan.has_range``).
    """
    now, numbers = SystemClock().now(), site.range or known.range
    if numbers.is_empty or known.is_open(now):
        return
    changes.enable(replace(known, range=numbers), now=now, duration=site.open_for or timedelta())
    if is_new:
        return
    with contextlib.closing(open_store(settings.database_url)) as store:
        obstacles = _desk(settings, store).obstacles()
    # Of another range than the stored one nobody knows yet what it meets.
    standing = [each for each in obstacles if numbers == known.range or each.code != "range_overlap"]
    if standing:
        raise Conflict(
            f"autoregistration cannot be opened: {standing[0].what}", fix=f"{standing[0].fix}; or leave --open out"
        )


def _desk(settings: Settings, store: Store) -> WindowDesk:
    directory = settings.files_directory
    return WindowDesk(store, SystemClock(), _ACTOR, FileTree(directory) if directory.is_dir() else None)


def _set_site(settings: Settings, site: SiteWishes) -> None:
    with contextlib.closing(open_store(settings.database_url)) as store:
        desk = _desk(settings, store)
        known = desk.settings()
        was_open = known.is_open(SystemClock().now())
        if site.protocol is not None and (known.protocol.value != site.protocol or not known.protocol_chosen):
            desk.set_protocol(site.protocol)
        if site.range is not None and known.range != site.range:
            desk.set_range(site.range)
            if not was_open:
                desk.disable()  # the first range opens the window, as on CUCM: here only who asks for it opens it
        if site.open_for is not None and not was_open:
            desk.enable(duration=site.open_for)


def _make_directory(directory: Path) -> None:
    if directory.is_dir():
        return
    try:
        directory.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise WriteFailed(f"{directory} cannot be made", why=error.strerror or "", fix="run as root") from error


def _make_parent(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    except OSError as error:
        raise WriteFailed(f"{path.parent} cannot be made", why=error.strerror or "", fix="run as root") from error


def _note(state: Path, manifest: Manifest, owner: str) -> None:
    write_atomically(state / MANIFEST, manifest.text().encode(), mode=0o600)
    hand_over(owner, (state / MANIFEST,) if owner and os.geteuid() == 0 else ())
