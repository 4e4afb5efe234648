"""``sepbridge tftp check``: who answers phones on port 69."""

from __future__ import annotations

from bridge.app.installing.tftpadvice import advise
from bridge.cli.frame import Frame, json_option, table
from bridge.cli.main import root
from bridge.core.findings import Weight
from bridge.watch.portowner import owners

PORT = 69


@root.group()
def tftp() -> None:
    """The TFTP server that phones ask: ours, or one that was there before."""


@tftp.command()
@json_option
def check(frame: Frame) -> None:
    """Who owns port 69, which mode fits, and what to write into sepbridge.toml. Exit code 1 on a problem."""
    advice = advise(owners(PORT), frame.settings)
    server = advice.server
    data = {
        "owners": [frame.fields(owner) for owner in advice.owners],
        "server": frame.fields(server) if server is not None else None,
        "mode": advice.mode,
        "toml": advice.toml,
        "findings": [frame.fields(finding) for finding in advice.findings],
    }
    rows: list[tuple[str, str]] = []
    for finding in advice.findings:
        rows.append((finding.weight, finding.what))
        rows += [("  why", finding.why)] if finding.why else []
        rows += [("  fix", finding.fix)] if finding.fix else []
    # Square brackets are no markup here.
    parts = [table(("", ""), rows), *([advice.toml.replace("[", "\\[")] if advice.toml else [])]
    frame.show(data, *parts)
    if any(finding.weight is Weight.PROBLEM for finding in advice.findings):
        raise SystemExit(1)
