"""Measurements: this project beside others, with one client program, in one run."""
