"""The words that every other room uses: device names, numbers, files, devices, the site's objects, events."""

from __future__ import annotations

from bridge.core.devicename import DeviceName
from bridge.core.devices import Device, Line, LineAppearance
from bridge.core.files import FileAnswer, FileDenied, FileFound, FileMissing, FileRequest, Via
from bridge.core.mac import MacAddress
from bridge.core.numbers import NumberRange, check_directory_number
from bridge.core.phonebook import CallKind, DirectoryContact, PastCall, checked_contact
from bridge.core.protocol import SignallingProtocol
from bridge.core.site import CallManagerGroup, DateTimeGroup, DeviceDefaults, DevicePool, Region, Server

__all__ = [
    "CallKind",
    "CallManagerGroup",
    "DateTimeGroup",
    "Device",
    "DeviceDefaults",
    "DeviceName",
    "DevicePool",
    "DirectoryContact",
    "FileAnswer",
    "FileDenied",
    "FileFound",
    "FileMissing",
    "FileRequest",
    "Line",
    "LineAppearance",
    "MacAddress",
    "NumberRange",
    "PastCall",
    "Region",
    "Server",
    "SignallingProtocol",
    "Via",
    "check_directory_number",
    "checked_contact",
]
