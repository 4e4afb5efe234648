"""The admin's side of self-provisioning: extensions that wait for their phones, and numbers that nobody may claim."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bridge.app.admission.universaltemplates import universal_templates
from bridge.app.phones.onenumber import check_one_line
from bridge.autoregistration import by_template
from bridge.autoregistration.claims import PLANNED, check_pin, check_protected, hashed_pin, is_protected, planned_name
from bridge.core import (
    Claim,
    Device,
    DeviceName,
    Line,
    LineAppearance,
    check_directory_number,
)
from bridge.core.texts import check_object_name, check_shown
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.phones import catalogue
from bridge.ports import AuditEntry, Clock, IdSource, Store, UnitOfWork

SECRET_LENGTH = 12
MOST_CLAIMS = 20_000
LARGEST_FILE = 8 * 1024 * 1024
COLUMNS = (
    *("number", "pin", "name", "description", "pool", "css", "button_template", "softkey_template"),
    *("device", "planned_model", "device_template"),
)
"""Of a file to import; only ``number`` must be there."""


@dataclass(frozen=True, slots=True)
class ClaimWish:
    """What an admin wants for an extension."""

    number: str
    pin: str = field(default="", repr=False)
    """Empty: none is asked for."""
    name: str = ""
    description: str = ""
    pool: str = ""
    css: str = ""
    button_template: str = ""
    softkey_template: str = ""
    device: str = ""
    """A device that exists, whose place the phone takes."""
    planned_model: str = ""
    """Make a prepared device without a MAC for this model; ``any`` for whatever model."""
    device_template: str = ""
    """The universal device template that the phone, or the prepared device, is made from."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Everything that the desk holds."""

    claims: Sequence[Claim]
    protected: Sequence[str]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. ``problems`` name their lines; the others are done (as with AR-36)."""

    added: int
    problems: tuple[str, ...]


class ClaimDesk:
    """The admin's changes. ``actor`` is who asked, for the audit trail."""

    def __init__(self, store: Store, clock: Clock, ids: IdSource, actor: str) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._actor = actor

    def list(self) -> Claims:
        """All claims and protected numbers."""
        with self._store.read() as work:
            return Claims(work.claims.all(), work.claims.protected())

    def add(self, wish: ClaimWish) -> Claim:
        """Let an extension be claimed; an open claim for it is replaced.

        Raises InvalidInput, Conflict for a protected number or one that has a phone, NotFound for objects.
        """
        with self._store.write() as work:
            claim = self._add(work, wish)
            work.commit()
        return claim

    def bring_in(self, text: str) -> Imported:
        """Add the claims of a CSV file (see ``COLUMNS``). A bad row is reported with its line, the others are done.

        Raises InvalidInput for a file that cannot be read at all.
        """
        added, problems = 0, []
        for line, wish in _wishes(text):
            try:
                self.add(wish)
            except OF_ONE_ROW as error:
                problems.append(f"line {line}: {error}")
            else:
                added += 1
        return Imported(added, tuple(problems))

    def remove(self, number: str) -> None:
        """Let an extension be claimed no more; a prepared device that nobody claimed goes, too. Raises NotFound."""
        with self._store.write() as work:
            claim = work.claims.get(number)
            work.claims.remove(number)
            planned = claim.device if claim and claim.claimed_by is None else None
            if planned is not None and planned.prefix == PLANNED and work.devices.get(planned) is not None:
                work.devices.remove(planned)
            work.claims.set_tries(f"number:{number}", None)
            self._audit(work, f"removed the claim for {number}")
            work.commit()

    def protect(self, pattern: str) -> None:
        """Never let these numbers be claimed: a number, or digits and X. Raises InvalidInput."""
        check_protected(pattern)
        with self._store.write() as work:
            work.claims.protect(pattern)
            self._audit(work, f"protected {pattern} from claims")
            work.commit()

    def unprotect(self, pattern: str) -> None:
        """Let them be claimed again. Raises NotFound."""
        with self._store.write() as work:
            work.claims.unprotect(pattern)
            self._audit(work, f"protects {pattern} from claims no more")
            work.commit()

    def unlock(self, subject: str) -> None:
        """Forget wrong attempts of a phone (its name or number) or for an extension."""
        with self._store.write() as work:
            work.claims.set_tries(f"number:{subject}", None)
            device = work.devices.by_endpoint(subject)
            try:
                name = device.name if device else DeviceName.parse(subject)
                work.claims.set_tries(f"phone:{name}", None)
            except InvalidInput:
                pass
            self._audit(work, f"unlocked {subject} for claims")
            work.commit()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _add(self, work: UnitOfWork, wish: ClaimWish) -> Claim:
        number = check_directory_number(wish.number)
        if is_protected(number, work.claims.protected()):
            raise Conflict(f"{number} is protected", fix="see `sepbridge claims list`")
        before = work.claims.get(number)
        if before is not None and before.claimed_by is not None:
            raise Conflict(f"{before.claimed_by} has claimed {number} already", fix=f"sepbridge claims remove {number}")
        check_shown(wish.name, "name")
        check_shown(wish.description, "description")
        _check_objects(work, wish)
        settings = work.autoregistration.load()
        partition = _partition(work, wish) or settings.partition
        device = self._prepared(work, wish, partition)
        if device is None and number in work.devices.numbers_in_use():
            raise Conflict(f"{number} belongs to a phone already", fix="name that phone with --device to replace it")
        claim = Claim(
            number=number,
            created_at=self._clock.now(),
            pin=hashed_pin(check_pin(wish.pin), secrets.token_bytes(16)) if wish.pin else "",
            partition=partition,
            device=device,
            pool=wish.pool,
            display_name=wish.name,
            description=wish.description,
            css=wish.css,
            button_template=wish.button_template,
            softkey_template=wish.softkey_template,
            device_template=wish.device_template,
        )
        if before is None and len(work.claims.all()) >= MOST_CLAIMS:
            raise Conflict(f"there are {MOST_CLAIMS} claims already", fix="remove some that are not needed")
        work.claims.save(claim)
        self._audit(work, f"lets {number} be claimed", "with a PIN" if wish.pin else "without a PIN")
        return claim

    def _prepared(self, work: UnitOfWork, wish: ClaimWish, partition: str) -> DeviceName | None:
        if wish.device and wish.planned_model:
            raise InvalidInput("a claim has an existing device or a planned one, not both", fix="leave one out")
        if wish.device:
            name = DeviceName.parse(wish.device)
            device = work.devices.require(name)
            if device.number != wish.number:
                raise Conflict(f"{name} is {device.number}, not {wish.number}", fix=f"claim {device.number}")
            return name
        if not wish.planned_model:
            return None
        name = planned_name(wish.number)
        model = None if wish.planned_model == "any" else catalogue().require(wish.planned_model)
        settings = work.autoregistration.load()
        device = Device(
            name=name,
            desired_protocol=(model.only_protocol if model else None) or settings.protocol,
            created_at=self._clock.now(),
            version_stamp=self._ids.version_stamp(),
            secret=self._ids.secret(SECRET_LENGTH),
            lines=(LineAppearance(1, Line(wish.number, partition, wish.name)),),
            model_number=model.number if model else None,
            model=model.name if model else "",
            description=wish.description,
            pool=wish.pool or settings.pool,
        )
        templates = {
            key: value for key in ("css", "button_template", "softkey_template") if (value := str(getattr(wish, key)))
        }
        if wish.device_template:
            known = universal_templates(work)
            template = known.devices[wish.device_template]
            device = by_template(device, template, known.line_of(template))
            device = replace(device, pool=wish.pool or device.pool, description=wish.description or device.description)
        device = replace(device, settings=replace(device.settings, **templates)) if templates else device  # type: ignore[arg-type]  # all three are texts
        if work.devices.get(name) is None:
            work.devices.add(device)
        else:
            work.devices.update(device)
        check_one_line(work, {wish.number})
        return name

    def _audit(self, work: UnitOfWork, action: str, detail: str = "") -> None:
        work.journal.audit(AuditEntry(self._clock.now(), self._actor, action, detail))


