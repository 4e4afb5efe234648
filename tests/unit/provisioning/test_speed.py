"""Two thousand phones' files, on a machine that does other things too."""

from __future__ import annotations

import time

from bridge.phones import catalogue
from bridge.provisioning import Renderer
from tests.samples import sample_device, sample_pool, template_loader


def test_two_thousand_files_are_rendered_in_ten_seconds() -> None:
    renderer, pool = Renderer(template_loader()), sample_pool()
    models = [catalogue().require(name) for name in ("8841", "7841", "7961", "6941")]
    begin = time.process_time()
    for number in range(2000):
        device = sample_device(name=f"SEP0011{number:08X}")
        renderer.render_phone_file(device, pool, model=models[number % len(models)])
    assert time.process_time() - begin < 10
