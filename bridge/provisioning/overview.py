"""The page that says which phones are known and how far we are with them: ``docs/phones.md``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from bridge.core import SignallingProtocol
from bridge.phones import Catalogue, ConfigFamily, DeviceClass, Model
from bridge.provisioning.support import flat_template, profile_template, support

_SHOWN = (DeviceClass.PHONE, DeviceClass.ATA, DeviceClass.SOFTPHONE, DeviceClass.VIDEO)
_HEADING = """\
# Phones

This page is made from the catalogue by `scripts/phones-page.py`; do not edit it.

- **number** is CUCM's device type number: the N of `loadInformationN` in `XMLDefault.cnf.xml`.
- **SIP**, **SCCP**: *simulated* means that files for it are made, and that a simulated phone boots with them in the
  tests; *untested* that files are made, and no simulated phone of the model registers with them; *no file* that none
  are made, and why stands below the table; a dash that there is no such firmware. Nothing here has been proven on
  hardware unless it says so.
- **calls** is the highest number of calls on a line that the phone takes over SIP; `?` where nobody has published it.
- **codecs** are those that public sources name; empty where none does.
- **certainty** says how well public sources support the row.

## How phones get their files

- Phones with **enterprise firmware** ask for `SEP<MAC>.cnf.xml`, adapters of the ATA 187, 190 and 191 for
  `ATA<MAC>.cnf.xml`; each port of such an adapter is a device of its own. They need DHCP option 150 or 66.
- **7940 and 7960 with SIP firmware** take their lines from `SIPDefault.cnf` and `SIP<MAC>.cnf`. They register over UDP,
  and are restarted by a check-sync. The clock of a place whose offset from UTC is no whole hour is left to their menu:
  how to write it is in no public source.
- **7905 and 7912 with SIP firmware, ATA 186 and 188** read a binary profile over TFTP: `ld<mac>`, `gk<mac>` or
  `ata<mac>`. We write it as the maker's tool cfgfmt does, without that tool; octets that the tool gave are in the
  tests. **What stands in it is untested on hardware.** An ATA is taken to run SCCP firmware, as CUCM takes it, and one
  that nobody knows finds the servers in `atadefault.cfg` while new phones are let in; for one with SIP firmware,
  `sepbridge phones add --model "ATA 186" --protocol SIP` makes the profile, in which its first two lines are its two
  ports. Of none of these loads is it known that it would read a profile as plain text. `sepbridge phones file` shows
  the text behind a profile. Profiles are not encrypted (`EncryptKey`). The clock of these phones keeps standard time
  all year. With SIP firmware they register over UDP with the first server of their group only, and a check-sync makes
  them read their profile again.
- Phones with **MPP firmware, the 9800 series, SPA phones and their adapters** read flat-profile XML. Give them
  `http://<server>:6970/$PSN.xml` as their provisioning URL (DHCP option 66, 160 or 159, or the profile rule on their
  web page); the built-in rule of SPA phones, `spa$PSN.cfg`, works too. An SPA phone that is switched to SPCP (its SCCP)
  reads `SEP<MAC>.cnf.xml` and `XMLDefault504G.cnf.xml` instead. That file only names the phone's own,
  `http://<server>:6970/provision/$MA.xml`, which is given out like every file with a password. They register with the
  first server of their group only.
- Such a phone elsewhere gets in with a **one-time code**: `sepbridge onboarding add` prints 16 digits and
  a provisioning URL for its web page. A code works once and lives a week; the window may stay closed. Its address
  must be in `server.allowed_networks`. What is in a code goes over the network in clear, as all that such phones fetch
  from us does.
- A phone whose User-Agent names a model that is in no row below gets no file, and the journey says so; one that was
  added by hand as a model like it gets that model's.
- The same hardware with the other kind of firmware is told apart by what it asks for and by its User-Agent. One that
  names its model over HTTP gets that model's file at once, and needs no second boot; once a phone has registered, its
  registration counts, and no User-Agent over HTTP contradicts it.

A template below `templates` in the state directory replaces the one that is shipped with the same name; one called
`devices/SEP<MAC>.xml` (`.cnf` for text files, `.txt` for binary profiles) is for that phone alone, and may build on
that of its family: `{% extends "88xx/sip.xml" %}`.
`sepbridge phones file PHONE --check` says whether phones can read the result.
"""


def phones_page(catalogue: Catalogue, sccp_simulated: Collection[int]) -> str:
    """The whole page, in Markdown. ``sccp_simulated``: the device types of which there are simulated SCCP phones; of
    SIP phones there are for every model that gets a file."""
    return "\n".join([_HEADING, *_sections(catalogue, sccp_simulated)])


def _sections(catalogue: Catalogue, sccp_simulated: Collection[int]) -> Iterator[str]:
    for family in ConfigFamily:
        if family is ConfigFamily.NONE:
            continue
        models = [model for model in catalogue if model.family is family and model.device_class in _SHOWN]
        if models:
            yield from _section(family, models, sccp_simulated)


def _section(family: ConfigFamily, models: Sequence[Model], sccp_simulated: Collection[int]) -> Iterator[str]:
    yield f"## {family.value}\n"
    yield "| model | number | SIP | SCCP | line keys | calls | codecs | certainty |"
    yield "|---|---|---|---|---|---|---|---|"
    yield from (_row(model, model.number in sccp_simulated) for model in models)
    yield ""
    reasons = {
        f"No file for {protocol} firmware: {found.why}. What to do: {found.fix}."
        for model in models
        for protocol in model.administered or model.protocols
        if not _served(model, protocol) and (found := support(model, protocol)).why
    }
    for reason in sorted(reasons):
        yield reason.replace("<", "&lt;") + "\n"


def _row(model: Model, has_sccp_twin: bool) -> str:
    cells = (
        model.name,
        "" if model.number is None else str(model.number),
        _state(model, SignallingProtocol.SIP, simulated=True),
        _state(model, SignallingProtocol.SCCP, simulated=has_sccp_twin),
        _keys(model),
        "" if SignallingProtocol.SIP not in model.protocols else str(model.max_calls or "?"),
        ", ".join(model.codecs),
        model.evidence.value,
    )
    return f"| {' | '.join(cells)} |"


def _keys(model: Model) -> str:
    if model.line_keys is None:
        return "?"
    return f"{model.line_keys} ({model.more_line_keys})" if model.more_line_keys else str(model.line_keys)


def _state(model: Model, protocol: SignallingProtocol, *, simulated: bool) -> str:
    is_spcp = protocol is SignallingProtocol.SCCP and model.speaks_spcp
    if protocol not in model.protocols and not is_spcp:
        return "–"
    if not _served(model, protocol):
        return "no file"
    return "simulated" if simulated else "untested"


def _served(model: Model, protocol: SignallingProtocol) -> bool:
    if support(model, protocol).supported or profile_template(model, protocol):
        return True
    return protocol is SignallingProtocol.SIP and bool(flat_template(model))
