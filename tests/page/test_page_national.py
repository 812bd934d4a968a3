"""A nation's own picture on the page: a choice beside the shared one, and no part of the agreement."""

from nodes.page.scene import Scene, own
from triwatch.v1 import page_pb2, picture_pb2, track_pb2, warning_pb2


def update(nation: str, digest: str, *numbers: int) -> picture_pb2.PictureUpdate:
    n = len(numbers)
    return picture_pb2.PictureUpdate(
        nation=nation,
        incarnation=1,
        sequence=1,
        kind=picture_pb2.PICTURE_KIND_SNAPSHOT,
        time_ns=10**18,
        input_digest=digest,
        picture_digest=digest,
        number=numbers,
        track_time_ns=[10**18] * n,
        state=[6.5e6, 0.0, 0.0, 0.0, 200.0, 0.0] * n,
        covariance=[100.0 if c == r else 0.0 for r in range(6) for c in range(r + 1)] * n,
        environment=[track_pb2.ENVIRONMENT_AIR] * n,
        identity=[track_pb2.IDENTITY_UNKNOWN] * n,
        identity_confidence=[0.5] * n,
        identity_conflict=[False] * n,
        status=[track_pb2.TRACK_STATUS_MAINTAINING] * n,
        contributor_count=[0] * n,
        mode_probability=[1.0, 0.0, 0.0, 0.0] * n,
        call_sign=[""] * n,
        parent=[0] * n,
        birth_time_ns=[10**18] * n,
        quality=[9] * n,
        process_noise=[1.0] * n,
    )


def test_it_is_shown_beside_the_shared_one_and_compared_with_nobodys() -> None:
    scene = Scene()
    for nation in ("USA", "JPN"):
        scene.picture(nation, update(nation, "shared", 1, 2))
    scene.national("USA", update("USA", "fuller", 1, 2, 3))
    assert sorted(scene.nations) == ["JPN", "USA", own("USA")]
    assert len(scene.nations[own("USA")].rows.table) == 3
    coalition = scene.coalition(10**18)
    assert [core.nation for core in coalition.core] == ["JPN", "USA"]
    assert coalition.commonality == 1.0
    assert coalition.agreement == page_pb2.AGREEMENT_SAME


def test_what_only_the_own_picture_warns_of_is_shown_there_alone() -> None:
    scene = Scene()
    scene.national("USA", update("USA", "fuller", 1))
    for warning_id, restricted in (("M1", False), ("M2", True)):
        scene.warning(
            "USA",
            warning_pb2.MissileWarning(
                warning_id=warning_id, nation="USA", revision=1, time_ns=1, restricted=restricted
            ),
        )
    assert set(scene.nations["USA"].warnings) == {"M1"}
    assert set(scene.nations[own("USA")].warnings) == {"M1", "M2-USA"}
