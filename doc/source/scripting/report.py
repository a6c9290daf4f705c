import sys

import openstack

import kuryrsctp

service = sys.argv[1]
with openstack.connect() as connection:
    try:
        verified = kuryrsctp.verify(connection, service)
        probed = kuryrsctp.probe(connection, service, count=4)
    except kuryrsctp.KuryrSctpError as error:
        sys.exit(f"{service}: {error}")

print(verified.service, verified.status.value)
for finding in verified.failures:
    print(finding.check, finding.resource, finding.detail, finding.hint)
for group in probed.groups:
    if group.outcome:
        print(group.outcome.value, group.backend, group.messages)
