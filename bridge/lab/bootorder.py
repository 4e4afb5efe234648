"""A phone's boot as a machine: which file it asks for next, and what it makes of the answers.

Source: phone boot reference, sections 1, 2, 3 and 7; log L1, L2 and L4 of section 6 are replayed in the tests. Pure:
whoever drives it fetches the files, one after the other, and waits as long as a phone would.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.core import MacAddress, SignallingProtocol
from bridge.errors import LocalProtocolError
from bridge.lab.binaryfile import BINARY_FAMILIES, read_binary_file, settings_from_binary
from bridge.lab.bootfiles import BootPlan, Purpose, Step, When, boot_plan, load_version
from bridge.lab.flatfile import model_file, next_profile, product_name, read_flat_file, settings_from_profile
from bridge.lab.lastreset import CHECKSUM_ERROR, LOAD_REJECTED, NO_SIGNATURE, TOO_LARGE, VERSION_ERROR
from bridge.lab.phonesettings import ConfigurationRefused, PhoneSettings
from bridge.lab.sepfile import DefaultSettings, read_defaults, read_sep_file
from bridge.lab.textfile import read_text_file, settings_from
from bridge.phones import ConfigFamily, Model, parse_load

_IMAGE_NAME = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_.-]{2,70}\.(?:sbn|SBN|sb2|zz\.sgn|bin\d?\.sgn)(?![A-Za-z0-9])")
_JAR = re.compile(r"jar(\d\d)(sccp|sip)\.([\w.-]+)\.sbn", re.IGNORECASE)
_MOST_IMAGES = 32
_SIGNED_LISTS = {
    ConfigFamily.SERIES_78XX,
    ConfigFamily.SERIES_88XX,
    ConfigFamily.SERIES_88XX_WIRELESS,
    ConfigFamily.SERIES_88XX_CONFERENCE,
}
"""Families whose ``.loads`` is itself a signed file (phone boot reference, section 3.1). Whose signature it is cannot
be judged here: nobody but the vendor has that key."""
_SIGNED = bytes((1, 0, 2))
"""Every signed file begins with its version: tag 1 of two octets (SEP file reference, section 19)."""
_AT_RESTART = {
    Purpose.DEVICE_FILE,
    Purpose.DEFAULTS,
    Purpose.LOAD,
    Purpose.COMMON_TEXT,
    Purpose.OWN_TEXT,
    Purpose.MODEL_PROFILE,
    Purpose.OWN_PROFILE,
    Purpose.DIAL_TEMPLATE,
    Purpose.SOFT_KEYS,
    Purpose.FEATURE_POLICY,
    Purpose.RINGS,
}
"""What a phone reads again on a restart (SIP reference for Cisco phones, section 3.1); a reset is a full boot."""
_NO_FILES_NEEDED = {"English_United_States", "United_States"}
_STEP_NEEDED_BELOW, _STEP_NEEDED_TO = (8, 3, 3), (9, 2, 3)
"""A Java phone with a load before the first does not get to the second or a later one without one between (migration
reference, section 7)."""


@dataclass(frozen=True, slots=True)
class FileAsk:
    """The phone wants this file now."""

    name: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Booted:
    """The phone has settings to register with."""

    settings: PhoneSettings


@dataclass(frozen=True, slots=True)
class NewFirmware:
    """The phone fetched other firmware and starts again with it."""

    load: str


@dataclass(frozen=True, slots=True)
class UpgradeFailed:
    """The phone fetched other firmware, did not get through the change, and starts again with what it ran."""

    load: str


@dataclass(frozen=True, slots=True)
class NotConfigured:
    """The phone has nothing to register with, and asks again later (section 4: about every 45 s)."""

    why: str


BootOutcome = Booted | NewFirmware | UpgradeFailed | NotConfigured


class BootOrder:
    """One boot. Ask ``next_request()`` and answer with ``receive_answer()`` until there is an ``outcome``."""

    def __init__(
        self,
        model: Model,
        mac: MacAddress,
        running_load: str,
        *,
        trust_list: bool = False,
        stored: PhoneSettings | None = None,
        restart: bool = False,
        profile_rule: str = "",
        oldest_load: str = "",
        room: int = 0,
        spcp: bool = False,
    ) -> None:
        """``profile_rule``: where a phone that reads flat profiles starts, instead of the file of its model: somebody
        keyed it in, or the last profile said so.

        ``restart``: the phone was told to restart and reads the short list only.

        ``trust_list``: an old CUCM's list is installed. ``stored``: what is in flash from the last own file.

        ``oldest_load``: the first one that supports this revision of the hardware; empty for any. ``room``: octets that
        its device file may have, 0 for any number. ``spcp``: it is an SPA phone that was switched to SPCP.
        """
        self._model = model
        self._mac = mac
        self._profile_rule = profile_rule
        self._running = running_load
        self._trust_list = trust_list
        self._oldest_load = oldest_load
        self._room = room
        self._stored = stored
        self._spcp = spcp
        self._plan: BootPlan = boot_plan(model, running_load, spcp=spcp)
        self._steps = deque(step for step in self._plan.steps if not restart or step.purpose in _AT_RESTART)
        self._images: deque[str] = deque()
        self._asked: FileAsk | None = None
        self._own: PhoneSettings | None = None
        self._defaults: DefaultSettings | None = None
        self._texts: dict[str, str] = {}
        self._profile: dict[str, str] = {}
        self._parameters: dict[int, bytes] = {}
        self._rule_read = next_profile({"Profile_Rule": profile_rule}, model, mac) if profile_rule else ""
        self._own_text_read = False
        self._device_file_found = False
        self._new_load = ""
        self._refusal: ConfigurationRefused | None = None
        self.outcome: BootOutcome | None = None
        self.sync = ""
        """``sync`` of a 7940/60's text files, compared with ``syncinfo.xml`` after a check-sync."""
        self.status: list[str] = []
        """The phone's status list, oldest first, in the words of its screen."""

    @property
    def asks_http(self) -> bool:
        """True when this phone tries HTTP on port 6970 before TFTP."""
        return self._plan.http

    @property
    def refusal(self) -> ConfigurationRefused | None:
        """Why the device file (or the defaults) could not be used, if so."""
        return self._refusal

    def next_request(self) -> FileAsk | None:
        """The next file; None once there is an outcome. The same one until it is answered."""
        if self._asked or self.outcome:
            return self._asked
        if self._images:
            self._asked = FileAsk(self._images.popleft(), Purpose.IMAGE)
            return self._asked
        while self._steps:
            step = self._steps.popleft()
            if (name := self._name_of(step)) is not None:
                self._asked = FileAsk(name, step.purpose)
                return self._asked
            if step.purpose is Purpose.DEFAULTS:
                self._settle()
        if self.outcome is None:
            self._conclude()
        return None

    def receive_answer(self, found: bool, content: bytes = b"") -> None:
        """The answer to the last request; ``found`` is False for a missing file and for a server that is silent."""
        ask, self._asked = self._asked, None
        if ask is None:
            raise LocalProtocolError("a boot got an answer to a question that it did not ask")
        if not found and ask.purpose not in {Purpose.TRUST_LIST, Purpose.LOCALE}:
            self.status.append(f"File not found <{ask.name}>")
        match ask.purpose:
            case Purpose.TRUST_LIST:
                if found and content:
                    self.status.append("Trust List update failed")
            case Purpose.DEVICE_FILE:
                self._device_file(ask.name, found, content)
            case Purpose.DEFAULTS:
                self._default_file(found, content)
                self._settle()
            case Purpose.COMMON_TEXT | Purpose.OWN_TEXT if self._model.family is ConfigFamily.SIPPHONE_7940_60:
                self._text_file(ask.purpose, found, content)
            case Purpose.COMMON_TEXT | Purpose.OWN_TEXT if self._reads_binary:
                self._binary_file(found, content)
            case Purpose.MODEL_PROFILE | Purpose.OWN_PROFILE:
                self._flat_file(found, content)
            case Purpose.LOAD:
                self._load_file(found, content)
            case Purpose.IMAGE:
                self._image(found, content)
            case Purpose.LOCALE:
                if not found:
                    self.status.append("Error updating locale")
            case _:
                pass  # optional; what it holds does not change the boot

    # --- what to ask for ---------------------------------------------------------------------------------------------

    def _name_of(self, step: Step) -> str | None:
        """The step's file name, or None when it is passed over."""
        settings = self._settings
        load = self._load_to_run
        if not self._is_due(step.when, load):
            return None
        names = {
            "MAC": self._mac.value,
            "mac": self._mac.value.lower(),
            "model_file": self._rule_path({"Profile_Rule": self._profile_rule}) or model_file(self._model),
            "profile_rule": self._rule_path(self._profile),
            "psn": product_name(self._model),
            "MAC_TAIL": self._mac.value[2:],
            "load": load,
            "terminal": "term" + self._model.name[2:4],
            "folder": self._texts.get("tftp_cfg_dir", ""),
            "dial_template": settings.files.dial_template if settings else "",
            "soft_keys": settings.files.soft_keys if settings else "",
            "feature_policy": settings.files.feature_policy if settings else "",
            "locale": self._locale(),
            "tones": (settings.locale.network or "") if settings else "",
        }
        if step.when is When.NAMED and not all(names[field] for field in re.findall(r"\{(\w+)\}", step.name)):
            return None
        if step.purpose is Purpose.TONES and names["tones"] in _NO_FILES_NEEDED:
            return None
        if "{load}" in step.name and not load:
            return None  # nobody named one
        name = step.name.format(**names)
        signed = self._trust_list and step.purpose in {Purpose.DEVICE_FILE, Purpose.DEFAULTS}
        return name + ".sgn" if signed else name

    def _rule_path(self, values: Mapping[str, str]) -> str:
        """The path that a profile rule names; empty for no rule, and for what was read in this boot already."""
        path = next_profile(values, self._model, self._mac)
        return "" if self._profile and path == self._rule_read else path

    @property
    def profile_rule(self) -> str:
        """The rule that counts from now on: that of the profile, if it had one."""
        return self._profile.get("Profile_Rule", "") or self._profile_rule

    def _is_due(self, when: When, load: str) -> bool:
        match when:
            case When.NOT_CONFIGURED:
                return not self._device_file_found
            case When.NEW_LOAD:
                return not self._running or (bool(load) and load.lower() != self._running.lower())
            case When.SIP:
                return self._protocol is SignallingProtocol.SIP
            case When.SCCP:
                return self._protocol is SignallingProtocol.SCCP
            case When.LOAD_14:
                return load_version(self._running)[:1] >= (14,)
            case _:
                return True

    @property
    def _protocol(self) -> SignallingProtocol | None:
        """What the running firmware speaks, as far as its name tells."""
        if self._spcp:
            return SignallingProtocol.SCCP
        return parse_load(self._running).protocol or self._model.only_protocol

    @property
    def _reads_binary(self) -> bool:
        """Whether its settings stand in a binary profile; SCCP firmware of a 7905 or 7912 has its device file."""
        family = self._model.family
        is_sip = self._protocol is SignallingProtocol.SIP
        return family is ConfigFamily.ATA18X or (family in BINARY_FAMILIES and is_sip)

    @property
    def _settings(self) -> PhoneSettings | None:
        """What the phone goes by at this point of its boot."""
        if self._texts:
            return settings_from(self._texts)
        if self._parameters:
            return settings_from_binary(self._parameters, self._protocol)
        if self._profile:
            return settings_from_profile(self._profile)
        if self._own or self._stored:
            return self._own or self._stored
        if self._model.family is ConfigFamily.SIPPHONE_7940_60 and self._protocol is SignallingProtocol.SIP:
            return None  # its lines stand in text files alone
        return self._defaults.registering if self._defaults else None

    @property
    def _load_to_run(self) -> str:
        if self._own and self._own.load:
            return self._own.load
        if self._parameters:
            return settings_from_binary(self._parameters, self._protocol).load
        return self._defaults.load if self._defaults else ""

    def _locale(self) -> str:
        """``<folder>/<prefix>-sip.jar``; an empty folder leaves the leading slash (log L2)."""
        settings = self._settings
        folder = settings.locale.user if settings else None
        if folder is None or folder in _NO_FILES_NEEDED or not self._model.locale_prefix:
            return ""
        protocol = "sccp" if self._protocol is SignallingProtocol.SCCP else "sip"
        return f"{folder}/{self._model.locale_prefix}-{protocol}.jar"

    # --- what the answers mean ---------------------------------------------------------------------------------------

    def _device_file(self, name: str, found: bool, content: bytes) -> None:
        self._device_file_found = found
        if not found:
            return
        if self._trust_list:
            # Nobody whom the old list names has signed it: the phone goes on as if it had not come.
            self._refuse(
                ConfigurationRefused("Trust List update failed", why="the file is not signed by a trusted server")
            )
            return
        if self._room and len(content) > self._room:
            self._refuse(ConfigurationRefused(TOO_LARGE, why=f"{len(content)} octets, with room for {self._room}"))
            return
        try:
            self._own = read_sep_file(content, self._model.family)
        except ConfigurationRefused as refusal:
            self._refuse(refusal)
        else:
            self.status.append(name)

    def _default_file(self, found: bool, content: bytes) -> None:
        if not found:
            return
        if self._trust_list:
            self._refuse(
                ConfigurationRefused("Trust List update failed", why="the file is not signed by a trusted server")
            )
            return
        try:
            self._defaults = read_defaults(content, self._model.family, self._model.number)
        except ConfigurationRefused as refusal:
            self._refuse(refusal)
        else:
            self.status.append("XmlDefault.cnf.xml")

    def _refuse(self, refusal: ConfigurationRefused) -> None:
        self._refusal = refusal
        self.status.append(refusal.what)

    def _text_file(self, purpose: Purpose, found: bool, content: bytes) -> None:
        if not found:
            return
        try:
            self._texts |= read_text_file(content)
        except ConfigurationRefused as refusal:
            self._refuse(refusal)
        else:
            self._own_text_read |= purpose is Purpose.OWN_TEXT
            self.sync = self._texts.get("sync", "")

    def _binary_file(self, found: bool, content: bytes) -> None:
        if not found:
            return
        try:
            # The common one comes second, and does not take back what the phone's own said.
            self._parameters = read_binary_file(content) | self._parameters
        except ConfigurationRefused as refusal:
            self._refuse(refusal)

    def _flat_file(self, found: bool, content: bytes) -> None:
        if not found:
            return
        try:
            self._profile |= read_flat_file(content)
        except ConfigurationRefused as refusal:
            self._refuse(refusal)

    def _load_file(self, found: bool, content: bytes) -> None:
        load = self._load_to_run
        if not found or load.lower() == self._running.lower() != "":
            return  # without its files the named load is asked for at every boot, and the old one stays
        made_for = parse_load(load).models
        if (made_for and self._model.name not in made_for) or self._is_too_old(load):
            self.status.append(LOAD_REJECTED)
            return
        if self._model.family in _SIGNED_LISTS and not content.startswith(_SIGNED):
            self.status.append(NO_SIGNATURE)
            return
        names = dict.fromkeys(match.decode() for match in _IMAGE_NAME.findall(content))
        if not content or len(names) > _MOST_IMAGES:
            self.status.append(NO_SIGNATURE)
            return
        self._new_load = load
        self._images.extend(names)
        if not names:
            self._upgraded()
        elif not load:
            self._new_load = next((_load_of(name) for name in names if _JAR.fullmatch(name)), "")

    def _is_too_old(self, load: str) -> bool:
        """Whether this revision of the hardware came out after that load."""
        return bool(self._oldest_load and load) and load_version(load) < load_version(self._oldest_load)

    def _skips_a_step(self, load: str) -> bool:
        """Whether there is no direct way to that load from what it runs."""
        if self._model.family is not ConfigFamily.JAVA_79XX or not self._running:
            return False
        return load_version(self._running) < _STEP_NEEDED_BELOW and load_version(load) >= _STEP_NEEDED_TO

    def _image(self, found: bool, content: bytes) -> None:
        if not found or not content:
            if found:
                self.status.append(CHECKSUM_ERROR)
            self._images.clear()
            self._new_load = ""
        elif not self._images:
            self._upgraded()

    def _upgraded(self) -> None:
        if self._new_load and self._skips_a_step(self._new_load):
            self.outcome = UpgradeFailed(self._new_load)
        elif self._new_load:
            self.outcome = NewFirmware(self._new_load)
        else:
            self.status.append(VERSION_ERROR)

    # --- how it ends -------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """After the device file and the defaults: with nothing in hand, the rest of the list is not asked for."""
        if self._own or self._stored or self._defaults or self._model.family is ConfigFamily.SIPPHONE_7940_60:
            return
        self._steps.clear()

    def _conclude(self) -> None:
        settings = self._settings
        why = self._why_not(settings)
        self.outcome = NotConfigured(why) if why or settings is None else Booted(settings)

    def _why_not(self, settings: PhoneSettings | None) -> str:
        """Why the phone cannot register with these settings; empty when it can."""
        if settings is None:
            return str(self._refusal) if self._refusal else "neither its own file nor the defaults were found"
        if settings.protocol and self._protocol and settings.protocol is not self._protocol:
            return f"the file is for {settings.protocol}, the firmware speaks {self._protocol}"
        if not settings.servers:
            return "the file names no call manager"
        if (self._protocol or settings.protocol) is SignallingProtocol.SCCP:
            return ""
        if settings.needs_trust and not self._trust_list:
            return "the file asks for a secured connection, and the phone has no trust list"
        if self._texts and not self._own_text_read:
            return "its own text file was not found"
        if not settings.lines:
            return "the file holds no line"
        return "" if settings.register_with_proxy else "the file tells the phone not to register (registerWithProxy)"


def _load_of(jar: str) -> str:
    """The load's name behind one of its images: ``jar41sccp.9-4-2.sbn`` belongs to ``SCCP41.9-4-2``."""
    match = _JAR.fullmatch(jar)
    return f"{match.group(2).upper()}{match.group(1)}.{match.group(3)}" if match else ""
