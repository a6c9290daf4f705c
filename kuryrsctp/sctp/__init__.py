# SPDX-License-Identifier: Apache-2.0


"""SCTP associations: the only package that opens SCTP sockets.

Outcomes out, no OpenStack in. pysctp is imported only once a client's socket is
opened, so that a server needs the standard library alone.
"""
