# SPDX-License-Identifier: Apache-2.0

"""Octavia's providers side by side: the same cases, played in the lab of each.

``python -m tests.support.comparison PROVIDER`` in a guest, on the client, prints what was seen of
each case. What is on record of that is what the documentation shows.
"""
