"""What sets the models of SCCP phones apart on the wire: versions, lengths, keys, habits; as data.

Sources: SCCP wire reference, section 3 (versions, Register lengths, feature bytes) and section 10; SCCP flows
reference, sections 1.2 and 8; SCCP enumerations reference, section 7 (buttons). The order in which a family asks is
known for the 7912 alone (flows reference, section 1.1); the other orders are chosen unlike each other, since a server
must take any.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from bridge.core import SignallingProtocol
from bridge.errors import NotFound
from bridge.lab.bootfiles import load_version
from bridge.phones import ConfigFamily, Model
from bridge.sccp import CodePage, DeviceType, MediaCodec, PhoneFeatures


class Ask(Enum):
    """One step of a registration: a question (or several of a kind), or something that the phone tells."""

    BUTTONS = auto()
    SOFT_KEYS = auto()
    SOFT_KEY_SETS = auto()
    LINES = auto()
    SPEED_DIALS = auto()
    SPEED_DIALS_DOWNWARDS = auto()
    FIRST_FEATURE = auto()
    """A 7912 asks for feature 1 although it has none."""
    FEATURES = auto()
    SERVICES = auto()
    FORWARDS = auto()
    CONFIG = auto()
    VERSION = auto()
    CALL_COUNT = auto()
    HEADSET = auto()
    LOCATION = auto()
    AVAILABLE_LINES = auto()
    TIME = auto()


_OLD = (
    Ask.BUTTONS,
    Ask.SOFT_KEYS,
    Ask.SOFT_KEY_SETS,
    Ask.LINES,
    Ask.FIRST_FEATURE,
    Ask.SPEED_DIALS_DOWNWARDS,
    Ask.AVAILABLE_LINES,
    Ask.TIME,
)
_FIXED_KEYS = (Ask.BUTTONS, Ask.LINES, Ask.SPEED_DIALS, Ask.AVAILABLE_LINES, Ask.TIME)
_SIX_BUTTON = (
    Ask.HEADSET,
    Ask.BUTTONS,
    Ask.SOFT_KEYS,
    Ask.SOFT_KEY_SETS,
    Ask.CONFIG,
    Ask.LINES,
    Ask.SPEED_DIALS,
    Ask.FEATURES,
    Ask.SERVICES,
    Ask.FORWARDS,
    Ask.AVAILABLE_LINES,
    Ask.TIME,
)
_JAVA = (
    Ask.HEADSET,
    Ask.BUTTONS,
    Ask.VERSION,
    Ask.SOFT_KEYS,
    Ask.SOFT_KEY_SETS,
    Ask.LINES,
    Ask.SPEED_DIALS,
    Ask.FEATURES,
    Ask.SERVICES,
    Ask.FORWARDS,
    Ask.AVAILABLE_LINES,
    Ask.TIME,
)
_WIRELESS = (
    Ask.LOCATION,
    Ask.SOFT_KEYS,
    Ask.SOFT_KEY_SETS,
    Ask.BUTTONS,
    Ask.SPEED_DIALS,
    Ask.LINES,
    Ask.FORWARDS,
    Ask.AVAILABLE_LINES,
    Ask.TIME,
)
_SERIES_69 = (
    Ask.CALL_COUNT,
    Ask.SOFT_KEYS,
    Ask.SOFT_KEY_SETS,
    Ask.BUTTONS,
    Ask.CONFIG,
    Ask.FORWARDS,
    Ask.LINES,
    Ask.SPEED_DIALS,
    Ask.FEATURES,
    Ask.TIME,
    Ask.AVAILABLE_LINES,
)
_SERIES_894 = (
    Ask.CALL_COUNT,
    Ask.BUTTONS,
    Ask.LINES,
    Ask.SOFT_KEY_SETS,
    Ask.SOFT_KEYS,
    Ask.FEATURES,
    Ask.SERVICES,
    Ask.FORWARDS,
    Ask.SPEED_DIALS,
    Ask.AVAILABLE_LINES,
    Ask.TIME,
)
_CONFERENCE = (Ask.CONFIG, Ask.BUTTONS, Ask.SOFT_KEYS, Ask.SOFT_KEY_SETS, Ask.LINES, Ask.AVAILABLE_LINES, Ask.TIME)

_G711 = (MediaCodec.G711_ULAW_64K, MediaCodec.G711_ALAW_64K)
_NARROW = (*_G711, MediaCodec.G729, MediaCodec.G729_ANNEX_A)
_FROM_7961 = (
    MediaCodec.WIDEBAND_256K,
    *_G711,
    MediaCodec.G729_ANNEX_B,
    MediaCodec.G729_ANNEX_A_B,
    MediaCodec.G729,
    MediaCodec.G729_ANNEX_A,
    MediaCodec.TELEPHONE_EVENT,
)
"""What a 7961G reported (SCCP frames reference, frame 12)."""
_WIDE = (MediaCodec.G722_64K, *_G711, MediaCodec.ILBC, MediaCodec.G729, MediaCodec.TELEPHONE_EVENT)

_NO_FEATURES = (0x00, 0x00, 0x00)
_LONG = 172
_NEWEST_LOADS = 9
"""Java firmware from this version on speaks version 22, below it 17."""


@dataclass(frozen=True, slots=True)
class AddOn:
    """An add-on module, as the phone reports it (SCCP frames reference, frames 8 and 9)."""

    type: int
    buttons: int
    takes_labels: bool = True
    """False for a 7914: its labels stay what they were when the phone registered (flows reference, section 8)."""


ADD_ONS = {
    "7914": AddOn(1, 14, takes_labels=False),
    "7915": AddOn(2, 24),
    "7916": AddOn(2, 24),
}
"""No source tells the type number of a 7916; it is taken for that of a 7915."""


@dataclass(frozen=True, slots=True)
class SkinnyTraits:
    """How one model behaves. ``version`` and the feature bytes are what it offers in Register."""

    version: int
    features: tuple[int, int, int]
    register_size: int
    """Bytes of its Register's body."""
    buttons: int
    """Most entries that its button template may have, those of its add-on modules included."""
    order: tuple[Ask, ...]
    codecs: tuple[MediaCodec, ...] = _NARROW
    java: bool = False
    """Resets itself on messages that it does not know."""
    terse: bool = False
    """Tells only the key of a keypad button, nothing with its hook, no call in its acknowledgement."""
    soft_keys: int = 4
    """How many it shows at once; 0 for phones without."""
    prompt_line: bool = True
    display: bool = True
    speaker: bool = True
    """Has a microphone besides the handset's: can answer and dial on hook."""
    message_lamp: bool = True
    short_capabilities: bool = False
    """Sends no UpdateCapabilities besides CapabilitiesRes."""
    acknowledges_sending: bool = False
    anonymous_acks: bool = False
    """Fills in only the call reference there (6901, 6911)."""
    aligned_enbloc: bool = False
    long_enbloc: bool = False
    """Writes the line into EnblocCall before version 17 knows one there (SPA phones)."""
    stop_closes_receiving: bool = False
    """79x1 and 89xx: StopMediaTransmission closes the receiving side too."""
    xml_alarm: bool = False
    early_keepalive: bool = False
    """Sends a KeepAlive before it registers."""
    old_media: bool = False
    """Of the 12SP era: has one RTP port, tells it with IpPort, and is told to listen with StartMediaReception."""
    instance: int = 1
    add_ons: tuple[AddOn, ...] = ()
    """Attached to it, from left to right."""

    @property
    def own_buttons(self) -> int:
        """Buttons of the phone itself."""
        return self.buttons - sum(each.buttons for each in self.add_ons)

    @property
    def phone_features(self) -> PhoneFeatures:
        """The feature bytes by name."""
        return PhoneFeatures.of(*self.features)

    @property
    def page(self) -> CodePage:
        """How it reads and writes text."""
        return self.phone_features.code_page

    @property
    def knows_port_requests(self) -> bool:
        """Whether it answers PortReq."""
        return bool(self.phone_features & PhoneFeatures.PORT_REQUEST)

    @property
    def has_rfc2833(self) -> bool:
        """Whether it sends key presses as RTP events."""
        return bool(self.phone_features & PhoneFeatures.RFC2833)


