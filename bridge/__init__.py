"""sepbridge: Cisco desk phones on Asterisk and FreePBX, the way they worked with CUCM."""

from __future__ import annotations

__version__ = "0.1.0"
