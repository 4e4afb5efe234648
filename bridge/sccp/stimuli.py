"""Stimuli: what a button is declared as, what it reports when pressed, and which lamp is meant; one number space.

Source: SCCP enumerations reference, section 3.
"""

from __future__ import annotations

from bridge.sccp.openenum import OpenEnum


class StimulusType(OpenEnum):
    """Stimulus and ButtonType. Values from TEST_E on are known as buttons only."""

    UNUSED = 0x00
    REDIAL = 0x01
    SPEED_DIAL = 0x02
    HOLD = 0x03
    TRANSFER = 0x04
    FORWARD_ALL = 0x05
    FORWARD_BUSY = 0x06
    FORWARD_NO_ANSWER = 0x07
    DISPLAY = 0x08
    LINE = 0x09
    T120_CHAT = 0x0A
    T120_WHITEBOARD = 0x0B
    T120_APPLICATION_SHARING = 0x0C
    T120_FILE_TRANSFER = 0x0D
    VIDEO = 0x0E
    VOICEMAIL = 0x0F
    """The messages button, and the message-waiting lamp."""
    ANSWER_RELEASE = 0x10
    AUTO_ANSWER = 0x11
    SELECT = 0x12
    FEATURE = 0x13
    """Privacy, in CUCM."""
    SERVICE_URL = 0x14
    BLF_SPEED_DIAL = 0x15
    """From version 15 on; below, a line button per watched number stands in."""
    DIRECTED_PARK = 0x16
    INTERCOM = 0x17
    MALICIOUS_CALL = 0x1B
    GENERIC_APPLICATION_B1 = 0x21
    GENERIC_APPLICATION_B2 = 0x22
    GENERIC_APPLICATION_B3 = 0x23
    GENERIC_APPLICATION_B4 = 0x24
    GENERIC_APPLICATION_B5 = 0x25
    MULTI_BLINK_FEATURE = 0x26
    """From version 15 on, not on the 8941 and 8945. Status word: rhythm, colour, icon, old value, one byte each."""
    MEET_ME = 0x7B
    CONFERENCE = 0x7D
    CALL_PARK = 0x7E
    CALL_PICKUP = 0x7F
    GROUP_PICKUP = 0x80
    MOBILITY = 0x81
    DO_NOT_DISTURB = 0x82
    CONFERENCE_LIST = 0x83
    REMOVE_LAST_PARTICIPANT = 0x84
    QUALITY_REPORT = 0x85
    CALL_BACK = 0x86
    OTHER_PICKUP = 0x87
    VIDEO_MODE = 0x88
    NEW_CALL = 0x89
    END_CALL = 0x8A
    HUNT_GROUP_LOGIN = 0x8B
    QUEUING = 0x8F
    TEST_E = 0xC0
    TEST_F = 0xC1
    MESSAGES = 0xC2
    DIRECTORY = 0xC3
    TEST_I = 0xC4
    APPLICATION = 0xC5
    HEADSET = 0xC6
    KEYPAD = 0xF0
    ACOUSTIC_ECHO_CANCEL = 0xFD
    UNDEFINED = 0xFF
    """An unused button."""
