"""An office to look at: phones of many models at every stage, a dial plan, somebody turned away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.app.service import Service
from bridge.autoregistration import AutoregistrationSettings
from bridge.autoregistration.policy import Window
from bridge.core import (
    BlfSpeedDial,
    ButtonKind,
    CallingSearchSpace,
    Device,
    DeviceButton,
    DeviceName,
    FeatureButton,
    Line,
    LineAppearance,
    NumberRange,
    Partition,
    RoutePattern,
    ServiceUrl,
    SignallingProtocol,
    SpeedDial,
    Via,
)
from bridge.core.events import (
    FileDelivered,
    FileNotFound,
    FileRequested,
    PhoneAdmitted,
    PhoneRefused,
    PhoneRegistered,
    PhoneRegistering,
    PhoneUnregistered,
)
from bridge.core.phonesettings import AddOnModule, DeviceSettings
from bridge.ports import AuditEntry

_MODELS = (
    ("8841", SignallingProtocol.SIP, "sip88xx.14-2-1-0101-53"),
    ("7961G", SignallingProtocol.SCCP, "SCCP41.9-4-2SR3-1S"),
    ("7965G", SignallingProtocol.SCCP, "SCCP45.9-4-2SR3-1S"),
    ("8851", SignallingProtocol.SIP, "sip88xx.14-2-1-0101-53"),
    ("7821", SignallingProtocol.SIP, "sip78xx.14-2-1-0201-13"),
)
_PEOPLE = ("Reception", "Ada Lovelace", "Grace Hopper", "Meeting room", "Alan Turing", "Kitchen", "Workshop", "")
BIG = DeviceName("SEP00112230000A")
"""A phone with everything on its buttons, and a module."""
STRANGER = DeviceName("SEP001B2A899001")
STUCK = DeviceName("SEP001122300003")


def make_office(service: Service, *, phones: int = 40) -> list[Device]:
    """Write it into the database, and tell the service what happened. Blocking."""
    now = service.clock.now()
    devices = [_phone(service, place) for place in range(phones)]
    with service.store.write() as work:
        settings: AutoregistrationSettings = work.autoregistration.load(for_update=True)
        for name in ("Inside", "Outside"):
            work.objects.partitions.save(Partition(name))
        work.objects.calling_search_spaces.save(CallingSearchSpace("Everything", ("Inside", "Outside")))
        work.autoregistration.save(
            replace(
                settings,
                range=NumberRange("1000", "1199" if phones < 200 else "5999"),
                next_number=str(1000 + phones),
                window=Window(now - timedelta(minutes=18), now + timedelta(minutes=42)),
                protocol=SignallingProtocol.SIP,
                protocol_chosen=True,
                partition="Inside",
            )
        )
        work.objects.patterns.save(RoutePattern(pattern="0.!", partition="Outside", destination="trunk"))
        work.objects.patterns.save(RoutePattern(pattern="0.0900XXXXXX", partition="Outside", block=True))
        work.objects.patterns.save(RoutePattern(pattern="112", destination="trunk", emergency=True))
        work.site.save_pool(replace(work.site.pool("Default"), autoreg_css="Everything"))
        for device in devices:
            work.devices.add(device)
        work.journal.audit(AuditEntry(now - timedelta(minutes=18), "ada from 192.0.2.7", "enabled autoregistration"))
        work.journal.refuse(STRANGER, "192.0.2.77", "network_not_allowed", "its network is not allowed here", now)
        work.commit()
    return devices


def tell_what_happened(service: Service, devices: list[Device]) -> None:
    """The events of their boots, through the recorder. In the event loop."""
    now = service.clock.now()
    for place, device in enumerate(devices):
        _boot(service, device, place)
    service.recorder.record(
        PhoneRefused(
            at=now,
            device=STRANGER,
            client="192.0.2.77",
            reason="network_not_allowed",
            text="its network is not allowed here",
        )
    )


def _phone(service: Service, place: int) -> Device:
    model, protocol, load = _MODELS[place % len(_MODELS)]
    now = service.clock.now()
    stage = place % 9
    device = Device(
        name=DeviceName(f"SEP0011223{place:05X}"),
        desired_protocol=protocol,
        created_at=now - timedelta(days=3, minutes=place),
        version_stamp=f"stamp-{place}",
        secret="s3cretSecret",
        lines=(LineAppearance(1, Line(str(1000 + place), "Inside", _PEOPLE[place % len(_PEOPLE)])),),
        model=model,
        observed_protocol=None if stage == 8 else protocol,
        description=_PEOPLE[place % len(_PEOPLE)],
        load=load,
        address=f"192.0.2.{place % 250 + 1}",
        registered=stage not in (3, 5, 8),
        last_seen=now - timedelta(seconds=place * 7),
        temporary=place % 4 == 1,
        settings=DeviceSettings(css="Everything"),
    )
    return device if device.name != BIG else _with_many_buttons(device)


def _with_many_buttons(device: Device) -> Device:
    second = LineAppearance(3, Line("9300", "Inside", "Support"), "Support")
    buttons = (
        DeviceButton(2, BlfSpeedDial("1001", "Ada")),
        DeviceButton(4, SpeedDial("0301234567", "Taxi")),
        DeviceButton(5, FeatureButton(ButtonKind.DIRECTED_PARK, "Park 1", "701")),
        DeviceButton(7, BlfSpeedDial("1002", "Grace")),
        DeviceButton(8, BlfSpeedDial("1003", "Room 1")),
        DeviceButton(9, ServiceUrl("http://192.0.2.10/menu", "Canteen")),
    )
    return replace(
        device,
        model="7965G",
        load="SCCP45.9-4-2SR3-1S",
        desired_protocol=SignallingProtocol.SCCP,
        observed_protocol=SignallingProtocol.SCCP,
        lines=(*device.lines, second),
        buttons=buttons,
        settings=DeviceSettings(owner="Reception", css="Everything", add_ons=(AddOnModule.CISCO_7916_12,)),
    )


def _boot(service: Service, device: Device, place: int) -> None:
    began = service.clock.now() - timedelta(minutes=14, seconds=place * 3)
    file, client, via = f"{device.name}.cnf.xml", device.address, Via.TFTP
    stage = place % 9

    def at(seconds: float) -> dict[str, object]:
        return {"at": began + timedelta(seconds=seconds), "device": device.name}

    trust = f"CTL{device.name}.tlv"
    events = [
        FileRequested(**at(0), name=trust, client=client, via=via),  # type: ignore[arg-type]  # given by name: the call itself checks
        FileNotFound(**at(0.01), name=trust, client=client, via=via),  # type: ignore[arg-type]  # given by name: the call itself checks
        FileRequested(**at(0.4), name=file, client=client, via=via),  # type: ignore[arg-type]  # given by name: the call itself checks
        PhoneAdmitted(**at(0.42), number=device.number, client=client, protocol=device.desired_protocol),  # type: ignore[arg-type]  # given by name: the call itself checks
        FileDelivered(**at(0.5), name=file, client=client, via=via, size=6104, seconds=0.05, secret=True),  # type: ignore[arg-type]  # given by name: the call itself checks
    ]
    if stage not in (3, 8):
        address = f"{client}:49152"
        events += [
            PhoneRegistering(**at(3.1), client=client, protocol=device.desired_protocol),  # type: ignore[arg-type]  # given by name: the call itself checks
            PhoneRegistered(**at(3.2), endpoint=device.number, address=address, load=device.load),  # type: ignore[arg-type]  # given by name: the call itself checks
        ]
    if stage == 5:
        events.append(PhoneUnregistered(**at(400), endpoint=device.number, why="it fell silent"))  # type: ignore[arg-type]  # given by name: the call itself checks
    if stage != 8:
        for event in events:
            service.recorder.record(event)
