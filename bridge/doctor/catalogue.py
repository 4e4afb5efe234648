"""Everything that the doctor may find, for the documentation and for programs that know its codes."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.doctor import asterisk, certificates, firewall, freepbx, keeping, machine, network, phones, ports, realtime
from bridge.doctor.ailment import Ailment, Area

AILMENTS: tuple[Ailment, ...] = (
    *keeping.AILMENTS,
    *ports.AILMENTS,
    *asterisk.AILMENTS,
    *realtime.AILMENTS,
    *freepbx.AILMENTS,
    *network.AILMENTS,
    *firewall.AILMENTS,
    *machine.AILMENTS,
    *certificates.AILMENTS,
    *phones.AILMENTS,
)

_HEAD = """\
# The doctor

```console
# sepbridge doctor               # everything; as root it sees most
# sepbridge doctor --quiet       # problems only
# sepbridge doctor --dhcp eth0   # also asks the network's DHCP server, as a phone would
# sepbridge doctor --json        # for monitoring
```

It looks at the settings, the database, the running service, Asterisk (over its manager interface, and in its files),
ports, addresses, packet filter, clock, certificates and the site, and changes nothing. Each finding says what was
seen, why it is so or what it leads to, and what to do: a command or a way through the menus.

- Exit code **0**: no problem; notes are no problem. **1**: at least one problem.
- **problem**: phones, or some of them, do not come up, or a feature that they use fails. **note**: worth knowing.
- What could not be looked at, for lack of rights or because a part is not installed, is a note `unchecked_…` with the
  reason; the other checks go on. A check that needs Asterisk's answer is not made when Asterisk does not answer.
- With `--json`: `checks`, each with `check`, `title` and `findings` (`code`, `weight`, `what`, `why`, `fix`);
  `problems` and `notes` are counts. Codes stay the same from version to version.

Ports are tried from this machine itself: a TFTP file is really fetched, a connection really made, Asterisk asked by a
SIP OPTIONS. Most firewalls let a machine talk to itself, so the rules of nftables and iptables are read as well, and
followed for a phone's packet from each of this machine's networks.

Findings about port 69 (`tftp_…`) are those of `sepbridge tftp check`, findings about DHCP (`dhcp_…`) those of
`sepbridge dhcp check`, and findings about the site those of `sepbridge site check` and `sepbridge autoregistration
checklist`; while autoregistration is off the latter are notes. What keeps phones from coming up that lies beyond this
machine (a closed window, trust lists, firmware, DHCP, switches) is what the running service found of each phone: the
causes are counted here, as notes, and [`sepbridge phones diagnose`](troubleshooting.md) tells the rest.

## What it finds
"""


def page() -> str:
    """``docs/doctor.md`` as text."""
    return "\n".join([_HEAD, *_tables()])


def _tables() -> Iterator[str]:
    for area in Area:
        rows = [each for each in AILMENTS if each.area is area]
        yield f"### {area}"
        yield ""
        yield "| Code | | What is seen | How it comes, or what it leads to | What to do |"
        yield "| --- | --- | --- | --- | --- |"
        for each in rows:
            cells = (f"`{each.code}`", each.weight, each.sign, each.why, each.fix)
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""
