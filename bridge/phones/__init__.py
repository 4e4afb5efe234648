"""What Cisco phones are: model catalogue, file names, firmware loads, and how they give themselves away."""

from __future__ import annotations

from bridge.phones.catalogue import Catalogue, ConfigFamily, DeviceClass, Model, catalogue
from bridge.phones.evidence import PhoneEvidence, Rank
from bridge.phones.filenames import parse_file_name
from bridge.phones.loads import FirmwareLoad, check_load, fits, parse_load
from bridge.phones.localefiles import (
    BUILT_IN_COUNTRY,
    BUILT_IN_LANGUAGE,
    TONE_FILES,
    is_language_file,
    is_locale_folder,
    is_tone_file,
    language_files,
    tone_files,
)
from bridge.phones.requestedfile import FileKind, RequestedFile, second_port
from bridge.phones.useragent import FirmwareKind, PhoneAgent, firmware_of, parse_user_agent
from bridge.phones.vendorclass import VendorClass, parse_vendor_class

__all__ = [
    "BUILT_IN_COUNTRY",
    "BUILT_IN_LANGUAGE",
    "TONE_FILES",
    "Catalogue",
    "ConfigFamily",
    "DeviceClass",
    "FileKind",
    "FirmwareKind",
    "FirmwareLoad",
    "Model",
    "PhoneAgent",
    "PhoneEvidence",
    "Rank",
    "RequestedFile",
    "VendorClass",
    "catalogue",
    "check_load",
    "firmware_of",
    "fits",
    "is_language_file",
    "is_locale_folder",
    "is_tone_file",
    "language_files",
    "parse_file_name",
    "parse_load",
    "parse_user_agent",
    "parse_vendor_class",
    "second_port",
    "tone_files",
]
