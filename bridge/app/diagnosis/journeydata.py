"""Journeys and diagnoses for programs: as what JSON can be made of."""

from __future__ import annotations

from dataclasses import fields

from bridge.app.diagnosis.journeydesk import Diagnosis
from bridge.journey import PhoneJourney


def diagnosis_as_data(found: Diagnosis) -> dict[str, object]:
    """A diagnosis for programs: the journey without the events that it was told from."""
    return {
        "phone": found.journey.device,
        "journey": journey_as_data(found.journey),
        "findings": list(found.findings),
    }


def journey_as_data(journey: PhoneJourney) -> dict[str, object]:
    """A journey for programs, without the events that it was told from."""
    data: dict[str, object] = {
        each.name: getattr(journey, each.name) for each in fields(journey) if each.name not in ("events", "lines")
    }
    data["lines"] = [{"number": number, "state": state} for number, state in journey.lines]
    return data
