# SPDX-License-Identifier: Apache-2.0

"""Tells cheaply whether anything of some load balancers has changed: from Octavia's database."""

_STATUSES = "id, provisioning_status, operating_status, enabled, updated_at"

# To be formatted with the query of the load balancers' IDs.
PARTS = " UNION ALL ".join(
    (
        f"WITH own AS ({{own}}) SELECT {_STATUSES} FROM load_balancer WHERE id IN own",
        f"SELECT {_STATUSES} FROM listener WHERE load_balancer_id IN own",
        f"SELECT {_STATUSES} FROM pool WHERE load_balancer_id IN own",
        f"SELECT {_STATUSES} FROM member WHERE pool_id IN"
        " (SELECT id FROM pool WHERE load_balancer_id IN own)",
    )
)
