"""Tests of what is said about the benches."""
