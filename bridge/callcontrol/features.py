"""The supplementary services that every phone has, in the order in which they are asked."""

from __future__ import annotations

from bridge.callcontrol.autoanswer import AutoAnswer
from bridge.callcontrol.barge import Barge
from bridge.callcontrol.blf import BusyLamps
from bridge.callcontrol.callback import CallBack
from bridge.callcontrol.conference import Conference
from bridge.callcontrol.conferencelist import ConferenceList
from bridge.callcontrol.donotdisturb import DoNotDisturb
from bridge.callcontrol.emergency import Emergency
from bridge.callcontrol.feature import Feature
from bridge.callcontrol.forwarding import Forwarding
from bridge.callcontrol.groupalerts import GroupAlerts
from bridge.callcontrol.holdreversion import HoldReversion
from bridge.callcontrol.intercom import Intercom
from bridge.callcontrol.maliciouscall import MaliciousCall
from bridge.callcontrol.meetme import MeetMe
from bridge.callcontrol.paging import Paging
from bridge.callcontrol.park import Park
from bridge.callcontrol.pickup import Pickup
from bridge.callcontrol.privacy import Privacy
from bridge.callcontrol.recording import Recording
from bridge.callcontrol.remotehold import RemoteHold
from bridge.callcontrol.selection import Selection
from bridge.callcontrol.shortcuts import AbbreviatedDialling, Hotline
from bridge.callcontrol.voicemail import Voicemail

FEATURES: tuple[type[Feature], ...] = (
    Emergency,
    Forwarding,
    DoNotDisturb,
    Hotline,
    AbbreviatedDialling,
    BusyLamps,
    Pickup,
    GroupAlerts,
    Park,
    Voicemail,
    CallBack,
    Selection,
    Conference,
    ConferenceList,
    MeetMe,
    Privacy,
    Barge,
    Recording,
    MaliciousCall,
    AutoAnswer,
    Intercom,
    Paging,
    HoldReversion,
    RemoteHold,
)
