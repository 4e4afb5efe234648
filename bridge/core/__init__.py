"""The words that every other room uses: device names, numbers, files, devices, the site's objects, events."""

from __future__ import annotations

from bridge.core.accounts import AccessVia, Account, ApiToken, LoginSession, LoginTries, Principal, Role
from bridge.core.callbacks import KeptCallBack
from bridge.core.callmodes import DtmfMode, EarlyOpen
from bridge.core.callrecords import CallQuality, CallRecord
from bridge.core.claims import Claim, ClaimOutcome, ClaimTries
from bridge.core.devicename import DeviceName
from bridge.core.devices import Device, Line, LineAppearance
from bridge.core.fileelements import FileElement
from bridge.core.files import (
    FileAnswer,
    FileDenied,
    FileFound,
    FileMissing,
    FileRequest,
    FileWithheld,
    StoredFile,
    TransferUnderWay,
    Via,
    content_digest,
)
from bridge.core.inventory import NOTHING_SEEN, Inventory, SecurityMode
from bridge.core.linefeatures import DndMode, ForwardKind, LineFeatures
from bridge.core.mac import MacAddress
from bridge.core.numbers import NumberRange, check_directory_number
from bridge.core.onboarding import CodeVerdict, OnboardingCode
from bridge.core.paging import PagingGroup, PagingStream
from bridge.core.parking import (
    CallParked,
    CallUnparked,
    ParkedCall,
    ParkedCallsListed,
    ParkingChange,
    ParkingEnd,
)
from bridge.core.phonebook import CallKind, DirectoryContact, PastCall, checked_contact
from bridge.core.phonebuttons import (
    AbbreviatedDial,
    BlfSpeedDial,
    ButtonKind,
    DeviceButton,
    FeatureButton,
    PhoneButtonTemplate,
    ServiceUrl,
    SpeedDial,
    TemplateButton,
)
from bridge.core.phonesettings import (
    AddOnModule,
    AppearanceSettings,
    AutoAnswer,
    BargeOption,
    DeviceSettings,
    DndAlert,
    DndOption,
    LampPolicy,
    LineSettings,
    RecordingOption,
    RingKind,
    RingSetting,
    Switch,
)
from bridge.core.pickupgroups import CallPickupGroup, PickupNotification
from bridge.core.place import NO_VLAN, NOWHERE, NetworkPlace
from bridge.core.protocol import SignallingProtocol
from bridge.core.rollouts import Rollout, RolloutPhone, RolloutStage, RolloutState
from bridge.core.routing import (
    CallingSearchSpace,
    DialPattern,
    DiscardDigits,
    Partition,
    PatternKey,
    ReleaseCause,
    RoutePattern,
    TranslationPattern,
    search_list,
)
from bridge.core.site import (
    CallManagerGroup,
    DateTimeGroup,
    DeviceDefaults,
    DevicePool,
    OnboardingMethod,
    Region,
    Server,
)
from bridge.core.softkeytemplates import Softkey, SoftkeyState, SoftkeyTemplate, StateKeys
from bridge.core.texts import apply_mask
from bridge.core.universal import CommonPhoneProfile, UniversalDeviceTemplate, UniversalLineTemplate

__all__ = [
    "NOTHING_SEEN",
    "NOWHERE",
    "NO_VLAN",
    "AbbreviatedDial",
    "AccessVia",
    "Account",
    "AddOnModule",
    "ApiToken",
    "AppearanceSettings",
    "AutoAnswer",
    "BargeOption",
    "BlfSpeedDial",
    "ButtonKind",
    "CallKind",
    "CallManagerGroup",
    "CallParked",
    "CallPickupGroup",
    "CallQuality",
    "CallRecord",
    "CallUnparked",
    "CallingSearchSpace",
    "Claim",
    "ClaimOutcome",
    "ClaimTries",
    "CodeVerdict",
    "CommonPhoneProfile",
    "DateTimeGroup",
    "Device",
    "DeviceButton",
    "DeviceDefaults",
    "DeviceName",
    "DevicePool",
    "DeviceSettings",
    "DialPattern",
    "DirectoryContact",
    "DiscardDigits",
    "DndAlert",
    "DndMode",
    "DndOption",
    "DtmfMode",
    "EarlyOpen",
    "FeatureButton",
    "FileAnswer",
    "FileDenied",
    "FileElement",
    "FileFound",
    "FileMissing",
    "FileRequest",
    "FileWithheld",
    "ForwardKind",
    "Inventory",
    "KeptCallBack",
    "LampPolicy",
    "Line",
    "LineAppearance",
    "LineFeatures",
    "LineSettings",
    "LoginSession",
    "LoginTries",
    "MacAddress",
    "NetworkPlace",
    "NumberRange",
    "OnboardingCode",
    "OnboardingMethod",
    "PagingGroup",
    "PagingStream",
    "ParkedCall",
    "ParkedCallsListed",
    "ParkingChange",
    "ParkingEnd",
    "Partition",
    "PastCall",
    "PatternKey",
    "PhoneButtonTemplate",
    "PickupNotification",
    "Principal",
    "RecordingOption",
    "Region",
    "ReleaseCause",
    "RingKind",
    "RingSetting",
    "Role",
    "Rollout",
    "RolloutPhone",
    "RolloutStage",
    "RolloutState",
    "RoutePattern",
    "SecurityMode",
    "Server",
    "ServiceUrl",
    "SignallingProtocol",
    "Softkey",
    "SoftkeyState",
    "SoftkeyTemplate",
    "SpeedDial",
    "StateKeys",
    "StoredFile",
    "Switch",
    "TemplateButton",
    "TransferUnderWay",
    "TranslationPattern",
    "UniversalDeviceTemplate",
    "UniversalLineTemplate",
    "Via",
    "apply_mask",
    "check_directory_number",
    "checked_contact",
    "content_digest",
    "search_list",
]
