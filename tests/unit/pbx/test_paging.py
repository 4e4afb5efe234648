"""The numbers of paging groups and their streams in the dialplan."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from bridge.core import PagingGroup, PagingStream
from bridge.errors import InvalidInput
from bridge.pbx.dialplanconf import PagingMulticast, number_text, paging_text
from bridge.pbx.pjsipconf import PjsipOptions, endpoint_text
from tests.unit.pbx.test_pjsipconf import PHONE

GROUPS = (PagingGroup("8600", ("1001", "1002")), PagingGroup("8601", ("1003",)))


def test_groups_without_streams() -> None:
    assert paging_text(()) == ""
    assert paging_text(GROUPS) == (
        "\n[sepbridge-paging-numbers]\n"
        "exten => 8600,1,Gosub(sepbridge-paging,page,1(1001&1002,${CONTEXT},8600,))\n"
        "same => n,Hangup()\n"
        "exten => 8601,1,Gosub(sepbridge-paging,page,1(1003,${CONTEXT},8601,))\n"
        "same => n,Hangup()\n"
    )


def test_a_group_with_a_stream_has_a_hint_that_is_the_stream() -> None:
    streams = (PagingStream("8600", "239.192.0.1", 20480),)
    text = paging_text(GROUPS, PagingMulticast(streams, IPv4Address("192.0.2.1"), 3))
    assert "exten => 8600,hint,Local/8600@sepbridge-paging-streams\n" in text
    assert "page,1(1001&1002,${CONTEXT},8600,239.192.0.1))" in text
    assert text.endswith(
        "\n[sepbridge-paging-streams]\n"
        "exten => 8600,1,Dial(MulticastRTP/basic/239.192.0.1:20480//c(ulaw)i(192.0.2.1)l(1)t(3))\n"
    )
    assert "8601,hint" not in text
    assert PagingMulticast(streams).options == "c(ulaw)l(1)t(1)"


@pytest.mark.parametrize(
    ("groups", "told"),
    [(None, None), ((), "sepbridge-none"), (("a", "b"), "a,b")],
)
def test_what_other_pickup_takes_from(groups: tuple[str, ...] | None, told: str | None) -> None:
    text = endpoint_text(replace(PHONE, other_groups=groups), PjsipOptions())
    assert ("SEPBRIDGE_OTHER_GROUPS" in text) is (told is not None)
    assert told is None or f"set_var=SEPBRIDGE_OTHER_GROUPS={told}\n" in text.replace(" = ", "=")


def test_a_group_that_would_end_the_line_is_refused() -> None:
    with pytest.raises(InvalidInput):
        endpoint_text(replace(PHONE, other_groups=("a\nb",)), PjsipOptions())


def test_the_trunk_of_a_line_is_told_for_its_forwards() -> None:
    assert "sepbridge-phones,out))" in number_text(replace(PHONE, variables=(("SEPBRIDGE_TRUNK", "out"),)))
    with pytest.raises(InvalidInput):
        number_text(replace(PHONE, variables=(("SEPBRIDGE_TRUNK", "out,x"),)))
