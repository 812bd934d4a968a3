"""The messages of valid/: made-up content that sets every field of the contract at least once."""

from __future__ import annotations

from google.protobuf.message import Message

from triwatch.v1 import (
    envelope_pb2,
    exercise_pb2,
    picture_pb2,
    request_pb2,
    sensing_pb2,
    status_pb2,
    track_pb2,
    warning_pb2,
)

NS = 1_000_000_000
START_NS = 1_719_446_400 * NS  # 2024-06-27T00:00:00Z
STATE = [-3_183_417.5, 4_105_224.25, 3_689_011.125, 812.5, -401.25, 1_530.75]
OTHER_STATE = [-3_290_112.0, 4_012_998.5, 3_702_004.75, -210.125, 95.5, -12.0]
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def triangle(position_sigma_m: float, velocity_sigma_mps: float, correlation: float = 0.25) -> list[float]:
    """A covariance's lower triangle by rows, 21 values: each axis alike, the axes independent."""
    cross = correlation * position_sigma_m * velocity_sigma_mps
    values = []
    for row in range(6):
        for column in range(row + 1):
            if row == column:
                values.append((position_sigma_m if row < 3 else velocity_sigma_mps) ** 2)
            else:
                values.append(cross if row - column == 3 else 0.0)
    return values


def minimal_batch(sequence: int = 1) -> track_pb2.TrackBatch:
    """One track, only the columns that every report has."""
    return track_pb2.TrackBatch(
        node_id="KOR-1",
        nation="KOR",
        incarnation=1,
        sequence=sequence,
        stream="JPN-KOR-USA",
        sent_time_ns=START_NS + 31 * NS,
        local_number=[7],
        valid_time_ns=[START_NS + 31 * NS],
        state=STATE,
        covariance=triangle(64.0, 16.0),
        environment=[track_pb2.ENVIRONMENT_SPACE],
        status=[track_pb2.TRACK_STATUS_INITIATING],
    )


def full_batch() -> track_pb2.TrackBatch:
    """Two tracks, every column."""
    return track_pb2.TrackBatch(
        node_id="JPN-2",
        nation="JPN",
        incarnation=3,
        sequence=300,
        stream="JPN-USA",
        sent_time_ns=START_NS + 60 * NS,
        label=track_pb2.Label(
            policy="TRIWATCH EXERCISE", classification="UNCLASSIFIED", releasable_to=["USA", "JPN"]
        ),
        exercise=True,
        local_number=[128, 70_000],
        valid_time_ns=[START_NS + 60 * NS, START_NS + 60 * NS],
        state=STATE + OTHER_STATE,
        covariance=triangle(32.0, 8.0) + triangle(128.0, 4.0, 0.5),
        environment=[track_pb2.ENVIRONMENT_SPACE, track_pb2.ENVIRONMENT_AIR],
        status=[track_pb2.TRACK_STATUS_MAINTAINING, track_pb2.TRACK_STATUS_DROPPING],
        process_noise=[0.5, 4.0],
        identity=[track_pb2.IDENTITY_HOSTILE, track_pb2.IDENTITY_NEUTRAL],
        identity_confidence=[0.875, 0.5],
        motion_model=[track_pb2.MOTION_MODEL_FREE_FLIGHT, track_pb2.MOTION_MODEL_CONSTANT_VELOCITY],
        call_sign=["", "Ise ひ"],
        quality=[12, 5],
        parent_local_number=[3, 0],
        tracklet_information=triangle(0.5, 0.25) + triangle(0.0, 0.0),
        tracklet_vector=[0.5, -0.25, 2.0, 0.125, 0.0, -1.0] + [0.0] * 6,
        tracklet_told=[True, False],
        sensor_kind=[track_pb2.SENSOR_KIND_RADAR, track_pb2.SENSOR_KIND_INFRARED],
        sensor_position=[-3_290_112.0, 4_012_998.5, 3_702_004.75, -3_290_100.0, 4_013_010.5, 3_702_004.75],
        tracklet_sensor=[2, 0],
        sensor_platform=[1, 1],
        bias_sensor=[1, 1, 2, 2],
        bias_kind=[
            track_pb2.BIAS_KIND_AZIMUTH,
            track_pb2.BIAS_KIND_HEADING,
            track_pb2.BIAS_KIND_HEADING,
            track_pb2.BIAS_KIND_PITCH,
        ],
        bias_sigma=[0.0009765625, 0.00390625, 0.00390625, 0.001953125],
        line_contact=[9, 70_001],
        line_time_ns=[START_NS + 55 * NS, START_NS + 60 * NS],
        line_position=[-3_290_112.0, 4_012_998.5, 3_702_004.75, -3_290_100.0, 4_013_010.5, 3_702_004.75],
        line_bearing=[1.375, -0.5],
        line_sigma=[0.0175, 0.03125],
        line_environment=[track_pb2.ENVIRONMENT_SUBSURFACE, track_pb2.ENVIRONMENT_UNSPECIFIED],
        line_sound_speed=[1_500.0, 0.0],
        line_reach=[25_000.0, 0.0],
        look_time_ns=[START_NS + 58 * NS, START_NS + 60 * NS],
        look_position=[-3_290_112.0, 4_012_998.5, 3_702_004.75, -3_290_100.0, 4_013_010.5, 3_702_004.75],
        look_source=[0.0, 0.0, 0.0, -3_291_000.0, 4_012_000.5, 3_702_500.25],
        look_probability=[0.5, 0.75],
        look_range=[4_000.0, 6_500.0],
        look_steepness=[4, 6],
        look_blind=[100.0, 750.0],
        look_sector=[0.0, 0.0, 330.0, 45.0],
        area_number=[1],
        area_time_ns=[START_NS + 59 * NS],
        area_until_ns=[START_NS + 7_200 * NS],
        area_centre=[-3_290_112.0, 4_012_998.5, 3_702_004.75],
        area_half=[12_000.0, 8_000.0],
        area_prior=[0.75],
    )


