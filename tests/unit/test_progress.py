# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The progress bar of long looks."""

import io
import os
import pty
import re
import time

from kuryrsctp.osc import progress


def test_a_terminal_is_shown_count_rate_and_time_left() -> None:
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as terminal:
        for _ in progress.shown((time.sleep(0.01) for _ in range(80)), 80, terminal):
            pass
        seen = os.read(reader, 1 << 16).decode()
    os.close(reader)
    assert re.search(r"[1-9]\d*/80\b.*\d+/s.*\d:\d\d:\d\d.*left", seen)


def test_nothing_is_shown_elsewhere() -> None:
    stream = io.StringIO()
    assert list(progress.shown(range(3), 3, stream)) == [0, 1, 2]
    assert stream.getvalue() == ""
