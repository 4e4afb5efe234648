"""Digest authentication, both sides: RFC 2617, RFC 7616 as RFC 8760 brings it into SIP.

MD5 and SHA-256, with ``qop=auth`` and without; the strongest algorithm that we know wins where a server offers several.
``auth-int`` is not offered by any PBX and not spoken. Secrets appear in no repr and no error text.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bridge.errors import RemoteProtocolError
from bridge.sip.addressing import quoted, split_outside_quotes, unquoted

_ALGORITHMS = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
"""Best first."""
_NAMES = {"": "MD5", "MD5": "MD5", "SHA-256": "SHA-256"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MAX_CHALLENGES = 8


@dataclass(frozen=True, slots=True)
class Challenge:
    """A ``Digest`` challenge that we can answer."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    """``MD5`` or ``SHA-256``."""
    opaque: str | None = None
    qop: bool = False
    """True when the server takes ``qop=auth``."""
    stale: bool = False
    """The credentials were right, only the nonce was old: try again with this one."""

    def __str__(self) -> str:
        parts = [f"realm={quoted(self.realm)}", f"nonce={quoted(self.nonce)}", f"algorithm={self.algorithm}"]
        if self.opaque is not None:
            parts.append(f"opaque={quoted(self.opaque)}")
        if self.qop:
            parts.append('qop="auth"')
        if self.stale:
            parts.append("stale=true")
        return "Digest " + ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to a server. The password is never shown."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a client answers to a challenge."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    opaque: str | None = None
    cnonce: str = ""
    nonce_count: int = 0
    """0 without qop."""

    def __str__(self) -> str:
        parts = [
            f"username={quoted(self.username)}",
            f"realm={quoted(self.realm)}",
            f"nonce={quoted(self.nonce)}",
            f"uri={quoted(self.uri)}",
            f"response={quoted(self.response)}",
            f"algorithm={self.algorithm}",
        ]
        if self.opaque is not None:
            parts.append(f"opaque={quoted(self.opaque)}")
        if self.nonce_count:
            parts += ["qop=auth", f"nc={self.nonce_count:08x}", f"cnonce={quoted(self.cnonce)}"]
        return "Digest " + ", ".join(parts)


def parse_challenge(text: str) -> Challenge | None:
    """Read one challenge. None for a scheme, algorithm or qop that we do not speak: another one may be there."""
    fields = _fields(text)
    if fields is None or not fields.get("nonce"):
        return None
    algorithm = _NAMES.get(fields.get("algorithm", "").upper())
    offered = {word.strip().lower() for word in fields.get("qop", "").split(",") if word.strip()}
    if algorithm is None or (offered and "auth" not in offered):
        return None
    return Challenge(
        realm=fields.get("realm", ""),
        nonce=fields["nonce"],
        algorithm=algorithm,
        opaque=fields.get("opaque"),
        qop="auth" in offered,
        stale=fields.get("stale", "").lower() == "true",
    )


def choose_challenge(values: Sequence[str]) -> Challenge:
    """The strongest challenge that we can answer. Raises RemoteProtocolError when there is none."""
    readable = [challenge for value in values[:MAX_CHALLENGES] if (challenge := parse_challenge(value))]
    for algorithm in _ALGORITHMS:
        for challenge in readable:
            if challenge.algorithm == algorithm:
                return challenge
    raise RemoteProtocolError(
        "the server asks for an authentication that is not supported",
        why="supported is Digest with MD5 or SHA-256, without qop or with qop=auth",
    )


def by_realm(values: Sequence[str]) -> dict[str, list[str]]:
    """Challenges by realm: each realm wants an answer of its own. Those that nobody can read count as one realm."""
    found: dict[str, list[str]] = {}
    for value in values[:MAX_CHALLENGES]:
        challenge = parse_challenge(value)
        if challenge is not None:
            found.setdefault(challenge.realm, []).append(value)
    return found or {"": list(values[:MAX_CHALLENGES])}


def parse_authorization(text: str) -> Authorization | None:
    """Read a client's answer; None when it is none of ours."""
    fields = _fields(text)
    if fields is None:
        return None
    algorithm = _NAMES.get(fields.get("algorithm", "").upper())
    count = fields.get("nc", "0")
    if algorithm is None or not re.fullmatch(r"[0-9A-Fa-f]{1,8}", count):
        return None
    return Authorization(
        username=fields.get("username", ""),
        realm=fields.get("realm", ""),
        nonce=fields.get("nonce", ""),
        uri=fields.get("uri", ""),
        response=fields.get("response", ""),
        algorithm=algorithm,
        opaque=fields.get("opaque"),
        cnonce=fields.get("cnonce", ""),
        nonce_count=int(count, 16) if fields.get("qop") else 0,
    )


