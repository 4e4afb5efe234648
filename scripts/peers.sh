#!/bin/sh
# Installs the programs that the tests and benches use as judges: none of them is ours.
set -eu
cd "$(dirname "$0")/.."
scripts/apt-install.sh tshark sip-tester baresip-core tftp-hpa tftpd-hpa atftp dnsmasq-base curl openssl busybox \
    postgresql mariadb-server iproute2 util-linux kea-dhcp4-server isc-dhcp-server gcc libc6-dev espeak-ng chromium nftables \
    buildah debootstrap pipx systemd
# Debian lets only one of atftpd and tftpd-hpa be installed; the second is unpacked beside the checkout.
scripts/peers-atftpd.sh
scripts/peers-proxies.sh
