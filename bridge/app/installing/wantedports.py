"""The ports that phones come to, by the settings: who has them, and whether they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bridge.app.settings import Address, Settings, TftpMode
from bridge.doctor.ports import PortFacts, WantedPort
from bridge.host.answers import sip_answer, tcp_answer, tftp_answer
from bridge.watch.portowner import PortOwner, owners

_ANYWHERE = ("0.0.0.0", "::")
_TFTP = "TFTP"
_PROTOCOLS = {_TFTP: ("udp",), "doorway": ("udp", "tcp")}


def listeners(settings: Settings) -> dict[str, tuple[Address, ...]]:
    """Where each of our servers listens."""
    return {
        _TFTP: settings.tftp.listen if settings.tftp.mode is TftpMode.OWN else (),
        "HTTP": settings.http.listen,
        "HTTPS": settings.http.tls_listen,
        "SCCP": settings.sccp.listen,
        "SCCP over TLS": settings.sccp.tls_listen,
        "doorway": settings.sip.doorway,
    }


def wanted_ports(settings: Settings) -> list[tuple[WantedPort, str]]:
    """Every port that phones come to, with the host it is bound to."""
    found = [
        (WantedPort(protocol, place.port, use), place.host)
        for use, places in listeners(settings).items()
        for place in places
        for protocol in _PROTOCOLS.get(use, ("tcp",))
    ]
    sip = [(WantedPort(protocol, settings.sip.port, "SIP", ours=False), "0.0.0.0") for protocol in ("udp", "tcp")]
    return found + sip


def port_facts(wanted: WantedPort, host: str, *, told: str, service: int | None) -> PortFacts:
    """One port, asked as a phone would ask. ``told``: the address phones are told; ``service``: the running service's
    process, None where it does not run.
    """
    address = told if host in _ANYWHERE else host
    found = [each for each in owners(wanted.port, protocol=wanted.protocol) if _overlap(each.address, host)]
    facts = PortFacts(
        wanted,
        address,
        holder=next((f"{Path(each.command[0]).name} (process {each.pid})" for each in found if each.command), ""),
        held=bool(found),
        # Port 69 has a check of its own, which knows the other servers.
        held_by_right_one=None if wanted.port == 69 else _right_one(wanted, found, service),
    )
    if wanted.use == _TFTP:
        return replace(facts, answer=tftp_answer(address, wanted.port)) if service is not None else facts
    if wanted.protocol == "udp":
        # Our doorway refuses what is no REGISTER in its own way; Asterisk answers OPTIONS.
        return facts if wanted.ours else replace(facts, answer=sip_answer(address, wanted.port))
    if wanted.ours and service is None:
        return facts
    return replace(facts, answer=tcp_answer(address, wanted.port))


def _right_one(wanted: WantedPort, found: Sequence[PortOwner], service: int | None) -> bool | None:
    seen = [each for each in found if each.pid is not None]
    if not seen:
        return None
    if not wanted.ours:
        return any("asterisk" in word for each in seen for word in each.command)
    if service is not None:
        return any(each.pid == service for each in seen)
    return any("sepbridge" in Path(word).name for each in seen for word in each.command[:3])


def _overlap(address: str, host: str) -> bool:
    """Whether a socket on ``address`` stands in the way of one on ``host``."""
    return address == host or address in _ANYWHERE or host in _ANYWHERE
