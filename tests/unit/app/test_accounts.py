"""Users, sessions, tokens: what lets somebody in, and what does not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bridge.app.accounts import Accounts, LoginRules, csrf_token_of, digest_of
from bridge.app.firstlogin import FirstLoginFile
from bridge.app.system import SystemIds
from bridge.core import AccessVia, Role
from bridge.errors import Conflict, InvalidInput, LoginRefused, LoginRequired, NotFound, TooManyTries, WriteFailed
from bridge.store import SqlStore
from tests.unit.app.conftest import StillClock

WHERE = "192.0.2.9"
OWN = "three words together"


@pytest.fixture
def accounts(store: SqlStore, clock: StillClock) -> Accounts:
    return Accounts(store, clock, SystemIds(), LoginRules(tries=3))


def audited(store: SqlStore) -> list[tuple[str, str]]:
    with store.read() as work:
        return [(each.actor, each.action) for each in work.journal.audit_trail()]


def test_the_first_run_makes_one_admin_whose_password_must_be_changed(accounts: Accounts, store: SqlStore) -> None:
    made = accounts.first_run("first run")
    assert made is not None
    assert made.password not in repr(made)
    assert accounts.first_run("first run") is None
    entered = accounts.log_in("admin", made.password, WHERE)
    assert (entered.principal.role, entered.principal.must_change) == (Role.ADMIN, True)
    with pytest.raises(InvalidInput, match="10 to 200"):
        accounts.change_password(entered.cookie, made.password, "short", WHERE)
    with pytest.raises(LoginRefused):
        accounts.change_password(entered.cookie, "wrong", OWN, WHERE)
    with pytest.raises(InvalidInput, match="that you have"):
        accounts.change_password(entered.cookie, made.password, made.password, WHERE)
    changed = accounts.change_password(entered.cookie, made.password, OWN, WHERE)
    assert not changed.principal.must_change
    assert accounts.by_cookie(changed.cookie).name == "admin"
    with pytest.raises(LoginRequired):
        accounts.by_cookie(entered.cookie)
    with pytest.raises(LoginRefused):
        accounts.log_in("admin", made.password, WHERE)
    assert ("admin from 192.0.2.9", "logged in") in audited(store)


def test_a_one_time_password_is_good_for_one_login_and_for_a_day(accounts: Accounts, clock: StillClock) -> None:
    made = accounts.add_user("ann", Role.VIEWER, "tester")
    assert made is not None
    assert made.until == clock.now() + timedelta(days=1)
    entered = accounts.log_in("ann", made.password, WHERE)
    for _ in range(5):  # whoever knows it does not guess, and locks nobody out
        with pytest.raises(LoginRefused, match="used already"):
            accounts.log_in("ann", made.password, "198.51.100.1")
    # The one login that it was good for still chooses another.
    accounts.change_password(entered.cookie, made.password, OWN, WHERE)
    clock.pass_by(timedelta(days=400))
    accounts.log_in("ann", OWN, WHERE)
    late = accounts.reset_password("ann", "tester")
    assert late is not None
    clock.pass_by(timedelta(days=1))
    with pytest.raises(LoginRefused, match="too old"):
        accounts.log_in("ann", late.password, WHERE)


def test_a_one_time_password_may_wait_for_ever(store: SqlStore, clock: StillClock) -> None:
    accounts = Accounts(store, clock, SystemIds(), LoginRules(one_time=None))
    made = accounts.add_user("ann", Role.VIEWER, "tester")
    assert made is not None
    assert made.until is None
    clock.pass_by(timedelta(days=3000))
    accounts.log_in("ann", made.password, WHERE)
    with pytest.raises(LoginRefused, match="used already"):
        accounts.log_in("ann", made.password, WHERE)


def test_the_first_password_waits_in_a_file_for_one_reader_until_it_is_used(
    store: SqlStore, clock: StillClock, tmp_path: Path
) -> None:
    file = FirstLoginFile(tmp_path / "first-login")
    accounts = Accounts(store, clock, SystemIds(), LoginRules(), file)
    made = accounts.first_run("first run")
    assert made is not None
    assert file.read() == made
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if "first-login" in each.name] == ["first-login"]
    # Another user's new password says nothing about this one.
    accounts.add_user("ann", Role.VIEWER, "tester")
    accounts.reset_password("ann", "tester")
    assert file.read() == made
    accounts.log_in("admin", made.password, WHERE)
    assert not file.path.exists()
    assert accounts.first_run("first run") is None


def test_a_first_password_that_nobody_used_in_time_is_made_anew(
    store: SqlStore, clock: StillClock, tmp_path: Path
) -> None:
    file = FirstLoginFile(tmp_path / "first-login")
    accounts = Accounts(store, clock, SystemIds(), LoginRules(), file)
    old = accounts.first_run("first run")
    clock.pass_by(timedelta(hours=23))
    assert accounts.first_run("first run") is None
    clock.pass_by(timedelta(hours=2))
    new = accounts.first_run("first run")
    assert old is not None
    assert new is not None
    assert file.read() == new
    with pytest.raises(LoginRefused, match="wrong"):
        accounts.log_in("admin", old.password, WHERE)
    accounts.log_in("admin", new.password, WHERE)
    clock.pass_by(timedelta(days=2))
    assert accounts.first_run("first run") is None  # somebody was there: only the command line makes another
    accounts.reset_password("admin", "tester")
    assert not file.path.exists()


def test_a_first_password_that_cannot_be_kept_makes_no_user(store: SqlStore, clock: StillClock, tmp_path: Path) -> None:
    file = FirstLoginFile(tmp_path / "nowhere" / "first-login")
    with pytest.raises(WriteFailed, match="first login"):
        Accounts(store, clock, SystemIds(), LoginRules(), file).first_run("first run")
    with store.read() as work:
        assert not work.accounts.all()
    assert file.read() is None


def test_a_new_password_lifts_every_lock_of_its_user(accounts: Accounts, clock: StillClock) -> None:
    accounts.add_user("ann", Role.VIEWER, "tester", password=OWN)
    for _ in range(3):
        with pytest.raises(LoginRefused):
            accounts.log_in("ann", "wrong", WHERE)
    with pytest.raises(TooManyTries):
        accounts.log_in("ann", OWN, WHERE)
    accounts.reset_password("ann", "tester", password="other words together")
    accounts.log_in("ann", "other words together", WHERE)


def test_logging_out_everywhere_ends_each_session_of_that_user_alone(accounts: Accounts, store: SqlStore) -> None:
    for name in ("ann", "bob"):
        accounts.add_user(name, Role.VIEWER, "tester", password=OWN)
    cookies = [accounts.log_in("ann", OWN, WHERE).cookie for _ in range(2)]
    other = accounts.log_in("bob", OWN, WHERE).cookie
    accounts.log_out_everywhere("ann", "ann")
    for cookie in cookies:
        with pytest.raises(LoginRequired):
            accounts.by_cookie(cookie)
    assert accounts.by_cookie(other).name == "bob"
    assert ("ann", "logged ann out everywhere") in audited(store)


def test_the_database_holds_hashes_alone(accounts: Accounts, store: SqlStore) -> None:
    accounts.add_user("ann", Role.VIEWER, "tester", password=OWN)
    cookie = accounts.log_in("ann", OWN, WHERE).cookie
    token = accounts.add_token("monitor", Role.VIEWER, "tester").secret
    with store.read() as work:
        known = work.accounts.get("ann")
        assert known is not None
        assert known.password.startswith("$argon2id$")
        assert work.accounts.session(cookie) is None
        assert work.accounts.session(digest_of(cookie)) is not None
        assert work.accounts.token(token) is None
        shown = repr(work.accounts.all()) + repr(work.accounts.tokens()) + repr(work.journal.audit_trail())
    assert not any(each in shown for each in (OWN, cookie, token, known.password, digest_of(token)))
    assert csrf_token_of(cookie) not in (cookie, digest_of(cookie))


def test_sessions_end_by_time_by_idleness_and_by_hand(accounts: Accounts, clock: StillClock) -> None:
    accounts.add_user("ann", Role.VIEWER, "tester", password=OWN)
    cookie = accounts.log_in("ann", OWN, WHERE).cookie
    for _ in range(11):  # every hour somebody looks
        clock.pass_by(timedelta(hours=1))
        assert accounts.by_cookie(cookie).via is AccessVia.SESSION
    clock.pass_by(timedelta(hours=1))
    with pytest.raises(LoginRequired):
        accounts.by_cookie(cookie)
    cookie = accounts.log_in("ann", OWN, WHERE).cookie
    clock.pass_by(timedelta(hours=2))
    with pytest.raises(LoginRequired):
        accounts.by_cookie(cookie)
    cookie = accounts.log_in("ann", OWN, WHERE).cookie
    accounts.log_out(cookie)
    accounts.log_out("never was")
    with pytest.raises(LoginRequired):
        accounts.by_cookie(cookie)


def test_wrong_logins_lock_the_name_at_that_address(accounts: Accounts, clock: StillClock) -> None:
    accounts.add_user("ann", Role.VIEWER, "tester", password=OWN)
    for _ in range(3):
        with pytest.raises(LoginRefused):
            accounts.log_in("ann", "wrong", WHERE)
    with pytest.raises(TooManyTries) as caught:
        accounts.log_in("ann", OWN, WHERE)
    assert caught.value.wait == 900
    assert accounts.log_in("ann", OWN, "192.0.2.10").principal.name == "ann"  # a stranger does not lock her out
    clock.pass_by(timedelta(minutes=15))
    assert accounts.log_in("ann", OWN, WHERE).principal.name == "ann"
    with pytest.raises(LoginRefused):
        accounts.log_in("ann", "wrong", WHERE)  # and the count begins anew


def test_guessing_names_locks_the_address_and_guessing_from_everywhere_the_name(accounts: Accounts) -> None:
    for number in range(12):
        with pytest.raises(LoginRefused):
            accounts.log_in(f"user{number}", "wrong", WHERE)
    with pytest.raises(TooManyTries):
        accounts.log_in("user99", "wrong", WHERE)
    accounts.add_user("ann", Role.ADMIN, "tester", password=OWN)
    for number in range(30):
        with pytest.raises(LoginRefused):
            accounts.log_in("ann", "wrong", f"198.51.100.{number}")
    with pytest.raises(TooManyTries):
        accounts.log_in("ann", OWN, "203.0.113.1")
    accounts.reset_password("ann", "tester", password=OWN)
    assert accounts.log_in("ann", OWN, "203.0.113.1").principal.name == "ann"


def test_users_come_go_and_the_last_admin_stays(accounts: Accounts) -> None:
    made = accounts.add_user("ann", Role.ADMIN, "tester")
    assert made is not None
    with pytest.raises(Conflict):
        accounts.add_user("Ann", Role.VIEWER, "tester")
    with pytest.raises(InvalidInput):
        accounts.add_user("an n", Role.VIEWER, "tester")
    for refused in (
        lambda: accounts.remove_user("ann", "tester"),
        lambda: accounts.set_role("ann", Role.VIEWER, "tester"),
    ):
        with pytest.raises(Conflict, match="last admin"):
            refused()
    cookie = accounts.log_in("ann", made.password, WHERE).cookie
    accounts.add_user("bob", Role.ADMIN, "tester")
    assert accounts.set_role("ann", Role.VIEWER, "tester").role is Role.VIEWER
    assert accounts.by_cookie(cookie).role is Role.VIEWER  # at once
    accounts.remove_user("ann", "tester")
    with pytest.raises(LoginRequired):
        accounts.by_cookie(cookie)
    with pytest.raises(NotFound):
        accounts.remove_user("ann", "tester")
    assert [each.name for each in accounts.users()] == ["bob"]


def test_tokens_work_until_they_end(accounts: Accounts, clock: StillClock) -> None:
    made = accounts.add_token("monitor", Role.VIEWER, "tester", lifetime=timedelta(days=1))
    assert made.secret not in repr(made)
    known = accounts.by_token(made.secret)
    assert (known.name, known.role, known.via) == ("monitor", Role.VIEWER, AccessVia.TOKEN)
    assert accounts.tokens()[0].last_used_at == clock.now()
    with pytest.raises(Conflict):
        accounts.add_token("monitor", Role.ADMIN, "tester")
    with pytest.raises(LoginRequired):
        accounts.by_token(made.secret + "x")
    clock.pass_by(timedelta(days=1))
    with pytest.raises(LoginRequired):
        accounts.by_token(made.secret)
    accounts.remove_token("monitor", "tester")
    with pytest.raises(NotFound):
        accounts.remove_token("monitor", "tester")
