"""A small CUCM of the tests' own: BAT files and recorded AXL answers, in the shapes of the migration reference."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

SAMPLE = Path(__file__).parent / "unit" / "migration" / "bat_export_sample.csv"
HEADER: tuple[str, ...] = tuple(next(csv.reader([SAMPLE.read_text(encoding="utf-8").splitlines()[0]])))
PHONE = {
    "Device Pool": "HQ",
    "Device Type": "Cisco 7961",
    "Device Protocol": "SCCP",
    "Phone Button Template": "Standard 7961 SCCP",
    "CSS": "CSS_Staff",
    "Route Partition 1": "PT_Inside",
}
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def bat_file(*phones: Mapping[str, str], header: tuple[str, ...] = HEADER, more: tuple[str, ...] = ()) -> bytes:
    """An All Details export; each phone is what departs from ``PHONE``, ``more`` are columns behind the others."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*header, *more])
    for phone in phones:
        cells = {**PHONE, **phone}
        unknown = set(cells) - {*header, *more}
        assert not unknown - set(PHONE), unknown
        writer.writerow([cells.get(name, "") for name in (*header, *more)])
    return text.getvalue().encode()


def answer(operation: str, inside: str) -> bytes:
    """A recorded answer."""
    space = "http://www.cisco.com/AXL/API/12.5"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{_SOAP}"><soapenv:Body>'
        f'<ns:{operation}Response xmlns:ns="{space}"><return>{inside}</return></ns:{operation}Response>'
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


FAULT = (
    f'<soapenv:Envelope xmlns:soapenv="{_SOAP}"><soapenv:Body><soapenv:Fault><faultcode>soapenv:Server</faultcode>'
    "<faultstring>Item not valid: the specified phone was not found</faultstring></soapenv:Fault></soapenv:Body>"
    "</soapenv:Envelope>"
).encode()

LINE_2001 = """<line uuid="{L1}"><pattern>2001</pattern><description/><usage>Device</usage>
<routePartitionName uuid="{P1}">PT_Inside</routePartitionName>
<callForwardAll><forwardToVoiceMail>false</forwardToVoiceMail>
<callingSearchSpaceName>CSS_Staff</callingSearchSpaceName><destination/></callForwardAll>
<callForwardBusyInt><forwardToVoiceMail>false</forwardToVoiceMail><destination>2002</destination></callForwardBusyInt>
<callForwardNoAnswer><forwardToVoiceMail>true</forwardToVoiceMail><destination/><duration>18</duration>
</callForwardNoAnswer><callPickupGroupName>PG Front</callPickupGroupName><autoAnswer>Auto Answer Off</autoAnswer>
<alertingName>Zoë Ångström</alertingName>
<shareLineAppearanceCssName>CSS_Boss</shareLineAppearanceCssName><hrDuration>60</hrDuration></line>"""
LINE_2002 = """<line uuid="{L2}"><pattern>2002</pattern><routePartitionName>PT_Inside</routePartitionName>
<callForwardAll><forwardToVoiceMail>false</forwardToVoiceMail><destination>90301234567</destination></callForwardAll>
</line>"""
PHONE_8841 = """<phone class="Phone" uuid="{D1}"><name>SEP00AABBCCDDEE</name><description>Front desk</description>
<product>Cisco 8841</product><model>Cisco 8841</model><class>Phone</class><protocol>SIP</protocol>
<callingSearchSpaceName>CSS_Staff</callingSearchSpaceName><devicePoolName>HQ</devicePoolName>
<locationName>Branch 2</locationName><securityProfileName>Cisco 8841 - Standard SIP Secure Profile</securityProfileName>
<phoneTemplateName>Office 8841</phoneTemplateName><softkeyTemplateName>Standard User</softkeyTemplateName>
<ownerUserName>zoe</ownerUserName><userLocale>English United States</userLocale><sshPwd>hunter2hunter2</sshPwd>
<vendorConfig><webAccess>0</webAccess></vendorConfig>
<lines><line uuid="{A1}"><index>1</index><label>Front</label><display>Zoë Ångström</display>
<dirn><pattern>2001</pattern><routePartitionName>PT_Inside</routePartitionName></dirn>
<ringSetting>Ring</ringSetting><e164Mask>+4930123XXXX</e164Mask><mwlPolicy>Prompt Only</mwlPolicy>
<maxNumCalls>6</maxNumCalls><busyTrigger>3</busyTrigger><recordingFlag>Call Recording Disabled</recordingFlag>
<missedCallLogging>false</missedCallLogging></line>
<line uuid="{A2}"><index>2</index><label/><display>Shared</display>
<dirn><pattern>2002</pattern><routePartitionName>PT_Inside</routePartitionName></dirn></line></lines>
<speeddials><speeddial><dirn>90301112233</dirn><label>Taxi</label><index>1</index></speeddial></speeddials>
<busyLampFields><busyLampField><blfDest>2002</blfDest><label>Ben</label>
<associatedBlfSdFeatures><feature>Pickup</feature></associatedBlfSdFeatures><index>1</index></busyLampField>
</busyLampFields></phone>"""
PHONE_7961 = """<phone class="Phone" uuid="{D2}"><name>SEP001122334455</name><description>Ben</description>
<model>Cisco 7961</model><protocol>SCCP</protocol><callingSearchSpaceName>CSS_Staff</callingSearchSpaceName>
<devicePoolName>HQ</devicePoolName><phoneTemplateName>Standard 7961 SCCP</phoneTemplateName>
<addOnModules><addOnModule><loadInformation/><model>7915 12-Button Line Expansion Module</model><index>1</index>
</addOnModule></addOnModules>
<lines><line><index>1</index><label/><display>Ben</display>
<dirn><pattern>2002</pattern><routePartitionName>PT_Inside</routePartitionName></dirn></line></lines>
<speeddials/><busyLampFields/></phone>"""
SOFTPHONE = """<phone class="Phone"><name>CSFZOE</name><model>Cisco Unified Client Services Framework</model>
<protocol>SIP</protocol><devicePoolName>HQ</devicePoolName><lines/></phone>"""

