# SPDX-License-Identifier: Apache-2.0

"""What an API refuses to store, put into its database for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.cloud import Cloud


@contextmanager
def stored_row(
    cloud: Cloud, table: str, row_id: str, *, key: str = "id", **values: object
) -> Iterator[None]:
    """Change the columns of a row of Octavia's database; put them back in the end."""
    asked = f"SELECT {', '.join(values)} FROM {table} WHERE {key} = ?"
    ((*before,),) = cloud.sql("octavia", asked, [row_id])
    names = ", ".join(f"{name} = ?" for name in values)
    change = f"UPDATE {table} SET {names} WHERE {key} = ?"
    cloud.sql("octavia", change, [*values.values(), row_id])
    try:
        yield
    finally:
        cloud.sql("octavia", change, [*before, row_id])
