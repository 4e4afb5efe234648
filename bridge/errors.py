"""The errors of sepbridge, in one tree.

::

    SepbridgeError                 what happened, why, and what to do next
    ├── InvalidInput               a value that a person, a file or a phone gave is not acceptable
    ├── ConfigurationError         sepbridge.toml or the site's objects contradict themselves
    ├── NotFound                   the named device, line or object does not exist
    ├── Conflict                   the change contradicts what is there already
    ├── AccessDenied               who asks may not
    │   ├── LoginRequired          nobody knows who asks
    │   ├── LoginRefused           wrong name or password
    │   ├── TooManyTries           too many wrong ones: wait
    │   └── NotPermitted           it is known who asks, and that one may not
    ├── ProtocolError
    │   ├── LocalProtocolError     we asked a protocol machine for something its state does not allow
    │   └── RemoteProtocolError    the peer sent something its state, or the protocol, does not allow
    ├── StoreError                 the database or the served file tree
    │   ├── StoreUnavailable       not reachable, locked for too long
    │   └── StoreReadOnly          reachable, but nothing can be written
    ├── WriteFailed                a configuration file could not be written (disk full, permissions)
    └── PbxError                   Asterisk or its manager interface
        ├── PbxUnavailable         no connection, or no answer in time
        ├── PbxLoginRefused        wrong user name or secret
        └── PbxRefused             Asterisk answered, and the answer was no

A message is written for the person who must mend it. ``SepbridgeError("what", why="…", fix="…")`` keeps the three
parts apart, so that the command line, the log and the dashboard can each show them in their own form.
"""

from __future__ import annotations


class SepbridgeError(Exception):
    """Base of all errors raised by this package. ``what`` happened, ``why``, and the ``fix``: what to do next."""

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        parts = [self.what]
        if self.why:
            parts.append(f"why: {self.why}")
        if self.fix:
            parts.append(f"fix: {self.fix}")
        return "; ".join(parts)


class InvalidInput(SepbridgeError, ValueError):
    """A value that a person, a file or a phone gave is not acceptable."""


class ConfigurationError(SepbridgeError):
    """``sepbridge.toml`` or the site's objects contradict themselves."""


class NotFound(SepbridgeError, LookupError):
    """The named device, line or object does not exist."""


class Conflict(SepbridgeError):
    """The change contradicts what is there already."""


class AccessDenied(SepbridgeError):
    """Who asks may not. Never raised itself: see the kinds below."""


class LoginRequired(AccessDenied):
    """Nobody knows who asks: no session, no token, or one that is over."""


class LoginRefused(AccessDenied):
    """The name or the password is wrong; never said which."""


class TooManyTries(AccessDenied):
    """There were too many wrong ones. ``wait``: seconds until the next one counts."""

    def __init__(self, what: str, *, why: str = "", fix: str = "", wait: int = 60) -> None:
        super().__init__(what, why=why, fix=fix)
        self.wait = wait


class NotPermitted(AccessDenied):
    """It is known who asks, and that one may not do this."""


class ProtocolError(SepbridgeError):
    """A protocol was broken. Never raised itself: see the two kinds below."""


class LocalProtocolError(ProtocolError):
    """Our own mistake: a protocol machine was asked for something that its state does not allow."""


class RemoteProtocolError(ProtocolError):
    """The peer's mistake: what it sent cannot be read, or comes at a moment when it is not allowed.

    ``reply`` is what the protocol says to answer with: a TFTP error code, a SIP status; None where silence is right.
    """

    def __init__(self, what: str, *, why: str = "", fix: str = "", reply: int | None = None) -> None:
        super().__init__(what, why=why, fix=fix)
        self.reply = reply


class StoreError(SepbridgeError):
    """The database, or the tree of served files."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, or stayed locked for too long."""


class StoreReadOnly(StoreError):
    """The database can be read, but nothing can be written to it."""


class WriteFailed(SepbridgeError):
    """A configuration file could not be written; what stood there before still stands."""


class PbxError(SepbridgeError):
    """Asterisk or its manager interface (AMI)."""


class PbxUnavailable(PbxError):
    """There is no connection to the manager interface, or it gave no answer in time."""


class PbxLoginRefused(PbxError):
    """The manager interface refused the user name or the secret."""


class PbxRefused(PbxError):
    """Asterisk answered, and the answer was no."""
