"""What keeps phones from coming up on a FreePBX, with the way through its menus (reference: FreePBX, sections 6, 7)."""

from __future__ import annotations

from bridge.core.findings import Weight
from bridge.doctor.ailment import Ailment, Area

_SIP_SETTINGS = "Settings > Asterisk SIP Settings > SIP Settings [chan_pjsip]"
_APPLICATIONS = "Admin > API > Applications"

NOT_CONFIGURED = Ailment(
    "freepbx_not_configured",
    Area.FREEPBX,
    Weight.PROBLEM,
    "this is a FreePBX, and the settings have no section [freepbx]",
    "sepbridge then takes its Asterisk for a plain one, and writes where FreePBX reads nothing",
    "fwconsole api gql genclientcred pbx.example.com > api.json, then sepbridge setup --credentials api.json",
)
TRANSPORT = Ailment(
    "freepbx_transport",
    Area.FREEPBX,
    Weight.PROBLEM,
    "FreePBX has SIP over TCP, or over UDP, switched off",
    "newer Cisco phones register over TCP, a 7940 or 7960 over UDP; FreePBX has TCP off as it comes",
    f"{_SIP_SETTINGS} > Transports: set tcp - 0.0.0.0 - All to Yes, Submit, Apply Config; then restart Asterisk "
    "(fwconsole restart), since a new transport needs that",
)
FIREWALL = Ailment(
    "freepbx_firewall",
    Area.FREEPBX,
    Weight.PROBLEM,
    "FreePBX's firewall does not know the phones' network",
    "TFTP (69/udp), 6970/tcp, SCCP (2000/tcp) and 5070 are closed to networks that it does not trust",
    "Connectivity > Firewall > Networks: add the network, zone Trusted (Excluded from Firewall), Save",
)
BAN = Ailment(
    "freepbx_ban",
    Area.FREEPBX,
    Weight.PROBLEM,
    "fail2ban keeps out an address of the phones' network",
    "it tried wrong passwords several times; phones do that with an old file",
    "fail2ban-client unban the address, and put the phones' network on the whitelist: Connectivity > Firewall > "
    "Intrusion Detection in 17, Admin > System Admin > Intrusion Detection in 16",
)
API = Ailment(
    "freepbx_api",
    Area.FREEPBX,
    Weight.PROBLEM,
    "FreePBX's API does not answer",
    "its web server does not run, or freepbx.url leads elsewhere",
    "open freepbx.url in a browser on this machine; see that the web server runs",
)
MODULE = Ailment(
    "freepbx_module",
    Area.FREEPBX,
    Weight.PROBLEM,
    "FreePBX's web server answers, its API does not",
    "the module PBX API is not installed or not enabled",
    "Admin > Module Admin: PBX API, install and enable it, Apply Config",
)
ACCOUNT = Ailment(
    "freepbx_account",
    Area.FREEPBX,
    Weight.PROBLEM,
    "FreePBX's API does not know our application",
    "freepbx.client_id or the client's secret are not those of an application there",
    f"{_APPLICATIONS}, or fwconsole api gql genclientcred pbx.example.com: put id and secret into [freepbx]",
)
SCOPE = Ailment(
    "freepbx_scope",
    Area.FREEPBX,
    Weight.PROBLEM,
    "our application may not do what sepbridge needs",
    "it was made without the scopes for extensions or reloads",
    f"{_APPLICATIONS}: an application with the scopes gql:core and gql:framework; then put its id and secret into "
    "[freepbx]",
)
PORT_69 = Ailment(
    "freepbx_port_69",
    Area.FREEPBX,
    Weight.PROBLEM,
    "another program answers on port 69",
    "FreePBX's distribution brings a TFTP server along, for other makers' phones",
    'let sepbridge work beside it (tftp.mode = "beside", see `sepbridge tftp check`), or end it: systemctl disable '
    "--now tftpd-hpa in 17, systemctl disable --now tftp.socket or xinetd's tftp in 16",
)
STALE = Ailment(
    "freepbx_stale_section",
    Area.FREEPBX,
    Weight.PROBLEM,
    "a custom file adds to a section that does not exist, [1001](+)",
    "Asterisk ignores everything that stands behind it in this file, what sepbridge includes as well",
    "take that section out of the file; then fwconsole reload",
)
INCLUDES = Ailment(
    "freepbx_includes_missing",
    Area.FREEPBX,
    Weight.PROBLEM,
    "files of sepbridge, or lines in FreePBX's custom files that include them, are missing",
    "without them phones have neither their options nor their services, and sepbridge no manager account",
    "sepbridge setup freepbx, then fwconsole reload",
)
AILMENTS = (*(NOT_CONFIGURED, TRANSPORT, FIREWALL, BAN, API, MODULE, ACCOUNT, SCOPE, PORT_69, STALE, INCLUDES),)
