"""The doctor: gathers facts about this installation, and has them judged. It never stops at what cannot be gathered."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import make_url

from bridge.app.admission.loadcheck import check_loads
from bridge.app.admission.window import WindowDesk
from bridge.app.installing.freepbxdoctor import check_freepbx
from bridge.app.installing.surroundings import asterisk_program
from bridge.app.installing.tftpadvice import advise
from bridge.app.installing.wantedports import listeners, port_facts, wanted_ports
from bridge.app.pbxchoice import realtime_tables
from bridge.app.settings import AsteriskBackend, Settings, TftpMode
from bridge.app.site.sitedesk import SiteDesk
from bridge.app.system import SystemClock, SystemIds, own_address
from bridge.autoregistration.checks import Severity
from bridge.core import SignallingProtocol
from bridge.core.findings import Finding, Weight
from bridge.dhcp import judge
from bridge.doctor.ailment import unchecked
from bridge.doctor.asterisk import (
    TRANSPORT,
    AmiFacts,
    Door,
    check_ami,
    check_codecs,
    check_configuration,
    check_endpoints,
    check_modules,
)
from bridge.doctor.certificates import check_certificate
from bridge.doctor.firewall import check_bans, check_firewall
from bridge.doctor.keeping import (
    DatabaseFacts,
    SettingsFacts,
    check_database,
    check_disks,
    check_settings,
    check_state,
)
from bridge.doctor.machine import check_clock, check_confinement, check_limits, check_zones
from bridge.doctor.network import AddressFacts, InterfaceAddress, check_addresses, check_names, phone_networks
from bridge.doctor.phones import PhoneFinding, check_phones
from bridge.doctor.ports import (
    ServiceFacts,
    WantedPort,
    check_ports,
    check_service,
    check_units,
)
from bridge.doctor.realtime import check_realtime
from bridge.errors import ConfigurationError, SepbridgeError
from bridge.host.addresses import interface_addresses, unresolved
from bridge.host.certificate import certificate_facts
from bridge.host.filter import bans, firewall_facts
from bridge.host.machine import clock_facts, confinement_facts, disk_facts, limit_facts, state_facts, unit_facts
from bridge.host.programs import output_of
from bridge.net.dhcp import discover, interface_mac
from bridge.pbx.ami import AmiSettings
from bridge.pbx.freepbxchecks import check_fail2ban, check_port_69
from bridge.pbx.inspection import CODECS, inspect_ami, inspect_files
from bridge.pbx.install import InstallSettings, belongs_to_freepbx
from bridge.pbx.realtimechecks import inspect_realtime
from bridge.store import HEAD, REVISIONS, SqlStore, current, open_store
from bridge.store.filetree import FileTree
from bridge.watch.portowner import owners

_UNITS = ("sepbridge", "asterisk")
_NO_SECRET = "not-given-yet"  # noqa: S105 (a plan must have one; it is not written)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found; nothing when all is well."""

    check: str
    title: str
    findings: tuple[Finding, ...]


