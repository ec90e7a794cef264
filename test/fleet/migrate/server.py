# Counts its visitors' bytes, and answers each with the count.
import socket

listener = socket.socket()
listener.bind(("10.77.0.50", 7000))
listener.listen()
count = 0
while True:
    connection, _ = listener.accept()
    while connection.recv(1):
        count += 1
        connection.sendall(b"%d\n" % count)
