from voltfleet.host.lease import Lease


def test_before_the_first_welcome_there_is_no_lease() -> None:
    assert Lease().expired(0.0)


def test_a_welcome_counts_from_the_hello() -> None:
    lease = Lease()
    lease.link_up(100.0, 30.0)
    assert not lease.expired(129.9)
    assert lease.expired(130.0)


def test_an_answer_renews_from_when_the_beat_was_sent() -> None:
    lease = Lease()
    lease.link_up(100.0, 30.0)
    lease.beat_sent(110.0)
    lease.beat_sent(120.0)
    lease.beat_acked()
    assert not lease.expired(139.9)
    assert lease.expired(140.0)
    lease.beat_acked()
    assert not lease.expired(149.9)
    assert lease.unanswered_since() is None


def test_an_answer_to_no_beat_changes_nothing() -> None:
    lease = Lease()
    lease.link_up(100.0, 30.0)
    lease.beat_acked()
    assert lease.expired(130.0)


def test_beats_of_an_old_link_are_not_answered_on_a_new_one() -> None:
    lease = Lease()
    lease.link_up(100.0, 30.0)
    lease.beat_sent(125.0)
    lease.link_up(110.0, 30.0)
    assert lease.unanswered_since() is None
    lease.beat_acked()
    assert lease.expired(140.0)


def test_a_shorter_lease_does_not_take_back_what_was_granted() -> None:
    lease = Lease()
    lease.link_up(100.0, 60.0)
    lease.link_up(110.0, 10.0)
    assert not lease.expired(159.9)
    assert lease.expired(160.0)
