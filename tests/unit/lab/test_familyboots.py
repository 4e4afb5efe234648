"""Every model for which there is a file: its phone asks in its family's order, and comes up with what it gets."""

from __future__ import annotations

import pytest

from bridge.core import SignallingProtocol
from bridge.errors import NotFound
from bridge.lab.bootfiles import boot_plan
from bridge.lab.bootorder import Booted
from bridge.phones import ConfigFamily, Model, catalogue
from bridge.provisioning import flat_template, profile_template, support
from tests.unit.lab.familyboots import MAC, boot

SIP = SignallingProtocol.SIP
SCCP = SignallingProtocol.SCCP
LOADS = {
    (ConfigFamily.JAVA_79XX, SIP): "SIP41.9-4-2SR3-1S",
    (ConfigFamily.JAVA_79XX, SCCP): "SCCP41.9-4-2SR3-1S",
    (ConfigFamily.SIPPHONE_7940_60, SIP): "P0S3-8-12-00",
    (ConfigFamily.SIPPHONE_7940_60, SCCP): "P0030801SR02",
    (ConfigFamily.FF_LD_GK, SIP): "CP7912080004SIP080108A",
    (ConfigFamily.ATA18X, SIP): "ATA030204SIP090202A",
    (ConfigFamily.SERIES_69XX, SIP): "SIP69xx.9-4-1-3",
    (ConfigFamily.SERIES_69XX, SCCP): "SCCP69xx.9-4-1-3SR3",
    (ConfigFamily.SERIES_894X, SIP): "SIP8941_8945.9-3-1-18",
    (ConfigFamily.SERIES_894X, SCCP): "SCCP894x.9-4-2SR1-2",
    (ConfigFamily.SERIES_88XX, SIP): "sip88xx.12-8-1-0101-482",
    (ConfigFamily.SERIES_78XX, SIP): "sip78xx.12-8-1-0101-482",
}
SERVED = [
    (model, protocol)
    for model in catalogue()
    for protocol in SignallingProtocol
    if ((model.only_protocol or protocol) is protocol or model.family is ConfigFamily.ATA18X or model.speaks_spcp)
    and (
        support(model, protocol).supported
        or (protocol is SIP and flat_template(model))
        or profile_template(model, protocol)
    )
]


@pytest.mark.req("RG-08")
@pytest.mark.parametrize(("model", "protocol"), SERVED, ids=lambda value: str(value))
def test_a_phone_of_every_served_model_comes_up(model: Model, protocol: SignallingProtocol) -> None:
    load = LOADS.get((model.family, protocol), model.last_known_load(protocol))
    order, asked = boot(model, protocol, load)
    assert isinstance(order.outcome, Booted), (order.outcome, asked)
    settings = order.outcome.settings
    assert settings.servers[0].address == "192.0.2.10"
    if protocol is SIP:
        assert settings.line is not None
        assert (settings.line.name, settings.line.auth_name) == ("1001", "1001")
        assert settings.register_with_proxy
    if flat_template(model) and protocol is SIP:
        assert asked[-1] == "/provision/001122aabbcc.xml"
        assert not any(name.endswith(".cnf.xml") for name in asked)
        return
    if profile_template(model, protocol):
        assert not any(name.endswith(".cnf.xml") for name in asked)
        return
    own = f"{model.device_prefix or 'SEP'}{MAC}.cnf.xml".lower()
    assert own in [name.lower() for name in asked]


