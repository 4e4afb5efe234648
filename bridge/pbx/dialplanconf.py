"""Our part of the dialplan: one extension and one hint for every number, and the contexts of the site's dial plan."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address

from bridge.core import NumberRange, PagingGroup, PagingStream
from bridge.dialplan import TRUNK_VARIABLE, Context, numbers_context
from bridge.errors import InvalidInput
from bridge.pbx.conffile import Item, Section, render, token
from bridge.pbx.pjsipconf import WATCHED_CONTEXT, WATCHER, check_extension, check_group, check_mailbox
from bridge.ports import SipEndpoint

NUMBERS_CONTEXT = "sepbridge-numbers"
"""Holds the extensions; ``sepbridge-phones``, where calls of phones start, includes it (asterisk-conf/sepbridge)."""
MEETME_CONTEXT = "sepbridge-meetme-numbers"
"""Holds the numbers of meet-me conferences (asterisk-conf/sepbridge/services/meetme.conf)."""
MOST_MEETME = 1000
PAGING_CONTEXT = "sepbridge-paging-numbers"
"""Holds the numbers of paging groups (asterisk-conf/sepbridge/services/paging.conf)."""
STREAMS_CONTEXT = "sepbridge-paging-streams"
"""Holds the same numbers: whoever is there speaks to the group's multicast address."""
_EXTENSION = re.compile(r"_?[0-9A-DXZN*#+.\[\]-]{1,90}")
LINE_STATES_CONTEXT = "sepbridge-line-states"
"""Has a hint for the phones of each number alone (asterisk-conf/sepbridge/services/dnd.conf)."""
_WITH_HINTS = ("sepbridge-services", "sepbridge-custom", "sepbridge-codes", LINE_STATES_CONTEXT)
"""Contexts besides those of the numbers in which hints may stand."""
GROUPS_VARIABLE = "SEPBRIDGE_PICKUP_GROUPS"
"""Read by services/pickup.conf."""
RING_SUBROUTINE = "sepbridge-ring"
"""How a number is called, with its forwards, do-not-disturb and mailbox: written there, once for all."""


@dataclass(frozen=True, slots=True)
class PagingMulticast:
    """The streams of paging groups, and how they are sent."""

    streams: tuple[PagingStream, ...] = ()
    source: IPv4Address | None = None
    """Asterisk's address on the network that they go to; None to let its system choose."""
    ttl: int = 1

    @property
    def options(self) -> str:
        """For MulticastRTP: every phone knows G.711, and its phones are heard on this machine, too."""
        return "c(ulaw)" + (f"i({self.source})" if self.source else "") + f"l(1)t({self.ttl})"


def number_items(endpoint: SipEndpoint) -> tuple[Item, ...]:
    """Hint and extension of one endpoint. Raises InvalidInput.

    The phone is dialled by endpoint, so that the Request-URI is the contact it registered: some answer 404 to any
    other user part (reference: chan_pjsip with Cisco phones, 1).
    """
    number = check_extension(endpoint.number)
    name = token(endpoint.name, what="the name of an endpoint")
    box = check_mailbox(endpoint.mailbox)
    leads = token(endpoint.forward_context, what="the name of a context")
    told = f"{name},{number},{endpoint.no_answer_seconds},{box},{endpoint.max_forwards},{leads}"
    trunk = dict(endpoint.variables).get(TRUNK_VARIABLE)
    if trunk:
        told += "," + token(trunk, what="the name of a trunk")
    return (
        # Who watches the number sees do-not-disturb as busy, as on FreePBX.
        Item("exten", f"{number},hint,PJSIP/{name}&Custom:DND{number}", arrow=True),
        Item("exten", f"{number},1,Gosub({RING_SUBROUTINE},s,1({told}))", arrow=True),
        Item("same", "n,Hangup()", arrow=True),
    )


