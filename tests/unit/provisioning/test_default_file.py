"""``XMLDefault.cnf.xml``: servers for unknown phones, and the load that decides their protocol."""

from __future__ import annotations

import pytest
from defusedxml.ElementTree import fromstring

from bridge.core import DeviceDefaults, Server, SignallingProtocol
from bridge.errors import ConfigurationError
from bridge.phones import catalogue, parse_load
from bridge.provisioning import RenderedFile, Renderer
from tests.samples import sample_pool, template_loader

SIP = SignallingProtocol.SIP
SCCP = SignallingProtocol.SCCP
RENDERER = Renderer(template_loader())
FIVE_X_LIST = ["7905", "7911", "7912", "7940", "7941", "7960", "7961", "7970", "7971"]
EVERYTHING = [
    DeviceDefaults(model.number, protocol, model.last_known_load(protocol))
    for model in catalogue()
    if model.number is not None
    for protocol in sorted(model.protocols)
]
BOTH = [
    *EVERYTHING,
    DeviceDefaults(20000, SIP, "CP7905080003SIP060111A"),
    DeviceDefaults(30007, SIP, "CP7912080003SIP060111A"),
    DeviceDefaults(119, SIP, "SIP70.9-4-2SR3-1S"),
]


def render(protocol: SignallingProtocol, rows: list[DeviceDefaults], *servers: Server, **more: object) -> RenderedFile:
    options: dict[str, object] = {"window_open": True} | more
    return RENDERER.render_default_file(
        sample_pool(*servers).group,
        rows,
        catalogue(),
        protocol=protocol,
        **options,
    )


def loads(rendered: RenderedFile) -> dict[str, str]:
    root = fromstring(rendered.content)
    return {element.tag: element.text or "" for element in root if element.tag.startswith("loadInformation")}


@pytest.mark.req("AR-22")
@pytest.mark.req("AR-24")
@pytest.mark.parametrize("parameter", list(SignallingProtocol))
@pytest.mark.parametrize("name", FIVE_X_LIST)
def test_the_load_of_a_dual_protocol_phone_follows_the_parameter(name: str, parameter: SignallingProtocol) -> None:
    rows = [row for row in BOTH if row.load]
    load = loads(render(parameter, rows))[f"loadInformation{catalogue().require(name).number}"]
    assert parse_load(load).protocol is parameter


@pytest.mark.req("AR-25")
@pytest.mark.parametrize("parameter", list(SignallingProtocol))
def test_single_protocol_phones_always_get_their_own(parameter: SignallingProtocol) -> None:
    found = loads(render(parameter, BOTH))
    assert found["loadInformation683"].startswith("sip88xx.")
    assert found["loadInformation431"].startswith("apps37sccp.")
    assert found["loadInformation12"] == "ATA030204SCCP090202A", "an ATA 186 is administered with SCCP alone"


@pytest.mark.req("AR-26")
@pytest.mark.parametrize("parameter", list(SignallingProtocol))
def test_a_7902_always_gets_an_sccp_load(parameter: SignallingProtocol) -> None:
    rows = [*BOTH, DeviceDefaults(30008, SIP, "CP7902080002SIP060817A")]
    assert loads(render(parameter, rows))["loadInformation30008"] == "CP7902080002SCCP060817A"


@pytest.mark.req("AR-27")
def test_an_empty_load_leaves_the_element_out() -> None:
    assert loads(render(SIP, [DeviceDefaults(30018, SIP), DeviceDefaults(30018, SCCP, "SCCP41.9-4-2SR3-1S")])) == {}


def test_a_load_for_other_hardware_is_left_out() -> None:
    rows = [DeviceDefaults(6, SCCP, "SCCP11.9-3-1"), DeviceDefaults(30018, SIP, "SIP41.9-4-2SR3-1S")]
    assert loads(render(SIP, rows)) == {"loadInformation30018": "SIP41.9-4-2SR3-1S"}


def test_a_number_that_the_catalogue_lacks_follows_the_parameter() -> None:
    rows = [DeviceDefaults(99999, SIP, "sipnew.1"), DeviceDefaults(99998, SCCP, "sccpnew.1")]
    assert loads(render(SIP, rows)) == {"loadInformation99999": "sipnew.1"}


def test_elements_carry_the_models_name_and_stand_in_order() -> None:
    root = fromstring(render(SIP, BOTH).content)
    found = [element for element in root if element.tag.startswith("loadInformation")]
    numbers = [int(element.tag.removeprefix("loadInformation")) for element in found]
    assert numbers == sorted(set(numbers))
    assert {element.tag: element.get("model") for element in found}["loadInformation30018"] == "7961G"


@pytest.mark.req("AR-16")
def test_servers_stand_in_group_order() -> None:
    servers = [Server(name, f"192.0.2.{number}", 5060 + number) for number, name in enumerate("abc", start=1)]
    members = fromstring(render(SIP, [], *servers).content).findall("callManagerGroup/members/member")
    assert [
        (m.get("priority"), m.findtext("callManager/processNodeName"), m.findtext("callManager/ports/sipPort"))
        for m in members
    ] == [("0", "192.0.2.1", "5061"), ("1", "192.0.2.2", "5062"), ("2", "192.0.2.3", "5063")]
    with pytest.raises(ConfigurationError, match="has 4 servers"):
        render(SIP, [], *servers, Server("d", "192.0.2.4"))


def test_unknown_phones_may_register_at_another_port() -> None:
    root = fromstring(render(SIP, [], sip_port=5099).content)
    assert root.findtext("callManagerGroup/members/member/callManager/ports/sipPort") == "5099"


@pytest.mark.parametrize(("is_open", "text"), [(True, "enabled"), (False, "disabled")])
def test_the_flag_follows_the_window(is_open: bool, text: str) -> None:
    root = fromstring(render(SIP, [], window_open=is_open, name='Neu & "unbekannt" <alle Telefone hier>').content)
    assert root.findtext("autoRegistration") == text
    assert root.findtext("autoRegistrationName") == 'Neu & "unbekannt" <alle Telefo'
