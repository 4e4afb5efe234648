"""Port 69 against the settings: who answers phones there, whether that fits, and what to write instead."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.app.settings import Settings, TftpMode
from bridge.core.findings import Finding, Weight
from bridge.watch import TftpProgram
from bridge.watch.portowner import PortOwner
from bridge.watch.recognising import FoundServer, recognise

_LOUDER = {
    TftpProgram.TFTPD_HPA: "add --verbose to TFTP_OPTIONS in /etc/default/tftpd-hpa and restart it",
    TftpProgram.ATFTPD: "start it with --verbose=5 or more, in /etc/default/atftpd",
    TftpProgram.DNSMASQ: "take quiet-tftp out of its configuration",
}
_WAITERS = ("systemd", "init", "inetd", "xinetd")


@dataclass(frozen=True, slots=True)
class TftpAdvice:
    """What was found, and what follows."""

    owners: Sequence[PortOwner]
    server: FoundServer | None
    """The server that is not ours, where it is one that we understand."""
    mode: TftpMode | None
    """The mode to use; None where that cannot be told."""
    toml: str
    """What to write into sepbridge.toml; empty when it fits."""
    findings: Sequence[Finding]


def advise(owners: Sequence[PortOwner], settings: Settings, *, files: Path = Path("/")) -> TftpAdvice:
    """Judge who owns port 69. ``files``: where ``/`` is."""
    mode = settings.tftp.mode
    if not owners:
        return _nobody(mode)
    if any(_is_ours(owner) for owner in owners):
        weight = Weight.OK if mode is TftpMode.OWN else Weight.PROBLEM
        what = "sepbridge itself answers on port 69"
        fix = "" if mode is TftpMode.OWN else "restart it: the settings say something else now"
        return TftpAdvice(owners, None, TftpMode.OWN, "", [Finding("ours", weight, what, "", fix)])
    known = [(owner, server) for owner in owners if (server := recognise(owner.command, files=files)) is not None]
    if not known:
        return _stranger(owners)
    owner, server = next((each for each in known if _is_meant(*each, settings)), known[0])
    return _known(owners, owner, server, settings)


def _nobody(mode: TftpMode) -> TftpAdvice:
    if mode is TftpMode.BESIDE:
        finding = Finding(
            "nobody",
            Weight.PROBLEM,
            "nobody answers on port 69",
            'tftp.mode is "beside", but there is no server to be beside of',
            'start that server, or write mode = "own"',
        )
        return TftpAdvice((), None, TftpMode.OWN, '[tftp]\nmode = "own"\n', [finding])
    return TftpAdvice((), None, TftpMode.OWN, "", [Finding("free", Weight.OK, "port 69 is free")])


def _stranger(owners: Sequence[PortOwner]) -> TftpAdvice:
    owner = owners[0]
    if owner.pid is None:
        why, fix = "processes of other users are seen by root alone", "run this command as root"
        finding = Finding("unseen", Weight.PROBLEM, "a process that cannot be seen has port 69", why, fix)
        return TftpAdvice(owners, None, None, "", [finding])
    name = Path(owner.command[0]).name if owner.command else "?"
    what = f"{name} (process {owner.pid}) has port 69 on {owner.address}"
    if name in _WAITERS:
        finding = Finding(
            "starts_on_demand",
            Weight.PROBLEM,
            what,
            "it starts a TFTP server when somebody asks, most likely tftpd-hpa",
            "`systemctl list-sockets` or /etc/xinetd.d/tftp names it: stop it, or fill in [beside] by hand",
        )
    else:
        finding = Finding(
            "unknown_server",
            Weight.PROBLEM,
            what,
            "it is no TFTP server whose log is understood (tftpd-hpa, atftpd, dnsmasq)",
            "stop it, so that sepbridge can have the port, or let phones use another address of this machine",
        )
    return TftpAdvice(owners, None, None, "", [finding])


def _known(owners: Sequence[PortOwner], owner: PortOwner, server: FoundServer, settings: Settings) -> TftpAdvice:
    what = f"{server.program} (process {owner.pid}) answers on port 69, {owner.address}"
    fits = (
        settings.tftp.mode is TftpMode.BESIDE
        and settings.beside.root is not None
        and (server.root is None or settings.beside.root == server.root)
        and (server.log is None or settings.beside.log in (server.log, None))
    )
    if fits:
        findings = [Finding("beside", Weight.OK, f"{what}; the settings fit")]
    elif settings.tftp.mode is TftpMode.OWN and not _wants(owner, settings):
        findings = [Finding("elsewhere", Weight.OK, f"{what}, which tftp.listen does not want")]
        return TftpAdvice(owners, server, TftpMode.OWN, "", findings)
    else:
        findings = [
            Finding(
                "other_server",
                Weight.PROBLEM,
                what,
                "two programs cannot have one port" if settings.tftp.mode is TftpMode.OWN else "the settings differ",
                "write what follows into sepbridge.toml, or stop that server and use its port",
            )
        ]
    findings += _hindrances(server)
    return TftpAdvice(owners, server, TftpMode.BESIDE, "" if fits else _toml(server), findings)


def _hindrances(server: FoundServer) -> list[Finding]:
    findings: list[Finding] = []
    if server.is_quiet:
        why = "it does not log who asks for what, so that unknown phones are not noticed"
        findings.append(Finding("quiet", Weight.PROBLEM, f"{server.program} is quiet", why, _LOUDER[server.program]))
    if server.root is not None and not os.access(server.root, os.W_OK | os.X_OK):
        fix = f"run this as the service's user; then: chgrp sepbridge {server.root} && chmod 2775 {server.root}"
        findings.append(
            Finding("root", Weight.PROBLEM, f"{server.root} cannot be written", "phones' files belong there", fix)
        )
    if server.log is not None and not os.access(server.log, os.R_OK):
        why = "it tells which phones ask"
        fix = "put the service's user into the log's group, often adm"
        findings.append(Finding("log", Weight.PROBLEM, f"{server.log} cannot be read", why, fix))
    return findings


def _toml(server: FoundServer) -> str:
    lines = ["[tftp]", 'mode = "beside"', "", "[beside]"]
    lines.append(f'root = "{server.root}"' if server.root else 'root = "…"  # its directory could not be found')
    if server.log is not None:
        lines.append(f'log = "{server.log}"')
    lines.append(f'server = "{server.program}"')
    return "\n".join(lines) + "\n"


def _is_meant(owner: PortOwner, server: FoundServer, settings: Settings) -> bool:
    """Whether it is this one, of several on different addresses, that the settings have to do with."""
    if settings.tftp.mode is TftpMode.BESIDE:
        return server.root is not None and server.root == settings.beside.root
    return _wants(owner, settings)


def _is_ours(owner: PortOwner) -> bool:
    return any(Path(each).name == "sepbridge" for each in owner.command[:3])


def _wants(owner: PortOwner, settings: Settings) -> bool:
    """Whether our own server is to listen where this socket is."""
    anywhere = {"0.0.0.0", "::"}
    ours = {address.host for address in settings.tftp.listen if address.port == 69}
    return bool(ours) and (owner.address in ours | anywhere or bool(ours & anywhere))
