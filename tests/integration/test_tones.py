"""The tones of countries, against those of a PBX that we did not write."""

from __future__ import annotations

import configparser
import csv
from pathlib import Path

from bridge.lab.installation import find_asterisk

OURS = Path(__file__).parents[2] / "bridge/provisioning/data/tones.csv"
THEIRS = {"dial": "dial", "ringing": "ring", "busy": "busy", "reorder": "congestion"}


def test_frequencies_and_cadences_are_those_of_asterisk() -> None:
    place = find_asterisk().data.parents[2] / "etc/asterisk/indications.conf"
    indications = configparser.ConfigParser(comment_prefixes=(";",), inline_comment_prefixes=(";",), strict=False)
    indications.read(place, encoding="utf-8")
    with OURS.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            ours = row["cadence"].replace(":", "/").replace(" ", ",")
            assert ours == indications[row["code"]][THEIRS[row["tone"]]], row
