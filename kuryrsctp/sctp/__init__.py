# SPDX-License-Identifier: Apache-2.0


"""SCTP associations: the only package that opens SCTP sockets.

It knows nothing of OpenStack. pysctp is imported only when a client's socket is opened, so that
a server needs nothing but the standard library.
"""
