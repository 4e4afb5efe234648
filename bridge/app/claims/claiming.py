"""Making a claim: one transaction that judges an attempt, moves the phone, and writes down what happened."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.app.admission.universaltemplates import universal_templates
from bridge.autoregistration.claims import (
    COUNTED,
    ClaimCase,
    ClaimPolicy,
    another_try,
    claimed,
    is_readable,
    judge,
)
from bridge.core import Claim, ClaimOutcome, Device, DeviceName, SignallingProtocol
from bridge.core.events import ClaimRefused, PhoneClaimed
from bridge.errors import Conflict, NotFound
from bridge.ports import AuditEntry, Clock, EventSink, IdSource, Store, UnitOfWork

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Moved:
    """A phone that became somebody's, before and after. It has not been told yet."""

    before: Device
    after: Device


class Claiming:
    """The desk for users. Blocking: use it from a thread.

    ``is_foreign`` tells whether the PBX has an endpoint of that name which is not ours.
    """

    def __init__(
        self,
        store: Store,
        sink: EventSink,
        clock: Clock,
        ids: IdSource,
        *,
        policy: ClaimPolicy,
        is_foreign: Callable[[str], bool],
    ) -> None:
        self._store = store
        self._sink = sink
        self._clock = clock
        self._ids = ids
        self._policy = policy
        self._is_foreign = is_foreign

    def phone_of(self, line: str) -> Device | None:
        """The phone whose calls come from this endpoint; None unless it may be claimed. Raises StoreError."""
        with self._store.read() as work:
            device = work.devices.by_endpoint(line)
        return device if device is not None and device.temporary else None

    def attempt(self, phone: DeviceName, number: str, pin: str, *, via: str) -> tuple[ClaimOutcome, Moved | None]:
        """Let ``phone`` become ``number``. Raises StoreError; everything else is an outcome.

        ``via`` is how the user came: ``call`` or ``screen``.
        """
        now = self._clock.now()
        number, pin = (number, pin) if is_readable(number, pin) else ("", "")
        try:
            case, outcome, moved = self._settle(phone, number, pin, via, now)
        except (Conflict, NotFound) as error:  # its pool or template is gone, or somebody else was faster
            log.warning("the claim of %s for %s cannot be made: %s", phone, number, error)
            case, outcome, moved = self._settle(phone, number, pin, via, now, instead=ClaimOutcome.TAKEN)
        self._tell(case, outcome, via, now)
        return outcome, moved

    def _settle(
        self, phone: DeviceName, number: str, pin: str, via: str, now: datetime, instead: ClaimOutcome | None = None
    ) -> tuple[ClaimCase, ClaimOutcome, Moved | None]:
        """One transaction. ``instead``: it was accepted, and could not be written; say so."""
        with self._store.write() as work:
            work.autoregistration.load(for_update=True)  # one claim at a time, on all nodes
            case = self._case(work, phone, number, pin)
            outcome = judge(case, self._policy, now)
            moved = None
            if outcome is ClaimOutcome.ACCEPTED and instead is not None:
                outcome = instead
            elif outcome is ClaimOutcome.ACCEPTED and case.device is not None and case.claim is not None:
                moved = self._move(work, case.device, case.claim, case.prepared, now)
            self._count(work, case, outcome, now)
            if outcome not in {ClaimOutcome.LOCKED, ClaimOutcome.NOT_TEMPORARY}:  # what a wild caller can repeat
                shown = number if case.claim else "an extension that nobody may claim"
                work.journal.audit(AuditEntry(now, f"user of {phone}", f"claims {shown}", f"{outcome}, by {via}"))
            work.commit()
        return case, outcome, moved

    def _case(self, work: UnitOfWork, phone: DeviceName, number: str, pin: str) -> ClaimCase:
        claim = work.claims.get(number) if number else None
        prepared = work.devices.get(claim.device) if claim and claim.device else None
        wanted = _wanted_lines(claim, prepared) if claim else set()
        holders = [
            each.name
            for each in (work.devices.all() if wanted else ())
            if any((appearance.line.number, appearance.line.partition) in wanted for appearance in each.lines)
        ]
        return ClaimCase(
            device=work.devices.get(phone),
            claim=claim,
            number=number,
            pin=pin,
            protected=work.claims.protected(),
            phone_tries=work.claims.tries(_of_phone(phone)),
            number_tries=work.claims.tries(_of_number(number)) if claim else None,
            prepared=prepared,
            holders=frozenset(holders),
            is_foreign=bool(number) and self._is_foreign(number),
        )

    def _move(self, work: UnitOfWork, device: Device, claim: Claim, prepared: Device | None, now: datetime) -> Moved:
        after = claimed(
            device,
            claim,
            prepared,
            version_stamp=self._ids.version_stamp(),
            templates=universal_templates(work),
        )
        if after.number != device.number and after.desired_protocol is SignallingProtocol.SIP:
            after = replace(after, registered=False)  # what is registered is the old number
        if prepared is not None and prepared.name != device.name:
            work.devices.remove(prepared.name)
        work.devices.update(after)
        work.claims.save(replace(claim, claimed_at=now, claimed_by=device.name))
        return Moved(device, after)

    def _count(self, work: UnitOfWork, case: ClaimCase, outcome: ClaimOutcome, now: datetime) -> None:
        if case.device is None:
            return
        phone, number = _of_phone(case.device.name), _of_number(case.number)
        if outcome in COUNTED:
            work.claims.forget_tries(now - self._policy.locked_for)
            work.claims.set_tries(phone, another_try(case.phone_tries, self._policy, now))
        if outcome is ClaimOutcome.WRONG_PIN:
            work.claims.set_tries(number, another_try(case.number_tries, self._policy, now))
        if outcome is ClaimOutcome.ACCEPTED:
            work.claims.set_tries(phone, None)
            work.claims.set_tries(number, None)

    def _tell(self, case: ClaimCase, outcome: ClaimOutcome, via: str, now: datetime) -> None:
        if case.device is None:
            return
        name, number = case.device.name, case.number if case.claim else ""
        if outcome is ClaimOutcome.ACCEPTED:
            self._sink.record(PhoneClaimed(at=now, device=name, before=case.device.number, number=number, via=via))
        else:
            self._sink.record(ClaimRefused(at=now, device=name, outcome=outcome.value, via=via, number=number))


def _wanted_lines(claim: Claim, prepared: Device | None) -> set[tuple[str, str]]:
    lines = [each.line for each in prepared.lines] if prepared else []
    return {(claim.number, claim.partition), *((line.number, line.partition) for line in lines)}


def _of_phone(phone: DeviceName) -> str:
    return f"phone:{phone}"


def _of_number(number: str) -> str:
    return f"number:{number}"
