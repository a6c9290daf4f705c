# SPDX-License-Identifier: Apache-2.0

"""What a probe costs, beside what SCTP itself costs."""
