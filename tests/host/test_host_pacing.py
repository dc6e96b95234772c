import random

from voltfleet.host import pacing
from voltfleet.host.pacing import TokenBucket, retry_delay


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - not a secret


def test_a_burst_goes_at_once_and_then_the_rate_holds() -> None:
    bucket = TokenBucket(rate=10.0, burst=3.0, now=100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.seconds_to_next() == 0.1
    assert not bucket.take(100.05)
    assert bucket.take(100.11)


def test_an_idle_bucket_saves_no_more_than_its_burst() -> None:
    bucket = TokenBucket(rate=10.0, burst=3.0, now=0.0)
    assert sum(bucket.take(1000.0) for _ in range(10)) == 3


def test_over_a_minute_as_many_go_as_the_rate_says() -> None:
    bucket = TokenBucket(rate=50.0, burst=5.0, now=0.0)
    went = sum(bucket.take(step / 1000) for step in range(60_000))
    assert 2_990 <= went <= 3_006


def test_the_wait_doubles_up_to_a_minute_and_is_spread_over_all_of_it() -> None:
    rng = seeded(1)
    for failures, ceiling in ((1, 1.0), (2, 2.0), (4, 8.0), (7, 60.0), (10_000, 60.0)):
        waits = [retry_delay(failures, rng) for _ in range(400)]
        assert 0.0 <= min(waits) < 0.1 * ceiling
        assert 0.9 * ceiling < max(waits) <= ceiling


def test_the_same_seed_waits_the_same() -> None:
    one, two = seeded(7), seeded(7)
    assert [retry_delay(n, one) for n in range(1, 9)] == [retry_delay(n, two) for n in range(1, 9)]
    assert pacing.FIRST_RETRY_SECONDS == 1.0
