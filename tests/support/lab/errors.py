# SPDX-License-Identifier: Apache-2.0

"""What can go wrong with the lab itself.

LabError
└── BootError    the machine did not come up
"""


class LabError(Exception):
    """The lab cannot do what it was asked; the message says why, and what to do."""


class BootError(LabError):
    """The machine did not come up."""
