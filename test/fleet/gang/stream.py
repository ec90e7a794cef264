# Sends consecutive numbers over one connection, both ways and without waiting, and writes to a file which number came last, and which was sent last. If a
# number is missing or comes twice, or the connection breaks, it writes why, and ends. The listener reads slowly, so its queue is full; what it sends is on
# its way.
import os
import select
import socket
import struct
import sys
import time

file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
is_listener = sys.argv[2:] == ["listen"]
if is_listener:
    listener = socket.socket()
    listener.bind(("10.77.0.50", 7000))
    listener.listen()
    connection, _ = listener.accept()
else:
    connection = socket.create_connection(("10.77.0.50", 7000), 10)
connection.setblocking(False)
# Small queues, so that what is sent now soon arrives.
for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
    connection.setsockopt(socket.SOL_SOCKET, option, 16384)


def end(why):
    os.pwrite(file, why.encode(), 0)
    sys.exit(why)


sent = received = 0
output = input = b""
while True:
    readable, writable, _ = select.select([connection], [connection], [], 1)
    try:
        if writable:
            while len(output) < 4096:
                sent += 1
                output += struct.pack("!Q", sent)
            output = output[connection.send(output):]
        if readable:
            part = connection.recv(2048 if is_listener else 65536)
            if not part:
                end("the connection is closed")
            input += part
            whole = len(input) // 8 * 8
            for (number,) in struct.iter_unpack("!Q", input[:whole]):
                if number != received + 1:
                    end(f"{number} follows {received}")
                received = number
            input = input[whole:]
            os.pwrite(file, b"%010d %010d" % (received, sent), 0)
    except OSError as error:
        end(str(error))
    time.sleep(0.002)
