"""Prints docs/settings.md, made from the settings: ``python scripts/settings-page.py > docs/settings.md``."""

from __future__ import annotations

from bridge.app.settings.reference import settings_page

if __name__ == "__main__":
    print(settings_page(), end="")
