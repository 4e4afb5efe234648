"""Leaving CUCM: what its exports say (BAT files, AXL answers), and the site objects that come of it."""
