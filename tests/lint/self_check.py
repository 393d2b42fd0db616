"""The lint rules themselves: each must refuse what it is there to refuse."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import clock
import includes
import tree

ALLOWED = [
    ("simulator/fleet/shard.cc", "simulator/device/device.h"),
    ("simulator/worker/main.cc", "devices/all_devices.h"),
    ("devices/ip_camera/ip_camera.cc", "simulator/device/device.h"),
    ("control/server/main.cc", "simulator/bus/command.h"),
    ("tests/unit/a_test.cc", "control/cli/app.h"),
]
REFUSED = [
    ("simulator/fleet/shard.cc", "devices/all_devices.h"),
    ("simulator/core/ids.h", "simulator/loop/event_loop.h"),
    ("simulator/codec/json/writer.h", "simulator/schedule/pacing.h"),
    ("simulator/bus/command.h", "simulator/fleet/shard.h"),
    ("control/cli/app.cc", "devices/all_devices.h"),
    ("control/server/state.cc", "simulator/fleet/shard.h"),
    ("devices/ip_camera/model.cc", "control/api/verbs.h"),
    ("control/cli/app.cc", "tests/support/fake.h"),
    ("simulator/core/ids.h", "result.h"),
]
for source, target in ALLOWED:
    assert includes.why_not(source, target) is None, (source, target)
for source, target in REFUSED:
    assert includes.why_not(source, target) is not None, (source, target)
for line in ("auto t = std::chrono::steady_clock::now();", "clock_gettime(CLOCK_MONOTONIC, &ts);", "time(nullptr)"):
    assert clock.ASKS.search(line), line
for line in ("std::this_thread::sleep_for(1s);", "usleep(5);"):
    assert clock.SLEEPS.search(line), line
assert not clock.ASKS.search("loop.now()")

assert tree.too_long("x\n" * 601) == 601 and not tree.too_long("x\n" * 600)
CMAKE = {"a": "vfleet_add_library(a SOURCES one.cc b/two.cc)", "a/c": "SOURCES ../d/three.cc"}
for source in ("a/one.cc", "a/b/two.cc", "a/d/three.cc"):
    assert not tree.unbuilt(source, CMAKE), source
for source in ("a/none.cc", "a/b/one.cc", "a/wo.cc"):
    assert tree.unbuilt(source, CMAKE), source
TEXTS = {"a/x.cc": '#include "a/x.h"\n', "a/y.cc": '  #include "a/y.h"\n', "a/z.cc": '#include "a/y.h"\n'}
assert tree.unused(["a/x.h", "a/y.h"], TEXTS) == ["a/x.h"]
DOCUMENT = "[a](b.md#part), [c](https://example.org), [d](../gone.md), `tests/unit/`, `tests/gone.cc`"
assert tree.dead_paths("docs/a.md", DOCUMENT, {"docs/b.md", "tests/unit"}) == ["gone.md", "tests/gone.cc"]
