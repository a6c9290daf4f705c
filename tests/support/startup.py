# SPDX-License-Identifier: Apache-2.0

"""What `openstack` loads for a plugin."""

COMMANDS = (
    "kuryrsctp.plugin",
    "kuryrsctp.osc.list",
    "kuryrsctp.osc.verify",
    "kuryrsctp.osc.probe",
)
# What OpenStackClient itself has loaded by the time it loads a plugin's commands.
ALREADY_THERE = ("cliff.columns", "cliff.lister", "osc_lib.command.command", "osc_lib.exceptions")
