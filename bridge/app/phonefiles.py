"""The files that we make ourselves, from the site's objects as they were last read from the database."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import jinja2

from bridge.app.dialplans import DialPlans
from bridge.app.roguepool import EmergencyList
from bridge.app.servicepages import PREFIX
from bridge.app.settings import ServiceSettings
from bridge.autoregistration import AutoregistrationSettings
from bridge.core import (
    CallingSearchSpace,
    CallManagerGroup,
    CommonPhoneProfile,
    Device,
    DeviceDefaults,
    DeviceName,
    DevicePool,
    FileFound,
    Line,
    LineAppearance,
    PhoneButtonTemplate,
    RoutePattern,
    SignallingProtocol,
    SoftkeyTemplate,
    TranslationPattern,
)
from bridge.errors import NotFound
from bridge.phones.catalogue import Model, catalogue
from bridge.ports import MOST_BUSY_AT, SipEndpoint, Store, Transport
from bridge.provisioning import PhoneSettings, Renderer, ServiceUrls, SipTransport, content_differs, dial_rules

_NOT_IN_GROUPS = re.compile(r"[^0-9A-Za-z_-]+")
"""Characters that stand in no name of a group or a class of music at Asterisk."""
_CHECKOUT = Path(__file__).parent.parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class Site:
    """The site's objects at one moment."""

    group: CallManagerGroup
    pools: Mapping[str, DevicePool]
    defaults: Sequence[DeviceDefaults]
    autoregistration: AutoregistrationSettings
    spaces: Mapping[str, CallingSearchSpace]
    patterns: Sequence[RoutePattern | TranslationPattern]
    softkey_templates: Mapping[str, SoftkeyTemplate]
    button_templates: Mapping[str, PhoneButtonTemplate]
    phone_profiles: Mapping[str, CommonPhoneProfile]
    lines: Sequence[Line]

    def defaults_of(self, device: Device) -> DeviceDefaults | None:
        """The device defaults of its model and protocol, if there are any."""
        wanted = device.model_number, device.desired_protocol
        return next((row for row in self.defaults if (row.model_number, row.protocol) == wanted), None)


def template_loader(own: Path) -> jinja2.BaseLoader:
    """Where templates come from: the admin's directory first, then those that are shipped."""
    shipped = resources.files("bridge") / "_data" / "templates"
    place = str(shipped) if shipped.is_dir() else str(_CHECKOUT)
    return jinja2.FileSystemLoader([str(own), place])


