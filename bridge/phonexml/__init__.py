"""Cisco IP Phone XML objects: menus, directories, input forms, texts, pictures and commands for a phone's screen.

Pure: objects in, text out. The same objects go over HTTP, when the phone asks for a service, and over SCCP, when the
server pushes them (SCCP wire reference, section 9).
"""

from bridge.phonexml.encoding import Charset, written
from bridge.phonexml.limits import PUSH_SIZE, ScreenLimits, limits_of_model
from bridge.phonexml.objects import (
    Directory,
    DirectoryEntry,
    Document,
    Execute,
    ExecuteItem,
    Image,
    ImageFile,
    Input,
    InputField,
    InputKind,
    Menu,
    MenuItem,
    Priority,
    ScreenKey,
    Text,
)
from bridge.phonexml.urls import dial, soft_key, user_data
from bridge.phonexml.writer import document_text

__all__ = [
    "PUSH_SIZE",
    "Charset",
    "Directory",
    "DirectoryEntry",
    "Document",
    "Execute",
    "ExecuteItem",
    "Image",
    "ImageFile",
    "Input",
    "InputField",
    "InputKind",
    "Menu",
    "MenuItem",
    "Priority",
    "ScreenKey",
    "ScreenLimits",
    "Text",
    "dial",
    "document_text",
    "limits_of_model",
    "soft_key",
    "user_data",
    "written",
]
