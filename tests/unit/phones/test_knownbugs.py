"""Loads with blocking bugs (models reference, section 3)."""

from __future__ import annotations

import pytest

from bridge.core import SignallingProtocol
from bridge.phones.knownbugs import known_bugs


@pytest.mark.parametrize(
    ("load", "words"),
    [
        ("SIP894x.9-2-3-5", "hands-free"),
        ("SIP894x.9-3-2-12", "directory key"),
        ("SIP894x.9-3-4-17", "voicemail key"),
        ("SIP894x.9-4-2SR3-1", "video"),
        ("sip9971.9-2-2SR1-9", "No Trust List"),
        ("sip9971.9-3-4-19", "No Trust List"),
    ],
)
def test_what_blocks_is_said_with_a_load_that_does_better(load: str, words: str) -> None:
    (bug,) = known_bugs(load)
    assert words in bug.what
    assert bug.instead
    assert not known_bugs(bug.instead), "the advice is none with a bug of its own"


def test_a_bare_version_needs_the_model_and_what_it_speaks() -> None:
    (bug,) = known_bugs("9.3.4", "8945", SignallingProtocol.SIP)
    assert "voicemail" in bug.what
    assert not known_bugs("9.3.4", "8945", SignallingProtocol.SCCP)
    assert not known_bugs("9.3.4", "7961G", SignallingProtocol.SIP)
    assert not known_bugs("9.3.4")


@pytest.mark.parametrize(
    "load",
    [
        *("SIP894x.9-3-1-14", "SCCP894x.9-3-2-12", "sip9971.9-4-1-9", "sip9971.9-4-2SR2-2", "sip9951.9-2-2SR1-9"),
        *("SIP41.9-4-2SR3-1S", "sip88xx.12-8-1-0001-455", "", "something"),
    ],
)
def test_others_are_not_accused(load: str) -> None:
    assert known_bugs(load) == ()
