#!/bin/sh
set -eu
: "${INTERFACE:?set INTERFACE, the network card towards the phones}"
: "${RANGE:?set RANGE, for example 192.0.2.100,192.0.2.200,12h}"
: "${ADDRESS:?set ADDRESS, the address of sepbridge for the phones}"
# Option 150 is the one that phones prefer, 66 the one that others know.
exec dnsmasq --keep-in-foreground --pid-file= --log-facility=- --log-dhcp --port=0 --bind-interfaces --interface="$INTERFACE" \
    --dhcp-range="$RANGE" --dhcp-option=150,"$ADDRESS" --dhcp-option=66,"$ADDRESS"
