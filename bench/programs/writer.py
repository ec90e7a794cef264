"""writer.py MIB: memory in which no two pages are equal; writes to another page every millisecond."""
import os
import sys
import time

memory = bytearray(b"".join(os.urandom(1 << 20) for _ in range(int(sys.argv[1]))))
page = 0
while True:
    memory[page * 4096 % len(memory)] = page % 256
    page += 1
    time.sleep(0.001)