def flight() -> picture_pb2.Flight:
    """A lofted medium-range flight with both its ground points."""
    return picture_pb2.Flight(
        track=1_000_001,
        phase=picture_pb2.FLIGHT_PHASE_FREE_FLIGHT,
        launch=picture_pb2.GroundPoint(
            lat_deg=39.2,
            lon_deg=125.7,
            time_ns=START_NS + 30 * NS,
            time_sigma_s=1.5,
            ellipse_95_major_m=2_500.0,
            ellipse_95_minor_m=900.0,
            ellipse_orientation_deg=65.0,
        ),
        impact=picture_pb2.GroundPoint(
            lat_deg=41.25,
            lon_deg=138.5,
            time_ns=START_NS + 2_600 * NS,
            time_sigma_s=8.0,
            ellipse_95_major_m=12_000.0,
            ellipse_95_minor_m=3_000.0,
            ellipse_orientation_deg=71.5,
        ),
        apogee_m=2_802_000.0,
        lofted=True,
        class_probability=[0.0, 0.125, 0.625, 0.25],
    )


def depressed_flight() -> picture_pb2.Flight:
    """A low flight that pulls up on re-entry: no impact can be told closely."""
    return picture_pb2.Flight(
        track=1_000_003,
        phase=picture_pb2.FLIGHT_PHASE_REENTRY,
        apogee_m=48_000.0,
        class_probability=[1.0, 0.0, 0.0, 0.0],
        depressed=True,
        manoeuvring=True,
        reach=picture_pb2.GroundPoint(
            lat_deg=39.75, lon_deg=131.25, time_ns=START_NS + 400 * NS, ellipse_95_major_m=250_000.0
        ),
        lat_deg=40.5,
        lon_deg=130.0,
        alt_m=41_000.0,
        heading_deg=104.5,
        speed_mps=1_750.0,
    )


