"""What makes thousands of phones' files cheap; how long they take is measured by ``bench.files``."""

from __future__ import annotations

from collections import Counter

import jinja2
import pytest

from bridge.phones import catalogue
from bridge.provisioning import Renderer
from tests.samples import sample_device, sample_pool, template_loader


def test_a_template_is_compiled_once_for_all_phones(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: Counter[str] = Counter()
    real = jinja2.Environment.compile

    def counted(self: jinja2.Environment, source: str, name: str, filename: str) -> object:
        compiled[name] += 1
        return real(self, source, name, filename)

    monkeypatch.setattr(jinja2.Environment, "compile", counted)
    renderer, pool = Renderer(template_loader()), sample_pool()
    models = [catalogue().require(name) for name in ("8841", "7841", "7961", "6941")]
    for number in range(200):
        device = sample_device(name=f"SEP0011{number:08X}")
        renderer.render_phone_file(device, pool, model=models[number % len(models)])
    assert {"88xx/sip.xml", "78xx/sip.xml", "java-79xx/sip.xml", "69xx/sip.xml"} <= set(compiled)
    assert set(compiled.values()) == {1}
