"""The universal templates as the database has them."""

from __future__ import annotations

from bridge.autoregistration import UniversalTemplates
from bridge.ports import UnitOfWork


def universal_templates(work: UnitOfWork) -> UniversalTemplates:
    """What new phones may be made from."""
    return UniversalTemplates(
        {each.name: each for each in work.objects.device_templates.all()},
        {each.name: each for each in work.objects.line_templates.all()},
    )
