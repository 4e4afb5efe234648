"""The page that says which phones are known and how far we are with them: ``docs/phones.md``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from bridge.core import SignallingProtocol
from bridge.phones import Catalogue, ConfigFamily, DeviceClass, Model
from bridge.provisioning.support import flat_template, support

_SHOWN = (DeviceClass.PHONE, DeviceClass.ATA, DeviceClass.SOFTPHONE, DeviceClass.VIDEO)
_HEADING = """\
# Phones

This page is made from the catalogue by `scripts/phones-page.py`; do not edit it.

- **number** is CUCM's device type number: the N of `loadInformationN` in `XMLDefault.cnf.xml`.
- **SIP**, **SCCP**: *simulated* means that files for it are made today and read by simulated phones in the tests;
  *planned* means that they are not yet; a dash means that there is no such firmware. Nothing here has been proven on
  hardware unless it says so.
- **calls** is the highest number of calls on a line that the phone takes over SIP; `?` where nobody has published it.
- **certainty** says how well public sources support the row.
"""


def phones_page(catalogue: Catalogue, sccp_simulated: Collection[int]) -> str:
    """The whole page, in Markdown. ``sccp_simulated``: the device types of which there are simulated SCCP phones; of
    SIP phones there are for every model that gets a file."""
    return "\n".join([_HEADING, *_sections(catalogue, sccp_simulated)])


def _sections(catalogue: Catalogue, sccp_simulated: Collection[int]) -> Iterator[str]:
    for family in ConfigFamily:
        if family is ConfigFamily.NONE:
            continue
        models = [model for model in catalogue if model.family is family and model.device_class in _SHOWN]
        if models:
            yield from _section(family, models, sccp_simulated)


def _section(family: ConfigFamily, models: Iterable[Model], sccp_simulated: Collection[int]) -> Iterator[str]:
    yield f"## {family.value}\n"
    yield "| model | number | SIP | SCCP | line keys | calls | certainty |"
    yield "|---|---|---|---|---|---|---|"
    yield from (_row(model, model.number in sccp_simulated) for model in models)
    yield ""


def _row(model: Model, has_sccp_twin: bool) -> str:
    cells = (
        model.name,
        "" if model.number is None else str(model.number),
        _state(model, SignallingProtocol.SIP, simulated=True),
        _state(model, SignallingProtocol.SCCP, simulated=has_sccp_twin),
        _keys(model),
        "" if SignallingProtocol.SIP not in model.protocols else str(model.max_calls or "?"),
        model.evidence.value,
    )
    return f"| {' | '.join(cells)} |"


def _keys(model: Model) -> str:
    if model.line_keys is None:
        return "?"
    return f"{model.line_keys} ({model.more_line_keys})" if model.more_line_keys else str(model.line_keys)


def _state(model: Model, protocol: SignallingProtocol, *, simulated: bool) -> str:
    if protocol not in (model.administered or model.protocols):
        return "–"
    served = support(model, protocol).supported or (protocol is SignallingProtocol.SIP and flat_template(model))
    return "simulated" if simulated and served else "planned"
