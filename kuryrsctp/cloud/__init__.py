# SPDX-License-Identifier: Apache-2.0

"""OpenStack's APIs, read-only: the only code that talks to them."""
