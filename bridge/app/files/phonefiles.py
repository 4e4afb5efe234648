"""The files that we make ourselves, from the site's objects as they were last read from the database."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import escape

import jinja2

from bridge.app.admission.roguepool import EmergencyList
from bridge.app.files.applicationrules import application_rules
from bridge.app.files.localeshelf import LocaleShelf
from bridge.app.services.servicepages import PREFIX
from bridge.app.settings import ServiceSettings
from bridge.app.site.dialplans import DialPlans
from bridge.autoregistration import AutoregistrationSettings
from bridge.callcontrol import GroupAlert
from bridge.core import (
    CallingSearchSpace,
    CallManagerGroup,
    CallPickupGroup,
    CommonPhoneProfile,
    Device,
    DeviceDefaults,
    DeviceName,
    DevicePool,
    FileElement,
    FileFound,
    Line,
    LineAppearance,
    PhoneButtonTemplate,
    PickupNotification,
    RoutePattern,
    SignallingProtocol,
    SoftkeyTemplate,
    TranslationPattern,
)
from bridge.errors import ConfigurationError, NotFound
from bridge.phones import TONE_FILES
from bridge.phones.catalogue import ConfigFamily, Model, catalogue
from bridge.ports import MOST_BUSY_AT, FileStore, RestartEvent, SipEndpoint, Store, Transport
from bridge.provisioning import (
    DIAL_FILE,
    EVERYTHING_THERE,
    DialRule,
    Locale,
    LocaleFiles,
    PhoneSettings,
    Profile,
    RenderedFile,
    Renderer,
    ServiceUrls,
    SipTransport,
    content_differs,
    element_root,
    flat_template,
    locale_of,
    profile_template,
    render_adapter_defaults,
    render_application_rules,
    render_common_text,
    render_flat_profile,
    render_model_profile,
    render_old_dial_template,
    render_own_text,
    render_picture_list,
    render_profile,
    render_ring_list,
    render_soft_key_file,
    render_sync_file,
    render_tones,
    require_support,
    screens,
    soft_key_file_name,
    spoken_protocol,
    uses_udp_alone,
)

DIAL_TEMPLATE = "dialplan.xml"
RING_LISTS = ("Ringlist.xml", "Ringlist-wb.xml", "DistinctiveRingList.xml", "RINGLIST.DAT")
MOST_WATCHED = 100
"""Numbers of a pickup group that each of its phones watches."""
_NOT_IN_GROUPS = re.compile(r"[^0-9A-Za-z_-]+")
"""Characters that stand in no name of a group or a class of music at Asterisk."""


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
    pickup_groups: Mapping[str, CallPickupGroup] = field(default_factory=dict)
    wanted_loads: Mapping[DeviceName, str] = field(default_factory=dict)
    """Loads that roll-outs set for single phones."""
    elements: Sequence[FileElement] = ()
    """Elements of files that the admin set, those of all phones first."""

    def other_groups(self, group: str) -> tuple[str, ...] | None:
        """The groups whose calls OPickUp takes for a line of ``group``; None for all, where the site does not say."""
        known = self.pickup_groups.get(group)
        return known.associated if known else None

    def pickup_alert(self, group: str) -> GroupAlert | None:
        """How phones of ``group`` are told of calls at its other phones; None where they are not."""
        known = self.pickup_groups.get(group)
        if known is None or known.notification is PickupNotification.OFF:
            return None
        numbers = dict.fromkeys(each.number for each in self.lines if each.settings.pickup_group == group)
        return GroupAlert(
            tuple(numbers)[:MOST_WATCHED],
            float(known.notification_wait),
            seen=known.is_seen,
            heard=known.is_heard,
            caller=known.show_caller,
            called=known.show_called,
        )

    def defaults_of(self, device: Device) -> DeviceDefaults | None:
        """The device defaults of its model and protocol, if there are any."""
        wanted = device.model_number, device.desired_protocol
        return next((row for row in self.defaults if (row.model_number, row.protocol) == wanted), None)


class PhoneFiles:
    """Renders phones' files. The site is read at the start and whenever ``read_site`` is called."""

    def __init__(
        self,
        store: Store,
        loader: jinja2.BaseLoader,
        *,
        context: str,
        wraps: str = "",
        autoregistration_name: str,
        doorway_port: int | None,
        settings: PhoneSettings | None = None,
        emergency: EmergencyList | None = None,
    ) -> None:
        self._store = store
        self._renderer = Renderer(loader)
        self._context = context
        self._wraps = wraps
        self._name = autoregistration_name
        self.profiles_at = ""
        """Where flat profiles are: an address without a slash at its end; empty where nobody serves them by HTTP."""
        self.doorway_port = doorway_port
        """Where unknown SIP phones are told to register; None sends them to the servers' own port."""
        self._settings = settings or PhoneSettings()
        self._own_urls = self._settings.urls
        self._emergency = emergency or EmergencyList()
        self._locales: LocaleShelf | None = None
        self._names_all_locales = True
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
        own = self._own_urls
        urls = ServiceUrls(
            # An empty one lets everybody push to SIP phones (phone file reference, section 7).
            authentication=own.authentication or f"{at}/authentication",
            directory=f"{at}/directories",
            services=f"{at}/services",
            messages=f"{at}/messages" if services.messages else "",
            information=own.information or f"{at}/information",
            idle=f"{at}/services" if services.idle_seconds else "",
            idle_seconds=services.idle_seconds,
            problem_report=own.problem_report,
            logo=own.logo,
        )
        self._settings = replace(self._settings, urls=urls)
        if self_provisioning_idle:
            idle = replace(urls, idle=f"{at}/selfprovision", idle_seconds=self_provisioning_idle)
            self._temporary_settings = replace(self._settings, urls=idle)

    def serve_locales(self, shelf: LocaleShelf, *, always: bool = False) -> None:
        """From now on phones' files name the locales whose files are there; with ``always`` all that are set."""
        self._locales = shelf
        self._names_all_locales = always

    @property
    def locale_files(self) -> LocaleFiles:
        """Where the files of languages and countries lie, as far as it matters what phones' files name."""
        return EVERYTHING_THERE if self._names_all_locales or self._locales is None else self._locales

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
                pickup_groups={each.name: each for each in work.objects.pickup_groups.all()},
                wanted_loads=work.firmware.wanted(),
                elements=tuple(work.elements.all()),
            )
        with self._lock:
            self._site = site
            self._plans = DialPlans(site, plain_context=self._context, emergency=self._emergency, wraps=self._wraps)
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
        rendered = self._renderer.render_phone_file(
            device,
            self.pool(device),
            model=model_of(device),
            settings=self._settings_of(device),
            load=self._load(device),
            overrides=self._elements(device, "device"),
            locale_files=self.locale_files,
        )
        return _found(rendered, device)

    def locale(self, device: Device) -> Locale:
        """The language and the tones that the device's own file names."""
        model = model_of(device)
        protocol = spoken_protocol(model, device.desired_protocol)
        return locale_of(self._settings_of(device), device, self.pool(device), model, protocol, self.locale_files)

    def makes_tones(self, name: str) -> bool:
        """Whether this is a tone file that we make."""
        return self._locales is not None and self._locales.makes(name)

    def tones(self, name: str) -> FileFound | None:
        """The tones of a country, where the settings want them made; None for others."""
        rendered = render_tones(self._renderer, name) if self.makes_tones(name) else None
        return FileFound(rendered.name, rendered.content) if rendered else None

    def _elements(self, device: Device, root: str) -> Mapping[str, str]:
        """What the admin set for elements of this device's file; what is set for it alone goes last, and counts."""
        has_profile = device.desired_protocol is SignallingProtocol.SIP and not reads_text_files(model_of(device))
        chosen = self._chosen(device, root)
        return {path: value for path, value in chosen.items() if has_profile or not path.startswith("sipProfile/")}

    def _chosen(self, device: Device, root: str) -> Mapping[str, str]:
        chosen = [each for each in self.site.elements if each.device in (None, device.name)]
        return {each.path: each.value for each in chosen if element_root(each.path) == root}

    def own_files(self, device: Device) -> Sequence[FileFound]:
        """Every file that holds what is the device's own. Raises ConfigurationError."""
        model = model_of(device)
        if reads_flat_profile(device):
            return [self.flat_profile(device)]
        if reads_binary_profile(device):
            return [self.binary_profile(device)]
        if reads_text_files(model) and device.desired_protocol is SignallingProtocol.SIP:
            return [self.device_file(device), self.own_text(device)]
        return [self.device_file(device)]

    def templates_of(self, device: Device) -> tuple[str, ...]:
        """The templates that the device's own files are made from. Raises ConfigurationError."""
        model, own = model_of(device), f"devices/{device.name}.xml"
        if reads_flat_profile(device):
            return (self._renderer.chosen(own, flat_template(model)),)
        if template := profile_template(model, device.desired_protocol):
            return (self._renderer.chosen(f"devices/{device.name}.txt", template),)
        template = self._renderer.chosen(own, require_support(model, device.desired_protocol).template)
        if reads_text_files(model) and device.desired_protocol is SignallingProtocol.SIP:
            return template, self._renderer.chosen(f"devices/{device.name}.cnf", "7940-60/SIP.cnf")
        return (template,)

    def fingerprint(self, template: str) -> str:
        """Changes whenever a template, or one that it builds on, does."""
        return self._renderer.fingerprint(template)

    def shared_files(self, devices: Iterable[Device], now: datetime) -> Sequence[FileFound]:
        """Every file that we make for more than one of these devices. Raises ConfigurationError."""
        devices = list(devices)
        sip = [each for each in devices if each.desired_protocol is SignallingProtocol.SIP]
        found = [self.default_file(now), self.dial_template(), self.feature_policy(), self.application_rules()]
        pairs = {self.plans.pair(each) for each in sip} - {("", "")}
        found += [self.dial_template(self.plans.template_name(pair)) for pair in sorted(pairs)]
        keys = {self._settings_of(each).soft_key_file for each in sip} - {""}
        found += [made for name in sorted(keys) if (made := self.soft_keys(name)) is not None]
        for country in sorted({self.pool(each).network_locale for each in devices} - {""}):
            found += [made for file in TONE_FILES if (made := self.tones(f"{country}/{file}")) is not None]
        if any(reads_text_files(model_of(each)) for each in sip):
            found += [self.common_text(), self.sync_file(), self.dial_template(DIAL_FILE)]
        if (adapters := self.adapter_defaults(now)) is not None:
            found.append(adapters)
        return found

    def without_secrets(self, device: Device, text: str, shown: str) -> str:
        """A text of the device's file with ``shown`` in place of every password."""
        for secret in self.secrets_of(device):
            text = text.replace(escape(secret, quote=False), shown).replace(secret, shown)
        return text

    def secrets_of(self, device: Device) -> frozenset[str]:
        """Every password that stands in the device's file."""
        return frozenset({device.secret, self._settings.ssh.password if self._settings.ssh else ""} - {""})

    def own_text(self, device: Device) -> FileFound:
        """``SIP<MAC>.cnf`` of a 7940 or 7960 with SIP firmware. Raises ConfigurationError."""
        rendered = render_own_text(
            self._renderer,
            device,
            self.pool(device),
            model_of(device),
            self._settings,
            year=datetime.now(UTC).year,
            load=self._load(device),
            overrides=self._chosen(device, "device"),
        )
        return _found(rendered, device)

    def flat_profile(self, device: Device) -> FileFound:
        """The flat profile of a phone with MPP firmware and its like. Raises ConfigurationError."""
        rendered = render_flat_profile(
            self._renderer,
            device,
            self.pool(device),
            model_of(device),
            self._settings,
            base=self._profiles_of(self.pool(device).group),
            rules=self._dial_rules(device),
            year=datetime.now(UTC).year,
            overrides=self._elements(device, "flat-profile"),
        )
        return _found(rendered, device)

    def binary_profile(self, device: Device) -> FileFound:
        """``ld<mac>``, ``gk<mac>`` or ``ata<mac>``. Raises ConfigurationError."""
        return _found(self._profile(device).file, device)

    def adapter_defaults(self, now: datetime) -> FileFound | None:
        """``atadefault.cfg``; None while nobody unknown is let in: it would take an adapter from another server."""
        window = self.site.autoregistration
        if not (window.is_open(now) or window.takes_rogues):
            return None
        rendered = render_adapter_defaults(self._renderer, self.site.group)
        return FileFound(rendered.name, rendered.content)

    def profile_text(self, device: Device) -> str:
        """What stands in the device's binary profile, as admins write it. Raises ConfigurationError."""
        return self._profile(device).text

    def _profile(self, device: Device) -> Profile:
        model = model_of(device)
        if model is None:
            raise ConfigurationError(
                f"the model of {device.name} is not known", fix="say which it is with `sepbridge phones add --model`"
            )
        return render_profile(
            self._renderer,
            device,
            self.pool(device),
            model,
            self._settings,
            year=datetime.now(UTC).year,
            load=self._load(device),
        )

    def model_profile(self, name: str, onboarding_code: str = "") -> FileFound:
        """The file of a model of that kind: it says where the profile of each phone is.

        Who asked for it with a one-time code is sent to its own profile with the same code.
        """
        base = self._profiles_of(self.site.group)
        if onboarding_code:
            base = f"{base.removesuffix('/provision')}/onboard/{onboarding_code}"
        rendered = render_model_profile(self._renderer, name, self._settings, base)
        return FileFound(rendered.name, rendered.content)

    def file_of_model(self, name: str, now: datetime) -> FileFound | None:
        """The file of a whole model that has this name; None where there is none."""
        return self.spcp_default_file(name, now) if is_spcp_default(name) else self.model_profile(name)

    def _profiles_of(self, group: CallManagerGroup) -> str:
        return self.profiles_at or f"tftp://{group.servers[0].address if group.servers else ''}"

    def common_text(self) -> FileFound:
        """``SIPDefault.cnf``, the same for all of them."""
        rendered = render_common_text(self._renderer, self.site.group, self._settings)
        return FileFound(rendered.name, rendered.content)

    def sync_file(self) -> FileFound:
        """``syncinfo.xml``, which they read after a check-sync."""
        rendered = render_sync_file(self._renderer)
        return FileFound(rendered.name, rendered.content)

    def image_name(self) -> FileFound | None:
        """``OS79XX.TXT``: the image for a 7940 or 7960 with nothing but a loader, if the device defaults name one."""
        site = self.site
        names = {
            row.load
            for row in site.defaults
            if row.load
            and row.protocol is site.autoregistration.protocol
            and (model := catalogue().by_number(row.model_number)) is not None
            and model.family is ConfigFamily.SIPPHONE_7940_60
        }
        return FileFound("OS79XX.TXT", f"{min(names)}\n".encode()) if names else None

    def differ(self, old: Device, new: Device) -> bool:
        """Whether the files of these two states of a device differ in more than their version stamps."""
        if reads_flat_profile(new):
            return content_differs(
                bytes(self.flat_profile(old).content).decode(), bytes(self.flat_profile(new).content).decode()
            )
        if reads_binary_profile(new):
            return self.profile_text(old) != self.profile_text(new)
        if reads_text_files(model_of(new)) and new.desired_protocol is SignallingProtocol.SIP:
            # What it does not know yet stands there; its other file is the same short one for all.
            return bytes(self.own_text(old).content) != bytes(self.own_text(new).content)
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

    def spcp_default_file(self, name: str, now: datetime) -> FileFound | None:
        """``XMLDefault504G.cnf.xml``, for one model of SPA phones that speak SPCP; None where it is no such model."""
        model = catalogue().by_name(f"SPA{name.lower().removeprefix('xmldefault').removesuffix('.cnf.xml')}")
        if model is None or not model.speaks_spcp:
            return None
        site = self.site
        wanted = model.number, SignallingProtocol.SCCP
        load = next((row.load for row in site.defaults if (row.model_number, row.protocol) == wanted), "")
        rendered = self._renderer.render_default_file(
            site.group,
            (),
            catalogue(),
            protocol=SignallingProtocol.SCCP,
            window_open=site.autoregistration.is_open(now) or site.autoregistration.takes_rogues,
            name=self._name,
            load=load,
        )
        return FileFound(name, rendered.content)

    def dial_template(self, name: str = "") -> FileFound:
        """The dial template: numbers of the range are sent at once, everything else after a pause.

        ``name`` is the one that was asked for: a 7940 or 7960 with SIP firmware reads another form.
        """
        if name.lower() == DIAL_FILE:
            rendered = render_old_dial_template(self._renderer, self.plans.template_rules(("", "")))
        else:
            pair = self._pair_of_template(name)
            known = self.plans.template_name(pair)
            rendered = self._renderer.render_dial_template(self.plans.template_rules(pair), name=known)
        return FileFound(rendered.name, rendered.content)

    def _pair_of_template(self, name: str) -> tuple[str, str]:
        """Whose dial template it is; a name that nobody has been told yet is looked for among the devices."""
        if (pair := self.plans.pair_of_template(name)) is not None:
            return pair
        if name and name.lower() != DIAL_TEMPLATE:
            with self._store.read() as work:
                for device in work.devices.all():
                    self.plans.template_name(self.plans.pair(device))
        return self.plans.pair_of_template(name) or ("", "")

    def _dial_rules(self, device: Device) -> Sequence[DialRule]:
        return self.plans.template_rules(self.plans.pair(device))

    def soft_keys(self, name: str) -> FileFound | None:
        """The soft-key file of that name; None where no softkey template of the site has it."""
        for template in self.site.softkey_templates.values():
            if soft_key_file_name(template.name) == name.lower():
                rendered = render_soft_key_file(self._renderer, template)
                return FileFound(rendered.name, rendered.content)
        return None

    def _settings_of(self, device: Device) -> PhoneSettings:
        """The settings of all phones with what this one has of its own."""
        settings = (self._temporary_settings if device.temporary else None) or self._settings
        if device.desired_protocol is SignallingProtocol.SCCP:
            return settings
        template = self.site.softkey_templates.get(
            device.settings.softkey_template or self.pool(device).softkey_template
        )
        keys = soft_key_file_name(template.name) if template else settings.soft_key_file
        dials = settings.dial_template
        if dials == DIAL_TEMPLATE:
            dials = self.plans.template_name(self.plans.pair(device))
        return replace(settings, soft_key_file=keys, dial_template=dials)

    def feature_policy(self) -> FileFound:
        """The feature policy that 8961 and 99xx ask for."""
        rendered = self._renderer.render_feature_policy()
        return FileFound(rendered.name, rendered.content)

    def application_rules(self) -> FileFound:
        """``AppDialRules.xml``: which access code the numbers of callers lack."""
        numbers = {line.number for line in self.site.lines}
        rules = application_rules(self.site.patterns, numbers, self.site.autoregistration.range)
        rendered = render_application_rules(self._renderer, rules)
        return FileFound(rendered.name, rendered.content)

    def lists(self, files: FileStore) -> Sequence[FileFound]:
        """The lists of rings and backgrounds that lie in ``files``. Raises ConfigurationError, StoreError."""
        rings = files.files("")
        found = [self.ring_list(name, rings) for name in RING_LISTS]
        for screen in screens():
            if screen.preview is None:
                continue
            folder = f"Desktops/{screen.folder}"
            made = self.picture_list(screen.folder, [name for name, _ in files.files(folder)])
            found.append(replace(made, name=f"{folder}/List.xml") if made is not None else None)
        return [each for each in found if each is not None]

    def ring_list(self, name: str, files: Sequence[tuple[str, int]]) -> FileFound | None:
        """The ring list of this name, of the admin's ``files``; None where there are no rings."""
        rendered = render_ring_list(self._renderer, name, files)
        return FileFound(rendered.name, rendered.content) if rendered else None

    def picture_list(self, folder: str, names: Sequence[str]) -> FileFound | None:
        """The list of the backgrounds in a folder; None where there are none, or no phone has such a screen."""
        rendered = render_picture_list(self._renderer, folder, names)
        return FileFound(rendered.name, rendered.content) if rendered else None

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
        busy_at = sum(appearance.settings.busy_trigger for _, appearance in having)
        return SipEndpoint(
            name=own.line.number,
            secret=owner.secret,
            device=owner.name,
            number=own.line.number,
            caller_name=own.line.display_name,
            context=self.plans.context(self.plans.pair(owner, own.button)),
            transport=Transport.UDP if proxied or self._speaks_udp(owner) else Transport.TCP,
            no_answer_seconds=line.no_answer_seconds,
            max_forwards=line.max_forwards,
            forward_context=self.plans.context(self.plans.forward_pair(owner, own.button)),
            mailbox=box if "@" in box else f"{box}@default",
            names_mailbox=bool(line.voicemail_box),
            call_group=_NOT_IN_GROUPS.sub("_", line.pickup_group),
            pickup_group=_NOT_IN_GROUPS.sub("_", line.pickup_group),
            other_groups=self.site.other_groups(line.pickup_group),
            music_on_hold=_NOT_IN_GROUPS.sub("_", owner.settings.music_on_hold or line.music_on_hold),
            codecs=self.pool(owner).region.codecs,
            busy_at=min(busy_at, MOST_BUSY_AT),
            partition=own.line.partition,
            variables=self.plans.variables(owner),
            username=owner.number,
            sharers=tuple((other.name, other.number, other.secret) for other, _ in having if other.name != owner.name),
            contacts=sum(by_itself) + proxied,
        )

    def _speaks_udp(self, device: Device) -> bool:
        model = model_of(device)
        by_itself = reads_text_files(model) or uses_udp_alone(model) or reads_binary_profile(device)
        return self._settings.transport is SipTransport.UDP or by_itself

    def pool(self, device: Device) -> DevicePool:
        """The pool of a device. Raises NotFound."""
        pools = self.site.pools
        if (pool := pools.get(device.pool)) is None and (pool := self.read_site().pools.get(device.pool)) is None:
            raise NotFound(
                f"the device pool {device.pool} of {device.name} does not exist", fix="move it to another pool"
            )
        return pool

    def _load(self, device: Device) -> str:
        if wanted := self.site.wanted_loads.get(device.name):
            return wanted
        defaults = self.site.defaults_of(device)
        return defaults.load if defaults else ""


