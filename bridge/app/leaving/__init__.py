"""Leaving CUCM: its exports, taken over."""
