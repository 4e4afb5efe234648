"""A phone's own file and the defaults, read as its parser would."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import SignallingProtocol
from bridge.lab.phonesettings import CallManager, ConfigurationRefused, TransportCode
from bridge.lab.sepfile import read_defaults, read_sep_file, uses_call_manager
from bridge.lab.textfile import read_text_file, settings_from
from bridge.phones import ConfigFamily

NEW = ConfigFamily.SERIES_88XX
JAVA = ConfigFamily.JAVA_79XX

WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<device>
  <fullConfig>true</fullConfig><deviceProtocol>SIP</deviceProtocol><newThing><deep/></newThing>
  <devicePool><callManagerGroup><members>
    <member priority="1"><callManager><ports><sipPort>5080</sipPort></ports>
      <processNodeName>192.0.2.11</processNodeName></callManager></member>
    <member priority="0"><callManager><ports><ethernetPhonePort>2001</ethernetPhonePort></ports>
      <processNodeName>192.0.2.10</processNodeName></callManager></member>
  </members></callManagerGroup></devicePool>
  <sipProfile>
    <sipProxies><registerWithProxy>true</registerWithProxy></sipProxies>
    <sipStack><timerRegisterExpires>120</timerRegisterExpires><timerT1>250</timerT1></sipStack>
    <startMediaPort>20000</startMediaPort><stopMediaPort>20100</stopMediaPort><dtmfAvtPayload>97</dtmfAvtPayload>
    <sipLines>
      <line button="2" lineIndex="2"><featureID>9</featureID><name>1002</name><proxy>192.0.2.99</proxy></line>
      <line button="3"><featureID>2</featureID><speedDialNumber>600</speedDialNumber></line>
      <line button="1" lineIndex="1"><featureID>9</featureID><featureLabel>Anna &amp; Bo</featureLabel>
        <proxy>USECALLMANAGER</proxy><port>5060</port><name>1001</name><displayName>Anna</displayName>
        <contact>1001</contact><authName>1001</authName><authPassword>twelvechars1</authPassword></line>
    </sipLines>
    <dialTemplate>dialplan.xml</dialTemplate><softKeyFile>SK1.xml</softKeyFile>
  </sipProfile>
  <featurePolicyFile>DefaultFP.xml</featurePolicyFile>
  <loadInformation>sip88xx.14-1-1</loadInformation>
  <userLocale><name>German_Germany</name></userLocale><networkLocale>Germany</networkLocale>
  <versionStamp>abc</versionStamp><transportLayerProtocol>1</transportLayerProtocol>
</device>
"""


def test_a_whole_file() -> None:
    settings = read_sep_file(WHOLE.encode(), JAVA)
    assert settings.protocol is SignallingProtocol.SIP
    assert settings.load == "sip88xx.14-1-1"
    assert settings.servers == (CallManager("192.0.2.10", 5060, 2001), CallManager("192.0.2.11", 5080))
    assert settings.transport is TransportCode.TCP
    assert settings.register_with_proxy
    assert (settings.timers.register_expires, settings.timers.t1, settings.timers.t2) == (120, 0.25, 4.0)
    assert (settings.first_media_port, settings.last_media_port, settings.event_payload) == (20000, 20100, 97)
    assert (settings.locale.user, settings.locale.network) == ("German_Germany", "Germany")
    assert settings.files.dial_template == "dialplan.xml"
    assert settings.files.soft_keys == "SK1.xml"
    assert settings.files.feature_policy == "DefaultFP.xml"
    assert [line.name for line in settings.lines] == ["1001", "1002"]
    assert settings.label == "Anna & Bo"
    first, second = settings.lines
    assert uses_call_manager(first)
    assert not uses_call_manager(second)
    assert first.auth_name == "1001"
    assert second.auth_name is None
    assert not settings.needs_trust


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("twelvechars1", "thirteenchars", "authPassword"),
        ("<name>1001<", "<name>" + "1" * 31 + "<", "name"),
        ("Anna &amp; Bo", "a" * 31, "featureLabel"),
        ("<displayName>Anna<", "<displayName>" + "a" * 31 + "<", "displayName"),
        ("192.0.2.10<", "h" * 51 + "<", "processNodeName"),
        ("<timerT1>250<", "<timerT1>soon<", "timerT1"),
        ("Protocol>1<", "Protocol>9<", "transportLayerProtocol"),
        ("Protocol>SIP<", "Protocol>H323<", "deviceProtocol"),
        ('priority="1"', 'priority="first"', "priority"),
        ("&amp;", "&", "well-formed"),
        ("</device>", "", "well-formed"),
        ("<device>", "<device><!-- remark -->", "comment"),
    ],
)
def test_what_a_java_phone_chokes_on(old: str, new: str, why: str) -> None:
    broken = WHOLE.replace(old, new, 1)
    assert broken != WHOLE
    with pytest.raises(ConfigurationRefused, match="Error parsing config") as refused:
        read_sep_file(broken.encode(), JAVA)
    assert why in refused.value.why


