"""What is measured: the floor, vfleet, and the sink that both send to."""

import json
import shutil
import subprocess
import time

from processes import family, read, resident, stop, usage

PATIENCE = 120  # seconds for all devices to connect


class Sink:
    def __init__(self, program, processes):
        self.process = subprocess.Popen([program, "--processes", str(processes)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def counts(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Run:
    """One program under way: waits until its devices are connected, then measures."""

    def __init__(self, sink, devices, args):
        self.sink, self.devices, self.args = sink, devices, args
        self.before = sink.counts()

    def wait_connected(self, process):
        end = time.monotonic() + PATIENCE
        while self.sink.counts()["connections"] - self.before["connections"] < self.devices:
            if process.poll() is not None:
                raise RuntimeError(f"ended with {process.returncode} before its devices were connected")
            if time.monotonic() > end:
                raise RuntimeError("its devices do not connect")
            time.sleep(0.05)

    def measure(self, process, worker, during):
        time.sleep(self.args.warm_up)
        members = family(process.pid)
        cpu, counts, begin = usage(members), self.sink.counts(), time.monotonic()
        told = during()
        cpu_after, counts_after, took = usage(members), self.sink.counts(), time.monotonic() - begin
        sent = counts_after["received"] - counts["received"]
        if sent == 0:
            raise RuntimeError("nothing arrived")
        spent = {pid: cpu_after[pid] - cpu[pid] for pid in cpu if pid in cpu_after}
        its = [pid for pid, name in members.items() if name == worker]
        row = {"per_second": sent / took, "cpu_s_per_million": sum(spent.values()) * 1e6 / sent,
               "worker_cpu_s_per_million": sum(spent.get(pid, 0) for pid in its) * 1e6 / sent,
               "wire_bytes": (counts_after["bytes"] - counts["bytes"]) / sent,
               "rss_mb": sum(resident(pid) for pid in its or members) / 1e6}
        return row, told


def run_floor(sink, case, args, folder):
    run = Run(sink, case["devices"], args)
    rate = case["rate"]
    process = subprocess.Popen(
        [args.bench / "floor", "--port", str(sink.port), "--protocol", case["protocol"], "--connections",
         str(case["devices"]), "--rate", str(rate), "--warm-up", str(args.warm_up), "--seconds", str(args.seconds + 1),
         "--body", str(args.body), "--processes", str(case.get("workers", 1)), "--json", "yes"],
        stdout=subprocess.PIPE, text=True)
    try:
        run.wait_connected(process)
        row, _ = run.measure(process, "floor", lambda: time.sleep(args.seconds))
        out, _ = process.communicate(timeout=60)
    except BaseException:
        process.kill()
        process.wait()
        raise
    row["p99_late_us"] = json.loads(out)["lateness_us"]["p99"] if rate else None
    return row


FLEET = """fleet: compare
seed: 1
groups:
  - name: dev
    type: charging_pile
    count: {devices}
    config:
      connectors: 1
      reports:
        meter: {{every: {every}, idle_every: {every}}}
        heartbeat: {{every: 0s}}
        status: {{every: 0s}}
    uplink:
      {uplink}
"""
UPLINKS = {"http": 'http: {{url: "http://127.0.0.1:{port}/ingest", queue: {{max: {queue}}}{more}}}',
           "mqtt": 'mqtt: {{url: "mqtt://127.0.0.1:{port}", topic: "vfleet/{{device.id}}/{{report.type}}", '
                   'qos: 0{more}}}'}


def run_vfleet(sink, case, args, folder):
    if "offered" not in case:
        raise RuntimeError("not run: the floor was not")
    run = Run(sink, case["devices"], args)
    # Flat out: more falls due than it can send; what it cannot is counted as not sent.
    every = 1e6 / case["rate"] if case["rate"] else max(1000, 1e6 * case["devices"] / case["offered"])
    queue = 8 if case["rate"] else args.queue
    fleet = folder / "fleet.yaml"
    uplink = UPLINKS[case["protocol"]].format(port=sink.port, queue=queue, more=case.get("more", ""))
    fleet.write_text(FLEET.format(devices=case["devices"], every=f"{every:.0f}us", uplink=uplink), encoding="utf-8")
    run_dir = folder / "run"
    log = open(folder / "up.log", "w", encoding="utf-8")
    process = subprocess.Popen([args.bin / "vfleet", "up", fleet, "--workers", str(case.get("workers", 1)), "--run-dir",
                                run_dir, "--fresh", "--no-state", "--no-watch", "--allow-invalid"], stdout=log,
                               stderr=log)

    def watch():
        top = subprocess.run([args.bin / "vfleet", "top", "--run-dir", run_dir, "--json", "--count", "1", "--every",
                              f"{args.seconds}s"], stdout=subprocess.PIPE, text=True, check=False)
        return top.stdout

    try:
        run.wait_connected(process)
        row, told = run.measure(process, "vfleet-worker", watch)
    except RuntimeError as error:
        raise RuntimeError(f"{error}\n{read(folder / 'up.log')[-2000:]}") from error
    finally:
        stop(process)
        log.close()
        shutil.rmtree(run_dir, ignore_errors=True)
    row["p99_late_us"] = None
    if case["rate"]:
        sample = json.loads(told.splitlines()[-1])
        row["p99_late_us"] = max(group["lateness_p99_us"] for group in sample["groups"])
    return row


RUNS = {"floor": run_floor, "vfleet": run_vfleet}


class Fleet:
    """`vfleet up`, and its verbs."""

    def __init__(self, args, fleet, folder, workers, *more):
        self.program, self.run_dir, self.log, self.refusal = args.bin / "vfleet", folder / "run", folder / "up.log", ""
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [self.program, "up", fleet, "--workers", str(workers), "--run-dir", self.run_dir, "--fresh", "--no-watch",
                 "--allow-invalid", *more], stdout=log, stderr=log)

    def begin(self, *words):
        return subprocess.Popen([self.program, *words, "--run-dir", self.run_dir, "--json"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def end(self, process):
        """What the verb said, or None, and then why in `refusal`."""
        out, err = process.communicate()
        if self.process.poll() is not None:
            raise RuntimeError(f"vfleet up ended\n{read(self.log)[-2000:]}")
        if process.returncode != 0:
            self.refusal = err + out
            return None
        return json.loads(out)

    def call(self, *words):
        return self.end(self.begin(*words))

    def must(self, *words):
        # Workers that have their hands full may answer late: what counts is that it is done.
        if self.call(*words) is None and "outcome_unknown" not in self.refusal:
            raise RuntimeError(f"vfleet {' '.join(words)}: {self.refusal}")

    def online(self):
        status = self.call("status")
        return sum(shard.get("online", 0) for shard in status["shards"]) if status else 0

    def workers(self):
        return [pid for pid, name in family(self.process.pid).items() if name == "vfleet-worker"]

    def cpu(self):
        return sum(usage(self.workers()).values())

    def resident(self):
        return sum(resident(pid) for pid in self.workers())

    def close(self):
        stop(self.process)
        shutil.rmtree(self.run_dir, ignore_errors=True)
