"""Device types: the numbers by which Register tells a model.

They are CUCM's own enumeration. Which phone is sold under which name and what it has is the business of the phone
catalogue; here are only the numbers that the protocol knows. Source: SCCP enumerations reference, section 1.
"""

from __future__ import annotations

from bridge.sccp.openenum import OpenEnum


class DeviceType(OpenEnum):
    """DeviceType. Phones, then the gateways, bridges and trunks that share the numbers but never register here."""

    MISSING = 0
    CISCO_30SP_PLUS = 1
    CISCO_12SP_PLUS = 2
    CISCO_12SP = 3
    CISCO_12 = 4
    CISCO_30VIP = 5
    CISCO_7910 = 6
    CISCO_7960 = 7
    CISCO_7940 = 8
    CISCO_7935 = 9
    VGC_PHONE = 10
    VGC_VIRTUAL_PHONE = 11
    ATA_186 = 12
    ATA_188 = 13
    EMCC_BASE = 15
    VIRTUAL_30SP_PLUS = 20
    PHONE_APPLICATION = 21
    ANALOG_ACCESS = 30
    DIGITAL_ACCESS_PRI = 40
    DIGITAL_ACCESS_T1 = 41
    DIGITAL_ACCESS_TITAN_2 = 42
    GATEWAY_ACCESS_43 = 43
    GATEWAY_ACCESS_47 = 47
    VGC_GATEWAY = 48
    CONFERENCE_BRIDGE = 50
    CONFERENCE_BRIDGE_YOKO = 51
    CONFERENCE_BRIDGE_DIXIELAND = 52
    CONFERENCE_BRIDGE_SUMMIT = 53
    H225 = 60
    H323_PHONE = 61
    H323_GATEWAY = 62
    MUSIC_ON_HOLD = 70
    PILOT = 71
    TAPI_PORT = 72
    TAPI_ROUTE_POINT = 73
    VOICE_IN_BOX = 80
    VOICE_IN_BOX_ADMIN = 81
    LINE_ANNUNCIATOR = 82
    SOFTWARE_MTP_DIXIELAND = 83
    CISCO_MEDIA_SERVER = 84
    CONFERENCE_BRIDGE_FLINT = 85
    CONFERENCE_BRIDGE_HETEROGENEOUS = 86
    CONFERENCE_BRIDGE_AUDIO_VIDEO = 87
    CONFERENCE_VIDEO_BRIDGE = 88
    ROUTE_LIST = 90
    LOAD_SIMULATOR = 100
    MEDIA_TERMINATION_POINT = 110
    MTP_YOKO = 111
    MTP_DIXIELAND = 112
    MTP_SUMMIT = 113
    CISCO_7941G = 115
    CISCO_7971G_GE_OTHER = 118
    CISCO_7971G_GE = 119
    MGCP_STATION = 120
    MGCP_TRUNK = 121
    RAS_PROXY = 122
    ADD_ON_7914 = 124
    TRUNK = 125
    ANNUNCIATOR = 126
    MONITOR_BRIDGE = 127
    RECORDER = 128
    MONITOR_BRIDGE_YOKO = 129
    SIP_TRUNK = 131
    SIP_GATEWAY = 132
    WSM_TRUNK = 133
    REMOTE_DESTINATION = 134
    ADD_ON_7915_12 = 227
    ADD_ON_7915_24 = 228
    ADD_ON_7916_12 = 229
    ADD_ON_7916_24 = 230
    GENERIC_DEVICE = 253
    UNKNOWN_MGCP_GATEWAY = 254
    NOT_DEFINED = 255
    NOKIA_E_SERIES = 275
    CISCO_7985 = 302
    CISCO_7911G = 307
    CISCO_7961G_GE = 308
    CISCO_7941G_GE = 309
    MOTOROLA_CN622 = 335
    THIRD_PARTY_SIP_BASIC = 336
    CISCO_7931G = 348
    UNIFIED_COMMUNICATOR = 358
    CISCO_7921G = 365
    CISCO_7906G = 369
    THIRD_PARTY_SIP_ADVANCED = 374
    TELEPRESENCE = 375
    NOKIA_ICC = 376
    CISCO_7962G = 404
    CISCO_3951 = 412
    CISCO_7937 = 431
    CISCO_7942G = 434
    CISCO_7945G = 435
    CISCO_7965G = 436
    CISCO_7975G = 437
    UNIFIED_MOBILE_COMMUNICATOR = 468
    CISCO_7925G = 484
    CISCO_9971 = 493
    CISCO_6921 = 495
    CISCO_6941 = 496
    CISCO_6961 = 497
    CSF = 503
    CISCO_6901 = 547
    CISCO_6911 = 548
    CISCO_6945 = 564
    CISCO_7926G = 577
    CISCO_8945 = 585
    CISCO_8941 = 586
    TELEPRESENCE_MCU = 597
    TELEPRESENCE_EXCHANGE = 599
    TELEPRESENCE_SOFTWARE_CONFERENCE_BRIDGE = 600
    AS_SIP = 631
    CTI_REMOTE_DEVICE = 635
    CISCO_7905G = 20000
    CISCO_7920 = 30002
    CISCO_7970G = 30006
    CISCO_7912G = 30007
    CISCO_7902G = 30008
    IP_COMMUNICATOR = 30016
    CISCO_7961G = 30018
    CISCO_7936 = 30019
    ANALOG_PHONE = 30027
    ISDN_BRI_PHONE = 30028
    SCCP_GATEWAY_VIRTUAL_PHONE = 30032
    IP_STE = 30035
    TELEPRESENCE_CONDUCTOR = 36041
    INTERACTIVE_VOICE_RESPONSE = 36219
    SPA521S = 80000
    SPA524SG = 80001
    SPA502G = 80003
    SPA504G = 80004
    SPA525G = 80005
    SPA508G = 80006
    SPA509G = 80007
    SPA525G2 = 80009
    SPA303G = 80011
    SPA512G = 80012
    SPA514G = 80013
    SPA500S_ADD_ON = 99991
    SPA500DS_ADD_ON = 99992
    SPA932DS_ADD_ON = 99993
    NOT_DEFINED_99999 = 99999


VERSIONLESS = frozenset({DeviceType.VGC_PHONE, DeviceType.VGC_VIRTUAL_PHONE, DeviceType.ATA_186, DeviceType.ATA_188})
"""Devices whose version byte means nothing (0, or a number such as 33): they speak version 3.

Source: SCCP wire reference, section 3.
"""
SPCP = frozenset(
    {
        DeviceType.SPA521S,
        DeviceType.SPA524SG,
        DeviceType.SPA502G,
        DeviceType.SPA504G,
        DeviceType.SPA525G,
        DeviceType.SPA508G,
        DeviceType.SPA509G,
        DeviceType.SPA525G2,
        DeviceType.SPA303G,
        DeviceType.SPA512G,
        DeviceType.SPA514G,
    }
)
"""SPA phones: version 8 with own token messages, the static CallInfo, and registration that ends on
RegisterAvailableLines. Source: SCCP wire reference, section 4 (SPCP).
"""
