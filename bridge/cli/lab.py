"""``sepbridge lab``: phones without hardware, an Asterisk without an installation."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from bridge.cli.board import live_board
from bridge.cli.frame import Duration, Frame, json_option, table
from bridge.cli.handset import Handset
from bridge.cli.main import root
from bridge.cli.skinnyscreen import SkinnyScreen
from bridge.core import MacAddress, NumberRange, SignallingProtocol
from bridge.errors import InvalidInput
from bridge.lab.anyphone import AnyPhone
from bridge.lab.demo import Demo
from bridge.lab.filefetch import FileServer
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phonetiming import LAB_TIMING, PhoneTiming
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.storm import MODELS as STORM_MODELS
from bridge.lab.storm import SCCP_MODELS as SCCP_STORM_MODELS
from bridge.lab.storm import StormReport, run_storm
from bridge.lab.testbed import TestbedWishes, running_testbed

T = TypeVar("T")


@root.group()
def lab() -> None:
    """A private Asterisk, the bridge and simulated phones, all on loopback."""


@lab.command()
@click.option("--range", "numbers", default="1000-1999", show_default=True, help="Autoregistration range.")
@click.option(
    "--open", "open_for", type=Duration(), default="30m", show_default=True, help="Open the window so long; 0: closed."
)
@click.option("--protocol", type=click.Choice(["SIP", "SCCP"], case_sensitive=False), default="SIP", show_default=True)
@click.option(
    "--base-port", type=click.IntRange(0, 60000), default=0, help="First of the ports used. Default: free ones."
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep everything here. Default: a temporary directory.",
)
@json_option
def up(frame: Frame, numbers: str, open_for: timedelta, protocol: str, base_port: int, state: Path | None) -> None:
    """Start a whole lab; print one JSON line when everything answers; run until SIGTERM or SIGINT."""
    del frame  # the line is JSON in any case
    wishes = TestbedWishes(
        range=NumberRange.parse(numbers),
        open_for=open_for or None,
        protocol=SignallingProtocol(protocol.upper()),
        base_port=base_port,
        directory=state,
    )
    asyncio.run(_up(wishes))


async def _up(wishes: TestbedWishes) -> None:
    stopped = _stop_event()
    async with running_testbed(wishes) as bed:
        click.echo(json.dumps(bed.description(os.getpid())))
        sys.stdout.flush()
        await stopped.wait()


@lab.command()
@click.option("--stay", is_flag=True, help="Stay up afterwards, until Ctrl-C.")
@json_option
def demo(frame: Frame, stay: bool) -> None:
    """Phones that nobody configured boot, get numbers, register and call. Exit code 0 only if all of it worked."""
    if not asyncio.run(_demo(frame, stay=stay)):
        raise SystemExit(1)


async def _demo(frame: Frame, *, stay: bool) -> bool:
    stopped = _stop_event()
    async with running_testbed() as bed:
        demo = Demo(bed)
        try:
            async with live_board(frame, demo.board):
                good = await _unless(stopped, demo.run())
            frame.show({"good": good, "verdict": demo.board.verdict, "phones": list(demo.board.rows.values())})
            if stay and not stopped.is_set() and not frame.as_json:
                click.echo(f"\nIt stays up. Try: sepbridge --config {bed.config} phones list\nCtrl-C ends it.")
                await stopped.wait()
        finally:
            await demo.close()
    return bool(good)


@lab.command()
@click.option("--model", default=None, help="Any model that has the firmware. Default: 8841, with --sccp 7961.")
@click.option("--sccp", is_flag=True, help="SCCP firmware instead of SIP: a small screen with soft keys.")
@click.option("--mac", default="001122AABBCC", show_default=True)
@click.option("--load", default=None, help="The firmware it runs. Default: a usual load of the model.")
@click.option("--tftp", help="HOST:PORT of a bridge that runs. Default: a lab of its own.")
@click.option("--http", help="HOST:PORT of its HTTP file server.")
@click.option("--real-times", is_flag=True, help="Be as patient as a real phone.")
@click.option("--for", "duration", type=Duration(), help="End by itself after this time.")
@click.pass_obj
def phone(
    frame: Frame,
    model: str | None,
    sccp: bool,
    mac: str,
    load: str | None,
    tftp: str | None,
    http: str | None,
    real_times: bool,
    duration: timedelta | None,
) -> None:
    """One phone: it boots and registers, then does what you type: call 600, answer, keys 123, hold, hang up, quit."""
    wishes = PhoneWishes(
        model or ("7961" if sccp else "8841"),
        MacAddress.parse(mac),
        sccp,
        load,
        PhoneTiming() if real_times else LAB_TIMING,
    )
    asyncio.run(_phone(frame, wishes, _server(tftp, http), duration))


@dataclass(frozen=True, slots=True)
class PhoneWishes:
    """The phone that was asked for."""

    model: str
    mac: MacAddress
    sccp: bool
    load: str | None
    timing: PhoneTiming


async def _phone(frame: Frame, wishes: PhoneWishes, server: FileServer | None, duration: timedelta | None) -> None:
    stopped = _stop_event()
    async with contextlib.AsyncExitStack() as stack:
        if server is None:
            protocol = SignallingProtocol.SCCP if wishes.sccp else SignallingProtocol.SIP
            bed = await stack.enter_async_context(running_testbed(TestbedWishes(protocol=protocol)))
            server = FileServer(bed.tftp, bed.http)
        simulated, person = _phone_and_person(frame, wishes, server)
        simulated.power_on()
        try:
            async with asyncio.timeout(duration.total_seconds() if duration else None):
                await _unless(stopped, person)
        except TimeoutError:
            pass
        finally:
            await simulated.power_off()


def _phone_and_person(
    frame: Frame, wishes: PhoneWishes, server: FileServer
) -> tuple[AnyPhone, Coroutine[Any, Any, None]]:
    """The phone, and what a person does with it."""
    if wishes.sccp:
        screen = SkinnyScreen(frame.console)
        station = SccpPhone(
            wishes.model,
            wishes.mac,
            server,
            load=wishes.load,
            timing=wishes.timing,
            listener=screen.heard,
            redraw=screen.changed,
            gives_up=None,  # whoever hears a busy tone at the terminal may want to press CallBack
        )
        return station, screen.run(station)
    handset = Handset(frame.console)
    phone = SimulatedPhone(
        wishes.model, wishes.mac, server, load=wishes.load, timing=wishes.timing, listener=handset.heard
    )
    return phone, handset.run(phone)


@lab.command()
@click.option("--phones", type=click.IntRange(1, 5000), default=200, show_default=True)
@click.option("--model", "models", multiple=True, help="May be repeated. Default: a mixed house.")
@click.option("--sccp", is_flag=True, help="SCCP firmware instead of SIP.")
@click.option("--tftp", help="HOST:PORT of a bridge that runs. Default: a lab of its own.")
@click.option("--http", help="HOST:PORT of its HTTP file server.")
@click.option("--ramp", type=Duration(), default="0s", help="Spread switching on over this time.")
@json_option
def storm(
    frame: Frame,
    phones: int,
    models: tuple[str, ...],
    sccp: bool,
    tftp: str | None,
    http: str | None,
    ramp: timedelta,
) -> None:
    """Switch on many unknown phones at once. Exit code 0 only if every one registered with a number of its own."""
    protocol = SignallingProtocol.SCCP if sccp else SignallingProtocol.SIP
    report = asyncio.run(_storm(phones, models, protocol, _server(tftp, http), ramp.total_seconds()))
    frame.show(report, table(("", ""), _storm_rows(report)))
    if not report.is_clean:
        raise SystemExit(1)


async def _storm(
    phones: int, models: Sequence[str], protocol: SignallingProtocol, server: FileServer | None, ramp: float
) -> StormReport:
    logging.getLogger("bridge").setLevel(logging.ERROR)
    sccp = protocol is SignallingProtocol.SCCP
    async with contextlib.AsyncExitStack() as stack:
        if server is None:
            wishes = TestbedWishes(range=NumberRange("10000", "19999"), protocol=protocol)
            bed = await stack.enter_async_context(running_testbed(wishes))
            server = FileServer(bed.tftp, bed.http)
        house = models or (SCCP_STORM_MODELS if sccp else STORM_MODELS)
        return await run_storm(phones, server, models=house, ramp=ramp, sccp=sccp)


def _storm_rows(report: StormReport) -> list[tuple[str, str]]:
    rows = [
        ("phones", f"{report.registered} of {report.phones} registered"),
        ("in all", f"{report.elapsed:.2f} s from the first request to the last registration"),
        ("per phone", f"p50 {report.p50:.2f} s, p99 {report.p99:.2f} s, slowest {report.slowest:.2f} s"),
        ("requests", f"{report.requests} files, {report.retransmissions} retransmissions"),
        ("refused", f"{report.rejections} REGISTERs"),
        ("doubled", ", ".join(report.duplicates) or "no number"),
    ]
    return rows + [("failed", f"{each.device}: {each.why}") for each in report.failures[:10]]


def _server(tftp: str | None, http: str | None) -> FileServer | None:
    if tftp is None:
        if http is not None:
            raise InvalidInput("--http needs --tftp", fix="name both, or neither")
        return None
    return FileServer(_address(tftp), _address(http) if http else None)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise InvalidInput(f"{text!r} is not HOST:PORT", fix="for example 127.0.0.1:69")
    return host.strip("[]"), int(port)


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _unless(stopped: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Do the work, unless a signal comes first: then None."""
    task = asyncio.create_task(work)
    stop = asyncio.create_task(stopped.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        return task.result()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return None
