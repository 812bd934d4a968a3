"""Recordings in one's own tests: a pytest plugin, and what its fixture gives.

def test_my_recording(replay):
    picture = replay("exercise.mcap").at(30.0)
    assert len(picture.tracks) == 4
    picture.assert_golden("at_30_s.json")
"""
