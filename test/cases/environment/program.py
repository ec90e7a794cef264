import os, subprocess, sys, time

print("ready", file=open("ready", "w"))
while not os.path.exists("go"):
    time.sleep(0.01)

show = "import os\nfor n in ('GROW', 'SAME', 'ADDED'): v = os.environ.get(n, ''); print('%s', n, v[:5], len(v))"


def say(who):
    out = sys.stdout
    exec(show % who)
    out.flush()
    subprocess.run([sys.executable, "-c", show % "child"], stdout=out)


with open("verdict", "w") as sys.stdout:
    say("self")
    os.environ["GROW"] += "again"
    del os.environ["SAME"]
    say("later")
os.rename("verdict", "result")