TRUST = ["CTLSEP001122AABBCC.tlv", "ITLSEP001122AABBCC.tlv", "ITLFile.tlv"]
OWN = "SEP001122AABBCC.cnf.xml"
ENTERPRISE = [*TRUST, OWN, "AppDialRules.xml", "dialplan.xml", "Ringlist-wb.xml"]
ORDERS = {
    ("7906", SIP): [*TRUST, OWN, "dialplan.xml"],
    ("7942", SIP): [*TRUST, OWN, "dialplan.xml"],
    ("7961", SCCP): [*TRUST, OWN],
    ("7975", SCCP): [*TRUST, OWN],
    ("6941", SIP): [*TRUST, OWN, "dialplan.xml"],
    ("6941", SCCP): [*TRUST, OWN],
    ("8945", SIP): [*TRUST, OWN, "dialplan.xml"],
    ("8945", SCCP): [*TRUST, OWN],
    ("7841", SIP): ENTERPRISE,
    ("8851", SIP): ENTERPRISE,
    ("8831", SIP): ENTERPRISE,
    ("8832", SIP): ENTERPRISE,
    ("8821", SIP): ENTERPRISE,
    ("7910", SCCP): [OWN],
    ("7920", SCCP): [OWN],
    ("7925", SCCP): [OWN],
    ("7936", SCCP): [OWN],
    ("7937", SCCP): [OWN],
    ("Cisco IP Communicator", SIP): [OWN, "dialplan.xml"],
    ("Cisco IP Communicator", SCCP): [OWN],
    ("7940", SCCP): ["CTLSEP001122AABBCC.tlv", OWN, "RINGLIST.XML", "DISTINCTIVERINGLIST.XML", "DIALPLAN.XML"],
    ("7902", SCCP): ["SEP001122aabbcc.cnf.xml", "ff001122aabbcc", "ffdefault.cfg"],
    ("7905", SCCP): ["SEP001122aabbcc.cnf.xml", "ld001122aabbcc", "lddefault.cfg"],
    ("SPA942", SIP): ["/spa942.cfg", "/provision/001122aabbcc.xml"],
    ("6871-3PCC", SIP): ["/6871-3PCC.xml", "/provision/001122aabbcc.xml"],
    ("ATA 190", SIP): ["ATA001122AABBCC.cnf.xml", "ATA1122AABBCC01.cnf.xml", "dialplan.xml"],
    ("ATA 191", SIP): ["ATA001122AABBCC.cnf.xml", "ATA1122AABBCC01.cnf.xml", "dialplan.xml"],
    ("7960", SIP): [
        "CTLSEP001122AABBCC.tlv",
        "SEP001122AABBCC.cnf.xml",
        "SIPDefault.cnf",
        "./SIP001122AABBCC.cnf",
        "RINGLIST.DAT",
        "dialplan7940.xml",
    ],
    ("7912", SCCP): [
        "SEP001122aabbcc.cnf.xml",
        "gk001122aabbcc",
        "gkdefault.cfg",
    ],
    ("7905", SIP): ["ld001122aabbcc", "lddefault.cfg"],
    ("7912", SIP): ["gk001122aabbcc", "gkdefault.cfg"],
    ("ATA 186", SIP): ["ata001122aabbcc", "atadefault.cfg"],
    ("ATA 188", SCCP): ["ata001122aabbcc", "atadefault.cfg"],
    ("ATA 187", SIP): ["ATA001122AABBCC.cnf.xml", "ATA1122AABBCC01.cnf.xml", "dialplan.xml"],
    ("7841-3PCC", SIP): ["/7841-3PCC.xml", "/provision/001122aabbcc.xml"],
    ("9861", SIP): ["/9861.xml", "/provision/001122aabbcc.xml"],
    ("SPA504G", SIP): ["/spa504G.cfg", "/provision/001122aabbcc.xml"],
    ("SPA504G", SCCP): [OWN],
    ("PAP2T", SIP): ["/init.cfg", "/provision/001122aabbcc.xml"],
    ("ATA 192-MPP", SIP): ["/ata192.cfg", "/provision/001122aabbcc.xml"],
    ("3905", SIP): ["SEP001122AABBCC.cnf.xml", "dialplan.xml"],
    ("9971", SIP): [
        "CTLSEP001122AABBCC.tlv",
        "ITLSEP001122AABBCC.tlv",
        "ITLFile.tlv",
        "SEP001122AABBCC.cnf.xml",
        "featurepolicy.xml",
        "dialplan.xml",
    ],
}


@pytest.mark.parametrize(("name", "protocol"), ORDERS, ids=lambda value: str(value))
def test_the_order_is_the_familys(name: str, protocol: SignallingProtocol) -> None:
    model = catalogue().require(name)
    load = LOADS.get((model.family, protocol), model.last_known_load(protocol))
    assert boot(model, protocol, load)[1] == ORDERS[name, protocol]


def test_there_is_such_an_order_for_every_family_and_protocol_but_the_video_phone() -> None:
    known = {(catalogue().require(name).family, protocol) for name, protocol in ORDERS}
    served = {(model.family, protocol) for model, protocol in SERVED}
    assert served - known == {(ConfigFamily.VIDEO, SCCP)}  # no source tells it


def test_every_family_with_a_file_has_a_boot_order() -> None:
    for model, protocol in SERVED:
        try:
            boot_plan(model, LOADS.get((model.family, protocol), "x"))
        except NotFound as error:
            pytest.fail(str(error))
