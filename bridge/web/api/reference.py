"""``docs/api.md``: the API for people who read, made from the same operations as its description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.core import Role
from bridge.web.api.everything import description, operations
from bridge.web.api.operations import PREFIX, Operation

_HEAD = """# REST API

Made from the code (`scripts/api-page.py`). The running service serves the exact description, OpenAPI 3.1, at
`/api/v1/openapi.json`. Everything here goes through the same use cases as the command line, with the same checks and
the same audit trail.

```console
$ sepbridge tokens add monitor --role viewer --for 90d     # prints the token, once
$ curl -H "Authorization: Bearer $TOKEN" http://pbx:6980/api/v1/phones?registered=false
$ curl -N -H "Authorization: Bearer $TOKEN" http://pbx:6980/api/v1/events?kind=stage
```

- **Login.** Programs send a token. A browser logs in with `POST /api/v1/session`, gets a cookie, and sends the
  `csrf_token` of the answer as `X-CSRF-Token` with every change. Viewers may look; changes are for admins.
- **Errors** have three parts: `{"error": {"kind", "what", "why", "fix"}}`. 400: it is not what the description says;
  401: log in; 403: not allowed; 404: no such thing; 409: it contradicts what is there; 422: a value cannot be used;
  429: too many wrong logins; 502, 503: Asterisk or the database.
- **Moments** are written `2026-01-31T08:00:00Z`, with their zone. In objects of the site and settings of phones, a key
  that is not there has its default, and `null` goes back to it.
- **Phones** are named by name, MAC or number.
- **Secrets** are in no answer: phones' files come with the password masked. A token, and a password made for one login,
  are in the answer to the request that made them, and nowhere else. A backup holds every secret of the site.
- A change is in force when the answer comes: files and Asterisk are told before.
"""


def api_page() -> str:
    """The page as text."""
    document = description()
    parts = [_HEAD.rstrip()]
    tag = ""
    for each in operations():
        if each.tag != tag:
            tag = each.tag
            parts.append(f"## {tag}")
        parts.append("\n\n".join(_told(each, document)))
    return "\n\n".join(parts) + "\n"


def _told(operation: Operation, document: dict[str, Any]) -> Iterator[str]:
    described = document["paths"][PREFIX + operation.path][operation.method.lower()]
    who = {Role.ADMIN: "admin", Role.VIEWER: "viewer", None: "everybody"}[operation.role]
    yield f"### `{operation.method} {PREFIX}{operation.path}`"
    yield f"{operation.summary} ({who}). {operation.description}".rstrip()
    rows = [
        f"| `{each['name']}` | {_kind(each['schema'])} | {each.get('description', '')} |"
        for each in described.get("parameters", [])
        if each["in"] == "query"
    ]
    if rows:
        yield "| Query | | |\n| --- | --- | --- |\n" + "\n".join(rows)
    content = described.get("requestBody", {}).get("content", {})
    schema = _resolved(content.get("application/json", {}).get("schema"), document)
    if schema is not None:
        required = schema.get("required", [])
        fields = [
            f"| `{name}`{' (needed)' if name in required else ''} | {_kind(each)} | {each.get('description', '')} |"
            for name, each in schema.get("properties", {}).items()
        ]
        yield "| Body | | |\n| --- | --- | --- |\n" + "\n".join(fields)
    answer = next(iter(described["responses"].values()))["content"]
    found = _resolved(answer.get("application/json", {}).get("schema"), document)
    if found is not None and found.get("properties"):
        yield "Answer: " + ", ".join(f"`{name}`" for name in found["properties"])


def _resolved(schema: dict[str, Any] | None, document: dict[str, Any]) -> dict[str, Any] | None:
    if schema is None or "$ref" not in schema:
        return schema
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"] if each not in (None, ""))
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    kind = schema.get("type", "anything")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
