# SPDX-License-Identifier: Apache-2.0

"""Tells cheaply whether anything of some load balancers has changed: from Octavia's database."""

_STATUSES = "id, provisioning_status, operating_status, enabled, updated_at"

# To be formatted with the query of the load balancers' IDs. A row's first column is one of them.
PARTS = " UNION ALL ".join(
    (
        f"WITH own AS ({{own}}) SELECT id, {_STATUSES} FROM load_balancer WHERE id IN own",
        f"SELECT load_balancer_id, {_STATUSES} FROM listener WHERE load_balancer_id IN own",
        f"SELECT load_balancer_id, {_STATUSES} FROM pool WHERE load_balancer_id IN own",
        "SELECT pool.load_balancer_id, "
        + ", ".join(f"member.{column}" for column in _STATUSES.split(", "))
        + " FROM member JOIN pool ON pool.id = pool_id WHERE pool.load_balancer_id IN own",
    )
)
