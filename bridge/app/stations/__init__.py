"""SCCP phones: their connections, their lines at Asterisk, and what they remember."""
