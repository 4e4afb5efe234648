"""One-time onboarding codes: an admin issues them, and a phone outside of the house uses each once (RG-30)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bridge.app.phones.phones import PhoneDesk
from bridge.core import CodeVerdict, Device, DeviceName, OnboardingCode, SignallingProtocol
from bridge.core.onboarding import CODE_DIGITS, USUAL_LIFE, code_digest
from bridge.errors import Conflict, NotFound
from bridge.phones import Model
from bridge.ports import AuditEntry, Clock, IdSource, Store
from bridge.provisioning import flat_template

MOST_CODES = 10_000
WHY_NOT = {
    CodeVerdict.UNKNOWN: "there is no such onboarding code",
    CodeVerdict.USED: "this onboarding code was used before; each works once",
    CodeVerdict.EXPIRED: "this onboarding code has expired",
}


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A code was used up for this phone."""

    device: Device
    is_new: bool
    """The phone was not known before."""


class Onboarding:
    """Codes and their use. ``actor`` is who asked, for the audit trail."""

    def __init__(self, store: Store, clock: Clock, ids: IdSource, actor: str) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._actor = actor
        self._phones = PhoneDesk(store, clock, ids, actor)

    def issue(
        self, *, number: str = "", display_name: str = "", pool: str = "", life: timedelta = USUAL_LIFE
    ) -> tuple[str, OnboardingCode]:
        """A new code, which is shown this once, and its record. Raises InvalidInput, NotFound, Conflict."""
        digits = self._ids.digits(CODE_DIGITS)
        now = self._clock.now()
        code = OnboardingCode.new(digits, now, life, number=number, display_name=display_name, pool=pool)
        with self._store.write() as work:
            if pool:
                work.site.pool(pool)
            if number and any(each.number == number for each in work.devices.lines()):
                raise Conflict(f"{number} belongs to a phone already", fix="give another number, or none")
            if len(work.onboarding.all()) >= MOST_CODES:
                raise Conflict(
                    f"there are {MOST_CODES} onboarding codes", fix="remove used ones: onboarding remove --old"
                )
            work.onboarding.add(code)
            work.journal.audit(AuditEntry(now, self._actor, f"issued onboarding code …{code.last_digits}", number))
            work.commit()
        return digits, code

    def list(self) -> Sequence[OnboardingCode]:
        """Every code, used ones too, the newest first."""
        with self._store.read() as work:
            return work.onboarding.all()

    def remove(self, last_digits: str = "") -> int:
        """Remove the codes with these last digits, or every one that is of no use any more; how many they were.

        Raises NotFound where none has these digits.
        """
        now = self._clock.now()
        with self._store.write() as work:
            gone = [
                each
                for each in work.onboarding.all()
                if (each.last_digits == last_digits if last_digits else each.verdict(now) is not CodeVerdict.VALID)
            ]
            if last_digits and not gone:
                raise NotFound(
                    f"no onboarding code ends with {last_digits}",
                    fix="`sepbridge onboarding list` shows those that exist",
                )
            for each in gone:
                work.onboarding.remove(each.digest)
                work.journal.audit(AuditEntry(now, self._actor, f"removed onboarding code …{each.last_digits}", ""))
            work.commit()
        return len(gone)

    def verdict(self, digits: str) -> CodeVerdict:
        """What a code is worth now."""
        with self._store.read() as work:
            code = work.onboarding.get(code_digest(digits))
        return CodeVerdict.UNKNOWN if code is None else code.verdict(self._clock.now())

    def redeem(self, digits: str, name: DeviceName, model: Model | None) -> Redeemed | CodeVerdict:
        """Use a code up for a phone, and add the phone if it is not known: both, or nothing.

        Raises Conflict when the code's number has been given to another phone since, or none is free; the code is then
        still good.
        """
        now, digest = self._clock.now(), code_digest(digits)
        with self._store.write() as work:
            code = work.onboarding.get(digest)
            verdict = CodeVerdict.UNKNOWN if code is None else code.verdict(now)
            if code is None or verdict is not CodeVerdict.VALID:
                return verdict
            if not work.onboarding.use(digest, name, now):
                return CodeVerdict.USED
            known = work.devices.get(name)
            device = known or self._phones.add_within(
                work,
                name,
                number=code.number,
                model=model.name if model is not None and flat_template(model) else "",
                protocol=SignallingProtocol.SIP,
                display_name=code.display_name,
                pool=code.pool,
            )
            work.journal.audit(
                AuditEntry(now, f"onboarding code …{code.last_digits}", f"onboarded {name}", f"number {device.number}")
            )
            work.commit()
        return Redeemed(device, is_new=known is None)