def snapshot() -> picture_pb2.PictureUpdate:
    """Two tracks; the first is seen by two nodes and flies."""
    return picture_pb2.PictureUpdate(
        nation="JPN",
        incarnation=2,
        sequence=1,
        kind=picture_pb2.PICTURE_KIND_SNAPSHOT,
        finality=picture_pb2.FINALITY_PROVISIONAL,
        time_ns=START_NS + 60 * NS,
        final_time_ns=START_NS + 58 * NS,
        input_digest=DIGEST,
        picture_digest=DIGEST[::-1],
        node_id=["JPN-2", "KOR-1"],
        sent_time_ns=START_NS + 61 * NS,
        number=[1_000_001, 1_000_002],
        track_time_ns=[START_NS + 60 * NS, START_NS + 60 * NS],
        state=STATE + OTHER_STATE,
        covariance=triangle(32.0, 8.0) + triangle(128.0, 4.0),
        environment=[track_pb2.ENVIRONMENT_SPACE, track_pb2.ENVIRONMENT_AIR],
        identity=[track_pb2.IDENTITY_HOSTILE, track_pb2.IDENTITY_PENDING],
        identity_confidence=[0.875, 0.0],
        identity_conflict=[False, True],
        status=[track_pb2.TRACK_STATUS_MAINTAINING, track_pb2.TRACK_STATUS_INITIATING],
        contributor_count=[2, 1],
        contributors=[0, 1, 0],
        contributor_time_ns=[START_NS + 60 * NS, START_NS + 59 * NS, START_NS + 60 * NS],
        mode_probability=[0.0, 0.0, 0.75, 0.25, 0.875, 0.125, 0.0, 0.0],
        call_sign=["", "Ise"],
        parent=[0, 0],
        birth_time_ns=[START_NS + 31 * NS, START_NS + 44 * NS],
        quality=[12, 5],
        process_noise=[0.5, 4.0],
        flight=[flight()],
        sensor_bias=[
            picture_pb2.SensorBias(
                node_id="KOR-1",
                sensor=1,
                kind=track_pb2.SENSOR_KIND_RADAR,
                bias=[120.5, 0.002, -0.0005, 0.0625],
                sigma=[1.5, 0.00025, 0.0005, 0.015625],
                used=True,
                shared=20,
                misfits=1,
                jump_time_ns=START_NS + 30 * NS,
                beyond=True,
                declared_kind=[track_pb2.BIAS_KIND_HEADING, track_pb2.BIAS_KIND_NORTH],
                declared_bias=[-0.00390625, 120.5],
                declared_sigma=[0.000244140625, 4.25],
            )
        ],
        heard=[
            picture_pb2.HeardTarget(
                track=1,
                weight=[0.75, 0.25],
                position=[*STATE[:3], *OTHER_STATE[:3]],
                covariance=[4e6, 1e5, 9e6, -2e5, 3e5, 1e6, 1e6, 0.0, 1e6, 0.0, 0.0, 1e4],
                line=[
                    picture_pb2.BearingLine(
                        node_id="KOR-1",
                        contact=9,
                        time_ns=START_NS + 59 * NS,
                        position=OTHER_STATE[:3],
                        bearing=1.25,
                        sigma=0.015625,
                        reach_m=40_000.0,
                    )
                ],
            )
        ],
        search=picture_pb2.SearchMaps(
            map=[
                picture_pb2.SearchMap(
                    track=1_000_004,
                    node_id="",
                    since_ns=START_NS + 20 * NS,
                    time_ns=START_NS + 30 * NS,
                    centre=OTHER_STATE[:3],
                    cell_m=400.0,
                    cells=2,
                    probability=[0.5, 0.25, 0.125, 0.0625],
                    outside=0.0625,
                    exists=1.0,
                    looks=32,
                    looked_ns=START_NS + 29 * NS,
                    region_m2=640_000.0,
                ),
                picture_pb2.SearchMap(node_id="JPN-1", area=1, cells=0, centre=OTHER_STATE[:3], cell_m=100.0),
            ]
        ),
        node_consistency=[
            picture_pb2.NodeConsistency(
                node_id="KOR-1",
                environment=track_pb2.ENVIRONMENT_AIR,
                factor=2.5,
                normalised_error=1.75,
                samples=120,
                expected=18,
                unconfirmed=17,
                alone=True,
            )
        ],
    )


