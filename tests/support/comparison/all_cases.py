# SPDX-License-Identifier: Apache-2.0

"""All cases, in the order in which the page has them."""

from tests.support.comparison import associations, faults, options, part_cases
from tests.support.comparison.cases import Case

CASES: tuple[Case, ...] = (*part_cases.CASES, *faults.CASES, *associations.CASES, *options.CASES)
