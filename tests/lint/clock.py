"""Time is injected: fails when a file asks the system for it, or a unit or scenario test sleeps.

Usage: clock.py SOURCE_DIR
"""

import pathlib
import re
import sys

ASKS = re.compile(r"\b(steady_clock|system_clock|high_resolution_clock)::now\b|\bclock_gettime\s*\(|\bgettimeofday\s*\(|"
                  r"\btime\s*\(\s*(nullptr|NULL|0)\s*\)")
SLEEPS = re.compile(r"\bsleep_(for|until)\b|\bu?sleep\s*\(|\bnanosleep\s*\(")
# Files that may ask, each with its reason.
MAY_ASK = {
    "simulator/core/real_clock.cc",  # it is the clock
}


def main(root):
    wrong = 0
    for area in ("simulator", "devices", "control", "tests/unit", "tests/scenario", "tests/support"):
        for path in sorted((root / area).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            name = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                code = line.split("//")[0]
                if ASKS.search(code) and name not in MAY_ASK:
                    print(f"{name}:{number}: asks the system for the time: inject a Clock")
                    wrong += 1
                if SLEEPS.search(code):
                    print(f"{name}:{number}: sleeps: wait for a condition, on virtual time in tests")
                    wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
