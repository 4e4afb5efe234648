"""The files that phones ask for, as texts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType

import jinja2
from jinja2 import meta

from bridge.core import CallManagerGroup, Device, DeviceDefaults, DevicePool, SignallingProtocol
from bridge.errors import ConfigurationError, SepbridgeError
from bridge.phones import Catalogue, Model, check_load
from bridge.provisioning.dialtemplate import DialRule, check_length
from bridge.provisioning.documents import finished
from bridge.provisioning.locales import EVERYTHING_THERE, LocaleFiles
from bridge.provisioning.phonefile import PhoneFile, checked_stamp, phone_file, server_entries
from bridge.provisioning.settings import PhoneSettings
from bridge.provisioning.support import require_support
from bridge.provisioning.texts import quoted, shown_text

_NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})
_DEFAULT_SETTINGS = PhoneSettings()
_OWN_FAULTS = (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, OSError)
"""What a template of the site's own may end in, beside a recursion without end: it is a program."""
_NO_STAMP = "00000000-0000-0000-0000-000000000001"


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A file, ready to be served."""

    name: str
    text: str
    holds_secret: bool = False
    """It holds the device's SIP password, or a login."""
    encoding: str = "utf-8"

    @property
    def content(self) -> bytes:
        """The text as it is served."""
        return self.text.encode(self.encoding)


@dataclass(frozen=True, slots=True)
class LoadEntry:
    """One ``loadInformationN`` element."""

    number: int
    model: str
    load: str


