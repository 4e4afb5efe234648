"""The phones' part of the dialplan: one extension and one hint for every number, in a context of our own."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.pbx.conffile import Item, Section, token
from bridge.pbx.pjsipconf import check_extension, check_mailbox
from bridge.ports import SipEndpoint

NUMBERS_CONTEXT = "sepbridge-numbers"
"""Holds the extensions; ``sepbridge-phones``, where calls of phones start, includes it (asterisk-conf/sepbridge)."""
RING_SUBROUTINE = "sepbridge-ring"
"""How a number is called, with its forwards, do-not-disturb and mailbox: written there, once for all."""


def number_items(endpoint: SipEndpoint) -> tuple[Item, ...]:
    """Hint and extension of one endpoint. Raises InvalidInput.

    The phone is dialled by endpoint, so that the Request-URI is the contact it registered: some answer 404 to any
    other user part (reference: chan_pjsip with Cisco phones, 1).
    """
    number = check_extension(endpoint.number)
    name = token(endpoint.name, what="the name of an endpoint")
    box = check_mailbox(endpoint.mailbox)
    told = f"{name},{number},{endpoint.no_answer_seconds},{box},{endpoint.max_forwards}"
    return (
        # Who watches the number sees do-not-disturb as busy, as on FreePBX.
        Item("exten", f"{number},hint,PJSIP/{name}&Custom:DND{number}", arrow=True),
        Item("exten", f"{number},1,Gosub({RING_SUBROUTINE},s,1({told}))", arrow=True),
        Item("same", "n,Hangup()", arrow=True),
    )


def number_text(endpoint: SipEndpoint) -> str:
    """The lines of one endpoint. Raises InvalidInput."""
    return "".join(item.text() for item in number_items(endpoint))


def context_text(numbers: Iterable[str]) -> str:
    """The context around the lines of all endpoints."""
    return Section(NUMBERS_CONTEXT).text() + "".join(numbers)
