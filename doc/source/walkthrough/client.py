import socket
import sys

import sctp

client = sctp.sctpsocket_tcp(socket.AF_INET)
client.connect((sys.argv[1], int(sys.argv[2])))
client.sctp_send(b"HELLO")
_, _, answer, _ = client.sctp_recv(2048)
print(answer.decode())
