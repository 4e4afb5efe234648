#!/usr/bin/env python3
"""Print docs/phones.md from the catalogue: scripts/phones-page.py > docs/phones.md"""

from __future__ import annotations

import sys

from bridge.lab.skinnymodels import skinny_models
from bridge.phones import catalogue
from bridge.provisioning.overview import phones_page

sys.stdout.write(phones_page(catalogue(), set(skinny_models())))