RECORDED: Mapping[str, bytes] = {
    "callManagerGroup.xml": answer("listCallManagerGroup", "<callManagerGroup><name>CMG_HQ</name></callManagerGroup>"),
    "region.xml": answer(
        "getRegion",
        "<region><name>R_HQ</name><relatedRegions><relatedRegion><regionName>R_HQ</regionName>"
        "<bandwidth>64 kbps</bandwidth></relatedRegion><relatedRegion><regionName>R_Branch</regionName>"
        "<bandwidth>8 kbps</bandwidth></relatedRegion></relatedRegions></region>",
    ),
    "dateTimeGroup.xml": answer(
        "getDateTimeGroup",
        "<dateTimeGroup><name>Berlin</name><timeZone>Europe/Berlin</timeZone><separator>.</separator>"
        "<dateformat>D.M.Y</dateformat><timeFormat>24-hour</timeFormat></dateTimeGroup>",
    ),
    "partitions.xml": answer(
        "listRoutePartition",
        "<routePartition><name>PT_Inside</name><description>Phones</description></routePartition>"
        "<routePartition><name>PT_Outside</name><description/></routePartition>",
    ),
    "css1.xml": answer(
        "getCss",
        "<css><description>All of us</description><members>"
        "<member><routePartitionName>PT_Outside</routePartitionName><index>2</index></member>"
        "<member><routePartitionName>PT_Inside</routePartitionName><index>1</index></member></members>"
        "<name>CSS_Staff</name></css>",
    ),
    "css2.xml": answer(
        "getCss",
        "<css><members><member><routePartitionName>PT_Inside</routePartitionName><index>1</index></member></members>"
        "<name>CSS_Boss</name></css>",
    ),
    "pool.xml": answer(
        "getDevicePool",
        "<devicePool><name>HQ</name><autoSearchSpaceName>CSS_Boss</autoSearchSpaceName>"
        "<dateTimeSettingName>Berlin</dateTimeSettingName><callManagerGroupName>CMG_HQ</callManagerGroupName>"
        "<regionName>R_HQ</regionName><networkLocale>Germany</networkLocale><srstName>Disable</srstName></devicePool>",
    ),
    "pickup.xml": answer(
        "getCallPickupGroup",
        "<callPickupGroup><pattern>*71</pattern><name>PG Front</name>"
        "<pickupNotification>Visual Alert</pickupNotification><pickupNotificationTimer>8</pickupNotificationTimer>"
        "</callPickupGroup>",
    ),
    "template.xml": answer(
        "getPhoneButtonTemplate",
        "<phoneButtonTemplate><name>Office 8841</name><buttons>"
        "<button><feature>Line</feature><label/><buttonNumber>1</buttonNumber></button>"
        "<button><feature>Speed Dial BLF</feature><label/><buttonNumber>2</buttonNumber></button>"
        "<button><feature>Line</feature><label/><buttonNumber>3</buttonNumber></button>"
        "<button><feature>Privacy</feature><label>Private</label><buttonNumber>4</buttonNumber></button>"
        "<button><feature>Speed Dial</feature><label/><buttonNumber>5</buttonNumber></button>"
        "</buttons></phoneButtonTemplate>",
    ),
    "route.xml": answer(
        "getRoutePattern",
        "<routePattern><pattern>9.!</pattern><routePartitionName>PT_Outside</routePartitionName>"
        "<blockEnable>false</blockEnable><digitDiscardInstructionName>PreDot</digitDiscardInstructionName>"
        "<provideOutsideDialtone>true</provideOutsideDialtone><useCallingPartyPhoneMask>On</useCallingPartyPhoneMask>"
        "<destination><routeListName>RL PSTN</routeListName></destination></routePattern>"
        "<routePattern><pattern>9.0900!</pattern><routePartitionName>PT_Outside</routePartitionName>"
        "<blockEnable>true</blockEnable><releaseClause>Call Rejected</releaseClause></routePattern>",
    ),
    "translation.xml": answer(
        "getTransPattern",
        "<transPattern><pattern>0</pattern><routePartitionName>PT_Inside</routePartitionName>"
        "<calledPartyTransformationMask>2001</calledPartyTransformationMask>"
        "<callingSearchSpaceName>CSS_Staff</callingSearchSpaceName></transPattern>",
    ),
    "lines.xml": answer("getLine", LINE_2001 + LINE_2002),
    "phones.xml": answer("listPhone", "<phone><name>SEP00AABBCCDDEE</name></phone>"),
    "phone1.xml": answer("getPhone", PHONE_8841),
    "phone2.xml": answer("getPhone", PHONE_7961),
    "phone3.xml": answer("getPhone", SOFTPHONE),
    "user.xml": answer(
        "getUser",
        "<user><firstName>Zoë</firstName><lastName>Ångström</lastName><userid>zoe</userid>"
        "<pin>13579</pin><associatedDevices><device>SEP00AABBCCDDEE</device></associatedDevices></user>",
    ),
}
"""Answers of an office with two phones, by the name of the file."""
