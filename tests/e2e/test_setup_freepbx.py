"""From a FreePBX that never heard of sepbridge to a phone that is one of its extensions, by ``sepbridge setup``."""

from __future__ import annotations

import json
from pathlib import Path

from bridge.core import MacAddress
from bridge.lab.asterisk import LabHouse, LabPorts, PrivateAsterisk, free_port
from bridge.lab.filefetch import FileServer
from bridge.lab.freepbx import SimulatedFreePbx
from bridge.lab.freepbxsite import FreePbxSite
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import Registered
from bridge.lab.phonetiming import LAB_TIMING
from bridge.pbx.freepbxinstall import plan, undo_plan
from bridge.pbx.install import apply
from tests.e2e.programs import run
from tests.e2e.test_setup import PATIENCE, serving


def tree(etc: Path) -> dict[str, str]:
    return {str(each.relative_to(etc)): each.read_text() for each in etc.rglob("*.conf")}


def fwconsole(root: Path, asterisk: PrivateAsterisk) -> None:
    """FreePBX's program, as far as applying goes; what it generates is up to the simulated pages."""
    program = root / "usr/sbin/fwconsole"
    program.parent.mkdir(parents=True)
    command = " ".join(f"'{word}'" for word in asterisk.cli_command)
    program.write_text(f"#!/bin/sh\n[ \"$1\" = reload ] || exit 2\nexec {command} 'core reload'\n")
    program.chmod(0o755)


async def test_a_freepbx_its_first_phone_and_back(tmp_path: Path) -> None:
    root = tmp_path / "r"
    site = FreePbxSite()
    house = LabHouse(site.move_in, plan, site.transports)
    asterisk = PrivateAsterisk(root, ports=LabPorts(sip=free_port(), ami=free_port()), house=house)
    async with asterisk, SimulatedFreePbx(site, asterisk.cli) as freepbx:
        apply(undo_plan(asterisk.etc))
        await asterisk.cli("core reload")
        fwconsole(root, asterisk)
        before = tree(asterisk.etc)
        account = tmp_path / "api.json"
        account.write_text(
            "Generating credentials\n"
            + json.dumps(
                {
                    "graphql_url": f"{freepbx.url}/admin/api/api/gql",
                    "client_id": freepbx.client_id,
                    "client_secret": freepbx.client_secret,
                }
            )
        )
        tftp, http, sccp, doorway = (free_port() for _ in range(4))
        said = await run(
            *("setup", "--root", str(root), "--etc", str(asterisk.etc), "--yes", "--address", "127.0.0.1"),
            *("--credentials", str(account), "--range", "1000-1099", "--protocol", "SIP", "--open", "30m"),
            *("--setting", f'tftp.listen=["127.0.0.1:{tftp}"]', "--setting", f'http.listen=["127.0.0.1:{http}"]'),
            *("--setting", f'sccp.listen=["127.0.0.1:{sccp}"]', "--setting", f'sip.doorway=["127.0.0.1:{doorway}"]'),
            *("--setting", "files.secrets_to=any", "--setting", "files.unknown_per_minute=0"),
        )
        assert "FreePBX has applied its configuration." in said
        assert freepbx.client_secret not in said
        config = root / "etc/sepbridge/sepbridge.toml"
        await run("--config", str(config), "site", "regions", "set", "Default", "codecs=ulaw,alaw")
        async with serving(config):
            phone = SimulatedPhone(
                "8841", MacAddress("001122334401"), FileServer(("127.0.0.1", tftp), ("127.0.0.1", http)),
                timing=LAB_TIMING,
            )  # fmt: skip
            try:
                phone.power_on()
                await phone.wait_for(Registered, within=PATIENCE)
                assert set(site.extensions) == {"1000"}
                report = json.loads(await run("--config", str(config), "doctor", "--json"))
                assert report["problems"] == 0, report
                # Asterisk has the code for self-provisioning that setting up chose, beside FreePBX's own.
                shown = await asterisk.cli("dialplan show *59@from-internal")
                assert "sepbridge-selfprovision" in shown
            finally:
                await phone.power_off()
        await run("setup", "--root", str(root), "--etc", str(asterisk.etc), "--undo", "--with-data", "--yes")
        left = tree(asterisk.etc)
        changed = {name for name in before if left.get(name) != before[name]}
        # Its extension stays, as FreePBX has it.
        generated = {f"pjsip.{part}.conf" for part in ("endpoint", "aor", "auth")}
        assert changed <= {"extensions_additional.conf", *generated}
        assert not [name for name in left if name.startswith("sepbridge/") and name not in before]
