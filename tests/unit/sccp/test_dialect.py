"""One connection's dialect: version, code page, shapes, and messages that are never sent."""

from __future__ import annotations

import pytest

from bridge.errors import LocalProtocolError
from bridge.sccp import (
    CallInfo,
    ClearDisplay,
    CodePage,
    Dialect,
    DisplayPromptStatus,
    DisplayText,
    Form,
    Frame,
    Message,
    MessageId,
    OffHook,
    OpenReceiveChannel,
    Register,
    SetLamp,
    StimulusType,
    UnknownMessage,
    form_to_send,
    id_of,
    messages,
    shape,
    typed,
)
from bridge.sccp.registry import wire


def _id(data: bytes) -> int:
    return int.from_bytes(data[8:12], "little")


def test_version_and_code_page_apply_to_all_messages() -> None:
    old, new = Dialect(7), Dialect(17, CodePage.UTF_8)
    prompt = DisplayPromptStatus("Grüße")
    assert _id(old.encode(prompt)) == MessageId.DISPLAY_PROMPT_STATUS
    assert _id(new.encode(prompt)) == MessageId.DISPLAY_DYNAMIC_PROMPT_STATUS
    for dialect in (old, new):
        data = dialect.encode(prompt)
        assert dialect.decode(Frame(_id(data), data[12:])) == prompt


def test_an_spa_phone_wants_the_static_call_info_at_version_8() -> None:
    spa = Dialect(8, shapes=(shape(CallInfo, form="static"),))
    assert _id(spa.encode(CallInfo(1, 2))) == MessageId.CALL_INFO
    assert _id(Dialect(8).encode(CallInfo(1, 2))) == MessageId.CALL_INFO_DYNAMIC
    assert _id(spa.encode(DisplayPromptStatus(""))) == MessageId.DISPLAY_DYNAMIC_PROMPT_STATUS


def test_a_setting_for_one_device_takes_another_form() -> None:
    dialect = Dialect(20, shapes=(shape(OpenReceiveChannel, form="128"),))
    assert len(dialect.encode(OpenReceiveChannel(1, 1))) == 12 + 128
    with pytest.raises(LocalProtocolError, match="no form named 'wide'"):
        shape(OpenReceiveChannel, form="wide")


def test_a_phone_puts_its_own_version_into_every_header() -> None:
    phone = Dialect(22, header=22, shapes=(shape(OffHook, length=0),))
    assert phone.encode(Register("SEP001122AABBCC"))[4:8] == b"\x16\0\0\0"
    assert phone.encode(OffHook()) == bytes.fromhex("04000000 16000000 06000000")


@pytest.mark.parametrize("message", [ClearDisplay(), DisplayText("x"), UnknownMessage(0x87), UnknownMessage(0x8D)])
def test_messages_that_reset_java_phones_are_refused(message: Message) -> None:
    with pytest.raises(LocalProtocolError, match="never sent"):
        Dialect(17).encode(message)
    assert Dialect(3, legacy=True).encode(message)


def test_values_that_no_field_carries_are_our_own_mistake() -> None:
    with pytest.raises(LocalProtocolError, match="SetLamp"):
        Dialect(11).encode(SetLamp(StimulusType.LINE, -1))


def test_the_registry_knows_both_ways() -> None:
    assert typed(MessageId.CALL_INFO) is typed(MessageId.CALL_INFO_DYNAMIC) is CallInfo
    assert typed(MessageId.QOS_LISTEN) is None
    assert id_of(CallInfo(), 7) == MessageId.CALL_INFO
    assert id_of(UnknownMessage(0xFF00), 7) == 0xFF00
    assert len(messages()) == len(set(messages()))


def test_two_messages_cannot_claim_one_id() -> None:
    class Other(Message):
        pass

    with pytest.raises(LocalProtocolError, match="claim the id"):
        wire(Form(MessageId.OFF_HOOK))(Other)
    assert typed(MessageId.OFF_HOOK) is OffHook
    assert Other not in messages()
    with pytest.raises(LocalProtocolError, match="no form on the wire"):
        form_to_send(Message, 22)
