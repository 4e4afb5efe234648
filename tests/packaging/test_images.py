"""The images of docker/, built without an engine and run as compose.yaml runs them: phones come up and call.

What an engine would do is done by hand here: the volumes are directories, the host's network is one of the test's own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.packaging.roots import HERE
from tests.peers import missing, peer

_ENVIRONMENT = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}


def buildah(*words: str) -> str:
    done = subprocess.run(
        [peer("buildah"), *words], capture_output=True, text=True, env=_ENVIRONMENT, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def images() -> None:
    if os.geteuid() != 0:
        missing("building images with buildah needs root")
    peer("buildah")
    peer("debootstrap")
    done = subprocess.run(
        [HERE / "scripts" / "build-images.sh", "bridge", "asterisk", "dnsmasq"],
        capture_output=True, text=True, timeout=600, check=False, cwd=HERE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["sepbridge", "sepbridge-asterisk", "sepbridge-dhcp"]


@contextmanager
def unpacked(image: str) -> Iterator[Path]:
    """The root of a container of that image."""
    container = buildah("from", "--pull-never", f"localhost/{image}")
    try:
        yield Path(buildah("mount", container))
    finally:
        buildah("rm", container)


def settings_of(image: str) -> dict[str, object]:
    return dict(json.loads(buildah("inspect", "--type", "image", f"localhost/{image}"))["Docker"]["config"])


# One shell in a network, process table and mount table of its own. $1: root of the bridge, $2: of Asterisk, $3: etc of
# Asterisk, $4: etc of the bridge. "Containers" differ only in their root and user.
_RUN = r"""
set -e
ip link set lo up
for root in "$1" "$2"; do
    mkdir -p "$root/proc" "$root/dev" "$root/etc/asterisk"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --bind "$3" "$root/etc/asterisk"
done
mkdir -p "$1/etc/sepbridge"
mount --bind "$4" "$1/etc/sepbridge"
export PATH=/opt/sepbridge/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/var/lib/sepbridge LC_ALL=C.UTF-8
bridge() { chroot --userspec=6970:6970 "$root" "$@"; }
root=$1
setup() {
    chroot "$root" start-sepbridge setup asterisk --etc /etc/asterisk --toml /etc/sepbridge/sepbridge.toml \
        --owner sepbridge --yes
}
setup
echo "--- again"
setup
chroot --userspec=asterisk:asterisk "$2" asterisk -f >/tmp/asterisk.log 2>&1 &
export SEPBRIDGE_SERVER_ADDRESS=127.0.0.1
chroot --userspec=6970:6970 "$root" start-sepbridge serve >&2 &
bridge=$!
for try in $(seq 100); do
    if bridge start-sepbridge healthy 2>/dev/null && bridge start-sepbridge status >/dev/null 2>&1; then break; fi
    sleep 0.3
done
bridge start-sepbridge healthy
echo "--- script"
# What Asterisk does when somebody dials the code for self-provisioning: it runs our script, which asks the bridge.
printf 'agi_callerid: 3000\n\n200 result=0\n200 result=0\n' |
    chroot --userspec=asterisk:asterisk "$2" /etc/asterisk/sepbridge/agi-bin/sepbridge-selfprovision 3000
echo "--- scripted"
bridge start-sepbridge autoregistration range 3000-3009
bridge start-sepbridge autoregistration protocol SIP
bridge start-sepbridge autoregistration enable --for 5m --force
echo "--- phones"
phone() {
    mkfifo "$3"
    bridge start-sepbridge lab phone --mac "$1" --tftp 127.0.0.1:69 --http 127.0.0.1:6970 --for 150s <"$3" >"$2" 2>&1 &
}
# Waits until the file $1 has $3 lines with $2.
comes() {
    for try in $(seq 200); do
        if [ "$(grep -c "$2" "$1")" -ge "$3" ]; then return; fi
        sleep 0.2
    done
    cat "$1"
    exit 1
}
there=$(mktemp -d)
phone 001122AABB01 $there/one $there/to-one
exec 3>$there/to-one
comes $there/one "registered at" 2
phone 001122AABB02 $there/two $there/to-two
exec 4>$there/to-two
comes $there/two "registered at" 2
echo "call 3000" >&4
comes $there/one "type answer" 1
echo answer >&3
comes $there/one "hears [0-9]* Hz" 1
comes $there/two "hears [0-9]* Hz" 1
echo quit >&4
echo quit >&3
cat $there/one $there/two
echo "--- list"
bridge start-sepbridge phones list --json
echo "--- doctor"
chroot "$root" sepbridge doctor --json || true
echo "--- end"
kill $bridge
wait $bridge && echo "ended: $?"
"""


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("images")
def test_the_images_run_as_compose_runs_them(tmp_path: Path) -> None:
    with ExitStack() as stack:
        bridge, asterisk = (stack.enter_context(unpacked(image)) for image in ("sepbridge", "sepbridge-asterisk"))
        etc, own = tmp_path / "etc-asterisk", tmp_path / "etc-sepbridge"
        # A new volume is filled from the image, and keeps its owners.
        subprocess.run(["cp", "-a", asterisk / "etc/asterisk", etc], check=True)
        subprocess.run(["cp", "-a", bridge / "etc/sepbridge", own], check=True)
        done = subprocess.run(
            [
                *(peer("unshare"), "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _RUN, "run"),
                *(bridge, asterisk, etc, own),
            ],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    assert said.split("--- again")[1].strip().startswith("Everything is as it should be already.")
    spoken = said.split("--- script\n")[1].split("--- scripted")[0]
    # It was told what to say, and in which language: of its own it knows no more than that one may call later.
    assert 'SET VARIABLE "CHANNEL(language)"' in spoken, said + done.stderr
    assert "please-try-call-later" not in spoken
    # Each hears the other's tone: signalling and sound go through the images' own Asterisk.
    assert re.search(r"SEP001122AABB01 hears \d+ Hz", said), said
    assert re.search(r"SEP001122AABB02 hears \d+ Hz", said), said
    listed, examined = said.split("--- list")[1].split("--- end")[0].split("--- doctor")
    # In the image, as root, everything can be looked at: nothing is missing there that the doctor asks.
    report = json.loads(examined)
    found = {each["code"]: each["weight"] for check in report["checks"] for each in check["findings"]}
    assert [each for each in found if each.startswith("unchecked_")] == [], report
    # The network of this test is a loopback alone, which is all that phones are told.
    assert [each for each, weight in found.items() if weight == "problem"] == ["address_loopback"], report
    phones = json.loads(listed)
    assert {phone["lines"][0]["line"]["number"] for phone in phones["phones"]} == {"3000", "3001"}, said
    assert "ended: 0" in said


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("images")
def test_the_image_of_the_bridge_is_one_for_production() -> None:
    settings = settings_of("sepbridge")
    assert settings["User"] == "sepbridge"
    assert settings["Healthcheck"]["Test"] == ["CMD", "start-sepbridge", "healthy"]  # type: ignore[index]  # what JSON holds
    assert set(settings["Volumes"]) == {"/var/lib/sepbridge", "/etc/sepbridge"}  # type: ignore[call-overload]  # what JSON holds
    assert "69/udp" in settings["ExposedPorts"]  # type: ignore[operator]  # what JSON holds
    assert settings_of("sepbridge-asterisk")["User"] == "asterisk"
