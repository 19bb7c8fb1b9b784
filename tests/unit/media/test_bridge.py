"""Stage, slots, mutes and the voice, without a socket."""

from __future__ import annotations

import pytest

from media.bridge import VOICE_HOLD_S, Loudest, Meeting, Refused


class TestStage:
    def test_a_slot_has_the_site_that_was_put_there(self) -> None:
        meeting = Meeting("m")
        meeting.set_stage({"V0": "a", "V1": "b"}, {"A0": "a"})
        assert [meeting.source(slot) for slot in ("V0", "V1", "V2", "A0")] == ["a", "b", None, "a"]

    def test_the_whole_stage_is_set(self) -> None:
        meeting = Meeting("m")
        meeting.set_stage({"V0": "a", "V1": "b"}, {"A0": "a"})
        meeting.set_stage({"V1": "c"}, {})
        assert meeting.described() == {"video": {"V1": "c"}, "audio": {}}

    @pytest.mark.parametrize(
        ("video", "audio", "code"),
        [
            ({"V5": "a"}, {}, "bad_slot"),
            ({"A0": "a"}, {}, "bad_slot"),
            ({}, {"V0": "a"}, "bad_slot"),
            ({"V0": "bad name"}, {}, "bad_name"),
            ({"V0": ""}, {}, "bad_name"),
        ],
    )
    def test_a_bad_stage_changes_nothing(
        self, video: dict[str, str], audio: dict[str, str], code: str
    ) -> None:
        meeting = Meeting("m")
        meeting.set_stage({"V0": "a"}, {})
        with pytest.raises(Refused) as refused:
            meeting.set_stage(video, audio)
        assert refused.value.code == code
        assert meeting.stage == {"V0": "a"}

    def test_mute_takes_a_kind_from_all(self) -> None:
        meeting = Meeting("m")
        meeting.set_stage({"V0": "a"}, {"A0": "a"})
        meeting.mute("a", "audio", True)
        assert meeting.source("A0") is None
        assert meeting.source("V0") == "a"
        meeting.mute("a", "audio", False)
        assert meeting.source("A0") == "a"
        with pytest.raises(Refused):
            meeting.mute("a", "smell", True)

    def test_codec_and_names_are_checked(self) -> None:
        with pytest.raises(Refused):
            Meeting("m", "av1")
        with pytest.raises(Refused):
            Meeting("../etc")
        with pytest.raises(Refused):
            Meeting("m", voice_slots=("V9",))


class TestVoice:
    def hear(self, loudest: Loudest, start: float, seconds: float, **levels: float) -> list[str]:
        changes = []
        for step in range(int(seconds * 50)):
            for site, level in levels.items():
                changed = loudest.hear(site, level, start + step / 50)
                if changed:
                    changes.append(changed)
        return changes

    def test_who_speaks_is_found(self) -> None:
        loudest = Loudest()
        assert self.hear(loudest, 0, 2, a=-20, b=-70) == ["a"]

    def test_silence_moves_nothing(self) -> None:
        assert self.hear(Loudest(), 0, 3, a=-80, b=-75) == []

    def test_a_cough_does_not_take_the_stage(self) -> None:
        loudest = Loudest()
        self.hear(loudest, 0, 5, a=-30, b=-80)
        assert self.hear(loudest, 5, 0.3, a=-30, b=-5) == []
        assert loudest.speaker == "a"

    def test_a_speaker_is_held_for_a_while(self) -> None:
        loudest = Loudest()
        self.hear(loudest, 0, 0.8, a=-20, b=-80)
        assert loudest.speaker == "a"
        assert self.hear(loudest, 0.8, 1.0, a=-80, b=-10) == []
        assert self.hear(loudest, 1.8, VOICE_HOLD_S, a=-80, b=-10) == ["b"]

    def test_who_stops_sending_is_silent(self) -> None:
        loudest = Loudest()
        self.hear(loudest, 0, 3, a=-20)
        assert self.hear(loudest, 5, 2, b=-40) == ["b"]

    def test_the_voice_fills_only_what_the_chair_leaves_empty(self) -> None:
        meeting = Meeting("m", voice_slots=("V0", "A0"))
        meeting.set_stage({"V0": "chair"}, {})
        self.hear(meeting.loudest, 0, 2, a=-20)
        assert meeting.source("V0") == "chair"
        assert meeting.source("A0") == "a"
        meeting.set_stage({}, {})
        assert meeting.source("V0") == "a"
        assert meeting.described() == {"video": {"V0": "a"}, "audio": {"A0": "a"}}
        meeting.loudest.forget("a")
        assert meeting.source("V0") is None
