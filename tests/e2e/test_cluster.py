"""Two gateways and two hosts on one Postgres, the short version of `make bench`'s part cluster.

The lease is short, so that what takes seconds here takes a fifth of what it takes in real life.
"""

import random
import statistics
from collections.abc import Iterator

import pytest

from support import cluster_rounds, postgres, processes
from support.cluster import Cluster, running_cluster
from support.long import LONG

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LEASE_SECONDS = 3
CHARGERS = 40


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    directory = tmp_path_factory.mktemp("cluster")
    name = postgres.create_database()
    with (
        processes.running_csms(directory / "csms.log") as csms,
        running_cluster(
            directory,
            postgres.server().url(name),
            csms,
            VOLTFLEET_LEASE_SECONDS=str(LEASE_SECONDS),
        ) as made,
    ):
        yield made
    postgres.drop_database(name)


@LONG
def test_a_gateway_and_a_host_die_while_a_job_runs(cluster: Cluster) -> None:
    rng = random.Random(4)  # noqa: S311 - a seed, no secret
    found = cluster_rounds.kill_one_of_each(cluster, CHARGERS, 0, rng)
    assert (found.lost, found.doubled, found.double_sockets) == (0, 0, 0)
    assert found.chargers_seconds < 30


@LONG
def test_commands_go_by_either_gateway_and_a_restart_of_both_fails_no_request(
    cluster: Cluster,
) -> None:
    path = cluster.location()
    cluster.finished(cluster.submit(path, CHARGERS, "R-"))
    cluster.connected(CHARGERS)
    chargers = cluster.call("GET", path, params={"limit": 100})["data"]
    for gateway in cluster.gateways:
        url = f"http://127.0.0.1:{gateway.port}"
        took = [
            cluster_rounds.command_seconds(cluster, charger["id"], url) for charger in chargers[::8]
        ]
        assert statistics.median(took) < 2
    before = cluster.csms.stats()
    with cluster_rounds.load(cluster) as seen:
        cluster_rounds.restart_gateways(cluster, pause_seconds=0.2)
    assert seen.failures == []
    assert seen.answered > 20
    after = cluster.csms.stats()
    for figure in ("connected", "boots_total", "connections_total"):
        assert after[figure] == before[figure], figure
