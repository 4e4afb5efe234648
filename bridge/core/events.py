"""What happened to phones, one frozen dataclass per kind of event.

Events are facts in the past tense. They are stored on the phone's journey, shown by the live views, and never changed.
``at`` is always an aware datetime in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.core.devicename import DeviceName
from bridge.core.files import Via
from bridge.core.protocol import SignallingProtocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events."""

    at: datetime
    device: DeviceName | None = None
    """The device it is about; None while nobody can tell (a shared file, an address without a name)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEvent(Event):
    """Something about one file and one client."""

    name: str
    client: str
    via: Via


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRequested(FileEvent):
    """A client asked for a file."""

    user_agent: str = ""
    server: str = ""
    """The address of ours that was asked; empty where the transport cannot tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDelivered(FileEvent):
    """The client acknowledged the last block (TFTP), or the whole body was sent (HTTP)."""

    size: int
    """Bytes; 0 when the client had the file already, and asked only whether it had changed (HTTP 304)."""
    seconds: float
    retransmissions: int = 0
    secret: bool = False
    """The file held a SIP password."""
    digest: str = ""
    """SHA-256 of what was sent, in hexadecimal; empty for large files, such as firmware."""
    version: str = ""
    """The version stamp of the content, where it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileServedBeside(FileEvent):
    """The log of another TFTP server says that the client has the file. How large it was is not logged."""

    secret: bool = False
    """The file holds a SIP password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNotFound(FileEvent):
    """The client was told at once that there is no such file."""

    why: str = ""


