# SPDX-License-Identifier: Apache-2.0

"""``python -m tests.lab``: see `tests.lab.cli`."""

import sys

from tests.lab import cli

sys.exit(cli.main())