GENERATED_PIN = 6
"""Digits of a PIN that we make."""


def made_pin() -> str:
    """A PIN by chance."""
    return f"{secrets.randbelow(10**GENERATED_PIN):0{GENERATED_PIN}d}"


OF_ONE_ROW = (InvalidInput, Conflict, NotFound)
"""What may be wrong with one row of a file, and does not concern the others."""


def _check_objects(work: UnitOfWork, wish: ClaimWish) -> None:
    if wish.pool:
        work.site.pool(wish.pool)
    kinds: Mapping[str, tuple[str, object]] = {
        "calling search space": (wish.css, work.objects.calling_search_spaces.get(wish.css)),
        "button template": (wish.button_template, work.objects.button_templates.get(wish.button_template)),
        "soft-key template": (wish.softkey_template, work.objects.softkey_templates.get(wish.softkey_template)),
        "universal device template": (wish.device_template, work.objects.device_templates.get(wish.device_template)),
    }
    for kind, (name, found) in kinds.items():
        if name and found is None:
            check_object_name(name, kind)
            raise NotFound(f"there is no {kind} {name!r}", fix="`sepbridge site export` shows those that exist")


def _partition(work: UnitOfWork, wish: ClaimWish) -> str:
    """Where the universal line template puts the extension; empty where it leaves that to autoregistration."""
    known = universal_templates(work)
    template = known.devices.get(wish.device_template)
    line = known.line_of(template) if template else None
    return line.partition if line else ""


def _wishes(text: str) -> Iterator[tuple[int, ClaimWish]]:
    if len(text) > LARGEST_FILE:
        raise InvalidInput("the file is too large", why=f"more than {LARGEST_FILE // 1024 // 1024} MB", fix="split it")
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    names = [name.strip().lstrip("\ufeff").lower() for name in reader.fieldnames or []]
    if "number" not in names or (unknown := set(names) - set(COLUMNS)):
        raise InvalidInput(
            "the columns cannot be used" if "number" in names else "the column number is missing",
            why=f"unknown: {', '.join(sorted(unknown))}" if "number" in names else "",
            fix=f"known are {', '.join(COLUMNS)}",
        )
    reader.fieldnames = names
    for row in reader:
        values = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
        if any(values.values()):
            yield reader.line_num, ClaimWish(**values)
