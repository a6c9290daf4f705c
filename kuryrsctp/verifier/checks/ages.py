# SPDX-License-Identifier: Apache-2.0

"""How long ago Octavia changed an object: as a number, in words, and what it means."""

from datetime import datetime

from kuryrsctp.model import Part, is_pending

# Seconds after a change in which an object may not be ONLINE yet, as Octavia only learns that it
# works from the next report of the amphora, which comes every 10 s; and in which its maker may
# still be at work: makers take up to 7 s from one part to the next.
FRESH = 60.0

# Seconds after which a change does not end any more: Octavia repeats its own for up to 2 h 45 min.
STUCK = 3 * 3600.0

# The seconds from which a unit is used, and its length: of hours and days there are at least two.
_UNITS = ((2 * 86400, 86400, "days"), (2 * 3600, 3600, "h"), (60, 60, "min"))


def age_of(changed_at: datetime | None, now: datetime | None) -> float | None:
    """Return the seconds since a change, None if they are not known; a future one is 0 old."""
    if changed_at is None or now is None:
        return None
    return max(0.0, (now - changed_at).total_seconds())


def is_fresh(part: Part, now: datetime) -> bool:
    """Tell whether an object was made or changed a moment ago."""
    age = age_of(part.changed_at, now)
    return age is not None and age < FRESH


def is_stuck(part: Part, now: datetime) -> bool:
    """Tell whether a change to an object has taken so long that it does not end any more."""
    age = age_of(part.changed_at, now)
    return is_pending(part) and age is not None and age > STUCK


def is_changing(part: Part, now: datetime) -> bool:
    """Tell whether a change to an object is under way, and may still end."""
    return is_pending(part) and not is_stuck(part, now)


def in_words(seconds: float) -> str:
    """Return a duration as a person tells it, in whole units, such as 45 s, 10 min or 329 days."""
    for least, length, unit in _UNITS:
        if seconds >= least:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"
