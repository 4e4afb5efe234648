"""The files that phones ask for, as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import jinja2

from bridge.core import CallManagerGroup, Device, DeviceDefaults, DevicePool, SignallingProtocol
from bridge.errors import ConfigurationError
from bridge.phones import Catalogue, Model, check_load
from bridge.provisioning.dialtemplate import LONGEST_TEMPLATE, DialRule
from bridge.provisioning.documents import finished
from bridge.provisioning.phonefile import PhoneFile, checked_stamp, phone_file, server_entries
from bridge.provisioning.settings import PhoneSettings
from bridge.provisioning.support import require_support
from bridge.provisioning.texts import shown_text

_NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})
_DEFAULT_SETTINGS = PhoneSettings()
_NO_STAMP = "00000000-0000-0000-0000-000000000001"


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A file, ready to be served."""

    name: str
    text: str
    holds_secret: bool = False
    """It holds the device's SIP password, or a login."""

    @property
    def content(self) -> bytes:
        """The text in UTF-8."""
        return self.text.encode("utf-8")


@dataclass(frozen=True, slots=True)
class LoadEntry:
    """One ``loadInformationN`` element."""

    number: int
    model: str
    load: str


class Renderer:
    """Renders from templates that ``loader`` finds; a loader that looks into a directory of the site's own first lets
    an admin replace any template. Names of templates end in ``.xml``."""

    def __init__(self, loader: jinja2.BaseLoader) -> None:
        self._environment = jinja2.Environment(
            loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def render_phone_file(
        self,
        device: Device,
        pool: DevicePool,
        *,
        model: Model | None = None,
        settings: PhoneSettings = _DEFAULT_SETTINGS,
        load: str = "",
        overrides: Mapping[str, str] = _NO_OVERRIDES,
    ) -> RenderedFile:
        """The device's own file, ``SEP<MAC>.cnf.xml`` or ``ATA<MAC>.cnf.xml``.

        ``model`` None gives the file that is safe for every family; it names no load. ``load`` is the firmware to run,
        without ``.loads``; empty means: keep what is there. ``overrides`` maps paths of elements to their content, see
        ``documents.finished``. Raises ConfigurationError with the refusal for models that read other files (RG-32),
        and for settings that a phone would choke on.
        """
        found = require_support(model, device.desired_protocol)
        entry = phone_file(device, pool, model, settings, load, found)
        text = self._render(found.template, overrides, phone=entry)
        return RenderedFile(f"{device.name}.cnf.xml", text, holds_secret=_has_secret(entry))

    def render_default_file(
        self,
        group: CallManagerGroup,
        loads: Sequence[DeviceDefaults],
        catalogue: Catalogue,
        *,
        protocol: SignallingProtocol,
        window_open: bool,
        name: str = "AUTO-REG",
        sip_port: int | None = None,
    ) -> RenderedFile:
        """``XMLDefault.cnf.xml``: the servers, and the load for each model (autoregistration rules, section 6).

        ``protocol`` is the autoregistration protocol parameter: it decides the row of dual-protocol models, while
        single-protocol models always get their own (AR-22 to AR-26). Rows without a load, and rows whose load is
        certainly for other hardware, leave the element out: such a phone keeps its firmware. ``window_open`` is a
        courtesy to phones that honour it; the refusal of the registrar is the real control. ``sip_port`` is where
        unknown phones register, if that is not the servers' own port.
        """
        text = self._render(
            "default/XMLDefault.cnf.xml",
            name=shown_text(name) or "AUTO-REG",
            window_open=window_open,
            group=shown_text(group.name),
            servers=server_entries(group, sip_port),
            loads=default_loads(loads, catalogue, protocol),
        )
        return RenderedFile("XMLDefault.cnf.xml", text)

    def render_dial_template(
        self, rules: Sequence[DialRule], *, name: str = "dialplan.xml", stamp: str = _NO_STAMP
    ) -> RenderedFile:
        """A dial template, see ``dial_rules``. Raises ConfigurationError for one that phones would drop."""
        text = self._render("dial/dialplan.xml", rules=rules, stamp=checked_stamp(stamp), empty_tags=True)
        if len(text.encode("utf-8")) >= LONGEST_TEMPLATE:
            raise ConfigurationError(
                f"the dial template {name} is too long",
                why=f"phones drop one of {LONGEST_TEMPLATE} bytes or more without a word",
                fix="use fewer or shorter patterns",
            )
        return RenderedFile(name, text)

    def render_feature_policy(self, *, name: str = "featurepolicy.xml", stamp: str = _NO_STAMP) -> RenderedFile:
        """The feature policy that 8961 and 99xx phones read."""
        return RenderedFile(name, self._render("99xx/featurepolicy.xml", stamp=checked_stamp(stamp)))

    def _render(
        self,
        template: str,
        overrides: Mapping[str, str] = _NO_OVERRIDES,
        *,
        empty_tags: bool = False,
        **context: object,
    ) -> str:
        try:
            text = self._environment.get_template(template).render(context)
        except jinja2.TemplateNotFound as error:
            raise ConfigurationError(
                f"the template {error.name} is missing",
                why=f"{template} needs it" if error.name != template else "",
                fix="install the package again, or mend the site's own templates",
            ) from error
        except jinja2.TemplateError as error:
            raise ConfigurationError(
                f"the template {template} cannot be used",
                why=str(error),
                fix="mend the site's own copy, or remove it to use the one that is shipped",
            ) from error
        return finished(text, template, overrides, empty_tags=empty_tags)


def default_loads(
    loads: Sequence[DeviceDefaults], catalogue: Catalogue, protocol: SignallingProtocol
) -> tuple[LoadEntry, ...]:
    """The ``loadInformation`` elements of the default file, ordered by number."""
    chosen: dict[int, LoadEntry] = {}
    for row in loads:
        model = catalogue.by_number(row.model_number)
        wanted = protocol if model is None else model.protocol_for(protocol)
        if not row.load or row.protocol is not wanted or row.model_number in chosen:
            continue
        if model is not None and not _usable(row.load, model, row.protocol):
            continue
        label = shown_text(model.name) if model is not None else ""
        chosen[row.model_number] = LoadEntry(row.model_number, label, shown_text(row.load, 80))
    return tuple(chosen[number] for number in sorted(chosen))


def _usable(load: str, model: Model, protocol: SignallingProtocol) -> bool:
    try:
        check_load(load, model, protocol)
    except ConfigurationError:
        return False
    return True


def _has_secret(entry: PhoneFile) -> bool:
    return entry.settings.ssh is not None or any(line.auth_password for line in entry.lines)
