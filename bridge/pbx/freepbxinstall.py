"""Adding ours to the files that FreePBX leaves to its admin, and taking it out again.

FreePBX writes its own files anew with every change; only the ``*_custom`` ones are never touched (FreePBX reference,
section 2). Each of those gets one marked line at its end; everything else stands in files of our own.
"""

from __future__ import annotations

import re
from pathlib import Path

from bridge.errors import ConfigurationError
from bridge.pbx.conffile import is_ours, is_untouched, parse, stamped
from bridge.pbx.featurecodes import DEFAULT_CODES, service_text
from bridge.pbx.freepbxfiles import AORS, AUTHS, ENDPOINTS, WATCHERS
from bridge.pbx.includeblock import has_block, without_block
from bridge.pbx.install import (
    CUSTOM,
    DIRECTORY,
    EXTENSIONS_PHONES,
    EXTENSIONS_SITE,
    SELF_PROVISION_SCRIPT,
    ConfigFiles,
    FileChange,
    InstallPlan,
    InstallSettings,
    belongs_to_freepbx,
    check_settings,
    include_change,
    plain_path,
    script_text,
)
from bridge.pbx.snippets import service_snippets, snippet

BY = "sepbridge setup freepbx"
_ACCOUNT = f"{DIRECTORY}/manager.conf"
_BASE = f"{DIRECTORY}/extensions.conf"
_EXTENSIONS = f"{DIRECTORY}/freepbx_extensions.conf"
_NOTIFY = f"{DIRECTORY}/freepbx_notify.conf"
_HOSTS = {
    "manager_custom.conf": (_ACCOUNT, "#include"),
    "extensions_custom.conf": (_EXTENSIONS, "#include"),
    "sip_notify_custom.conf": (_NOTIFY, "#include"),
    "pjsip.auth_custom_post.conf": (f"{DIRECTORY}/{AUTHS}", "#tryinclude"),
    "pjsip.endpoint_custom_post.conf": (f"{DIRECTORY}/{ENDPOINTS}", "#tryinclude"),
    "pjsip.aor_custom_post.conf": (f"{DIRECTORY}/{AORS}", "#tryinclude"),
    "pjsip_custom_post.conf": (f"{DIRECTORY}/{WATCHERS}", "#tryinclude"),
}
"""What each of the admin's files includes, and how: files that come and go must not be missed."""
_WRITTEN_LATER = tuple(
    f"{DIRECTORY}/{name}" for name in (AUTHS, ENDPOINTS, AORS, WATCHERS, EXTENSIONS_PHONES, EXTENSIONS_SITE)
)
_RELOAD_FILTER = "; FreePBX applied a change.\neventfilter = Event: Reload\n"
_CODES = ("*59", "*58", "*57", "*56", "*51", "*49", "*48", "*47", "*46", "*44")
_EXTEN = re.compile(r"^exten\s*=>?\s*([^,\s]+),", re.MULTILINE)
_WILDCARD = re.compile(r"[XZNxzn.!\[]")
_DIALLED = re.compile(r"exten\s*=>\s*_?[*#]")
_MORE = re.compile(r"\s*same\s*=>")


