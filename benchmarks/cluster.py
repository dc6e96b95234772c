"""Two gateways and two hosts on Postgres: one of each killed in the middle of a job, twenty times;
a host killed, frozen and cut off; both gateways restarted under load.

Lease and settings are those of real life.
"""

import random
import statistics
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.figures import Figures
from support import cluster_rounds, postgres, processes
from support.cluster import Cluster, running_cluster
from support.relay import relay

CHARGERS = 1_000
SEED = 20261122
BACK_SECONDS = 30.0


def run(directory: Path, figures: Figures, options: list[str], *, quick: bool) -> None:
    """All of it, on the given database or on a Postgres of its own."""
    with ExitStack() as stack:
        url = options[options.index("--database-url") + 1] if options else ""
        if not url:
            postgres.run_directory()
            stack.callback(postgres.stop_server)
            url = postgres.server().url(postgres.create_database())
        csms = stack.enter_context(processes.running_csms(directory / "csms.log", "--quiet"))
        cluster = stack.enter_context(running_cluster(directory, url, csms))
        _kills(cluster, figures, 3 if quick else 20)
        path = cluster.location()
        cluster.finished(cluster.submit(path, CHARGERS, "M-"))
        cluster.connected(CHARGERS)
        _commands(cluster, path, figures)
        _restarts(cluster, figures)
        _moves(cluster, figures)


def _kills(cluster: Cluster, figures: Figures, rounds: int) -> None:
    rng = random.Random(SEED)
    found = []
    for number in range(rounds):
        found.append(cluster_rounds.kill_one_of_each(cluster, CHARGERS, number, rng))
        print(found[-1], flush=True)
    what = f"kill of one gateway and one host of two each x {rounds}"
    figures.add(f"{what}: chargers lost", sum(r.lost for r in found), "", 0)
    figures.add(f"{what}: chargers doubled", sum(r.doubled for r in found), "", 0)
    figures.add(f"{what}: double sockets", sum(r.double_sockets for r in found), "", 0)
    figures.add(f"{what}: of them in the middle of the job", sum(r.mid_job for r in found), "")
    job, back = (max(r.job_seconds for r in found), max(r.chargers_seconds for r in found))
    figures.add(f"{what}: job READY, worst", job, "s", BACK_SECONDS)
    figures.add(f"{what}: chargers back, worst", back, "s", BACK_SECONDS)


def _commands(cluster: Cluster, path: str, figures: Figures) -> None:
    """Half of them enter by the gateway that the charger's host is not linked to."""
    chargers = cluster.call("GET", path, params={"limit": 100})["data"]
    took = []
    for number, charger in enumerate(chargers):
        url = f"http://127.0.0.1:{cluster.gateways[number % 2].port}"
        took.append(cluster_rounds.command_seconds(cluster, charger["id"], url))
    figures.add("a command by either gateway, median", statistics.median(took) * 1000, "ms", 500)
    figures.add("a command by either gateway, worst", max(took) * 1000, "ms", 2000)


def _restarts(cluster: Cluster, figures: Figures) -> None:
    before = cluster.csms.stats()
    with cluster_rounds.load(cluster) as seen:
        for _ in range(2):
            cluster_rounds.restart_gateways(cluster)
    after = cluster.csms.stats()
    dropped = after["connections_total"] - before["connections_total"]
    print(f"restarts under load: {seen}", flush=True)
    figures.add("two restarts of both gateways: requests answered", seen.answered, "", None)
    figures.add("two restarts of both gateways: requests failed", len(seen.failures), "", 0)
    figures.add("two restarts of both gateways: chargers dropped", dropped, "", 0)


def _moves(cluster: Cluster, figures: Figures) -> None:
    """Each time the other host has the room, and the one that lost its chargers comes back."""
    hosts = cluster.hosts
    found = {"killed": cluster_rounds.moved(cluster, CHARGERS, hosts[0].kill)}
    print("killed", found["killed"], flush=True)
    hosts[0].start()
    cluster.linked(hosts[0])
    found["frozen"] = cluster_rounds.moved(cluster, CHARGERS, hosts[1].freeze)
    print("frozen", found["frozen"], flush=True)
    with relay(cluster.balancer.port) as cable:
        cut = cluster.add_host("host-by-cable", cable)
        cluster.linked(cut)
        # All chargers to the host on the cable: it is the only one that is left.
        hosts[0].stop()
        hosts[1].stop()
        time.sleep(1.0)
        cluster.connected(CHARGERS)
        hosts[0].start()
        cluster.linked(hosts[0])
        found["cut off"] = cluster_rounds.moved(cluster, CHARGERS, cable.cut)
        print("cut off", found["cut off"], flush=True)
        cut.kill()
    for how, move in found.items():
        figures.add(f"a host is {how}: chargers back", move.all_seconds, "s", BACK_SECONDS)
        figures.add(f"a host is {how}: double sockets", move.double_sockets, "", 0)
