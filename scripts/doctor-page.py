"""Prints docs/doctor.md, made from what the doctor may find: ``python scripts/doctor-page.py > docs/doctor.md``."""

from __future__ import annotations

from bridge.doctor.catalogue import page

if __name__ == "__main__":
    print(page(), end="")