def delta() -> picture_pb2.PictureUpdate:
    """The next update: one track changed, one is gone, and why."""
    return picture_pb2.PictureUpdate(
        nation="JPN",
        incarnation=2,
        sequence=2,
        kind=picture_pb2.PICTURE_KIND_DELTA,
        finality=picture_pb2.FINALITY_PROVISIONAL,
        time_ns=START_NS + 61 * NS,
        final_time_ns=START_NS + 60 * NS,
        input_digest=DIGEST[::-1],
        picture_digest=DIGEST,
        node_id=["JPN-2"],
        sent_time_ns=START_NS + 62 * NS,
        number=[1_000_001],
        track_time_ns=[START_NS + 61 * NS],
        state=STATE,
        covariance=triangle(32.0, 8.0),
        environment=[track_pb2.ENVIRONMENT_SPACE],
        identity=[track_pb2.IDENTITY_HOSTILE],
        identity_confidence=[0.875],
        identity_conflict=[False],
        status=[track_pb2.TRACK_STATUS_MAINTAINING],
        contributor_count=[1],
        contributors=[0],
        contributor_time_ns=[START_NS + 61 * NS],
        mode_probability=[0.0, 0.0, 1.0, 0.0],
        call_sign=[""],
        parent=[0],
        birth_time_ns=[START_NS + 31 * NS],
        quality=[12],
        process_noise=[0.5],
        stream=["JPN-USA"],
        removed=[1_000_002],
        lineage=[
            picture_pb2.Lineage(
                event=picture_pb2.LINEAGE_EVENT_MERGED,
                time_ns=START_NS + 61 * NS,
                track=1_000_002,
                other=1_000_001,
            ),
            picture_pb2.Lineage(
                event=picture_pb2.LINEAGE_EVENT_DECORRELATED,
                time_ns=START_NS + 61 * NS,
                track=1_000_001,
                node_id="KOR-1",
                local_number=7,
            ),
        ],
        flight=[depressed_flight()],
    )


def warning() -> warning_pb2.MissileWarning:
    """The first word of a missile."""
    return warning_pb2.MissileWarning(
        warning_id="JPN-1000001",
        nation="JPN",
        status=warning_pb2.WARNING_STATUS_ALERT,
        revision=1,
        time_ns=START_NS + 60 * NS,
        flight=flight(),
        released_to=["USA", "JPN", "KOR"],
        threatened=["JPN"],
        label=track_pb2.Label(
            policy="TRIWATCH EXERCISE", classification="UNCLASSIFIED", releasable_to=["USA", "JPN", "KOR"]
        ),
        exercise=True,
        node_id=["JPN-2", "KOR-1"],
        incarnation=2,
        sequence=1,
        picture_digest="7f1d0c5e9b3a48d2860e4c1a5b7f9d03",
        finality=picture_pb2.FINALITY_PROVISIONAL,
        restricted=True,
    )


def cancellation() -> warning_pb2.MissileWarning:
    """Its last: it came down on nobody."""
    return warning_pb2.MissileWarning(
        warning_id="JPN-1000001",
        nation="JPN",
        status=warning_pb2.WARNING_STATUS_CANCEL,
        revision=4,
        time_ns=START_NS + 90 * NS,
        released_to=["USA", "JPN", "KOR"],
        reason="the flight ended",
        exercise=True,
        incarnation=2,
        sequence=4,
    )


