"""Who may log in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core import (
    Account,
    ApiToken,
    LoginSession,
    LoginTries,
    Role,
)
from bridge.errors import Conflict, NotFound
from bridge.store import SqlStore
from tests.storecontract.samples import NOW
from tests.storecontract.schema import StoreContract


class AccountContract(StoreContract):
    def test_accounts_are_kept_as_they_are_and_take_their_sessions_with_them(self, store: SqlStore) -> None:
        ann = Account("ann", Role.ADMIN, NOW, "$argon2id$hash")
        bob = Account("Bob", Role.VIEWER, NOW, "$argon2id$other", one_time=True, last_login_at=NOW, logs_in_until=NOW)
        session = LoginSession("0" * 64, "ann", NOW, NOW, NOW + timedelta(hours=1))
        other = replace(session, digest="1" * 64)
        with store.write() as work:
            for each in (ann, bob):
                work.accounts.save(each)
            work.accounts.add_session(session)
            work.accounts.add_session(other)
            work.commit()
        with store.write() as work:
            assert work.accounts.all() == [bob, ann]
            assert work.accounts.get("bob") is None  # letter case counts
            assert work.accounts.session(session.digest) == session
            later = NOW + timedelta(minutes=5)
            work.accounts.touch_session(session.digest, later)
            assert work.accounts.session(session.digest) == replace(session, seen_at=later)
            work.accounts.end_sessions(account="ann", but=session.digest)
            assert work.accounts.session(other.digest) is None
            work.accounts.save(replace(ann, role=Role.VIEWER))
            work.accounts.remove("ann")
            assert work.accounts.session(session.digest) is None
            with pytest.raises(NotFound):
                work.accounts.remove("ann")

    def test_sessions_that_are_over_go_when_the_next_one_comes(self, store: SqlStore) -> None:
        with store.write() as work:
            work.accounts.save(Account("ann", Role.ADMIN, NOW, "hash"))
            old = LoginSession("0" * 64, "ann", NOW, NOW, NOW + timedelta(hours=1))
            work.accounts.add_session(old)
            work.accounts.add_session(replace(old, digest="1" * 64, created_at=NOW + timedelta(hours=1)))
            assert work.accounts.session(old.digest) is None

    def test_tokens_have_names_of_their_own(self, store: SqlStore) -> None:
        token = ApiToken("monitor", Role.VIEWER, "2" * 64, NOW, "tester", expires_at=NOW + timedelta(days=1))
        with store.write() as work:
            work.accounts.add_token(token)
            work.commit()
        with store.write() as work:
            with pytest.raises(Conflict):
                work.accounts.add_token(replace(token, digest="3" * 64))
            work.accounts.touch_token(token.digest, NOW)
            assert work.accounts.tokens() == [replace(token, last_used_at=NOW)]
            assert work.accounts.token(token.digest) == replace(token, last_used_at=NOW)
            assert work.accounts.token("4" * 64) is None
            work.accounts.remove_token("monitor")
            with pytest.raises(NotFound):
                work.accounts.remove_token("monitor")

    def test_wrong_logins_are_counted_at_once_from_many_sides(self, store: SqlStore) -> None:
        def count(_: int) -> None:
            with store.write() as work:
                work.accounts.count_try("ann from 192.0.2.1", NOW)
                work.commit()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(count, range(20)))
        with store.write() as work:
            assert work.accounts.tries("ann from 192.0.2.1") == LoginTries(20, NOW)
            work.accounts.count_try("other", NOW + timedelta(hours=1))
            work.accounts.forget_tries(before=NOW + timedelta(minutes=1))
            assert work.accounts.tries("ann from 192.0.2.1") is None
            work.accounts.forget_tries(subject="other")
            for subject in ("a_b from x", "a_b from y", "acb from x"):  # an underscore is no wildcard
                work.accounts.count_try(subject, NOW)
            work.accounts.forget_tries(beginning="a_b from ")
            assert work.accounts.tries("a_b from y") is None
            assert work.accounts.tries("acb from x") is not None
            assert work.accounts.tries("other") is None
