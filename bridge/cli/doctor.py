"""``sepbridge doctor``: what is wrong with this installation, why, and what to do."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from bridge.app.installing.doctor import CheckResult, Doctor
from bridge.app.settings import Settings
from bridge.cli.control import ask
from bridge.cli.frame import Frame, json_option
from bridge.cli.main import root
from bridge.core.findings import Finding, Weight
from bridge.errors import ConfigurationError

_STYLES = {Weight.OK: "green", Weight.NOTE: "yellow", Weight.PROBLEM: "bold red"}


@root.command()
@click.option("--dhcp", "interface", default="", help="Also ask the network's DHCP server, through this interface.")
@click.option("--quiet", is_flag=True, help="Only problems.")
@json_option
def doctor(frame: Frame, interface: str, quiet: bool) -> None:
    """Examine this installation: every known misconfiguration that can be seen from here, with cause and fix.

    Changes nothing. Without --dhcp nothing is sent beyond this machine, Asterisk and DNS. Root sees most. Exit code 1
    when there is a problem, 0 when there are notes at most.
    """
    # What goes wrong is a finding; the same words in the log would only stand between them.
    logging.getLogger("bridge").addHandler(logging.NullHandler())
    settings, config, trouble = _settings(frame)
    examination = Doctor(
        settings,
        config,
        trouble=trouble,
        dhcp_interface=interface,
        status=lambda: _status(settings),
        findings=lambda: _findings(settings),
    )
    results: list[CheckResult] = []
    for result in examination.run():
        results.append(result)
        if not frame.as_json:
            _print(frame, result, quiet=quiet)
    found = [finding for result in results for finding in result.findings]
    problems = sum(each.weight is Weight.PROBLEM for each in found)
    notes = sum(each.weight is Weight.NOTE for each in found)
    checks = [
        {"check": each.check, "title": each.title, "findings": [frame.fields(one) for one in each.findings]}
        for each in results
    ]
    frame.show({"checks": checks, "problems": problems, "notes": notes}, _summary(len(results), problems, notes))
    if problems:
        raise SystemExit(1)


def _settings(frame: Frame) -> tuple[Settings, Path | None, str]:
    """The settings, or the defaults and the reason why."""
    path: Path | None = None
    try:
        path = frame.config
        return frame.settings, path, ""
    except ConfigurationError as error:
        return Settings(), path, "; ".join(each for each in (error.what, error.why, error.fix) if each)


def _status(settings: Settings) -> dict[str, Any]:
    answer: dict[str, Any] = ask(settings.control_socket, "GET", "/status")
    return answer


def _findings(settings: Settings) -> dict[str, list[dict[str, str]]]:
    answer: dict[str, list[dict[str, str]]] = ask(settings.control_socket, "GET", "/findings")
    return answer


def _print(frame: Frame, result: CheckResult, *, quiet: bool) -> None:
    shown = [each for each in result.findings if each.weight is Weight.PROBLEM or not quiet]
    if not shown:
        if not quiet:
            frame.console.print(f"[green]ok      [/] {result.title}")
        return
    for finding in shown:
        _print_finding(frame, result, finding)


def _print_finding(frame: Frame, result: CheckResult, finding: Finding) -> None:
    word = f"{finding.weight:<8}"
    line = f"[{_STYLES[finding.weight]}]{word}[/] {result.title}: {escape(finding.what)}  [dim]({finding.code})[/]"
    frame.console.print(line, soft_wrap=True)
    for name, text in (("why", finding.why), ("fix", finding.fix)):
        for index, row in enumerate(text.splitlines()):
            label = f"{name}:" if index == 0 else ""
            frame.console.print(f"         {label:<4} {escape(row)}", soft_wrap=True)


def _summary(checks: int, problems: int, notes: int) -> str:
    noted = f"{notes} {'note' if notes == 1 else 'notes'}"
    if problems:
        return f"{checks} checks: {problems} {'problem' if problems == 1 else 'problems'}, {noted}."
    return f"{checks} checks: all well." if not notes else f"{checks} checks: all well, {noted}."
