# Sends bytes over one connection, and writes how many answers came to a file. Ends if one is lost.
import os
import socket
import sys
import time

file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
connection = socket.create_connection(("10.77.0.50", 7000), 10)
connection.settimeout(None)
answers = connection.makefile()
count = 0
while True:
    connection.sendall(b"x")
    if int(answers.readline()) != count + 1:
        sys.exit("an answer is lost")
    count += 1
    os.pwrite(file, b"%010d" % count, 0)
    time.sleep(0.01)