CANNOT_BE_MADE = "it cannot be made"
"""``why`` of a ``FileNotFound`` begins so where there should be a file, and something here keeps it from being made."""
SENT_AROUND = "it did not register with its file"
"""The same where there is a file, which is kept back for once: the phone shall read the file for strangers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRefused(FileEvent):
    """The client was told that it may not have this file, or that we are too busy."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAborted(FileEvent):
    """A transfer began and did not end: the client gave up, sent an error, or fell silent."""

    size: int
    acknowledged: int
    """Bytes that the client is known to have."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustListSeen(FileEvent):
    """A phone asked for the signed form of its file: it holds a trust list, and believes what an old CUCM signed."""

    encrypted: bool = False
    """It asked for the encrypted form."""
    answered: bool = False
    """It got the plain file under that name, as the settings want it."""

    @property
    def finding(self) -> str:
        """What this means, and what to do."""
        return TRUST_LIST_FINDING


TRUST_LIST_FINDING = (
    "this phone still trusts its old CUCM: it takes only files that CUCM has signed, and ignores ours. Erase its trust "
    "list (Settings, Security, Trust List, Erase; or a factory reset), or let CUCM roll it back to pre-8.0 first"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesGuessed(Event):
    """One address asks for the files of many different phones: somebody guesses names. It is refused for a while."""

    client: str
    count: int
    """Different names within a minute, until it was stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpLeaseSeen(Event):
    """A DHCP server gave the phone an address, by that server's log or lease file."""

    address: str
    host_name: str = ""
    vendor_class: str = ""
    """Option 60, as far as it is logged."""
    model: str = ""
    """What that says; empty where it names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpUnanswered(Event):
    """The phone asked for an address, and the DHCP server gave it none, by that server's log."""

    why: str
    """In the server's words: ``no address available``."""
    host_name: str = ""
    vendor_class: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneAdmitted(Event):
    """Autoregistration let an unknown phone in and gave it a number."""

    number: str
    client: str
    protocol: SignallingProtocol
    model: str = ""
    """Empty where nobody knew it yet."""
    vlan: int = 0
    """The phone's voice VLAN; 0 where it did not say."""
    neighbour: str = ""
    """Its switch, as the phone sees it."""
    neighbour_port: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneDeferred(Event):
    """An unknown phone is welcome, but it first has to show which protocol its firmware speaks, by registering."""

    client: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRefused(Event):
    """An unknown phone was not let in, or a known one with firmware that it must not have."""

    client: str
    reason: str
    """The refusal's short name, for example ``window_closed``."""
    text: str
    """The same in words."""
    model: str = ""
    """What it said it is; empty where it only asked for a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneClaimed(Event):
    """A user made an autoregistered phone his own, by dialling in or on its screen."""

    before: str
    """Its temporary number, which is free now unless it is the same."""
    number: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRefused(Event):
    """A user tried to, and must not. What was entered is not kept: it may hold a PIN."""

    outcome: str
    via: str
    number: str = ""
    """The extension, where there is a claim for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointWritten(Event):
    """The phone's endpoint stands in Asterisk's configuration files."""

    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxReloaded(Event):
    """Asterisk read its configuration again."""

    endpoints: int
    """How many endpoints the batch had changed."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConfirmed(Event):
    """Asterisk itself said that it knows the endpoint."""

    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxConnected(Event):
    """The manager interface of Asterisk accepted us."""

    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxLost(Event):
    """The manager interface is gone; changes wait until it is back."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneConnecting(Event):
    """Somebody opened a connection to the call manager's port; who it is shows only when it registers."""

    client: str
    port: int = 0
    """Its own port."""
    server_port: int = 0
    """The port of ours, or of Asterisk."""
    protocol: SignallingProtocol | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SipChallenged(Event):
    """Asterisk asked for the password of a request: its first REGISTER arrived, as it does with every phone."""

    client: str
    port: int = 0
    transport: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SipRefused(Event):
    """Asterisk turned a SIP request away (its security events)."""

    client: str
    reason: str
    """Asterisk's name of the event, for example ``InvalidPassword``."""
    port: int = 0
    transport: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFailed(Event):
    """A TLS handshake with a phone came to nothing."""

    client: str
    server_port: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustListNamed(Event):
    """The phone said whose trust lists it holds (DeviceTLInfo; diagnosis reference, section 3.3)."""

    ctl_server: str = ""
    """Empty where it has none."""
    itl_server: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfServiceTold(Event):
    """The phone said why it was out of service (LastOutOfServiceInformation; diagnosis reference, section 3.2)."""

    reason: str = ""
    model: str = ""
    address: str = ""
    gateway: str = ""
    voice_vlan: int = 0
    """0 where it was not told, 4095 where the phone has none."""
    neighbour: str = ""
    """The switch, as the phone sees it."""
    neighbour_port: str = ""
    server: str = ""
    """The call manager that it went by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTold(Event):
    """A message of the phone bears its own time (SIP ``Date``, or its web page)."""

    told: datetime
    source: str = "SIP"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonePageRead(Event):
    """The phone's own web pages say this of it; empty where a page does not tell."""

    address: str
    model: str = ""
    load: str = ""
    serial_number: str = ""
    hardware: str = ""
    number: str = ""
    tftp_server: str = ""
    call_manager: str = ""
    voice_vlan: int = 0
    """0 where it was not told, 4095 where the phone has none."""
    neighbour: str = ""
    neighbour_port: str = ""
    messages: tuple[str, ...] = ()
    """Its status messages, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRegistering(Event):
    """A phone asks to be registered."""

    client: str
    protocol: SignallingProtocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRegistered(Event):
    """The phone's registration was accepted."""

    endpoint: str
    address: str
    """``address:port`` as Asterisk saw it."""
    user_agent: str = ""
    load: str = ""
    """The firmware load that it says it runs; of a phone with SIP firmware, the version alone."""
    protocol: SignallingProtocol | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneMoved(Event):
    """The phone registered from another address without leaving the first: it was moved, or two phones have one MAC."""

    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneUnregistered(Event):
    """The phone's registration ended."""

    endpoint: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLearnt(Event):
    """Some evidence told which model the phone is."""

    model: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRewritten(Event):
    """The phone's own file has new content."""

    version_stamp: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRestartSent(Event):
    """The phone was told to restart. Whether it does is known only when it registers again."""

    how: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareStageReached(Event):
    """A roll-out of firmware got further with this phone, or failed."""

    load: str
    stage: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyNumberDialled(Event):
    """Somebody dialled an emergency number; the call was on its way at this moment."""

    number: str
    """The caller's directory number."""
    dialled: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPaged(Event):
    """Somebody dialled the number of a paging group, or pressed its button: its idle phones answer by themselves."""

    number: str
    """The caller's directory number."""
    group: str
    phones: int
    """How many the group has; those in use, or not to be disturbed, are left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaliciousCallMarked(Event):
    """A user marked a call as malicious while it stood."""

    call: int
    called: str
    """The phone's own number."""
    number: str
    """The caller's, as the PBX vouches for it; empty where it is withheld."""
    name: str
    sip_call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecorded(Event):
    """Asterisk records a call of the phone."""

    call: int
    file: str
    """Below Asterisk's directory of recordings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneAlarmed(Event):
    """A phone said why it restarted, or what bothers it."""

    text: str
    """The phone's own words (SCCP enumerations reference, section 2.1)."""
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStateChanged(Event):
    """A line of an SCCP phone stands otherwise at the PBX."""

    number: str
    state: str
    """In words, for example ``the PBX cannot be reached``."""
    status: int = 0
    """The SIP status that decided it; 0 where none did."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent(Event):
    """Something about one call of an SCCP phone."""

    call: int
    """The proxy's number for the call, unique while the service runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(CallEvent):
    """The INVITE went out, or came in."""

    line: int
    number: str
    """The other side's."""
    outgoing: bool
    sip_call_id: str = ""
    """To find the call in Asterisk's log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallConnected(CallEvent):
    """The call was answered."""

    line: int
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFinished(CallEvent):
    """The call is over."""

    line: int
    number: str
    outgoing: bool
    answered: bool
    seconds: float
    """Talking time."""
    why: str
    status: int = 0
    """The SIP status that refused it; 0 after a normal end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMeasured(CallEvent):
    """What the phone says about the media of a call that ended. Packets; times in milliseconds."""

    sent: int
    received: int
    lost: int
    jitter: int
    latency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaTroubled(CallEvent):
    """The phone opened no channel, or the two sides have no codec in common."""

    line: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswered(Event):
    """A phone with several servers asked whether this one takes it."""

    granted: bool
    wait: int = 0
    """Seconds after which it may ask again."""
    why: str = ""
    """Why it was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondConnectionRefused(Event):
    """The device connected once more while its first connection is alive and carries a call."""

    client: str