def test_newer_phones_take_longer_passwords() -> None:
    longer = WHOLE.replace("twelvechars1", "x" * 30)
    assert read_sep_file(longer.encode(), NEW).lines[0].auth_password == "x" * 30
    with pytest.raises(ConfigurationRefused):
        read_sep_file(WHOLE.replace("twelvechars1", "x" * 31).encode(), NEW)


def test_an_error_never_shows_the_password() -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        read_sep_file(WHOLE.replace("twelvechars1", "thirteenchars").encode(), JAVA)
    assert "thirteenchars" not in str(refused.value)
    assert "twelvechars1" not in repr(read_sep_file(WHOLE.encode(), JAVA))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\1\2",
        b"not xml",
        b"<Default/>",
        b'<!DOCTYPE device [<!ENTITY a "b">]><device>&a;</device>',
        b'<!DOCTYPE device SYSTEM "file:///etc/passwd"><device/>',
        b'<?xml version="1.0" encoding="no-such-code"?><device/>',
        b"<device>" * 5000,
        b"<device>\xff\xfe</device>",
    ],
)
def test_hostile_and_broken_files(content: bytes) -> None:
    with pytest.raises(ConfigurationRefused):
        read_sep_file(content, NEW)


def test_a_file_larger_than_the_flash() -> None:
    with pytest.raises(ConfigurationRefused, match="CFG TFTP Size Error"):
        read_sep_file(b"<device>" + b" " * 600_000 + b"</device>", NEW)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_content_does_anything_but_be_read_or_refused(content: bytes) -> None:
    for read in (lambda: read_sep_file(content, NEW), lambda: read_defaults(content, NEW, 683)):
        with contextlib.suppress(ConfigurationRefused):
            read()


def test_the_defaults() -> None:
    text = b"""<Default><autoRegistrationName>AUTO-REG</autoRegistrationName>
    <autoRegistration>disabled</autoRegistration>
    <callManagerGroup><members>
      <member priority="3"><callManager><processNodeName>d</processNodeName></callManager></member>
      <member priority="2"><callManager><processNodeName>c</processNodeName></callManager></member>
      <member priority="0"><callManager><processNodeName>a</processNodeName></callManager></member>
      <member priority="1"><callManager><ports><sipPort>5070</sipPort></ports>
        <processNodeName>b</processNodeName></callManager>
      </member></members></callManagerGroup>
    <loadInformation683 model="8841">L683</loadInformation683><loadInformation68>L68</loadInformation68></Default>"""
    defaults = read_defaults(text, NEW, 683)
    assert defaults.load == "L683"
    assert read_defaults(text, NEW, 684).load == ""
    settings = defaults.registering
    assert settings is not None
    assert [(server.address, server.sip_port) for server in settings.servers] == [("a", 5060), ("b", 5070), ("c", 5060)]
    # The word "disabled" does not stop this parser; the registrar's refusal is the real control.
    assert settings.register_with_proxy
    assert [line.name for line in settings.lines] == ["AUTO-REG"]
    assert settings.autoregistering


def test_defaults_without_a_name_give_no_sip_line() -> None:
    assert read_defaults(b"<Default/>", NEW, 683).registering is None


def test_text_files_of_a_7960() -> None:
    common = read_text_file(
        b'# common\nproxy1_address: "192.0.2.10" ; here\nproxy_register: 1\nline2_name: UNPROVISIONED\nnonsense\n'
    )
    own = read_text_file(b'line1_name: 1001\nline1_password: "pw;#1"\nLINE1_AUTHNAME: u\nproxy1_port: 5070\n')
    settings = settings_from(common | own)
    assert settings.servers == (CallManager("192.0.2.10", 5070),)
    assert settings.transport is TransportCode.UDP
    assert len(settings.lines) == 1
    assert settings.lines[0].auth_password == "pw;#1"
    assert settings.lines[0].auth_name == "u"
    assert settings.register_with_proxy
