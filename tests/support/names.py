# SPDX-License-Identifier: Apache-2.0

"""Any valid names of Kubernetes, for tests that hold for all of them."""

import string

from hypothesis import strategies as st

from kuryrsctp.naming import ServiceName

_EDGES = string.ascii_lowercase + string.digits
labels = st.builds(
    lambda first, middle, last: first + middle + last,
    st.sampled_from(_EDGES),
    st.text(_EDGES + "-", max_size=61),
    st.sampled_from(_EDGES),
)
services = st.builds(ServiceName, labels, labels)
ports = st.integers(1, 65535)
targets = st.lists(labels, min_size=1, max_size=3).map(".".join)
