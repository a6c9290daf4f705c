# SPDX-License-Identifier: Apache-2.0

"""What the lab needs for OVN beside its system packages: OVN's programs, and kernel modules.

This package takes the standard library only: the host, the cloud's servers and the guest use it.
"""
