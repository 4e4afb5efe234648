"""What Asterisk must know about a phone, as sections of pjsip.conf (reference: chan_pjsip with Cisco phones, 1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.errors import InvalidInput
from bridge.pbx.conffile import Item, Section, render, token
from bridge.ports import MOST_BUSY_AT, SipEndpoint, Transport

_CODEC = re.compile(r"[a-z0-9]{1,20}")
_SECRET = re.compile(r"[!-~]{1,30}")
_VALUE = re.compile(r"[A-Za-z0-9*#+._-]{1,80}")
_NUMBER = re.compile(r"[0-9*#+]{1,20}")
_MAILBOX = re.compile(r"[0-9A-Za-z*#+_.-]{1,40}@[0-9A-Za-z_-]{1,40}")
_GROUP = re.compile(r"[0-9A-Za-z_-]{1,40}")
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\"\\<>]+")
LONGEST_NAME = 80
MOST_CONTACTS = 32


@dataclass(frozen=True, slots=True)
class PjsipOptions:
    """What a site may choose for all its phones."""

    tcp_transport: str = ""
    """Name of the transport section that TCP phones are pinned to; empty leaves the choice to Asterisk."""
    udp_transport: str = ""
    behind_nat: bool = False
    """Rewrite contacts to where packets came from. Then phones refuse restart requests (reference: section 3.3)."""
    qualify_seconds: int = 60
    """How often Asterisk asks a phone by OPTIONS whether it is there; 0 to 60, 0 never."""


def check_extension(number: str) -> str:
    """Return ``number`` if it can stand in a dialplan literally. Raises InvalidInput."""
    if not _NUMBER.fullmatch(number):
        raise InvalidInput(f"{number!r} cannot be an extension", fix="use up to twenty digits, * and #")
    return number


NO_GROUP = "sepbridge-none"
"""Where OPickUp may take from no group: one in which nothing rings."""


def check_group(group: str) -> str:
    """Return ``group`` if it can be a pickup group or a class of music. Raises InvalidInput."""
    if not _GROUP.fullmatch(group):
        raise InvalidInput(f"{group!r} cannot be a pickup group or a class of music", fix="use letters, digits, - _")
    return group


def check_mailbox(mailbox: str) -> str:
    """Return ``mailbox`` if it is empty or a mailbox with its context. Raises InvalidInput."""
    if mailbox and not _MAILBOX.fullmatch(mailbox):
        raise InvalidInput(f"{mailbox!r} cannot be a mailbox", fix="write it as 1001@default")
    return mailbox


def display_name(name: str) -> str:
    """A caller's name without what would end or change the line it stands in; at most 80 characters."""
    return " ".join(_NOT_IN_NAMES.sub(" ", name).split())[:LONGEST_NAME].strip()


def endpoint_sections(endpoint: SipEndpoint, options: PjsipOptions) -> tuple[Section, ...]:
    """Endpoint, auth and aor, all three under the endpoint's name. Raises InvalidInput.

    ``max_contacts=1`` with ``remove_existing`` because newer phones register a new contact user after every boot, and
    because a restart request must name the Call-ID of the one registration. ``identify_by`` has ``auth_username``
    because requests about the device come from the MAC, not from the number.

    A line on several devices has one auth for each of them: Asterisk takes whichever fits, so that no device has to
    know the secret of another. Its aor holds as many contacts as register by themselves.
    """
    name = token(endpoint.name, what="the name of an endpoint")
    logins = {name: (endpoint.username or name, endpoint.secret)}
    logins |= {f"{name}-{device}": (username, secret) for device, username, secret in endpoint.sharers}
    for _, secret in logins.values():
        _check_secret(name, secret)
    if not 1 <= endpoint.contacts <= MOST_CONTACTS:
        raise InvalidInput(f"{name} would register {endpoint.contacts} times", fix=f"use 1 to {MOST_CONTACTS}")
    if not endpoint.codecs or not all(_CODEC.fullmatch(codec) for codec in endpoint.codecs):
        raise InvalidInput(f"the codecs of {name} are not names that Asterisk knows", fix="see the phone's region")
    if not 1 <= endpoint.busy_at <= MOST_BUSY_AT:
        raise InvalidInput(f"{name} would be busy at {endpoint.busy_at} calls", fix=f"use 1 to {MOST_BUSY_AT}")
    if not 1 <= endpoint.no_answer_seconds <= 300 or not 1 <= endpoint.max_forwards <= 60:
        raise InvalidInput(f"{name} would ring or be forwarded for ever", fix="ring 1 to 300 s, forward 1 to 60 times")
    caller = display_name(endpoint.caller_name)
    transport = options.tcp_transport if endpoint.transport is Transport.TCP else options.udp_transport
    settings = {
        "type": "endpoint",
        "context": token(endpoint.context, what="the name of a context"),
        "disallow": "all",
        "allow": ",".join(endpoint.codecs),
        "aors": name,
        "auth": ",".join(logins),
        "callerid": f'"{caller}" <{check_extension(endpoint.number)}>'
        if caller
        else f"<{check_extension(endpoint.number)}>",
        "identify_by": "username,auth_username",
        "rewrite_contact": _yes_no(options.behind_nat),
        "direct_media": "no",
        "dtmf_mode": "rfc4733",
        "timers": "no",
        "100rel": "no",
        "trust_id_inbound": "yes",
        "send_rpid": "yes",
        "send_pai": "no",
        "send_connected_line": "yes",
        "send_diversion": "yes",
        "device_state_busy_at": str(endpoint.busy_at),
        "allow_subscribe": "yes",
    }
    if endpoint.call_group:
        settings["named_call_group"] = check_group(endpoint.call_group)
    if endpoint.pickup_group:
        settings["named_pickup_group"] = check_group(endpoint.pickup_group)
    if endpoint.music_on_hold:
        settings["moh_suggest"] = check_group(endpoint.music_on_hold)
    if endpoint.mailbox:
        settings["mailboxes"] = check_mailbox(endpoint.mailbox)
    for variable, value in endpoint.variables:
        settings[f"set_var {variable}"] = f"{token(variable, what='a variable')}={_variable_value(value)}"
    if transport:
        settings["transport"] = token(transport, what="the name of a transport")
    return (
        Section(name, (*_items(settings), *_variables(endpoint))),
        *(
            Section(
                auth, _items({"type": "auth", "auth_type": "userpass", "username": _user(username), "password": secret})
            )
            for auth, (username, secret) in logins.items()
        ),
        Section(
            name,
            _items(
                {
                    "type": "aor",
                    "max_contacts": str(endpoint.contacts),
                    "remove_existing": "yes",
                    "qualify_frequency": str(options.qualify_seconds),
                }
            ),
        ),
    )


