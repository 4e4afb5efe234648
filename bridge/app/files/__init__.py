"""Phones' files and firmware: what is made, who may have it, and where it lies."""
