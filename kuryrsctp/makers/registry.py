# SPDX-License-Identifier: Apache-2.0

"""The makers that are known. A new one is a module with a Maker, and its place here."""

from kuryrsctp.makers.kuryr import KURYR
from kuryrsctp.makers.maker import Maker
from kuryrsctp.makers.occm import OCCM

# A tag tells more than a name, so the maker that sets tags is asked first.
MAKERS: tuple[Maker, ...] = (OCCM, KURYR)
