"""One SCCP phone, joined to one SIP user agent for each of its lines.

The user agents live outside: whoever owns the sockets drives each of them (``bridge.net.siptransport.SipLink``), hands
their events to ``receive_sip``, and flushes the links of all lines after every call of a verb here, for any verb may
have told any user agent something. That keeps retransmissions, timers and reconnects where they are already solved,
and lets a line's registration outlive the phone's connection. ``line_connected`` and ``line_lost`` tell when a link
stands.

Every verb is safe at any time and in any order: a phone that repeats, reorders or omits messages gets no exception and
leaves no call behind.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from bridge.callcontrol.desk import Desk
from bridge.callcontrol.documents import push
from bridge.callcontrol.events import CallMeasured, LineState, PhoneEvent, Restarted
from bridge.callcontrol.feature import Workings
from bridge.callcontrol.features import FEATURES
from bridge.callcontrol.focus import Focus
from bridge.callcontrol.house import House
from bridge.callcontrol.incoming import IncomingCalls
from bridge.callcontrol.lines import Lines
from bridge.callcontrol.midcall import MidCall
from bridge.callcontrol.network import Network
from bridge.callcontrol.outgoing import Outgoing
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.phonechannels import Channels
from bridge.callcontrol.settings import CallSettings
from bridge.callcontrol.sharedline import SharedLine
from bridge.callcontrol.sharing import Sharing
from bridge.callcontrol.transfer import Transfer
from bridge.callcontrol.user import PLAIN_KEYS, User
from bridge.errors import LocalProtocolError
from bridge.phonexml import Text, document_text
from bridge.sccp import MediaPath, ResetType, SoftKeyEventType
from bridge.sccp.profile import StationProfile
from bridge.sccp.session import SessionState, StationSession
from bridge.sccp.stationevents import (
    ApplicationDataReceived,
    ButtonPressed,
    ConnectionMeasured,
    DigitPressed,
    GroupJoined,
    HandsetLifted,
    HandsetReplaced,
    HookFlashed,
    MediaPathChanged,
    NumberDialled,
    PortTold,
    ReceiveChannelOpened,
    SoftKeyPressed,
    StateAsked,
    StationEvent,
    StationRegistered,
    StationUnregistered,
    TransmissionFailed,
    TransmissionStarted,
    UnregisterCause,
)
from bridge.sip import Event, RegistrationState, UserAgent


def same_clock(one: StationProfile, other: StationProfile) -> bool:
    """Whether two profiles have the same time of day, to half a minute."""
    difference = one.local_time().replace(tzinfo=None) - other.local_time().replace(tzinfo=None)
    return abs(difference.total_seconds()) < 30


def with_useful_keys(profile: StationProfile) -> StationProfile:
    """The profile without soft keys that no service of ours takes."""
    useful = PLAIN_KEYS.union(*(feature.SOFT_KEYS for feature in FEATURES))
    return replace(profile, softkeys=profile.softkeys.only(useful))


MESSAGE_APPLICATION = 9080
"""The application number of texts that are pushed as a page."""


class ProxiedPhone:
    """One phone's connection and its calls. It is not used again after the connection is gone."""

    __slots__ = (
        "_channels",
        "_connected",
        "_desk",
        "_events",
        "_features",
        "_gone_at",
        "_incoming",
        "_lines",
        "_midcall",
        "_network",
        "_outgoing",
        "_restart",
        "_sharing",
        "_transfer",
        "_user",
        "house",
        "session",
    )

    def __init__(self, session: StationSession, house: House[ProxiedPhone]) -> None:
        self.session = session
        self.house = house
        """What this phone shares with the others of the node."""
        self._events: list[PhoneEvent] = []
        self._connected: set[int] = set()
        self._gone_at: float | None = None
        self._restart: ResetType | None = None
        self._set_up(CallSettings(), ())

    def _set_up(self, settings: CallSettings, lines: Sequence[SharedLine]) -> None:
        desk = Desk(self.session, settings, lines, self.house.refs, self._touch)
        desk.connected = self._connected
        self._desk = desk
        self._lines = Lines(desk)
        self._outgoing = Outgoing(desk)
        self._incoming = IncomingCalls(desk)
        self._midcall = MidCall(desk)
        self._transfer = Transfer(desk, self._outgoing, self._midcall)
        self._sharing = Sharing(desk, self._midcall)
        workings = Workings(
            desk,
            Focus(desk, self._outgoing, self._midcall),
            self._lines,
            self._outgoing,
            self._incoming,
            self._midcall,
            self._transfer,
            self._sharing,
            self.house,
        )
        self._features = tuple(feature(workings) for feature in FEATURES)
        desk.screen.usable = self._usable_keys
        self._user = User(workings, self._features)
        self._network = Network(workings, self._features)
        self._channels = Channels(workings)

    # --- what can be read --------------------------------------------------------------------------------------------

    @property
    def device(self) -> str:
        """The device's name; empty before it registered and after it left."""
        return self.session.device

    @property
    def agents(self) -> tuple[UserAgent, ...]:
        """The user agents, one for each line."""
        return self._desk.agents

    @property
    def calls(self) -> tuple[PhoneCall, ...]:
        """The calls, the oldest first; to be read only."""
        return self._desk.all_calls

    def line_state(self, line: int) -> LineState:
        """How line ``line``, counted from 1, stands at the PBX."""
        return self._lines.state(line)

    @property
    def is_finished(self) -> bool:
        """True when the connection is closed, no call is left and every line has left the PBX: forget it."""
        if not self.session.is_closed or self._desk.calls or self._gone_at is not None:
            return False
        desk = self._desk
        return all(
            shared.has_left(desk, connected=line in self._connected) for line, shared in enumerate(desk.lines, 1)
        )

    # --- the application's decisions ---------------------------------------------------------------------------------

    def accept(
        self, profile: StationProfile, settings: CallSettings, lines: Sequence[SharedLine], *, now: float
    ) -> None:
        """Serve the device that asked, with the lines of its profile, which other phones may have, too.

        Raises LocalProtocolError where the numbers differ. Does nothing when the device is gone meanwhile.
        """
        if len(lines) != len(profile.lines):
            raise LocalProtocolError(f"{len(profile.lines)} lines need as many user agents, not {len(lines)}")
        self.session.accept(with_useful_keys(profile), now=now)
        if self.session.is_accepted:
            for former in self._desk.lines:  # of a phone that left, and registers once more on this connection
                former.detach(self)
            self._connected.clear()
            self._set_up(settings, lines)
            self.house.enter(self, self._desk)
            self._desk.last_dialled = self.house.last_dialled.get(self.device, "")
            for instance, shared in enumerate(lines, 1):
                shared.attach(self, self._desk, instance)
            self._lines.show()
        self._work(now)

    def reject(self, text: str, *, now: float) -> None:
        """Refuse the device that asked, with words or a built-in label for its screen."""
        self.session.reject(text, now=now)

    def grant_token(self, *, now: float) -> None:
        """Let the device that asked for a token register here."""
        self.session.grant_token(now=now)

    def refuse_token(self, wait_s: int = 60, *, now: float) -> None:
        """Tell the device that asked for a token to ask again later."""
        self.session.refuse_token(wait_s, now=now)

    def restart(self, kind: ResetType = ResetType.RESTART, *, now: float) -> None:
        """Have the phone start again; at the end of its calls where it has some."""
        self._restart = kind
        self._work(now)

    def change(
        self, profile: StationProfile, settings: CallSettings | None = None, *, keys_live: bool, now: float
    ) -> None:
        """Serve the phone by another profile: at once where the protocol allows, else by a restart when it is idle.

        ``settings``: new rules for its calls; they always count at once, None keeps those it has. ``keys_live``: send
        new soft keys to the registered phone, too. No source tells which models take them.
        """
        profile = with_useful_keys(profile)
        before = self.session.profile
        if before is None:
            return
        if settings is not None and [each.number for each in profile.lines] == [each.number for each in before.lines]:
            self._take_settings(settings, now)
        if profile != before or not same_clock(profile, before):
            self._take_profile(profile, before, keys_live=keys_live, now=now)
        self._work(now)

    def _take_settings(self, settings: CallSettings, now: float) -> None:
        desk, before = self._desk, self._desk.settings
        desk.settings = settings
        if settings == before:
            return
        desk.screen.unknown, desk.screen.private = settings.texts.unknown_caller, settings.texts.private
        desk.screen.dnd_alert = settings.dnd_alert
        for feature in self._features:
            feature.settings_changed(before, now=now)
        if settings.barge != before.barge:
            self._sharing.show_all()
        self._lines.show()

    def _take_profile(self, profile: StationProfile, before: StationProfile, *, keys_live: bool, now: float) -> None:
        if self.session.change_profile(profile, keys=keys_live):
            self._lines.show()
            if profile.softkeys != before.softkeys:
                self._desk.screen.keys_again()
            for feature in self._features:
                feature.relabelled(now=now)
        elif self._restart is None:
            self._restart = ResetType.RESTART

    def show(self, document: str, *, now: float) -> str:
        """Show an XML object from somebody, or have the phone obey it. Why it cannot, or an empty text."""
        if self.session.state is not SessionState.REGISTERED:
            return "it is not registered"
        if not (self.session.traits.display and self.session.traits.softkeys):
            return "it shows no documents"
        try:
            push(self.session, MESSAGE_APPLICATION, 0, document)
        except LocalProtocolError as error:
            return error.what
        self._work(now)
        return ""

    def message(self, text: str, *, seconds: int, priority: int, now: float) -> str:
        """Show a text from somebody, 0 seconds for until it is cleared; an empty one clears it. Why it cannot be shown,
        or an empty text."""
        if self.session.state is not SessionState.REGISTERED:
            return "it is not registered"
        if not self.session.traits.display:
            return "it has no display"
        screen = self._desk.screen
        if not text:
            screen.clear_message(priority)
        elif len(text) > self.longest_message and self.session.traits.softkeys:
            title = self._desk.settings.texts.message
            push(self.session, MESSAGE_APPLICATION, 0, document_text(Text(title, text, "")))
        else:
            screen.message(text[: self.longest_message], seconds, priority)
        self._work(now)
        return ""

    @property
    def longest_message(self) -> int:
        """Characters of a text that stands over the prompt line; a longer one opens a page (wire, section 7.6)."""
        return 95 if self.session.dialect.version >= 8 else 31

    def tell(self, answer: object, *, now: float) -> None:
        """The application's answer to an event of one of the services."""
        any(feature.told(answer, now=now) for feature in self._features)
        self._work(now)

    def check_calls(self, *, now: float) -> None:
        """Ask the PBX whether the calls still stand; one that it does not know any more ends (RFC 5057)."""
        for call in self._desk.all_calls:
            if call.sip is not None:
                call.agent.refresh(call.sip, now=now)
        self._work(now)

    def close(self, *, keep_lines: bool = False, now: float) -> None:
        """Give the connection up, end the calls, and leave the PBX, unless the lines go to the device's next one."""
        self.house.leave(self)
        self.session.close(now=now)
        self._drop_calls("the connection was given up", now)
        self._gone_at = None
        if keep_lines:
            self._connected.clear()
        else:
            self._leave(now)
        self._work(now)

    # --- the links ---------------------------------------------------------------------------------------------------

    def line_connected(self, line: int, *, now: float) -> None:
        """The link of ``line`` stands: the line registers as soon as the phone has."""
        self._connected.add(line)
        self._register_lines(now)
        self._work(now)

    def line_lost(self, line: int, why: str = "", *, now: float) -> None:
        """The link of ``line`` broke, or could not be opened."""
        self._connected.discard(line)
        self._lines.changed(line, LineState.UNREACHABLE, 503, why)
        self._work(now)

    # --- the verbs ---------------------------------------------------------------------------------------------------

    def receive_from_station(self, data: bytes, *, now: float) -> None:
        """What came from the phone."""
        self.session.receive_data(data, now=now)
        self._work(now)

    def station_lost(self, why: str = "", *, now: float) -> None:
        """The phone's connection broke, or the phone closed it."""
        self.session.connection_lost(why, now=now)
        self._work(now)

    def receive_sip(self, line: int, event: Event, *, now: float) -> None:
        """An event of the user agent of ``line``, counted from 1."""
        if 0 < line <= len(self._desk.agents):
            self._network.receive(line, event, now=now)
            self._work(now)

    def handle_timer(self, *, now: float) -> None:
        """Do what is due at ``now``."""
        self.session.handle_timer(now=now)
        self._channels.handle_timer(now=now)
        for call in self._desk.all_calls:
            if call.deadline is not None and call.deadline <= now:
                self._outgoing.overdue(call, now=now)
        self._transfer.handle_timer(now=now)
        for feature in self._features:
            if (at := feature.timer()) is not None and at <= now:
                feature.handle_timer(now=now)
        if self._gone_at is not None and self._gone_at <= now:
            self._gone_at = None
            self._drop_calls("the phone did not come back", now)
            self._leave(now)
        self._work(now)

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None. The user agents have their own timers."""
        times = [self.session.timer(), self._gone_at, *(feature.timer() for feature in self._features)]
        for call in self._desk.calls.values():
            times += [call.deadline, call.channel.deadline, call.transfer_deadline]
        return min((at for at in times if at is not None), default=None)

    def data_to_station(self) -> list[bytes]:
        """What is to be sent to the phone, a frame each, in order."""
        return self.session.data_to_send()

    def next_event(self) -> PhoneEvent | None:
        """The next event for the application, or None."""
        return self._events.pop(0) if self._events else None

    # --- inside ------------------------------------------------------------------------------------------------------

    def _usable_keys(self, call_ref: int) -> Collection[SoftKeyEventType]:
        call = self._desk.calls.get(call_ref)
        return PLAIN_KEYS.union(*(feature.keys(call) for feature in self._features))

    def _touch(self) -> None:
        self.house.touch(self)

    def _work(self, now: float) -> None:
        """Work off what one step led to."""
        while (event := self.session.next_event()) is not None:
            self._receive(event, now)
        self._incoming.stopped_waiting()
        self._notice_changes(now)
        self._sharing.publish(now=now)
        if self.device and self._desk.last_dialled:
            self.house.last_dialled[self.device] = self._desk.last_dialled
        if self._restart is not None and not self._desk.own_calls and self.session.is_accepted:
            self.session.reset(self._restart)
            self._restart = None
            self._desk.events.append(Restarted(self.device))
        while self._desk.events:
            self._events.append(self._desk.events.popleft())

    def _notice_changes(self, now: float) -> None:
        """Tell the features which calls stand otherwise than after the last step."""
        desk = self._desk
        while (changed := self._changed_calls()) or desk.not_transferred:
            for call, before in changed:
                for feature in self._features:
                    feature.call_changed(call, before, now=now)
            while desk.not_transferred:
                call = desk.not_transferred.popleft()
                for feature in self._features:
                    feature.transfer_failed(call, now=now)
        desk.screen.refresh_keys()

    def _changed_calls(self) -> list[tuple[PhoneCall, PhoneCallState | None]]:
        calls = [*self._desk.ended, *self._desk.calls.values()]
        self._desk.ended.clear()
        changed = [
            (call, call.noticed)
            for call in calls
            if call.noticed is not call.state and not (call.is_remote and call.noticed is None)
        ]
        for call, _ in changed:
            call.noticed = call.state
        return changed

    def _receive(self, event: StationEvent, now: float) -> None:
        match event:
            case (
                HandsetLifted()
                | HandsetReplaced()
                | HookFlashed()
                | DigitPressed()
                | SoftKeyPressed()
                | ButtonPressed()
                | NumberDialled()
            ):
                self._user.receive(event, now=now)
            case ReceiveChannelOpened():
                self._channels.opened(event, now=now)
            case PortTold():
                self._channels.told(event, now=now)
            case TransmissionFailed():
                call = self._desk.calls.get(event.call_ref)
                if call is not None:
                    self._desk.report_media(call, "the phone cannot send to the other side's address")
            case ConnectionMeasured():
                self._desk.events.append(CallMeasured(event))
            case MediaPathChanged():
                if event.path is MediaPath.HEADSET:
                    self._desk.headset = event.on
            case TransmissionStarted():
                pass
            case GroupJoined():
                any(feature.joined(event, now=now) for feature in self._features)
            case StationRegistered():
                self._desk.events.append(event)
                self._desk.screen.forget()  # it starts with everything off, whatever it was sent meanwhile
                self._lines.show_messages(always=True)
                self._lines.show()
                self._desk.screen.idle()
                self._register_lines(now)
                self._sharing.show_all()
                self._incoming.show_all()
                for feature in self._features:
                    feature.registered(now=now)
            case StateAsked():
                any(feature.asked(event, now=now) for feature in self._features)
            case ApplicationDataReceived():
                any(feature.data(event, now=now) for feature in self._features)
            case StationUnregistered():
                self._desk.events.append(event)
                self._station_gone(event.why, now)
            case _:
                self._desk.events.append(event)

    def _station_gone(self, why: UnregisterCause, now: float) -> None:
        self.house.leave(self)
        self._desk.screen.forget()
        for feature in self._features:
            feature.left(now=now)
        self._restart = None
        lost = why in (UnregisterCause.CONNECTION_LOST, UnregisterCause.SILENT)
        for call in self._desk.all_calls:
            if not lost or call.state is not PhoneCallState.CONNECTED:
                self._desk.finish(call, str(why), now=now)
        if lost:
            self._gone_at = now + self._desk.settings.preserve
        else:
            self._leave(now)

    def _drop_calls(self, why: str, now: float) -> None:
        for call in self._desk.all_calls:
            self._desk.finish(call, why, now=now)

    def _leave(self, now: float) -> None:
        for line, shared in enumerate(self._desk.lines, 1):
            shared.leave(self._desk, connected=line in self._connected, now=now)

    def _register_lines(self, now: float) -> None:
        if not self.session.is_accepted or self.session.state != "registered":
            return
        for line, agent in enumerate(self._desk.agents, 1):
            if line not in self._connected:
                continue
            if agent.registration_state is RegistrationState.REGISTERED:
                self._lines.changed(line, LineState.REGISTERED)  # taken over from the device's former connection
            elif agent.registration_state is not RegistrationState.WAITING:
                # Even while a REGISTER is under way: the former connection may have wished to leave meanwhile.
                self._lines.changed(line, LineState.REGISTERING)
                agent.register(now=now)
