# SPDX-License-Identifier: Apache-2.0

"""The commands: arguments in, rows and exit status out."""