class Doctor:
    """One examination.

    ``trouble``: why the settings file cannot be used, when the defaults stand in for it. ``status`` asks the running
    service for its own words, ``findings`` for what it found of each phone that is not well; both raise SepbridgeError
    where it does not run.
    """

    def __init__(
        self,
        settings: Settings,
        config: Path | None,
        *,
        status: Callable[[], Mapping[str, Any]],
        findings: Callable[[], Mapping[str, Sequence[Mapping[str, str]]]] = dict,
        trouble: str = "",
        dhcp_interface: str = "",
        files: Path = Path("/"),
    ) -> None:
        self._settings = settings
        self._config = config
        self._trouble = trouble
        self._ask = status
        self._ask_findings = findings
        self._dhcp_interface = dhcp_interface
        self._files = files

    def run(self) -> Iterator[CheckResult]:
        """Every check, one after the other. Raises nothing."""
        for name, title, check in self._checks():
            try:
                findings = tuple(check())
            except SepbridgeError as error:
                findings = (unchecked(name, "; ".join(each for each in (error.what, error.why) if each), error.fix),)
            except Exception as error:
                # A half-installed system may be broken in ways that nobody thought of: that is an answer, too.
                findings = (unchecked(name, f"{type(error).__name__}: {error}"),)
            yield CheckResult(name, title, findings)

    def _checks(self) -> Sequence[tuple[str, str, Callable[[], Iterable[Finding]]]]:
        return (
            ("settings", "Settings file", self._check_settings),
            ("database", "Database", self._check_database),
            ("state", "State directory and files for phones", self._check_state),
            ("disk", "Space on the disk", self._check_disk),
            ("service", "The service", self._check_service),
            (
                "units",
                "Units of systemd",
                lambda: check_units([unit_facts(each, files=self._files) for each in _UNITS]),
            ),
            ("manager", "Asterisk's manager interface", lambda: check_ami(self._ami)),
            ("modules", "Asterisk's modules", lambda: check_modules(self._asterisk, realtime=self._is_realtime)),
            ("configuration", "Asterisk's files, transports, RTP", self._check_configuration),
            *([("realtime", "Endpoints in a database", self._check_realtime)] if self._is_realtime else []),
            *([("freepbx", "FreePBX", self._check_freepbx)] if self._is_freepbx else []),
            ("codecs", "Codecs", self._check_codecs),
            ("endpoints", "Phones known to Asterisk", self._check_endpoints),
            ("tftp", "Who answers on port 69", self._check_tftp),
            ("ports", "Ports that phones come to", self._check_ports),
            ("addresses", "Addresses", self._check_addresses),
            ("names", "Names in the settings", lambda: check_names(unresolved(self._names()))),
            ("firewall", "Packet filter", self._check_firewall),
            ("bans", "Bans of fail2ban", self._check_bans),
            ("clock", "Clock", lambda: check_clock(clock_facts())),
            ("zones", "Time zones and NTP of phones", self._check_zones),
            ("limits", "Limits", self._check_limits),
            ("confinement", "SELinux, AppArmor", lambda: check_confinement(confinement_facts(files=self._files))),
            ("certificates", "Certificates", self._check_certificates),
            ("site", "Autoregistration", self._check_site),
            ("phones", "Phones that do not come up", self._check_phones),
            *([("dhcp", "DHCP", self._check_dhcp)] if self._dhcp_interface else []),
        )

    # --- what several checks need

    @functools.cached_property
    def _ami(self) -> AmiFacts:
        ami = self._settings.ami
        return asyncio.run(inspect_ami(AmiSettings(ami.address.host, ami.address.port, ami.username, ami.secret)))

    @property
    def _asterisk(self) -> AmiFacts:
        """What Asterisk said, where it let us in."""
        if self._ami.door is not Door.OPEN:
            raise ConfigurationError("Asterisk's manager interface did not let us in")
        return self._ami

    @functools.cached_property
    def _addresses(self) -> tuple[InterfaceAddress, ...]:
        return interface_addresses()

    @functools.cached_property
    def _told(self) -> str:
        if self._settings.server.address:
            return self._settings.server.address
        try:
            return own_address()
        except ConfigurationError:
            return ""

    @functools.cached_property
    def _status(self) -> Mapping[str, Any] | None:
        try:
            return self._ask()
        except SepbridgeError:
            return None

    @functools.cached_property
    def _is_freepbx(self) -> bool:
        if self._settings.freepbx.url:
            return True
        etc = self._settings.asterisk.directory.parent
        try:
            return etc.is_dir() and belongs_to_freepbx(etc)
        except SepbridgeError:
            return False  # the check of Asterisk's files says that they cannot be read

    @property
    def _is_realtime(self) -> bool:
        return self._settings.asterisk.backend is AsteriskBackend.REALTIME and not self._settings.freepbx.url

    def _store(self) -> contextlib.closing[SqlStore]:
        return contextlib.closing(open_store(self._settings.database_url))

    # --- checks

    def _check_settings(self) -> Iterator[Finding]:
        path, mode = self._config, 0
        if path is not None:
            mode = path.stat().st_mode & 0o7777
        shown = str(path) if path is not None else None
        return check_settings(SettingsFacts(shown, mode, bool(self._settings.ami.secret), self._trouble))

    def _check_database(self) -> Iterator[Finding]:
        try:
            revision = current(self._settings.database_url)
        except SepbridgeError as error:
            trouble = "; ".join(each for each in (error.what, error.why) if each)
            return check_database(DatabaseFacts(None, HEAD, REVISIONS, trouble, error.fix))
        return check_database(DatabaseFacts(revision, HEAD, REVISIONS))

    def _check_state(self) -> Iterator[Finding]:
        return check_state(state_facts(self._settings.state.directory, self._settings.files_directory))

    def _check_disk(self) -> Iterator[Finding]:
        places = [self._settings.state.directory, self._settings.asterisk.directory]
        places += [self._settings.beside.root] if self._settings.beside.root is not None else []
        return check_disks(tuple(disk_facts(each) for each in places))

    def _check_service(self) -> Iterator[Finding]:
        try:
            status = self._ask()
        except SepbridgeError as error:
            return check_service(ServiceFacts(False, f"{error.what}: {error.why}" if error.why else error.what))
        troubles = [f"Asterisk: {status['pbx']['trouble']}"] if status["pbx"]["trouble"] else []
        troubles += [f"database: {status['database']}"] if status["database"] else []
        troubles += [f"beside the other TFTP server: {each}" for each in status["beside"]]
        if status["events_dropped"]:
            troubles.append(f"{status['events_dropped']} events were lost, because the database was away or too slow")
        return check_service(ServiceFacts(True, "", tuple(troubles)))

    def _check_configuration(self) -> Iterator[Finding]:
        settings = self._settings
        facts = inspect_files(
            settings.asterisk.directory.parent,
            InstallSettings(
                secret=settings.ami.secret or _NO_SECRET,
                codes=settings.feature_codes,
                voicemail=bool(settings.asterisk.voicemail_pin),
                parking=settings.asterisk.parking,
                self_provision_socket=settings.selfprovisioning.socket,
            ),
        )
        udp = [wanted.port for wanted, _ in wanted_ports(self._settings) if wanted.protocol == "udp"]
        networks = phone_networks(self._addresses)
        found = check_configuration(facts, sip_port=settings.sip.port, our_udp=udp, phones=networks)
        # Transports that are off are switched on in FreePBX's pages: its own check says where.
        return (each for each in found if not (self._is_freepbx and each.code == TRANSPORT.code))

    def _check_realtime(self) -> Iterator[Finding]:
        tables = realtime_tables(self._settings)
        if tables is None:
            return
        etc = self._settings.asterisk.directory.parent
        command = [str(asterisk_program(self._files) or "asterisk"), "-C", str(etc / "asterisk.conf"), "-rx"]
        with contextlib.closing(tables):
            yield from check_realtime(inspect_realtime(etc, tables, lambda asked: output_of([*command, asked])))

    def _check_freepbx(self) -> Iterator[Finding]:
        return check_freepbx(self._settings, phone_networks(self._addresses))

    def _check_bans(self) -> Iterator[Finding]:
        networks = phone_networks(self._addresses)
        if self._is_freepbx:
            return check_fail2ban([each.address for each in bans()], networks)
        return check_bans(bans(), networks)

    def _check_codecs(self) -> Iterator[Finding]:
        with self._store() as store, store.read() as work:
            regions = {each.name: each.codecs for each in work.objects.regions.all()}
        return check_codecs(self._asterisk, regions, CODECS)

    def _check_endpoints(self) -> Iterator[Finding]:
        with self._store() as store, store.read() as work:
            wanted = {line.line.number for device in work.devices.all() for line in device.lines}
        return check_endpoints(self._asterisk, wanted, realtime=self._is_realtime)

    def _check_tftp(self) -> Iterator[Finding]:
        if (
            not any(each.port == 69 for each in listeners(self._settings)["TFTP"])
            and self._settings.tftp.mode is TftpMode.OWN
        ):
            return  # Our own server is elsewhere, as in the lab.
        holders = owners(69)
        advice = advise(holders, self._settings, files=self._files)
        # Who holds it may be hidden from us, but not that it is the service: it says so itself.
        is_ours = self._status is not None and any(str(each).endswith(":69") for each in self._status.get("tftp", ()))
        findings = [
            each for each in advice.findings if each.weight is not Weight.OK and not (each.code == "unseen" and is_ours)
        ]
        if self._is_freepbx and any(each.weight is Weight.PROBLEM for each in findings):
            program = next((Path(each.command[0]).name for each in holders if each.command), "")
            yield from check_port_69(program)
        shown = [
            replace(each, code=f"tftp_{each.code}", fix=f"{each.fix}\n{advice.toml}" if advice.toml else each.fix)
            for each in findings
        ]
        yield from shown

    def _check_ports(self) -> Iterator[Finding]:
        pid = self._status["pid"] if self._status is not None else None
        facts = [
            port_facts(wanted, host, told=self._told or "127.0.0.1", service=pid)
            for wanted, host in wanted_ports(self._settings)
        ]
        return check_ports(facts, running=pid is not None)

    def _check_addresses(self) -> Iterator[Finding]:
        hosts = {name: tuple(each.host for each in places) for name, places in listeners(self._settings).items()}
        return check_addresses(
            AddressFacts(
                self._told,
                bool(self._settings.server.address),
                self._addresses,
                hosts,
                self._settings.server.allowed_networks,
            )
        )

    def _names(self) -> dict[str, str]:
        settings = self._settings
        names = {
            "server.address": settings.server.address,
            "sccp.asterisk": settings.sccp.asterisk,
            "ami.address": settings.ami.address.host,
            "services.url": urlsplit(settings.services.url).hostname or "",
            "hooks.new_phone_url": urlsplit(settings.hooks.new_phone_url).hostname or "",
        }
        if settings.database.url:
            names["database.url"] = make_url(settings.database.url).host or ""
        return names

    def _check_firewall(self) -> Iterator[Finding]:
        networks: list[tuple[IPv4Network, str]] = [
            (each.address.network, each.interface) for each in self._addresses if each.is_for_phones
        ]
        wanted = list(dict.fromkeys(each for each, host in wanted_ports(self._settings) if not _is_loopback(host)))
        if self._settings.tftp.mode is TftpMode.BESIDE:
            wanted.append(WantedPort("udp", 69, "TFTP", ours=False))  # the other server's
        return check_firewall(firewall_facts(files=self._files), wanted, networks)

    def _check_zones(self) -> Iterator[Finding]:
        with self._store() as store, store.read() as work:
            groups = work.objects.date_time_groups.all()
        without = [each.name for each in groups if not each.ntp_servers]
        return check_zones({each.name: each.time_zone for each in groups}, zoneinfo.available_timezones(), without)

    def _check_limits(self) -> Iterator[Finding]:
        with self._store() as store, store.read() as work:
            phones = sum(each.desired_protocol is SignallingProtocol.SCCP for each in work.devices.all())
        watches = self._settings.tftp.mode is TftpMode.BESIDE or self._settings.dhcp.log is not None
        return check_limits(limit_facts(phones, watches_logs=watches, files=self._files))

    def _check_certificates(self) -> Iterator[Finding]:
        http, sccp = self._settings.http, self._settings.sccp
        pairs = dict.fromkeys(
            (each.tls_certificate, each.tls_key)
            for each in (http, sccp)
            if each.tls_listen and each.tls_certificate is not None
        )
        now = SystemClock().now()
        for certificate, key in pairs:
            if certificate is not None:
                yield from check_certificate(certificate_facts(certificate, key), now=now, told=self._told)

    def _check_site(self) -> Iterator[Finding]:
        clock = SystemClock()
        files = FileTree(self._settings.files_directory) if self._settings.files_directory.is_dir() else None
        with self._store() as store:
            with store.read() as work:
                is_open = work.autoregistration.load().is_open(clock.now())
                has_spaces = bool(work.objects.calling_search_spaces.all())
                loads = check_loads(work.site.device_defaults(), files) if files is not None else ()
            found = [*SiteDesk(store, clock, SystemIds(), "doctor").check()]
            found += [each for each in loads if each.severity is Severity.ERROR]
            known = {each.code for each in found}
            obstacles = WindowDesk(store, clock, "doctor", files).obstacles()
        for each in found:
            if each.code == "pool_without_autoreg_css" and not has_spaces:
                continue
            # With autoregistration off nobody is refused who should not be.
            is_bad = is_open and each.severity is Severity.ERROR
            yield Finding(each.code, Weight.PROBLEM if is_bad else Weight.NOTE, each.what, "", each.fix)
        for obstacle in obstacles:
            if obstacle.code not in known:
                weight = Weight.PROBLEM if is_open else Weight.NOTE
                yield Finding(obstacle.code, weight, obstacle.what, "", obstacle.fix)

    def _check_phones(self) -> Iterator[Finding]:
        try:
            found = self._ask_findings()
        except SepbridgeError:
            return  # the check of the service says that it does not run
        # The likeliest cause stands first; a phone of which only something worth knowing is found is well.
        yield from check_phones(
            {
                phone: PhoneFinding(str(findings[0]["code"]), str(findings[0]["title"]))
                for phone, findings in found.items()
                if findings and findings[0]["severity"] == Weight.PROBLEM
            }
        )

    def _check_dhcp(self) -> Iterator[Finding]:
        expected = [IPv4Address(self._told)]
        offers = discover(self._dhcp_interface, interface_mac(self._dhcp_interface), within=4.0)
        judged = [judge(offer, expected) for offer in offers] or [judge(None, expected)]
        for findings in judged:
            for each in findings:
                if each.weight is not Weight.OK:
                    yield replace(each, code=f"dhcp_{each.code}")


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host in ("::1", "localhost")
