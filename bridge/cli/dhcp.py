"""``sepbridge dhcp``: what to configure in the DHCP server, and whether it was."""

from __future__ import annotations

from ipaddress import IPv4Network

import click

from bridge.app.diagnosis.dhcpcheck import check_dhcp, tftp_addresses
from bridge.app.diagnosis.dhcpmemory import remember
from bridge.app.system import SystemClock
from bridge.cli.control import ask
from bridge.cli.frame import AnyName, Frame, json_option, table
from bridge.cli.main import root
from bridge.core.findings import Finding
from bridge.dhcp import OTHER_NAMES, DhcpServer, snippet
from bridge.errors import InvalidInput
from bridge.net.dhcp import VENDOR_CLASS


@root.group()
def dhcp() -> None:
    """The network's DHCP server: how phones find this one."""


_address = click.option(
    "--address",
    "addresses",
    multiple=True,
    help="Address of the TFTP server, in order of preference (default: server.address, else this machine's own).",
)


@dhcp.command("snippet")
@click.option(
    "--server",
    "kind",
    type=AnyName([each.value for each in DhcpServer], OTHER_NAMES),
    required=True,
    help="Which DHCP server.",
)
@_address
@click.option("--voice-vlan", type=int, help="The phones' VLAN. Adds what the switch must do: DHCP does not tell it.")
@click.option("--voice-network", help="That VLAN's network, as 10.20.0.0/24: print a scope of its own for it.")
@json_option
def show_snippet(
    frame: Frame, kind: str, addresses: tuple[str, ...], voice_vlan: int | None, voice_network: str | None
) -> None:
    """Print what to configure in a DHCP server: options 150 and 66.

    Phones learn their voice VLAN from the switch, by CDP or LLDP-MED, and ask for an address there. A switch that is
    not Cisco's needs LLDP-MED with a network policy for voice; with one that speaks neither the VLAN is keyed in on
    every phone (Admin VLAN ID).
    """
    found = tftp_addresses(frame.settings, addresses)
    text = snippet(DhcpServer(kind), found, voice_vlan=voice_vlan, voice_network=_network(voice_network))
    if frame.as_json:
        frame.show({"server": kind, "addresses": [str(each) for each in found], "text": text})
    else:
        click.echo(text, nl=False)


@dhcp.command()
@click.argument("action")
@click.argument("mac", default="")
@click.argument("address", default="")
@click.argument("host_name", default="", envvar="DNSMASQ_SUPPLIED_HOSTNAME")
@click.option(
    "--vendor-class", default="", envvar="DNSMASQ_VENDOR_CLASS", help="Option 60, where the DHCP server tells it."
)
@json_option
def lease(frame: Frame, action: str, mac: str, address: str, host_name: str, vendor_class: str) -> None:
    """Tell the running service of a lease, as a hook of the DHCP server.

    Takes what dnsmasq gives its dhcp-script: add or old, the MAC, the address, and the host name if there is one. Other
    actions are passed over.
    """
    if action not in ("add", "old"):
        frame.show({"device": ""})
        return
    body = {"mac": mac, "address": address, "host_name": host_name, "vendor_class": vendor_class}
    told = ask(frame.settings.control_socket, "POST", "/dhcp/lease", body=body)
    device = told["device"]
    frame.show(
        told, f"{device} has {address}" if device else f"{mac} is no phone of Cisco's, by what it says of itself"
    )


@dhcp.command()
@click.option("--interface", required=True, help="The network interface on which to ask.")
@_address
@click.option("--mac", help="The MAC to ask with (default: the interface's own).")
@click.option("--vendor-class", default=VENDOR_CLASS, show_default=True, help="Option 60: what phone to pass for.")
@click.option("--wait", type=float, default=4.0, show_default=True, help="Seconds to wait for offers.")
@json_option
def check(
    frame: Frame, interface: str, addresses: tuple[str, ...], mac: str | None, vendor_class: str, wait: float
) -> None:
    """Ask the network as a phone would, and judge the answers. Takes no address. Exit code 1 on a problem.

    The outcome is kept in the state directory for a week: the diagnosis of phones goes by it.
    """
    done = check_dhcp(
        interface,
        tftp_addresses(frame.settings, addresses),
        mac=mac or "",
        vendor_class=vendor_class,
        wait=wait,
    )
    if done.told is not None:
        remember(frame.settings.state.directory, done.told, SystemClock().now())
    data = {
        "interface": interface,
        "expected": done.expected,
        "answers": [
            {
                "server": each.server or None,
                "address": each.address or None,
                "findings": [frame.fields(finding) for finding in each.findings],
            }
            for each in done.answers
        ],
    }
    rows = [(each.server, finding.weight, _in_words(finding)) for each in done.answers for finding in each.findings]
    notes = []
    if done.offers > 1:
        notes.append(f"{done.offers} DHCP servers answered: a phone takes any of them, so all must say the same.")
    frame.show(data, table(("server", "", "finding"), rows), *notes)
    if done.is_bad:
        raise SystemExit(1)


def _in_words(finding: Finding) -> str:
    parts = [finding.what]
    if finding.why:
        parts.append(f"why: {finding.why}")
    if finding.fix:
        parts.append(f"fix: {finding.fix}")
    return "; ".join(parts)


def _network(text: str | None) -> IPv4Network | None:
    try:
        return None if text is None else IPv4Network(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no network", why=str(error), fix="write it as 10.20.0.0/24") from error