def meetme_text(ranges: Iterable[NumberRange]) -> str:
    """The context with the numbers of meet-me conferences; empty where there are none. Raises InvalidInput.

    Each number has a line: a pattern would take numbers that are none, and there are a thousand at most.
    """
    numbers = [
        str(number).zfill(len(each.start)) for each in ranges for number in range(int(each.start), int(each.end) + 1)
    ]
    if not numbers:
        return ""
    if len(numbers) > MOST_MEETME:
        raise InvalidInput(f"{len(numbers)} numbers for meet-me conferences", fix=f"use {MOST_MEETME} at most")
    items = (Item("exten", f"{number},1,Gosub(sepbridge-meetme,join,1({number}))", arrow=True) for number in numbers)
    return "\n" + Section(MEETME_CONTEXT).text() + "".join(item.text() for item in items)


def paging_text(groups: Iterable[PagingGroup], multicast: PagingMulticast | None = None) -> str:
    """The contexts with the numbers of paging groups and their streams; empty where there are none.

    The hint of a group with a stream is in use as long as the stream is: phones that join it look at that.
    """
    multicast = multicast or PagingMulticast()
    streams = {each.number: each for each in multicast.streams}
    items: list[Item] = []
    legs: list[Item] = []
    for group in groups:
        stream = streams.get(group.number)
        address = stream.address if stream else ""
        told = f"{'&'.join(group.members)},${{CONTEXT}},{group.number},{address}"
        if stream is not None:
            items.append(Item("exten", f"{group.number},hint,Local/{group.number}@{STREAMS_CONTEXT}", arrow=True))
            leg = f"MulticastRTP/basic/{stream.address}:{stream.port}//{multicast.options}"
            legs.append(Item("exten", f"{group.number},1,Dial({leg})", arrow=True))
        items.append(Item("exten", f"{group.number},1,Gosub(sepbridge-paging,page,1({told}))", arrow=True))
        items.append(Item("same", "n,Hangup()", arrow=True))
    if not items:
        return ""
    text = "\n" + Section(PAGING_CONTEXT).text() + "".join(item.text() for item in items)
    return text + ("\n" + Section(STREAMS_CONTEXT).text() + "".join(leg.text() for leg in legs) if legs else "")


def context_items(context: Context) -> tuple[Item, ...]:
    """The lines of one context of the site's dial plan. Raises InvalidInput."""
    items: list[Item] = []
    for extension in context.extensions:
        for index, step in enumerate(extension.steps):
            label = f"({token(step.label, what='a label')})" if step.label else ""
            start = f"{_checked(extension.name)},1" if index == 0 else "n"
            key = "exten" if index == 0 else "same"
            items.append(Item(key, f"{start}{label},{step.application}({step.arguments})", arrow=True))
    items += [Item("include", token(name, what="the name of a context"), arrow=True) for name in context.includes]
    return tuple(items)


def dial_plan_text(contexts: Iterable[Context]) -> str:
    """The site's contexts. Raises InvalidInput."""
    return render(
        Section(token(context.name, what="the name of a context"), context_items(context)) for context in contexts
    )


def _checked(extension: str) -> str:
    if not _EXTENSION.fullmatch(extension):
        raise InvalidInput(f"{extension!r} cannot be an extension", fix="see the pattern that it was made from")
    return extension


def number_text(endpoint: SipEndpoint) -> str:
    """The lines of one endpoint. Raises InvalidInput."""
    return "".join(item.text() for item in number_items(endpoint))


def numbers_text(numbers: Iterable[tuple[str, str]]) -> str:
    """The contexts around the lines of all endpoints: pairs of a partition and the lines."""
    texts: dict[str, list[str]] = {NUMBERS_CONTEXT: []}
    for partition, text in numbers:
        texts.setdefault(numbers_context(partition), []).append(text)
    return "\n".join(Section(name).text() + "".join(lines) for name, lines in texts.items())


def pickup_groups_text(groups: Iterable[str]) -> str:
    """All pickup groups of the site, for those who take a call of another one. Raises InvalidInput."""
    names = ",".join(sorted({check_group(group) for group in groups if group}))
    return render((Section("globals", (Item(GROUPS_VARIABLE, names),)),))


def watcher_contexts_text(partitions: Iterable[str]) -> str:
    """The contexts of the watcher: one with nothing to call, and one with everything that has a hint."""
    names = dict.fromkeys((NUMBERS_CONTEXT, *map(numbers_context, partitions), *_WITH_HINTS))
    includes = tuple(Item("include", name, arrow=True) for name in names)
    return render((Section(WATCHER), Section(WATCHED_CONTEXT, includes)))
