"""The site's objects: as a text, as single changes, and as a dial plan."""