class PhoneFiles:
    """Renders phones' files. The site is read at the start and whenever ``read_site`` is called."""

    def __init__(
        self,
        store: Store,
        loader: jinja2.BaseLoader,
        *,
        context: str,
        autoregistration_name: str,
        doorway_port: int | None,
        settings: PhoneSettings | None = None,
        emergency: EmergencyList | None = None,
    ) -> None:
        self._store = store
        self._renderer = Renderer(loader)
        self._context = context
        self._name = autoregistration_name
        self.doorway_port = doorway_port
        """Where unknown SIP phones are told to register; None sends them to the servers' own port."""
        self._settings = settings or PhoneSettings()
        self._emergency = emergency or EmergencyList()
        self._temporary_settings: PhoneSettings | None = None
        """Of phones that are nobody's yet, where they differ."""
        self._site: Site | None = None
        self._plans: DialPlans | None = None
        self._lock = threading.Lock()

    def offer_services(self, services: ServiceSettings, base: str, *, self_provisioning_idle: int = 0) -> None:
        """From now on phones' files name our services; ``base`` is where they are, ``http://host:port``.

        ``self_provisioning_idle``: seconds without use after which a phone that is nobody's yet shows the page on which
        it becomes somebody's; 0 for never.
        """
        at = f"{services.url or base}{PREFIX}"
        urls = ServiceUrls(
            # An empty one lets everybody push to SIP phones (phone file reference, section 7).
            authentication=f"{at}/authentication",
            directory=f"{at}/directories",
            services=f"{at}/services",
            messages=f"{at}/messages" if services.messages else "",
            information=f"{at}/information",
            idle=f"{at}/services" if services.idle_seconds else "",
            idle_seconds=services.idle_seconds,
        )
        self._settings = replace(self._settings, urls=urls)
        if self_provisioning_idle:
            idle = replace(urls, idle=f"{at}/selfprovision", idle_seconds=self_provisioning_idle)
            self._temporary_settings = replace(self._settings, urls=idle)

    def read_site(self) -> Site:
        """Read the site's objects anew. Raises StoreError, ConfigurationError."""
        with self._store.read() as work:
            site = Site(
                group=work.site.autoregistration_group(),
                pools={pool.name: pool for pool in work.site.pools()},
                defaults=tuple(work.site.device_defaults()),
                autoregistration=work.autoregistration.load(),
                spaces={each.name: each for each in work.objects.calling_search_spaces.all()},
                patterns=tuple(work.objects.patterns.all()),
                softkey_templates={each.name: each for each in work.objects.softkey_templates.all()},
                button_templates={each.name: each for each in work.objects.button_templates.all()},
                phone_profiles={each.name: each for each in work.objects.phone_profiles.all()},
                lines=tuple(work.devices.lines()),
            )
        with self._lock:
            self._site, self._plans = site, DialPlans(site, plain_context=self._context, emergency=self._emergency)
        return site

    @property
    def site(self) -> Site:
        """The site as last read."""
        return self._site or self.read_site()

    @property
    def plans(self) -> DialPlans:
        """The dial plan as last read."""
        if self._plans is None:
            self.read_site()
        assert self._plans is not None  # noqa: S101  read_site made it
        return self._plans

    def warm_up(self) -> None:
        """Render what most phones ask for once, for nobody."""
        line = LineAppearance(1, Line("1000"))
        nobody = Device(
            DeviceName("SEP000000000000"), SignallingProtocol.SIP, datetime.now(UTC), "0", line.line.number, (line,)
        )
        self.device_file(nobody)
        self.default_file(nobody.created_at)
        self.dial_template()

    def device_file(self, device: Device) -> FileFound:
        """The device's own file. Raises ConfigurationError when it cannot be made."""
        settings = (self._temporary_settings if device.temporary else None) or self._settings
        rendered = self._renderer.render_phone_file(
            device, self.pool(device), model=_model(device), settings=settings, load=self._load(device)
        )
        secret = device.name if rendered.holds_secret else None
        return FileFound(rendered.name, rendered.content, secret_of=secret, version=device.version_stamp)

    def differ(self, old: Device, new: Device) -> bool:
        """Whether the files of these two states of a device differ in more than their version stamps."""
        return content_differs(
            bytes(self.device_file(old).content).decode(), bytes(self.device_file(new).content).decode()
        )

    def default_file(self, now: datetime) -> FileFound:
        """``XMLDefault.cnf.xml`` at this moment."""
        site = self.site
        rendered = self._renderer.render_default_file(
            site.group,
            site.defaults,
            catalogue(),
            protocol=site.autoregistration.protocol,
            # Phones that shall register in the rogue pool must not be told to leave it.
            window_open=site.autoregistration.is_open(now) or site.autoregistration.takes_rogues,
            name=self._name,
            sip_port=self.doorway_port,
        )
        return FileFound(rendered.name, rendered.content)

    def dial_template(self) -> FileFound:
        """The dial template: numbers of the range are sent at once, everything else after a pause."""
        numbers = self.site.autoregistration.range
        rendered = self._renderer.render_dial_template(dial_rules([] if numbers.is_empty else [numbers]))
        return FileFound(rendered.name, rendered.content)

    def feature_policy(self) -> FileFound:
        """The feature policy that 8961 and 99xx ask for."""
        rendered = self._renderer.render_feature_policy()
        return FileFound(rendered.name, rendered.content)

    def endpoint(self, device: Device) -> SipEndpoint | None:
        """What Asterisk must know about the device; the lines of SCCP phones register there through our proxy."""
        if device.primary_line is None:
            return None
        return self._line_endpoint([(device, device.lines[0])])

    def endpoints(self, devices: Iterable[Device]) -> list[SipEndpoint]:
        """What Asterisk must know about all lines, each once, however many devices have it.

        A line belongs to the device that has it as its primary line, else to the first one that has it: from there come
        its name, its codecs and where its calls start.
        """
        having: dict[str, list[tuple[Device, LineAppearance]]] = {}
        for device in devices:
            for appearance in device.lines:
                having.setdefault(appearance.line.number, []).append((device, appearance))
        return [self._line_endpoint(found) for found in having.values()]

    def _line_endpoint(self, having: list[tuple[Device, LineAppearance]]) -> SipEndpoint:
        owner, own = next((one for one in having if one[1].line == one[0].primary_line), having[0])
        by_itself = [device.desired_protocol is not SignallingProtocol.SCCP for device, _ in having]
        proxied = not all(by_itself)
        line = own.line.settings
        box = line.voicemail_box or own.line.number
        # SIP phones are told one number for all their lines, by their file.
        busy_at = sum(
            self._settings.busy_trigger if by_file else appearance.settings.busy_trigger
            for by_file, (_, appearance) in zip(by_itself, having, strict=True)
        )
        return SipEndpoint(
            name=own.line.number,
            secret=owner.secret,
            device=owner.name,
            number=own.line.number,
            caller_name=own.line.display_name,
            context=self.plans.context(self.plans.pair(owner, own.button)),
            transport=Transport.UDP if proxied or self._settings.transport is SipTransport.UDP else Transport.TCP,
            no_answer_seconds=line.no_answer_seconds,
            max_forwards=line.max_forwards,
            forward_context=self.plans.context(self.plans.forward_pair(owner, own.button)),
            mailbox=box if "@" in box else f"{box}@default",
            call_group=_NOT_IN_GROUPS.sub("_", line.pickup_group),
            pickup_group=_NOT_IN_GROUPS.sub("_", line.pickup_group),
            music_on_hold=_NOT_IN_GROUPS.sub("_", owner.settings.music_on_hold or line.music_on_hold),
            codecs=self.pool(owner).region.codecs,
            busy_at=min(busy_at, MOST_BUSY_AT),
            partition=own.line.partition,
            variables=self.plans.variables(owner),
            username=owner.number,
            sharers=tuple((other.name, other.number, other.secret) for other, _ in having if other.name != owner.name),
            contacts=sum(by_itself) + proxied,
        )

    def pool(self, device: Device) -> DevicePool:
        """The pool of a device. Raises NotFound."""
        pools = self.site.pools
        if (pool := pools.get(device.pool)) is None and (pool := self.read_site().pools.get(device.pool)) is None:
            raise NotFound(
                f"the device pool {device.pool} of {device.name} does not exist", fix="move it to another pool"
            )
        return pool

    def _load(self, device: Device) -> str:
        defaults = self.site.defaults_of(device)
        return defaults.load if defaults else ""


def _model(device: Device) -> Model | None:
    known = catalogue().by_number(device.model_number) if device.model_number is not None else None
    return known or (catalogue().by_name(device.model) if device.model else None)
