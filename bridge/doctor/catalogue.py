"""Everything that the doctor may find, for the documentation and for programs that know its codes."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.doctor import asterisk, certificates, firewall, keeping, machine, network, ports
from bridge.doctor.ailment import Ailment, Area

AILMENTS: tuple[Ailment, ...] = (
    *keeping.AILMENTS,
    *ports.AILMENTS,
    *asterisk.AILMENTS,
    *network.AILMENTS,
    *firewall.AILMENTS,
    *machine.AILMENTS,
    *certificates.AILMENTS,
)


def page() -> Iterator[str]:
    """The tables of ``docs/doctor.md``, line by line."""
    for area in Area:
        rows = [each for each in AILMENTS if each.area is area]
        if not rows:
            continue
        yield f"### {area}"
        yield ""
        yield "| Code | | What is seen | Why that is bad, or how it comes | What to do |"
        yield "| --- | --- | --- | --- | --- |"
        for each in rows:
            yield f"| `{each.code}` | {each.weight} | {each.sign} | {each.why} | {each.fix} |".replace("<", "\\<")
        yield ""
