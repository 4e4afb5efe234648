"""Whatever people call themselves and their phones: the file stays well-formed and within the phones' limits."""

from __future__ import annotations

from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import Line, LineAppearance, NumberRange, SignallingProtocol
from bridge.phones import catalogue
from bridge.provisioning import Renderer, content_differs, dial_rules, shown_text
from tests.samples import sample_device, sample_pool, template_loader

RENDERER = Renderer(template_loader())
texts = st.one_of(st.text(max_size=80), st.text("&<>\"'äßé中\0\n\u2028]]>{{ }}{%", max_size=80))
models = st.sampled_from([None, *(catalogue().require(name) for name in ("7961", "7841", "8841", "9971", "6941"))])


@given(texts, texts, models)
def test_names_and_labels_come_out_as_they_went_in(label: str, name: str, model: object) -> None:
    line = LineAppearance(1, Line("1001", display_name=name), label=label)
    rendered = RENDERER.render_phone_file(
        sample_device(SignallingProtocol.SIP, line),
        sample_pool(),
        model=model,
    )
    entry = fromstring(rendered.content).find("sipProfile/sipLines/line")
    assert entry is not None
    assert entry.findtext("featureLabel") == (shown_text(label) or "1001")
    assert entry.findtext("displayName") == (shown_text(name) or "1001")
    assert len(entry.findtext("featureLabel") or "") <= 30
    assert "<!" not in rendered.text
    assert "<?" not in rendered.text[5:]
    assert not content_differs(rendered.text, rendered.text + "\n")


@given(st.text(max_size=500), st.integers(1, 40))
def test_shown_texts_are_stable(text: str, limit: int) -> None:
    shown = shown_text(text, limit)
    assert len(shown) <= limit
    assert shown_text(shown, limit) == shown
    assert shown == "" or shown.isprintable()


def covered(pattern: str, number: str) -> bool:
    return len(pattern) == len(number) and all(a in {b, "."} for a, b in zip(pattern, number, strict=True))


@given(st.integers(1, 5).flatmap(lambda n: st.tuples(*[st.integers(0, 10**n - 1)] * 2, st.just(n))), st.data())
def test_patterns_cover_exactly_the_range(ends: tuple[int, int, int], data: st.DataObject) -> None:
    first, last, length = min(ends[:2]), max(ends[:2]), ends[2]
    part = NumberRange(str(first).zfill(length), str(last).zfill(length))
    patterns = [rule.match for rule in dial_rules([part])][:-1]
    number = str(data.draw(st.integers(0, 10**length - 1))).zfill(length)
    assert any(covered(pattern, number) for pattern in patterns) is (number in part)
    assert all(pattern[0] != "." for pattern in patterns)