VALID: list[tuple[str, str, Message]] = [
    ("track_batch_minimal", "one track, only the columns every report has", minimal_batch()),
    ("track_batch_full", "two tracks, every column, a label, text outside ASCII", full_batch()),
    (
        "track_batch_empty",
        "a node that sees nothing reports so: no row in any column",
        track_pb2.TrackBatch(node_id="USA-1", nation="USA", incarnation=1, sequence=2, stream="JPN-KOR-USA"),
    ),
    (
        "envelope",
        "what frame 2 holds: the payload's exact bytes, not signed",
        envelope_pb2.Envelope(payload=minimal_batch().SerializeToString()),
    ),
    (
        "track_batch_envelope",
        "the same bytes as vector envelope, read through the typed envelope",
        envelope_pb2.TrackBatchEnvelope(payload=minimal_batch()),
    ),
    (
        "node_status_alive",
        "a heartbeat with the punctuation of two streams",
        status_pb2.NodeStatus(
            node_id="KOR-1",
            nation="KOR",
            incarnation=1,
            state=status_pb2.NODE_STATE_ALIVE,
            time_ns=START_NS + 60 * NS,
            punctuation=[
                status_pb2.Punctuation(
                    stream="JPN-KOR-USA", last_sequence=30, low_watermark_ns=START_NS + 60 * NS
                ),
                status_pb2.Punctuation(
                    stream="KOR-USA", last_sequence=0, low_watermark_ns=START_NS + 60 * NS
                ),
            ],
            position=[-3_119_234.5, 4_071_003.25, 3_787_712.75],
            tracks=3,
            sensor=[
                status_pb2.SensorReach(
                    kind="radar",
                    position=[-3_119_234.5, 4_071_003.25, 3_787_712.75],
                    range_m=900_000.0,
                    azimuth_from_deg=300.0,
                    azimuth_to_deg=60.0,
                )
            ],
        ),
    ),
    (
        "node_status_leaving",
        "the last word of an incarnation",
        status_pb2.NodeStatus(
            node_id="USA-3",
            nation="USA",
            incarnation=1,
            state=status_pb2.NODE_STATE_LEAVING,
            time_ns=START_NS + 400 * NS,
            punctuation=[
                status_pb2.Punctuation(
                    stream="JPN-KOR-USA", last_sequence=400, low_watermark_ns=START_NS + 400 * NS
                )
            ],
        ),
    ),
    (
        "node_status_again",
        "of a start that names those before it",
        status_pb2.NodeStatus(
            node_id="USA-3",
            nation="USA",
            incarnation=5,
            state=status_pb2.NODE_STATE_ALIVE,
            time_ns=START_NS + 500 * NS,
            punctuation=[status_pb2.Punctuation(low_watermark_ns=START_NS + 499 * NS)],
            previous_incarnation=4,
            previous_last_sequence=17,
            previous_low_watermark_ns=START_NS + 490 * NS,
            earlier=[
                status_pb2.EarlierStart(incarnation=2, last_sequence=8),
                status_pb2.EarlierStart(incarnation=1, last_sequence=400),
            ],
        ),
    ),
    (
        "core_status",
        "a core's heartbeat",
        status_pb2.CoreStatus(
            nation="JPN",
            time_ns=START_NS + 60 * NS,
            final_time_ns=START_NS + 58 * NS,
            input_digest=DIGEST,
            picture_digest=DIGEST[::-1],
            tracks=2,
            reports_folded=181,
            reports_late=4,
            reports_duplicate=1,
            reports_rejected=2,
            reports_missing=300,
            incarnation=2,
            picture_sequence=60,
            warning_sequence=4,
            holding=[
                status_pb2.Holding(node_id="KOR-1", incarnation=1, stream="JPN-KOR-USA", last_sequence=30)
            ],
            hub="USA",
        ),
    ),
    ("picture_snapshot", "the whole picture: two tracks and one flight", snapshot()),
    ("picture_delta", "one track changed, one merged into it and gone", delta()),
    ("missile_warning_alert", "the first word of a missile", warning()),
    ("missile_warning_cancel", "its last", cancellation()),
    (
        "truth_states",
        "the exercise's truth at one moment",
        exercise_pb2.TruthStates(
            time_ns=START_NS + 60 * NS,
            object_id=["M1", "F1"],
            state=STATE + OTHER_STATE,
            environment=[track_pb2.ENVIRONMENT_SPACE, track_pb2.ENVIRONMENT_AIR],
            identity=[track_pb2.IDENTITY_HOSTILE, track_pb2.IDENTITY_FRIEND],
            boosting=[True, False],
        ),
    ),
    (
        "truth_flights",
        "the launch and impact of every ballistic object",
        exercise_pb2.TruthFlights(
            flight=[
                exercise_pb2.TruthFlight(
                    object_id="M1-RV1",
                    launch_time_ns=START_NS + 30 * NS,
                    launch_lat_deg=39.2,
                    launch_lon_deg=125.7,
                    impact_time_ns=START_NS + 2_601 * NS,
                    impact_lat_deg=41.2,
                    impact_lon_deg=138.6,
                    burnout_time_ns=START_NS + 175 * NS,
                    parent_object_id="M1",
                )
            ]
        ),
    ),
    (
        "detection_scan",
        "one radar scan: two detections, two platforms that replied",
        sensing_pb2.DetectionScan(
            node_id="KOR-1",
            sensor=1,
            kind=track_pb2.SENSOR_KIND_RADAR,
            time_ns=START_NS + 60 * NS,
            position=[-3_119_234.5, 4_071_003.25, 3_787_712.75],
            axes=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            sigma=[30.0, 0.001, 0.001],
            measurement=[410_250.5, 1.25, 0.5, 88_000.0, 4.5, 0.0625],
            incarnation=1,
            sequence=60,
            replies=sensing_pb2.TransponderReplies(
                call_sign=["VIPER 1", ""],
                identity=[track_pb2.IDENTITY_FRIEND, track_pb2.IDENTITY_NEUTRAL],
                position=[*STATE[:3], *OTHER_STATE[:3]],
            ),
        ),
    ),
    (
        "detection_scan_echoes",
        "one echo of a source's ping, with its Doppler",
        sensing_pb2.DetectionScan(
            node_id="KOR-1",
            sensor=2,
            kind=track_pb2.SENSOR_KIND_MULTISTATIC,
            time_ns=START_NS + 80 * NS,
            position=[-3_119_234.5, 4_071_003.25, 3_787_712.75],
            axes=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            sigma=[100.0, 0.0625, 0.5],
            measurement=[14_250.5, 1.25, -3.5],
            incarnation=1,
            sequence=61,
            ping_time_ns=START_NS + 60 * NS,
            ping_position=[-3_121_734.5, 4_069_503.25, 3_786_212.75],
        ),
    ),
    (
        "detection_scan_towed",
        "a towed array's scan: two angles off its axis, the second less sure",
        sensing_pb2.DetectionScan(
            node_id="KOR-1",
            sensor=3,
            kind=track_pb2.SENSOR_KIND_SONAR,
            time_ns=START_NS + 81 * NS,
            position=[-3_119_234.5, 4_071_003.25, 3_787_712.75],
            axes=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            sigma=[0.015625],
            measurement=[1.25, 0.25],
            incarnation=1,
            sequence=62,
            detection_sigma=[0.015625, 0.0625],
            axis_bearing=2.5,
        ),
    ),
    (
        "scan_origins",
        "what the detections of that scan came from",
        exercise_pb2.ScanOrigins(
            node_id="KOR-1",
            sensor=1,
            time_ns=START_NS + 60 * NS,
            object_id=["M1", ""],
            incarnation=1,
            sequence=60,
        ),
    ),
    (
        "request_repair",
        "asking KOR-1 for reports 2 to 4 and 9 of its first incarnation",
        request_pb2.Request(
            id=41,
            repair=request_pb2.RepairRequest(
                topic="report/JPN-KOR-USA/KOR-1",
                incarnation=1,
                missing=[
                    request_pb2.SequenceRange(first=2, last=4),
                    request_pb2.SequenceRange(first=9, last=9),
                ],
            ),
        ),
    ),
    (
        "reply_repair",
        "one of them; those below 3 are no longer kept",
        request_pb2.Reply(
            id=41,
            repair=request_pb2.RepairReply(
                topic="report/JPN-KOR-USA/KOR-1",
                incarnation=1,
                message=[
                    request_pb2.RetainedMessage(
                        sequence=3,
                        body=envelope_pb2.Envelope(
                            payload=minimal_batch(3).SerializeToString()
                        ).SerializeToString(),
                        sent_clock_ns=START_NS + 33 * NS,
                    )
                ],
                first_retained=3,
            ),
        ),
    ),
    (
        "request_snapshot",
        "asking a core for the whole of its nation's own picture",
        request_pb2.Request(id=42, snapshot=request_pb2.SnapshotRequest(nation="JPN", national=True)),
    ),
    (
        "reply_snapshot",
        "the picture, as the bytes of a PictureUpdate",
        request_pb2.Reply(id=42, snapshot=request_pb2.SnapshotReply(picture=snapshot().SerializeToString())),
    ),
    (
        "reply_repair_status",
        "a node's last heartbeat, kept by a core: heartbeats have no sequence",
        request_pb2.Reply(
            id=44,
            repair=request_pb2.RepairReply(
                topic="status//USA-3", message=[request_pb2.RetainedMessage(body=bytes.fromhex("1a00"))]
            ),
        ),
    ),
    (
        "reply_refusal",
        "a request that is not granted",
        request_pb2.Reply(id=43, refusal="JPN may not read the stream KOR-USA"),
    ),
]
