# SPDX-License-Identifier: Apache-2.0

"""What follows from verify and probe together."""

from unittest.mock import create_autospec

import pytest

from kuryrsctp.diagnosis import Diagnosis
from kuryrsctp.model import Conclusion
from kuryrsctp.prober.statistics import ProbeReport
from kuryrsctp.verifier.report import Finding, Status, VerifyReport

OK, WRONG, INCONCLUSIVE = Conclusion.OK, Conclusion.WRONG, Conclusion.INCONCLUSIVE


@pytest.mark.parametrize(
    ("status", "probed", "conclusion"),
    [
        (Status.OK, OK, OK),
        (Status.WARN, OK, OK),
        (Status.OK, WRONG, WRONG),
        (Status.FAIL, OK, WRONG),
        (Status.FAIL, None, WRONG),
        (Status.OK, None, INCONCLUSIVE),
        (Status.SKIP, OK, INCONCLUSIVE),
        (Status.OK, INCONCLUSIVE, INCONCLUSIVE),
    ],
)
def test_a_service_is_well_only_if_it_is_both_ways(
    status: Status, probed: Conclusion | None, conclusion: Conclusion
) -> None:
    verified = VerifyReport("core/amf", (Finding("a-check", status, "core/amf", "as it is"),))
    fake_report = create_autospec(ProbeReport, instance=True, conclusion=probed)
    diagnosis = Diagnosis(
        service="core/amf", verified=verified, probed=fake_report if probed else None
    )
    assert diagnosis.conclusion is conclusion
