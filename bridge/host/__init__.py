"""What this machine says of itself: addresses, packet filter, clock, units, certificates, ports that answer."""
