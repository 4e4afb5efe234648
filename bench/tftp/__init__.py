"""The TFTP server beside tftpd-hpa, atftpd and dnsmasq."""
