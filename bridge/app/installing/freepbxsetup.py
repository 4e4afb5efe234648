"""What setting up on a FreePBX needs besides the files for Asterisk: the API's account, and our settings file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bridge.errors import InvalidInput
from bridge.pbx.freepbxapi import GRAPHQL_PATH

_LARGEST = 100_000
_WORD = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class FreePbxAccount:
    """Where FreePBX's API is, and the application that we are there."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)


def read_account(text: str) -> FreePbxAccount:
    """The account in what ``fwconsole api gql genclientcred HOST`` prints; text around the JSON is passed over.

    Raises InvalidInput.
    """
    start, end = text.find("{"), text.rfind("}")
    try:
        document = json.loads(text[start : end + 1][:_LARGEST])
    except (ValueError, RecursionError):
        document = None
    values = [document.get(key) if isinstance(document, dict) else None for key in _KEYS]
    if not all(isinstance(value, str) and _WORD.fullmatch(value) and '"' not in value for value in values):
        raise InvalidInput(
            "these are no credentials of FreePBX's API",
            why="graphql_url, client_id and client_secret are wanted, as JSON",
            fix="fwconsole api gql genclientcred pbx.example.com > api.json, then --credentials api.json",
        )
    graphql, client_id, client_secret = map(str, values)
    place = urlsplit(graphql)
    if place.scheme not in ("http", "https") or not place.netloc or not place.path.endswith(GRAPHQL_PATH):
        raise InvalidInput(f"{graphql!r} is no address of FreePBX's API", fix=f"it ends in {GRAPHQL_PATH}")
    return FreePbxAccount(f"{place.scheme}://{place.netloc}", client_id, client_secret)


_KEYS = ("graphql_url", "client_id", "client_secret")


def section_text(account: FreePbxAccount) -> str:
    """The section ``[freepbx]`` of the settings file."""
    return (
        f'[freepbx]\nurl = "{account.url}"\nclient_id = "{_escaped(account.client_id)}"\n'
        f'client_secret = "{_escaped(account.client_secret)}"\n'
    )


def settings_text(account: FreePbxAccount, *, ami_secret: str, directory: Path, code: str = "") -> str:
    """A whole settings file. ``code``: for self-provisioning, as its default is one of FreePBX's own."""
    own_code = f'\n[selfprovisioning]\ncode = "{code}"\n' if code else ""
    return (
        "# The settings of sepbridge; docs/settings.md explains every key.\n\n"
        f'[ami]\nsecret = "{ami_secret}"\n\n'
        f'[asterisk]\ndirectory = "{directory}"\n\n{section_text(account)}{own_code}'
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")
