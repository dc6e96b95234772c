import resource

from voltfleet.host import limits


def test_capacity_keeps_a_reserve_of_descriptors() -> None:
    assert limits.capacity(20_000, None) == 20_000 - limits.RESERVED_DESCRIPTORS
    assert limits.capacity(100, None) == 0


def test_a_lower_limit_stands() -> None:
    assert limits.capacity(20_000, 500) == 500
    assert limits.capacity(1_000, 5_000) == 1_000 - limits.RESERVED_DESCRIPTORS


def test_no_limit_is_no_infinite_capacity() -> None:
    assert 0 < limits.capacity(resource.RLIM_INFINITY, None) <= 1_000_000


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    try:
        assert limits.raise_descriptor_limit() == hard
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