def plan(etc: Path, settings: InstallSettings) -> InstallPlan:
    """What has to change in ``etc`` (``/etc/asterisk``). Reads only; a second plan after ``apply`` is empty.

    Raises ConfigurationError where this is no FreePBX, or a file cannot be added to, and InvalidInput.
    """
    check_settings(etc, settings)
    if not belongs_to_freepbx(etc):
        raise ConfigurationError(
            f"{etc} does not belong to a FreePBX",
            why="neither freepbx.conf beside it nor its extensions.conf says so",
            fix="use `sepbridge setup asterisk` for an Asterisk of your own",
        )
    files = ConfigFiles(etc)
    notes: list[str] = []
    account = snippet(
        "manager.d/sepbridge.conf",
        GENERAL="",
        USERNAME=settings.username,
        SECRET=settings.secret,
        PERMIT=settings.permit,
    )
    wanted = {
        _ACCOUNT: stamped(account + _RELOAD_FILTER, about="The account with which it logs in."),
        _BASE: stamped(snippet(_BASE), about="Base contexts."),
        _EXTENSIONS: stamped(snippet(_EXTENSIONS), about="Read by extensions_custom.conf."),
        _NOTIFY: stamped(snippet(_NOTIFY), about="Read by sip_notify_custom.conf."),
        SELF_PROVISION_SCRIPT: script_text(etc, settings),
    }
    own_code = settings.codes.self_provisioning != DEFAULT_CODES.self_provisioning
    for service in service_snippets():
        text = service_text(service, settings.codes, SELF_PROVISION_SCRIPT=plain_path(etc / SELF_PROVISION_SCRIPT))
        if not (own_code and service.endswith("/selfprovisioning.conf")):
            text = without_codes(text)
        wanted[service] = stamped(text, about="A service that phones may ask for.")
    if not own_code:
        notes.append(
            f"self-provisioning has no code, since {DEFAULT_CODES.self_provisioning} is one of FreePBX's own; set "
            "selfprovisioning.code to a free one and run this again"
        )
    if files.text(CUSTOM) is None:
        wanted[CUSTOM] = snippet(CUSTOM)
    changes = [files.change(name, text, notes) for name, text in wanted.items()]
    for name, (target, directive) in _HOSTS.items():
        changes.append(include_change(etc / name, files.text(name), target, directive=directive, by=BY))
    return InstallPlan(etc, tuple(change for change in changes if change is not None), tuple(notes), settings.owner)


def undo_plan(etc: Path) -> InstallPlan:
    """What has to change so that nothing of us is left in ``etc``; files that the admin changed stay, with a note."""
    files = ConfigFiles(etc)
    notes: list[str] = []
    changes: list[FileChange] = []
    for name in _HOSTS:
        text = files.text(name)
        if text is None:
            continue
        if is_untouched(text):
            changes.append(FileChange(etc / name, text, None))
        elif has_block(text):
            changes.append(FileChange(etc / name, text, without_block(text)))
    services = (f"{DIRECTORY}/services/{path.name}" for path in sorted((etc / DIRECTORY / "services").glob("*.conf")))
    for name in (_ACCOUNT, _EXTENSIONS, _BASE, _NOTIFY, SELF_PROVISION_SCRIPT, *_WRITTEN_LATER, *services, CUSTOM):
        text = files.text(name)
        if text is None:
            continue
        if is_untouched(text) or (name == CUSTOM and text == snippet(CUSTOM)):
            changes.append(FileChange(etc / name, text, None))
        elif is_ours(text) or name == CUSTOM:
            notes.append(f"{etc / name} was changed by hand and is kept; nothing reads it any more")
    return InstallPlan(etc, tuple(changes), tuple(notes))


def standing(etc: Path) -> tuple[str, ...]:
    """Files of ours that are missing in ``etc``, and custom files that should include them and do not. Raises
    ConfigurationError.
    """
    files = ConfigFiles(etc)
    missing = [name for name in (_ACCOUNT, _BASE, _EXTENSIONS, _NOTIFY) if files.text(name) is None]
    for name, (target, _) in _HOSTS.items():
        includes = parse(files.text(name) or "").includes
        if not any(each.target in (target, str(etc / target)) for each in includes):
            missing.append(f"{name} (does not include {target})")
    return tuple(missing)


def free_code(etc: Path) -> str:
    """A code for self-provisioning that nobody has in FreePBX's generated dialplan, or the admin's; empty where all are
    taken, or no dialplan was generated yet.
    """
    files = ConfigFiles(etc)
    generated = files.text("extensions_additional.conf")
    if generated is None:
        return ""
    taken = {found.group(1) for text in (generated, files.text("extensions_custom.conf") or "")
             for found in _EXTEN.finditer(text)}  # fmt: skip
    # Of a pattern the digits up to its first wildcard; a mere * stands for what FreePBX says to wrong numbers.
    starts = {_WILDCARD.split(each[1:])[0] for each in taken if each.startswith("_")} - {"", "*"}
    return next(
        (
            code
            for code in _CODES
            if code not in taken and not any(code.startswith(each) or each.startswith(code) for each in starts)
        ),
        "",
    )


def without_codes(text: str) -> str:
    """A service's dialplan without what users dial: those codes are FreePBX's."""
    kept: list[str] = []
    dropping = False
    for line in text.splitlines(keepends=True):
        if _DIALLED.match(line):
            dropping = True
        elif not (dropping and _MORE.match(line)):
            dropping = False
        if not dropping:
            kept.append(line)
    return "".join(kept)