def authorize(
    challenge: Challenge, credentials: Credentials, *, method: str, uri: str, cnonce: str = "", nonce_count: int = 1
) -> Authorization:
    """Answer ``challenge``. ``nonce_count`` starts at 1 for every new nonce and grows with each use of it."""
    count = nonce_count if challenge.qop else 0
    return Authorization(
        username=credentials.username,
        realm=challenge.realm,
        nonce=challenge.nonce,
        uri=uri,
        response=_response(
            challenge.algorithm,
            credentials.username,
            credentials.password,
            challenge.realm,
            method,
            uri,
            challenge.nonce,
            count,
            cnonce,
        ),
        algorithm=challenge.algorithm,
        opaque=challenge.opaque,
        cnonce=cnonce if count else "",
        nonce_count=count,
    )


def is_right(authorization: Authorization, password: str, *, method: str) -> bool:
    """The server's check: does the answer prove the password? Nonce and count are the caller's to judge."""
    expected = _response(
        authorization.algorithm,
        authorization.username,
        password,
        authorization.realm,
        method,
        authorization.uri,
        authorization.nonce,
        authorization.nonce_count,
        authorization.cnonce,
    )
    return hmac.compare_digest(expected.encode(), authorization.response.encode())


def _response(
    algorithm: str,
    username: str,
    password: str,
    realm: str,
    method: str,
    uri: str,
    nonce: str,
    nonce_count: int,
    cnonce: str,
) -> str:
    def digest(text: str) -> str:
        return _ALGORITHMS[algorithm](text.encode(), usedforsecurity=False).hexdigest()

    first = digest(f"{username}:{realm}:{password}")
    second = digest(f"{method}:{uri}")
    if nonce_count:
        return digest(f"{first}:{nonce}:{nonce_count:08x}:{cnonce}:auth:{second}")
    return digest(f"{first}:{nonce}:{second}")


def _fields(text: str) -> dict[str, str] | None:
    scheme, _, rest = text.strip().partition(" ")
    if scheme.lower() != "digest" or _CONTROL.search(text):
        return None
    fields: dict[str, str] = {}
    for piece in split_outside_quotes(rest, ",")[:32]:
        name, equals, value = piece.partition("=")
        if equals:
            fields.setdefault(name.strip().lower(), unquoted(value.strip()))
    return fields


class DigestClient:
    """Remembers the challenge of one server, so that the next request carries its answer at once."""

    __slots__ = ("_challenge", "_count", "_header", "credentials")

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._challenge: Challenge | None = None
        self._header = "Authorization"
        self._count = 0

    def learn(self, values: Sequence[str], *, proxy: bool) -> Challenge:
        """Take in the challenges of a 401 or (``proxy``) 407. Raises RemoteProtocolError when none can be answered."""
        self._challenge = choose_challenge(values)
        self._header = "Proxy-Authorization" if proxy else "Authorization"
        self._count = 0
        return self._challenge

    @property
    def knows_a_challenge(self) -> bool:
        """True when ``answer`` has something to answer."""
        return self._challenge is not None

    def forget(self) -> None:
        """Drop the challenge: the next request goes out without credentials."""
        self._challenge = None

    def answer(self, method: str, uri: str, cnonce: str) -> tuple[str, str] | None:
        """Header name and value for a request, or None while no challenge is known."""
        if self._challenge is None:
            return None
        self._count += 1
        answer = authorize(
            self._challenge, self.credentials, method=method, uri=uri, cnonce=cnonce, nonce_count=self._count
        )
        return self._header, str(answer)
