# Sends bytes over one connection until its standard input ends. Prints how many answers came, and the longest wait for one in milliseconds.
import select
import socket
import sys
import time

connection = socket.create_connection(("10.77.0.50", 7000), 10)
answers = connection.makefile()
count = longest = 0
while not select.select([sys.stdin], [], [], 0.01)[0]:
    asked = time.monotonic()
    connection.settimeout(60)
    connection.sendall(b"x")
    if int(answers.readline()) != count + 1:
        sys.exit("an answer is lost")
    count += 1
    if count == 1:
        print("connected", flush=True)
    longest = max(longest, time.monotonic() - asked)
print(count, round(longest * 1000))
