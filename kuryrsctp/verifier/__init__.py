# SPDX-License-Identifier: Apache-2.0

"""What Octavia and Neutron hold for SCTP services: is it right?"""
