"""Letting unknown phones in: the window, its checklist, refusals, and what becomes of phones after it."""
