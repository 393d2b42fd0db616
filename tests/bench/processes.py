"""Processes as the kernel counts them, and what the programs of this folder say when they end."""

import os
import pathlib
import signal
import subprocess
import sys

TICKS = os.sysconf("SC_CLK_TCK")


def say(text):
    print(text, file=sys.stderr, flush=True)


def die(text):
    say(f"{pathlib.Path(sys.argv[0]).name}: {text}")
    sys.exit(1)


def read(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def family(pid):
    """The process and all below it: {pid: name}."""
    parents = {}
    names = {}
    for entry in os.listdir("/proc"):
        text = read(f"/proc/{entry}/stat") if entry.isdigit() else ""
        if not text:
            continue
        names[int(entry)] = text[text.index("(") + 1:text.rindex(")")]
        parents[int(entry)] = int(text[text.rindex(")") + 2:].split()[1])
    found = {pid: names.get(pid, "")}
    grew = True
    while grew:
        grew = False
        for child, parent in parents.items():
            if parent in found and child not in found:
                found[child] = names[child]
                grew = True
    return found


def usage(processes):
    """CPU seconds by pid."""
    out = {}
    for pid in processes:
        text = read(f"/proc/{pid}/stat")
        if text:
            fields = text[text.rindex(")") + 2:].split()
            out[pid] = (int(fields[11]) + int(fields[12])) / TICKS
    return out


def resident(pid):
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def load():
    return read("/proc/loadavg").split()[0]


def need(*files):
    for file in files:
        if not os.access(file, os.X_OK):
            die(f"{file} is missing: cmake --preset release && cmake --build build/release")


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
