"""Asterisk: its manager interface, the files that hold our phones, and FreePBX's API."""