class Renderer:
    """Renders from templates that ``loader`` finds; a loader that looks into a directory of the site's own first lets
    an admin replace any template. Names of templates of documents end in ``.xml``, of text files in ``.cnf``.

    A template ``devices/<device>.xml`` (or ``.cnf``) is used for that device alone, instead of its family's."""

    def __init__(self, loader: jinja2.BaseLoader) -> None:
        self._environment = jinja2.Environment(
            loader=loader,
            autoescape=jinja2.select_autoescape(("xml",), default=False),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters["quoted"] = quoted
        self._references: dict[str, tuple[str, frozenset[str]]] = {}
        """Templates' texts as last read, and what they name."""

    def render_phone_file(
        self,
        device: Device,
        pool: DevicePool,
        *,
        model: Model | None = None,
        settings: PhoneSettings = _DEFAULT_SETTINGS,
        load: str = "",
        overrides: Mapping[str, str] = _NO_OVERRIDES,
        locale_files: LocaleFiles = EVERYTHING_THERE,
    ) -> RenderedFile:
        """The device's own file, ``SEP<MAC>.cnf.xml`` or ``ATA<MAC>.cnf.xml``.

        ``model`` None gives the file that is safe for every family; it names no load. ``load`` is the firmware to run,
        without ``.loads``; empty means: keep what is there. ``overrides`` maps paths of elements to their content, see
        ``documents.finished``. ``locale_files`` tells which locales may be named. Raises ConfigurationError with the
        refusal for models that read other files (RG-32), and for settings that a phone would choke on.
        """
        found = require_support(model, device.desired_protocol)
        entry = phone_file(device, pool, model, settings, load, found, locale_files)
        template = self.chosen(f"devices/{device.name}.xml", found.template)
        text = self.render_document(template, overrides, phone=entry)
        return RenderedFile(f"{device.name}.cnf.xml", text, holds_secret=_has_secret(entry, text))

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
        load: str = "",
    ) -> RenderedFile:
        """``XMLDefault.cnf.xml``: the servers, and the load for each model (autoregistration rules, section 6).

        ``protocol`` is the autoregistration protocol parameter: it decides the row of dual-protocol models, while
        single-protocol models always get their own (AR-22 to AR-26). Rows without a load, and rows whose load is
        certainly for other hardware, leave the element out: such a phone keeps its firmware. ``window_open`` is a
        courtesy to phones that honour it; the refusal of the registrar is the real control. ``sip_port`` is where
        unknown phones register, if that is not the servers' own port. ``load`` is that of the one model which reads
        this file, where each has one of its own (SPA phones that speak SPCP).
        """
        text = self.render_document(
            "default/XMLDefault.cnf.xml",
            name=shown_text(name) or "AUTO-REG",
            window_open=window_open,
            group=shown_text(group.name),
            servers=server_entries(group, sip_port),
            loads=default_loads(loads, catalogue, protocol),
            load=shown_text(load, 80),
        )
        return RenderedFile("XMLDefault.cnf.xml", text)

    def render_dial_template(
        self, rules: Sequence[DialRule], *, name: str = "dialplan.xml", stamp: str = _NO_STAMP
    ) -> RenderedFile:
        """A dial template, see ``dial_rules``. Raises ConfigurationError for one that phones would drop."""
        text = self.render_document("dial/dialplan.xml", rules=rules, stamp=checked_stamp(stamp), empty_tags=True)
        return RenderedFile(name, check_length(text, name))

    def render_feature_policy(self, *, name: str = "featurepolicy.xml", stamp: str = _NO_STAMP) -> RenderedFile:
        """The feature policy that 8961 and 99xx phones read."""
        return RenderedFile(name, self.render_document("99xx/featurepolicy.xml", stamp=checked_stamp(stamp)))

    def chosen(self, own: str, otherwise: str) -> str:
        """``own`` if there is such a template, else the other one."""
        return own if self._environment.loader is not None and self._exists(own) else otherwise

    def _exists(self, template: str) -> bool:
        try:
            self._environment.get_template(template)
        except jinja2.TemplateNotFound as error:
            if error.name == template:
                return False
            raise
        except _OWN_FAULTS:
            return True  # said when it is rendered
        return True

    def fingerprint(self, template: str) -> str:
        """Changes whenever the template does, or one that it builds on, also when the site's own takes its place."""
        digest = hashlib.blake2b(digest_size=16)
        waiting, seen = [template], {template}
        while waiting:
            name = waiting.pop()
            source, builds_on = self._source(name)
            digest.update(f"{name}\0{len(source)}\0{source}".encode())
            waiting += sorted(builds_on - seen)
            seen |= builds_on
        return digest.hexdigest()

    def _source(self, name: str) -> tuple[str, frozenset[str]]:
        """A template's text, and the templates that it names. Nothing for one that is missing, or is none."""
        try:
            source = self._environment.loader.get_source(self._environment, name)[0]  # type: ignore[union-attr]  # made with a loader
            if (known := self._references.get(name)) is None or known[0] != source:
                found = meta.find_referenced_templates(self._environment.parse(source))
                known = self._references[name] = source, frozenset(each for each in found if each)
        except _OWN_FAULTS:
            return "", frozenset()
        return known

    def render_document(
        self,
        template: str,
        overrides: Mapping[str, str] = _NO_OVERRIDES,
        *,
        empty_tags: bool = False,
        **context: object,
    ) -> str:
        """An XML document from a template. Raises ConfigurationError."""
        return finished(self.render_plain(template, **context), template, overrides, empty_tags=empty_tags)

    def render_plain(self, template: str, **context: object) -> str:
        """A text from a template, as the template gives it. Raises ConfigurationError."""
        try:
            return self._environment.get_template(template).render(context)
        except jinja2.TemplateNotFound as error:
            raise ConfigurationError(
                f"the template {error.name} is missing",
                why=f"{template} needs it" if error.name != template else "",
                fix="install the package again, or mend the site's own templates",
            ) from error
        except SepbridgeError:
            raise
        except RecursionError as error:
            raise ConfigurationError(
                f"the template {template} cannot be used",
                why="it builds on itself, and would go on for ever",
                fix="let it extend the template that ours extends, and hold what ours holds",
            ) from error
        except _OWN_FAULTS as error:
            raise ConfigurationError(
                f"the template {template} cannot be used",
                why=str(error),
                fix="mend the site's own copy, or remove it to use the one that is shipped",
            ) from error


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


def _has_secret(entry: PhoneFile, text: str) -> bool:
    """Whether a login or a password stands in the text; the file of a 7940 or 7960 with SIP firmware has none."""
    secrets = {line.auth_password for line in entry.lines} - {""}
    login = entry.settings.ssh is not None or bool(entry.settings.phone_password)
    return login or any(escape(secret, quote=False) in text for secret in secrets)
