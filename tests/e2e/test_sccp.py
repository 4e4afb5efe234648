"""Phones with SCCP firmware on a stock Asterisk, through our proxy."""

from __future__ import annotations

import pytest

from bridge.core import MacAddress, SignallingProtocol
from bridge.core.events import PhoneAdmitted, PhoneRefused, PhoneRegistered, PhoneUnregistered
from bridge.lab.filefetch import FileServer
from bridge.lab.phoneevents import AudioHeard, CallAnswered, CallEnded, Registered, RegistrationRejected, RestartAsked
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import Testbed, TestbedWishes, running_testbed
from tests.e2e.conftest import Shelf, Watch, come_up

SCCP = TestbedWishes(protocol=SignallingProtocol.SCCP)


def sccp_phone(bed: Testbed, model: str, mac: str, **habits: object) -> SccpPhone:
    return SccpPhone(model, MacAddress(mac), FileServer(bed.tftp, bed.http), timing=LAB_TIMING, **habits)  # type: ignore[arg-type]


@pytest.mark.req("AR-01")
async def test_an_unknown_sccp_phone_gets_a_number_and_registers_its_line() -> None:
    async with running_testbed(SCCP) as bed:
        watch = Watch(bed)
        phone = sccp_phone(bed, "7961", "001122CC0001")
        phone.power_on()
        try:
            await phone.wait_for(Registered)
            (admitted,) = await watch.seen(PhoneAdmitted, phone.device)
            assert admitted.protocol is SignallingProtocol.SCCP
            assert phone.number == admitted.number
            await watch.seen(PhoneRegistered, phone.device)
            assert phone.faults == ()
        finally:
            await phone.power_off()
        await watch.seen(PhoneUnregistered, phone.device)
