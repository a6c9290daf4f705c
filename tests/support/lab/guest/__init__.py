# SPDX-License-Identifier: Apache-2.0

"""What runs inside the guest, on the distribution's own Python, with the standard library only."""
