"""NACK with retries, keyframe throttle, rates, and the choice of layers."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from media.bounds import AUDIO_ONLY_BPS, UPLINK_MAX_BPS, UPLINK_MIN_BPS, Bounds
from media.feedback import Downlink, KeyframeRequests, Missing, Uplink

LAYERS = [120_000.0, 450_000.0, 1_300_000.0]


class TestMissing:
    def test_a_gap_is_asked_after_a_moment_and_again_after_a_round_trip(self) -> None:
        missing = Missing()
        missing.arrived(10, 0.0)
        missing.arrived(13, 0.0)
        assert missing.due(0.001) == []
        assert missing.due(0.02) == [11, 12]
        assert missing.due(0.03) == []
        assert missing.due(0.12) == [11, 12]
        missing.arrived(11, 0.13)
        assert missing.due(0.5) == [12]

    def test_reordering_is_not_asked(self) -> None:
        missing = Missing()
        missing.arrived(10, 0.0)
        missing.arrived(12, 0.0)
        missing.arrived(11, 0.004)
        assert missing.due(0.1) == []

    def test_the_round_trip_is_learned_from_answers(self) -> None:
        missing = Missing()
        missing.arrived(1, 0.0)
        for step in range(40):
            now = step * 1.0
            missing.arrived(3 + 2 * step, now)
            assert missing.due(now + 0.01)
            missing.arrived(2 + 2 * step, now + 0.01 + 0.2)
        assert 0.18 < missing.round_trip < 0.22

    def test_what_never_comes_is_given_up(self) -> None:
        bounds = Bounds()
        missing = Missing(bounds)
        missing.arrived(1, 0.0)
        missing.arrived(3, 0.0)
        asked = sum(len(missing.due(step * 0.1)) for step in range(100))
        assert asked == bounds.nack_tries
        assert missing.hopeless
        missing.reset()
        assert not missing.hopeless

    @given(st.lists(st.integers(0, 5000), max_size=300))
    def test_never_more_than_the_bound(self, numbers: list[int]) -> None:
        missing = Missing(Bounds(missing=32))
        for index, number in enumerate(numbers):
            missing.arrived(number, index / 10)
            assert len(missing) <= 32
            assert len(missing.due(index / 10 + 0.05)) <= 32


class TestKeyframes:
    @given(st.lists(st.floats(0.0, 0.2), min_size=10, max_size=200))
    def test_at_most_one_request_a_second(self, steps: list[float]) -> None:
        requests = KeyframeRequests()
        now = 0.0
        sent: list[float] = []
        for step in steps:
            now += step
            requests.wanted = True
            if requests.due(now):
                sent.append(now)
        assert sent
        assert all(b - a >= 0.999 for a, b in pairwise(sent))

    def test_asked_again_until_it_comes(self) -> None:
        requests = KeyframeRequests()
        requests.wanted = True
        assert requests.due(0.0)
        assert requests.due(1.1)
        requests.came()
        assert not requests.due(2.2)


class TestUplink:
    def test_falls_with_loss_and_returns_to_the_cap(self) -> None:
        uplink = Uplink()
        for _ in range(10):
            uplink.report(0.3, 800_000)
        assert UPLINK_MIN_BPS <= uplink.rate < 500_000
        for _ in range(60):
            uplink.report(0.0, 800_000)
        assert uplink.rate == UPLINK_MAX_BPS


class Site:
    """A receiver behind a link of `capacity` bit/s that estimates as browsers do."""

    def __init__(self, capacity: float) -> None:
        self.capacity = capacity
        self.link = Downlink()
        self.estimate = 300_000.0
        self.now = 0.0
        self.chosen: dict[str, int] = {}
        self.changes = 0

    def run(self, seconds: float, offers: dict[str, list[float]], remb: bool = True) -> None:
        for step in range(int(seconds * 4)):
            self.now += 0.25
            chosen = self.link.decide(self.now, offers)
            self.changes += chosen != self.chosen
            self.chosen = chosen
            sending = 40_000 + sum(sum(offers[s][i : i + 1]) for s, i in chosen.items())
            fits = sending <= self.capacity
            grown = min(self.estimate * 1.04, sending * 1.5 + 10_000)
            if fits:
                self.estimate = min(max(self.estimate, grown), self.capacity * 1.05)
            else:
                self.estimate = self.capacity * 0.85
            if step % 4 == 0:
                if remb:
                    self.link.remb(int(self.estimate), self.now)
                self.link.loss(0.0 if fits else 1 - self.capacity / sending, self.now)


class TestLayers:
    def test_a_good_link_climbs_to_the_top_and_stays(self) -> None:
        site = Site(5e6)
        site.run(30, {"V0": LAYERS})
        assert site.chosen == {"V0": 2}
        before = site.changes
        site.run(60, {"V0": LAYERS})
        assert site.changes == before

    def test_a_middle_link_keeps_the_middle_layer_most_of_the_time(self) -> None:
        site = Site(700_000)
        site.run(20, {"V0": LAYERS})
        held = 0
        for _ in range(120):
            site.run(0.25, {"V0": LAYERS})
            held += site.chosen == {"V0": 1}
        assert held > 90
        assert site.changes < 20

    def test_a_thin_link_gets_sound_only_and_is_told(self) -> None:
        site = Site(100_000)
        site.run(20, {"V0": LAYERS})
        quiet = 0
        for _ in range(240):
            site.run(0.25, {"V0": LAYERS})
            quiet += site.link.audio_only
        assert quiet > 180

    def test_the_picture_returns_when_the_link_recovers(self) -> None:
        site = Site(100_000)
        site.run(30, {"V0": LAYERS})
        site.capacity = 5e6
        site.run(240, {"V0": LAYERS})
        assert site.chosen == {"V0": 2}
        assert not site.link.audio_only

    def test_an_estimate_made_from_sound_alone_does_not_keep_the_picture_away(self) -> None:
        site = Site(100_000)
        site.run(30, {"V0": LAYERS})
        assert site.link.audio_only
        tried = False
        for step in range(4 * 130):  # longer than the longest wait between two tries
            site.link.remb(30_000, site.now + step / 4)  # a quiet voice: 20 kbit/s come in
            tried = tried or site.link.decide(site.now + step / 4, {"V0": LAYERS}) == {"V0": 0}
        assert tried

    def test_without_remb_loss_alone_decides(self) -> None:
        site = Site(600_000)
        site.run(30, {"V0": LAYERS}, remb=False)
        assert site.chosen.get("V0", -1) <= 1
        good = Site(5e6)
        good.run(60, {"V0": LAYERS}, remb=False)
        assert good.chosen == {"V0": 2}

    def test_a_single_layer_is_tried_by_a_site_that_never_reports(self) -> None:
        link = Downlink()
        for step in range(200):
            assert link.decide(step / 4, {"V0": [1_500_000.0]}) == {"V0": 0}

    def test_the_first_slot_matters_most(self) -> None:
        site = Site(1_000_000)
        site.run(40, {"V0": [120_000.0, 450_000.0], "V1": [120_000.0, 450_000.0]})
        assert site.chosen["V0"] >= site.chosen.get("V1", -1)

    def test_no_slots_no_choice(self) -> None:
        link = Downlink()
        link.remb(AUDIO_ONLY_BPS // 2, 0.0)
        assert link.decide(0.0, {}) == {}
        assert not link.audio_only

    @given(
        st.lists(
            st.tuples(
                st.floats(0.05, 2),
                st.integers(0, 10_000_000),
                st.floats(0, 1),
                st.dictionaries(
                    st.sampled_from(["V0", "V1", "V2"]),
                    st.lists(st.floats(0, 3e6), max_size=3).map(sorted),
                ),
            ),
            max_size=60,
        )
    )
    def test_every_choice_is_one_on_offer(
        self, steps: list[tuple[float, int, float, dict[str, list[float]]]]
    ) -> None:
        link = Downlink()
        now = 0.0
        for step, rate, loss, offers in steps:
            now += step
            link.remb(rate, now)
            link.loss(loss, now)
            for slot, index in link.decide(now, offers).items():
                assert 0 <= index < len(offers[slot])
