# SPDX-License-Identifier: Apache-2.0

"""``python -m tests.lab``: see `tests.support.lab.cli`."""

import sys

from tests.support.lab import cli

sys.exit(cli.main())
