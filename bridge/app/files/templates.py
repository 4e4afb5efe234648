"""Where templates come from: the admin's directory first, then those that are shipped.

The service runs on while the admin works there: one that appears takes the place of ours at the next request.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import jinja2

_CHECKOUT = Path(__file__).parents[3] / "templates"


class SiteTemplates(jinja2.FileSystemLoader):
    """Templates of several directories, the first one that has it. Jinja itself looks only whether the file that it has
    read is unchanged, and so never at one that came before it later.
    """

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """The text of a template, where it lies, and what tells whether that is still the one."""
        source, path, is_unchanged = super().get_source(environment, template)
        places = [os.path.normpath(Path(each, template)) for each in self.searchpath]
        before = [Path(each) for each in places[: places.index(path)]]
        return source, path, lambda: is_unchanged() and not any(each.is_file() for each in before)


def template_loader(own: Path) -> jinja2.BaseLoader:
    """The templates of a site whose own ones lie in ``own``."""
    shipped = resources.files("bridge") / "_data" / "templates"
    place = str(shipped) if shipped.is_dir() else str(_CHECKOUT)
    return SiteTemplates([str(own), place])