_GK = SkinnyTraits(
    version=7,
    features=(0x00, 0x00, 0x81),
    register_size=52,
    buttons=11,
    order=_OLD,
    terse=True,
    speaker=False,
    short_capabilities=True,
)
_7940 = SkinnyTraits(version=11, features=(0x00, 0x60, 0x85), register_size=64, buttons=2, order=_SIX_BUTTON)
_JAVA_9 = SkinnyTraits(
    version=22,
    features=(0x00, 0x72, 0x85),
    register_size=_LONG,
    buttons=6,
    order=_JAVA,
    codecs=_FROM_7961,
    java=True,
    acknowledges_sending=True,
    xml_alarm=True,
    instance=0,
)
_WIRELESS_792X = replace(
    _JAVA_9, version=16, register_size=124, order=_WIRELESS, codecs=_WIDE, soft_keys=2, acknowledges_sending=False
)
_69XX = replace(
    _JAVA_9,
    version=20,
    features=(0x20, 0x70, 0x85),
    order=_SERIES_69,
    codecs=(*_NARROW, MediaCodec.TELEPHONE_EVENT),
    instance=1,
)
_OF_12SP = SkinnyTraits(
    version=3,
    features=_NO_FEATURES,
    register_size=64,
    buttons=12,
    order=_FIXED_KEYS,
    codecs=_G711,
    soft_keys=0,
    message_lamp=False,
    short_capabilities=True,
    old_media=True,
)
_CONFERENCE_STATION = SkinnyTraits(
    version=4, features=_NO_FEATURES, register_size=44, buttons=2, order=_CONFERENCE, short_capabilities=True
)
_TRAITS: dict[DeviceType, SkinnyTraits] = {
    DeviceType.CISCO_12SP_PLUS: _OF_12SP,
    DeviceType.CISCO_12SP: _OF_12SP,
    DeviceType.CISCO_30VIP: replace(_OF_12SP, buttons=26),
    DeviceType.CISCO_7902G: replace(_GK, order=_FIXED_KEYS, buttons=12, soft_keys=0, display=False, prompt_line=False),
    DeviceType.CISCO_7905G: _GK,
    DeviceType.CISCO_7912G: _GK,
    DeviceType.CISCO_7910: replace(_7940, version=5, register_size=52, buttons=10, order=_FIXED_KEYS, soft_keys=0),
    DeviceType.CISCO_7920: replace(_7940, version=8, buttons=6, order=_WIRELESS, soft_keys=2),
    DeviceType.CISCO_7940: _7940,
    DeviceType.CISCO_7960: replace(_7940, buttons=6),
    DeviceType.CISCO_7935: _CONFERENCE_STATION,
    DeviceType.CISCO_7936: _CONFERENCE_STATION,
    DeviceType.CISCO_7937: replace(_CONFERENCE_STATION, codecs=_WIDE),
    DeviceType.ATA_186: SkinnyTraits(
        version=33,
        features=_NO_FEATURES,
        register_size=52,
        buttons=5,
        order=_FIXED_KEYS,
        soft_keys=0,
        display=False,
        prompt_line=False,
        speaker=False,
        message_lamp=False,
        short_capabilities=True,
    ),
    DeviceType.CISCO_7906G: replace(_JAVA_9, buttons=11, speaker=False),
    DeviceType.CISCO_7911G: replace(_JAVA_9, buttons=11, speaker=False),
    DeviceType.CISCO_7931G: replace(_JAVA_9, buttons=24),
    DeviceType.CISCO_7941G: replace(_JAVA_9, buttons=2, stop_closes_receiving=True),
    DeviceType.CISCO_7941G_GE: replace(_JAVA_9, buttons=2, stop_closes_receiving=True),
    DeviceType.CISCO_7961G: replace(_JAVA_9, buttons=6, stop_closes_receiving=True),
    DeviceType.CISCO_7961G_GE: replace(_JAVA_9, buttons=6, stop_closes_receiving=True),
    DeviceType.CISCO_7942G: replace(_JAVA_9, buttons=2, codecs=_WIDE),
    DeviceType.CISCO_7945G: replace(_JAVA_9, buttons=2, codecs=_WIDE),
    DeviceType.CISCO_7962G: replace(_JAVA_9, buttons=6, codecs=_WIDE),
    DeviceType.CISCO_7965G: replace(_JAVA_9, buttons=6, codecs=_WIDE),
    DeviceType.CISCO_7970G: replace(_JAVA_9, buttons=8, soft_keys=5),
    DeviceType.CISCO_7971G_GE: replace(_JAVA_9, buttons=8, soft_keys=5, stop_closes_receiving=True),
    DeviceType.CISCO_7975G: replace(_JAVA_9, buttons=8, soft_keys=5, codecs=_WIDE),
    DeviceType.CISCO_7921G: replace(_WIRELESS_792X),
    DeviceType.CISCO_7925G: replace(_WIRELESS_792X),
    DeviceType.CISCO_7926G: replace(_WIRELESS_792X),
    DeviceType.CISCO_6901: replace(
        _69XX, buttons=1, soft_keys=0, display=False, prompt_line=False, speaker=False, anonymous_acks=True
    ),
    DeviceType.CISCO_6911: replace(
        _69XX, version=17, register_size=124, buttons=1, prompt_line=False, anonymous_acks=True, early_keepalive=True
    ),
    DeviceType.CISCO_6921: replace(_69XX, buttons=8),
    DeviceType.CISCO_6941: replace(_69XX, buttons=4),
    DeviceType.CISCO_6945: replace(_69XX, buttons=4, codecs=_WIDE),
    DeviceType.CISCO_6961: replace(_69XX, buttons=12),
    DeviceType.CISCO_8941: replace(
        _JAVA_9,
        order=_SERIES_894,
        buttons=14,
        codecs=_WIDE,
        prompt_line=False,
        aligned_enbloc=True,
        stop_closes_receiving=True,
        instance=1,
    ),
    DeviceType.CISCO_8945: replace(
        _JAVA_9,
        order=_SERIES_894,
        buttons=14,
        codecs=_WIDE,
        prompt_line=False,
        aligned_enbloc=True,
        stop_closes_receiving=True,
        instance=1,
    ),
}
_SPCP = replace(
    _7940,
    version=8,
    features=(0x00, 0x00, 0x84),
    register_size=52,
    order=(
        Ask.BUTTONS,
        Ask.SOFT_KEYS,
        Ask.SOFT_KEY_SETS,
        Ask.LINES,
        Ask.SPEED_DIALS,
        Ask.TIME,
        Ask.AVAILABLE_LINES,
    ),
    long_enbloc=True,
)
"""SPA phones that are switched to SPCP (wire reference, section 4): what they ask for last is known. The order before
it, the size of their Register and their feature bytes are in no public source. A token they ask for only to fall back.
"""
_TRAITS |= {
    number: replace(_SPCP, buttons=keys)
    for number, keys in {
        DeviceType.SPA303G: 3,
        DeviceType.SPA502G: 1,
        DeviceType.SPA504G: 4,
        DeviceType.SPA508G: 8,
        DeviceType.SPA509G: 12,
        DeviceType.SPA512G: 1,
        DeviceType.SPA514G: 4,
        DeviceType.SPA521S: 1,
        DeviceType.SPA524SG: 4,
        DeviceType.SPA525G: 5,
        DeviceType.SPA525G2: 5,
    }.items()
}
_TRAITS[DeviceType.IP_COMMUNICATOR] = replace(_JAVA_9, version=20, buttons=8, soft_keys=5)
_TRAITS[DeviceType.ATA_188] = _TRAITS[DeviceType.ATA_186]


def skinny_models() -> tuple[DeviceType, ...]:
    """The device types that can be simulated."""
    return tuple(_TRAITS)


def skinny_traits(model: Model, load: str = "", *, version: int | None = None) -> SkinnyTraits:
    """How a model with this firmware behaves; ``version`` lets it offer another one. Raises NotFound."""
    traits = None if model.number is None else _TRAITS.get(DeviceType(model.number))
    if traits is None:
        raise NotFound(
            f"the {model.name} is not simulated as an SCCP phone",
            fix="simulate one with SCCP firmware, for example 7912, 7960, 7961, 7975, 7925, 6941 or 8945",
        )
    release = load_version(load)[:1]
    if model.family is ConfigFamily.JAVA_79XX and release and release < (_NEWEST_LOADS,):
        traits = replace(traits, version=17, register_size=124)
    if version is not None:
        traits = replace(traits, version=version)
    return traits


def sccp_load(model: Model) -> str:
    """A usual SCCP load of a model; empty where none is known."""
    return model.last_known_load(SignallingProtocol.SCCP)
