# Threads share a dictionary under a lock, and wait for a condition. A generator is suspended midway.
import os
import threading
import time

secret = os.urandom(8).hex()
counts = {}
lock = threading.Lock()
turn = threading.Condition(lock)


def squares():
    number = 0
    while True:
        number += 1
        yield number * number


def work(name):
    numbers = squares()
    while True:
        with turn:
            turn.wait(0.05)
            counts[name] = (counts.get(name, (0, 0))[0] + 1, next(numbers))


for name in ("ada", "grace", "edsger"):
    threading.Thread(target=work, args=(name,), daemon=True).start()
while True:
    time.sleep(0.02)
    with turn:
        turn.notify_all()
        line = " ".join(f"{name} {count} {square}" for name, (count, square) in sorted(counts.items()))
    with open("state.new", "w") as file:
        file.write(f"{secret} {threading.active_count()} {line}")
    os.rename("state.new", "state")
