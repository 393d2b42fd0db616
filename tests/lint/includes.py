"""Arrows point one way: fails on an #include that the architecture does not allow.

Usage: includes.py SOURCE_DIR
"""

import pathlib
import re
import sys

# Inside simulator/ a folder uses only folders listed before it.
ORDER = ["core", "schedule", "codec", "metrics", "board", "config", "dialect", "log", "loop", "child", "net", "bus",
         "uplink", "state", "device", "fleet", "worker", "platform"]
# These need only core (and themselves).
LEAVES = {"schedule", "codec", "metrics", "config", "log"}
CONTROL_MAY = {"core", "loop", "child", "codec", "net", "bus", "config", "dialect", "metrics", "board", "log"}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


def why_not(source, target):
    """The reason why a file at `source` must not include `target`; None when it may. Paths from the root."""
    source_parts, target_parts = source.split("/"), target.split("/")
    area, goal = source_parts[0], target_parts[0]
    if goal not in ("simulator", "devices", "control", "tests"):
        return "includes start at the repository's root"
    if target_parts[-1].startswith("main."):
        return "nobody includes a main"
    if area == "tests":
        return None
    if goal == "tests":
        return "only tests use tests"
    if source_parts[-1] == "main.cc":
        return None
    if area == "simulator":
        if goal != "simulator":
            return "the engine knows no device type and no control"
        mine, theirs = source_parts[1], target_parts[1]
        if mine == theirs:
            return None
        if mine in LEAVES:
            return None if theirs == "core" else f"{mine} needs only core"
        if ORDER.index(theirs) > ORDER.index(mine):
            return f"{theirs} stands above {mine}"
        return None
    if area == "devices":
        return "devices know the engine, not control" if goal == "control" else None
    if area == "control":
        if goal == "devices":
            return "control never sees devices: types describe themselves"
        if goal == "simulator" and target_parts[1] not in CONTROL_MAY:
            return f"control does not use simulator/{target_parts[1]}"
    return None


def main(root):
    wrong = 0
    files = [p for area in ("simulator", "devices", "control", "tests") for p in (root / area).rglob("*")
             if p.suffix in (".h", ".cc")]
    for path in sorted(files):
        source = path.relative_to(root).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            reason = why_not(source, match.group(1)) if match else None
            if reason:
                print(f"{source}:{number}: must not include {match.group(1)}: {reason}")
                wrong += 1
    print(f"{len(files)} files, {wrong} wrong includes")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