def _found(rendered: RenderedFile, device: Device) -> FileFound:
    secret = device.name if rendered.holds_secret else None
    return FileFound(rendered.name, rendered.content, secret_of=secret, version=device.version_stamp)


def reads_text_files(model: Model | None) -> bool:
    """Whether phones of the model take their lines from text files when they run SIP firmware."""
    return model is not None and model.family is ConfigFamily.SIPPHONE_7940_60


def restart_event(device: Device) -> RestartEvent:
    """The request that makes this phone read its files again."""
    model = model_of(device)
    if reads_text_files(model) or reads_binary_profile(device):
        return RestartEvent.CHECK_SYNC
    return RestartEvent.RESYNC if reads_flat_profile(device) else RestartEvent.SERVICE_CONTROL


def reads_flat_profile(device: Device) -> bool:
    """Whether the device is known to read a flat profile; an SPA phone that was switched to SPCP does not."""
    model = model_of(device)
    return model is not None and bool(flat_template(model)) and device.desired_protocol is SignallingProtocol.SIP


def is_spcp_default(name: str) -> bool:
    """Whether it is the file of defaults of one model of SPA phones in SPCP mode, ``XMLDefault504G.cnf.xml``."""
    return name.lower().startswith("xmldefault")


def reads_binary_profile(device: Device) -> bool:
    """Whether the device is known to read a binary profile with the firmware that it is to run."""
    return bool(profile_template(model_of(device), device.desired_protocol))


def model_of(device: Device) -> Model | None:
    """The catalogue's row for a device; None as long as its model is unknown."""
    known = catalogue().by_number(device.model_number) if device.model_number is not None else None
    return known or (catalogue().by_name(device.model) if device.model else None)
