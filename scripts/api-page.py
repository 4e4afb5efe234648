"""Prints docs/api.md, made from the operations of the API: ``python scripts/api-page.py > docs/api.md``."""

from __future__ import annotations

from bridge.web.api import api_page

if __name__ == "__main__":
    print(api_page(), end="")
