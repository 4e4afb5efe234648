"""The packet filter in force and fail2ban's bans. Only reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bridge.doctor.firewall import Ban, FirewallFacts, Manager
from bridge.doctor.ruleset import Ruleset, read_iptables, read_nft
from bridge.errors import NotFound, SepbridgeError
from bridge.host.programs import output_of

_MOST_JAILS = 50


def firewall_facts(*, files: Path = Path("/")) -> FirewallFacts:
    """The rules of nftables and iptables. Raises SepbridgeError when there are tools and none may look."""
    rulesets: list[Ruleset] = []
    refused: SepbridgeError | None = None
    for command in (["nft", "-j", "list", "ruleset"], ["iptables-save"]):
        try:
            text = output_of(command)
        except NotFound:
            continue
        except SepbridgeError as error:
            refused = error
            continue
        rulesets += read_nft(json.loads(text or "{}")) if command[0] == "nft" else read_iptables(text)
    if refused is not None and not rulesets:
        raise refused
    return FirewallFacts(tuple(rulesets), manager(files))


def manager(files: Path = Path("/")) -> Manager:
    """Which program the admin manages the filter with."""
    if (files / "etc/freepbx.conf").is_file():
        return Manager.FREEPBX
    try:
        if re.search(r"^\s*ENABLED=yes", (files / "etc/ufw/ufw.conf").read_text(errors="replace"), re.MULTILINE):
            return Manager.UFW
    except OSError:
        pass
    return Manager.FIREWALLD if (files / "run/firewalld").is_dir() else Manager.NONE


def bans() -> tuple[Ban, ...]:
    """Every address that fail2ban has banned; none where it is not installed or does not run. Raises SepbridgeError."""
    try:
        status = output_of(["fail2ban-client", "status"])
    except NotFound:
        return ()
    except SepbridgeError as error:
        if "Is fail2ban running?" in error.why:
            return ()
        raise
    return tuple(
        Ban(jail, address)
        for jail in read_jails(status)[:_MOST_JAILS]
        for address in read_banned(output_of(["fail2ban-client", "status", jail]))
    )


def read_jails(text: str) -> list[str]:
    """The jails that ``fail2ban-client status`` lists."""
    found = re.search(r"Jail list:\s*(.*)", text)
    return [each.strip() for each in found.group(1).split(",") if each.strip()] if found else []


def read_banned(text: str) -> list[str]:
    """The addresses that ``fail2ban-client status JAIL`` lists."""
    found = re.search(r"Banned IP list:\s*(.*)", text)
    return found.group(1).split() if found else []
