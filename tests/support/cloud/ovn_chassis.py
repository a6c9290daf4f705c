# SPDX-License-Identifier: Apache-2.0

"""The one host of a cloud with OVN, as it is known on both sides: to the databases and in the host.

This module takes the standard library only.
"""

NAME = "lab"
SOCKET = "ovn.sock"
"""Where both databases are to be had, in the cloud's state."""
PHYSICAL_NETWORK = "public"
BRIDGE = "br-ex"
"""What carries the physical network on the host."""
ENCAPSULATION = ("geneve", "127.0.0.1")
OPTIONS = {
    "ovn-bridge-mappings": f"{PHYSICAL_NETWORK}:{BRIDGE}",
    "ovn-cms-options": "enable-chassis-as-gw",
}
