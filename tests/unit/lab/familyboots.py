"""What a server that has one phone in its books would answer: for boots of every family without a network."""

from __future__ import annotations

from bridge.core import DeviceName, Line, LineAppearance, MacAddress, SignallingProtocol
from bridge.errors import ConfigurationError
from bridge.lab.bootorder import BootOrder
from bridge.phones import FileKind, Model, parse_file_name
from bridge.provisioning import (
    PhoneSettings,
    Renderer,
    dial_rules,
    render_common_text,
    render_flat_profile,
    render_model_profile,
    render_old_dial_template,
    render_own_text,
    render_profile,
)
from bridge.provisioning.siptextfiles import DIAL_FILE
from tests.samples import sample_device, sample_pool, template_loader

RENDERER = Renderer(template_loader())
MAC = MacAddress("001122AABBCC")


def boot(model: Model, protocol: SignallingProtocol, load: str) -> tuple[BootOrder, list[str]]:
    """Boot a phone that is in the books, and return its boot and what it asked for."""
    order = BootOrder(model, MAC, load, spcp=model.speaks_spcp and protocol is SignallingProtocol.SCCP)
    asked: list[str] = []
    while (ask := order.next_request()) is not None:
        asked.append(ask.name)
        content = answer(ask.name, model, protocol)
        order.receive_answer(content is not None, content or b"")
    return order, asked


def answer(name: str, model: Model, protocol: SignallingProtocol) -> bytes | None:
    """The file of that name; None where there is none."""
    line = LineAppearance(1, Line("1001", display_name="Ada Lovelace"), label="Ada")
    device = sample_device(protocol, line, name=DeviceName.from_mac(MAC, model.device_prefix or "SEP").value)
    file = parse_file_name(name)
    try:
        match file.kind:
            case FileKind.DEVICE if file.device == device.name:
                return RENDERER.render_phone_file(device, sample_pool(), model=model).content
            case FileKind.SIP_TEXT_DEFAULT:
                return render_common_text(RENDERER, sample_pool().group, PhoneSettings()).content
            case FileKind.SIP_TEXT:
                return render_own_text(RENDERER, device, sample_pool(), model, PhoneSettings(), year=2026).content
            case FileKind.FLAT_PROFILE if file.device is not None:
                return render_flat_profile(
                    RENDERER,
                    device,
                    sample_pool(),
                    model,
                    PhoneSettings(),
                    base="http://192.0.2.10:6970/provision",
                    year=2026,
                ).content
            case FileKind.FLAT_PROFILE:
                base = "http://192.0.2.10:6970/provision"
                return render_model_profile(RENDERER, name, PhoneSettings(), base).content
            case FileKind.PROFILE:
                return render_profile(RENDERER, device, sample_pool(), model, PhoneSettings(), year=2026).file.content
            case FileKind.DIAL_TEMPLATE if file.canonical == DIAL_FILE:
                return render_old_dial_template(RENDERER, dial_rules([])).content
            case FileKind.DIAL_TEMPLATE:
                return RENDERER.render_dial_template(dial_rules([])).content
            case FileKind.FEATURE_POLICY:
                return RENDERER.render_feature_policy().content
            case _:
                return None
    except ConfigurationError:
        return None
