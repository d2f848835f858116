"""What each `ipmi_*` field of driver_info means, for people; `access.py` says what it may be."""

from collections.abc import Mapping
from typing import Final

# fmt: off
PROPERTIES: Final[Mapping[str, str]] = {
    "ipmi_address": "IP address or host name of the BMC. Required.",
    "ipmi_port": "UDP port of the BMC. Default: 623.",
    "ipmi_username": "User name at the BMC, at most 16 bytes. Default: none.",
    "ipmi_password": "Password at the BMC: at most 20 bytes, or 16 with IPMI 1.5. Default: none.",
    "ipmi_priv_level": "Privilege level: ADMINISTRATOR (default), OPERATOR, USER or CALLBACK.",
    "ipmi_protocol_version": "IPMI version: 2.0 (default) or 1.5.",
    "ipmi_cipher_suite": "Cipher suite of IPMI 2.0, 0 to 17. Default: the best that the BMC takes.",
    "ipmi_hex_kg_key": "Key K_g of two-key authentication: 40 hexadecimal digits. Default: none.",
    "ipmi_bridging": "Controllers between BMC and target: no (default), single or dual.",
    "ipmi_target_channel": "Destination channel of bridged requests. Required for bridging.",
    "ipmi_target_address": "Destination address of bridged requests. Required for bridging.",
    "ipmi_local_address": "Own address for bridged requests. Used with bridging only.",
    "ipmi_transit_channel": "Transit channel of doubly bridged requests. Required for dual bridging.",
    "ipmi_transit_address": "Transit address of doubly bridged requests. Required for dual bridging.",
    "ipmi_terminal_port": "TCP port of the console. Default: one of baremetal.console_port_range.",
    "ipmi_force_boot_device": "Tell the BMC its persistent boot device anew before every start, since "
    "it forgets. Default: false.",
    "ipmi_disable_boot_timeout": "Keep the BMC from dropping a boot device after 60 s. Default: true.",
}
# fmt: on