def endpoint_text(endpoint: SipEndpoint, options: PjsipOptions) -> str:
    """The endpoint's part of the file, with a comment that names the device. Raises InvalidInput."""
    return f"; {endpoint.device}\n{render(endpoint_sections(endpoint, options))}"


WATCHER = "sepbridge-watcher"
"""The endpoint of the bridge itself, by which it sees what numbers do; also the name of the context of its calls."""
WATCHED_CONTEXT = "sepbridge-watched"
"""Has the hints of all numbers."""


def watcher_text(secret: str) -> str:
    """The bridge's own endpoint. It may watch every number, and call none: its context holds nothing.

    Raises InvalidInput.
    """
    if not _SECRET.fullmatch(secret):
        raise InvalidInput("the watcher's secret cannot be used", why="it takes 1 to 30 printable characters")
    endpoint = {
        "type": "endpoint",
        "context": WATCHER,
        "disallow": "all",
        "allow": "ulaw",
        "auth": WATCHER,
        "identify_by": "username,auth_username",
        "allow_subscribe": "yes",
        "subscribe_context": WATCHED_CONTEXT,
        "notify_early_inuse_ringing": "yes",
    }
    auth = {"type": "auth", "auth_type": "userpass", "username": WATCHER, "password": secret}
    sections = render((Section(WATCHER, _items(endpoint)), Section(WATCHER, _items(auth))))
    return f"; the bridge itself: it watches the numbers whose lamps phones show\n{sections}"


def _user(name: str) -> str:
    return token(name, what="the user name of a phone")


def _check_secret(name: str, secret: str) -> None:
    if not _SECRET.fullmatch(secret):
        raise InvalidInput(
            f"the SIP password of {name} cannot be used",
            why="phones take at most 30 printable characters, no blanks, and it must not be empty",
            fix="give the phone a new password",
        )


def _items(settings: dict[str, str]) -> tuple[Item, ...]:
    # A key that stands several times is written here with what tells it from the others behind a blank.
    return tuple(Item(key.partition(" ")[0], value) for key, value in settings.items())


def _variable_value(value: str) -> str:
    if not _VALUE.fullmatch(value):
        raise InvalidInput(f"{value!r} cannot be the value of a channel variable", fix="use letters, digits, + . _ -")
    return value


def _variables(endpoint: SipEndpoint) -> tuple[Item, ...]:
    """What the dialplan is told of the caller: whose line it is, whatever the caller's From says."""
    told = {"SEPBRIDGE_LINE": endpoint.number, "SEPBRIDGE_MAILBOX": endpoint.mailbox}
    if endpoint.other_groups is not None:
        told["SEPBRIDGE_OTHER_GROUPS"] = ",".join(map(check_group, endpoint.other_groups)) or NO_GROUP
    return tuple(Item("set_var", f"{key}={value}") for key, value in told.items() if value)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
