from triwatch.v1 import track_pb2 as _track_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PictureKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PICTURE_KIND_UNSPECIFIED: _ClassVar[PictureKind]
    PICTURE_KIND_SNAPSHOT: _ClassVar[PictureKind]
    PICTURE_KIND_DELTA: _ClassVar[PictureKind]

class Finality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINALITY_UNSPECIFIED: _ClassVar[Finality]
    FINALITY_PROVISIONAL: _ClassVar[Finality]
    FINALITY_FINAL: _ClassVar[Finality]

class LineageEvent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINEAGE_EVENT_UNSPECIFIED: _ClassVar[LineageEvent]
    LINEAGE_EVENT_CORRELATED: _ClassVar[LineageEvent]
    LINEAGE_EVENT_DECORRELATED: _ClassVar[LineageEvent]
    LINEAGE_EVENT_SPLIT: _ClassVar[LineageEvent]
    LINEAGE_EVENT_MERGED: _ClassVar[LineageEvent]

class FlightPhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FLIGHT_PHASE_UNSPECIFIED: _ClassVar[FlightPhase]
    FLIGHT_PHASE_BOOST: _ClassVar[FlightPhase]
    FLIGHT_PHASE_FREE_FLIGHT: _ClassVar[FlightPhase]
    FLIGHT_PHASE_REENTRY: _ClassVar[FlightPhase]
    FLIGHT_PHASE_ENDED: _ClassVar[FlightPhase]

class MissileClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MISSILE_CLASS_UNSPECIFIED: _ClassVar[MissileClass]
    MISSILE_CLASS_SHORT_RANGE: _ClassVar[MissileClass]
    MISSILE_CLASS_MEDIUM_RANGE: _ClassVar[MissileClass]
    MISSILE_CLASS_INTERMEDIATE_RANGE: _ClassVar[MissileClass]
    MISSILE_CLASS_INTERCONTINENTAL: _ClassVar[MissileClass]
PICTURE_KIND_UNSPECIFIED: PictureKind
PICTURE_KIND_SNAPSHOT: PictureKind
PICTURE_KIND_DELTA: PictureKind
FINALITY_UNSPECIFIED: Finality
FINALITY_PROVISIONAL: Finality
FINALITY_FINAL: Finality
LINEAGE_EVENT_UNSPECIFIED: LineageEvent
LINEAGE_EVENT_CORRELATED: LineageEvent
LINEAGE_EVENT_DECORRELATED: LineageEvent
LINEAGE_EVENT_SPLIT: LineageEvent
LINEAGE_EVENT_MERGED: LineageEvent
FLIGHT_PHASE_UNSPECIFIED: FlightPhase
FLIGHT_PHASE_BOOST: FlightPhase
FLIGHT_PHASE_FREE_FLIGHT: FlightPhase
FLIGHT_PHASE_REENTRY: FlightPhase
FLIGHT_PHASE_ENDED: FlightPhase
MISSILE_CLASS_UNSPECIFIED: MissileClass
MISSILE_CLASS_SHORT_RANGE: MissileClass
MISSILE_CLASS_MEDIUM_RANGE: MissileClass
MISSILE_CLASS_INTERMEDIATE_RANGE: MissileClass
MISSILE_CLASS_INTERCONTINENTAL: MissileClass

class Lineage(_message.Message):
    __slots__ = ("event", "time_ns", "track", "other", "node_id", "local_number")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    LOCAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    event: LineageEvent
    time_ns: int
    track: int
    other: int
    node_id: str
    local_number: int
    def __init__(self, event: _Optional[_Union[LineageEvent, str]] = ..., time_ns: _Optional[int] = ..., track: _Optional[int] = ..., other: _Optional[int] = ..., node_id: _Optional[str] = ..., local_number: _Optional[int] = ...) -> None: ...

class GroundPoint(_message.Message):
    __slots__ = ("lat_deg", "lon_deg", "time_ns", "time_sigma_s", "ellipse_95_major_m", "ellipse_95_minor_m", "ellipse_orientation_deg")
    LAT_DEG_FIELD_NUMBER: _ClassVar[int]
    LON_DEG_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    TIME_SIGMA_S_FIELD_NUMBER: _ClassVar[int]
    ELLIPSE_95_MAJOR_M_FIELD_NUMBER: _ClassVar[int]
    ELLIPSE_95_MINOR_M_FIELD_NUMBER: _ClassVar[int]
    ELLIPSE_ORIENTATION_DEG_FIELD_NUMBER: _ClassVar[int]
    lat_deg: float
    lon_deg: float
    time_ns: int
    time_sigma_s: float
    ellipse_95_major_m: float
    ellipse_95_minor_m: float
    ellipse_orientation_deg: float
    def __init__(self, lat_deg: _Optional[float] = ..., lon_deg: _Optional[float] = ..., time_ns: _Optional[int] = ..., time_sigma_s: _Optional[float] = ..., ellipse_95_major_m: _Optional[float] = ..., ellipse_95_minor_m: _Optional[float] = ..., ellipse_orientation_deg: _Optional[float] = ...) -> None: ...

class PictureUpdate(_message.Message):
    __slots__ = ("nation", "incarnation", "sequence", "kind", "finality", "time_ns", "final_time_ns", "input_digest", "picture_digest", "node_id", "sent_time_ns", "number", "track_time_ns", "state", "covariance", "environment", "identity", "identity_confidence", "identity_conflict", "status", "contributor_count", "contributors", "contributor_time_ns", "mode_probability", "call_sign", "parent", "birth_time_ns", "quality", "process_noise", "stream", "removed", "lineage", "flight", "sensor_bias", "node_consistency", "search", "heard")
    NATION_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FINALITY_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    FINAL_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    INPUT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PICTURE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    SENT_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TRACK_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    COVARIANCE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_CONFLICT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTOR_COUNT_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTORS_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTOR_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    MODE_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    CALL_SIGN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    BIRTH_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    PROCESS_NOISE_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    LINEAGE_FIELD_NUMBER: _ClassVar[int]
    FLIGHT_FIELD_NUMBER: _ClassVar[int]
    SENSOR_BIAS_FIELD_NUMBER: _ClassVar[int]
    NODE_CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    SEARCH_FIELD_NUMBER: _ClassVar[int]
    HEARD_FIELD_NUMBER: _ClassVar[int]
    nation: str
    incarnation: int
    sequence: int
    kind: PictureKind
    finality: Finality
    time_ns: int
    final_time_ns: int
    input_digest: str
    picture_digest: str
    node_id: _containers.RepeatedScalarFieldContainer[str]
    sent_time_ns: int
    number: _containers.RepeatedScalarFieldContainer[int]
    track_time_ns: _containers.RepeatedScalarFieldContainer[int]
    state: _containers.RepeatedScalarFieldContainer[float]
    covariance: _containers.RepeatedScalarFieldContainer[float]
    environment: _containers.RepeatedScalarFieldContainer[_track_pb2.Environment]
    identity: _containers.RepeatedScalarFieldContainer[_track_pb2.Identity]
    identity_confidence: _containers.RepeatedScalarFieldContainer[float]
    identity_conflict: _containers.RepeatedScalarFieldContainer[bool]
    status: _containers.RepeatedScalarFieldContainer[_track_pb2.TrackStatus]
    contributor_count: _containers.RepeatedScalarFieldContainer[int]
    contributors: _containers.RepeatedScalarFieldContainer[int]
    contributor_time_ns: _containers.RepeatedScalarFieldContainer[int]
    mode_probability: _containers.RepeatedScalarFieldContainer[float]
    call_sign: _containers.RepeatedScalarFieldContainer[str]
    parent: _containers.RepeatedScalarFieldContainer[int]
    birth_time_ns: _containers.RepeatedScalarFieldContainer[int]
    quality: _containers.RepeatedScalarFieldContainer[int]
    process_noise: _containers.RepeatedScalarFieldContainer[float]
    stream: _containers.RepeatedScalarFieldContainer[str]
    removed: _containers.RepeatedScalarFieldContainer[int]
    lineage: _containers.RepeatedCompositeFieldContainer[Lineage]
    flight: _containers.RepeatedCompositeFieldContainer[Flight]
    sensor_bias: _containers.RepeatedCompositeFieldContainer[SensorBias]
    node_consistency: _containers.RepeatedCompositeFieldContainer[NodeConsistency]
    search: SearchMaps
    heard: _containers.RepeatedCompositeFieldContainer[HeardTarget]
    def __init__(self, nation: _Optional[str] = ..., incarnation: _Optional[int] = ..., sequence: _Optional[int] = ..., kind: _Optional[_Union[PictureKind, str]] = ..., finality: _Optional[_Union[Finality, str]] = ..., time_ns: _Optional[int] = ..., final_time_ns: _Optional[int] = ..., input_digest: _Optional[str] = ..., picture_digest: _Optional[str] = ..., node_id: _Optional[_Iterable[str]] = ..., sent_time_ns: _Optional[int] = ..., number: _Optional[_Iterable[int]] = ..., track_time_ns: _Optional[_Iterable[int]] = ..., state: _Optional[_Iterable[float]] = ..., covariance: _Optional[_Iterable[float]] = ..., environment: _Optional[_Iterable[_Union[_track_pb2.Environment, str]]] = ..., identity: _Optional[_Iterable[_Union[_track_pb2.Identity, str]]] = ..., identity_confidence: _Optional[_Iterable[float]] = ..., identity_conflict: _Optional[_Iterable[bool]] = ..., status: _Optional[_Iterable[_Union[_track_pb2.TrackStatus, str]]] = ..., contributor_count: _Optional[_Iterable[int]] = ..., contributors: _Optional[_Iterable[int]] = ..., contributor_time_ns: _Optional[_Iterable[int]] = ..., mode_probability: _Optional[_Iterable[float]] = ..., call_sign: _Optional[_Iterable[str]] = ..., parent: _Optional[_Iterable[int]] = ..., birth_time_ns: _Optional[_Iterable[int]] = ..., quality: _Optional[_Iterable[int]] = ..., process_noise: _Optional[_Iterable[float]] = ..., stream: _Optional[_Iterable[str]] = ..., removed: _Optional[_Iterable[int]] = ..., lineage: _Optional[_Iterable[_Union[Lineage, _Mapping]]] = ..., flight: _Optional[_Iterable[_Union[Flight, _Mapping]]] = ..., sensor_bias: _Optional[_Iterable[_Union[SensorBias, _Mapping]]] = ..., node_consistency: _Optional[_Iterable[_Union[NodeConsistency, _Mapping]]] = ..., search: _Optional[_Union[SearchMaps, _Mapping]] = ..., heard: _Optional[_Iterable[_Union[HeardTarget, _Mapping]]] = ...) -> None: ...

class HeardTarget(_message.Message):
    __slots__ = ("track", "weight", "position", "covariance", "line")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    COVARIANCE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    track: int
    weight: _containers.RepeatedScalarFieldContainer[float]
    position: _containers.RepeatedScalarFieldContainer[float]
    covariance: _containers.RepeatedScalarFieldContainer[float]
    line: _containers.RepeatedCompositeFieldContainer[BearingLine]
    def __init__(self, track: _Optional[int] = ..., weight: _Optional[_Iterable[float]] = ..., position: _Optional[_Iterable[float]] = ..., covariance: _Optional[_Iterable[float]] = ..., line: _Optional[_Iterable[_Union[BearingLine, _Mapping]]] = ...) -> None: ...

class BearingLine(_message.Message):
    __slots__ = ("node_id", "contact", "time_ns", "position", "bearing", "sigma", "reach_m")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BEARING_FIELD_NUMBER: _ClassVar[int]
    SIGMA_FIELD_NUMBER: _ClassVar[int]
    REACH_M_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    contact: int
    time_ns: int
    position: _containers.RepeatedScalarFieldContainer[float]
    bearing: float
    sigma: float
    reach_m: float
    def __init__(self, node_id: _Optional[str] = ..., contact: _Optional[int] = ..., time_ns: _Optional[int] = ..., position: _Optional[_Iterable[float]] = ..., bearing: _Optional[float] = ..., sigma: _Optional[float] = ..., reach_m: _Optional[float] = ...) -> None: ...

class SearchMaps(_message.Message):
    __slots__ = ("map",)
    MAP_FIELD_NUMBER: _ClassVar[int]
    map: _containers.RepeatedCompositeFieldContainer[SearchMap]
    def __init__(self, map: _Optional[_Iterable[_Union[SearchMap, _Mapping]]] = ...) -> None: ...

class SearchMap(_message.Message):
    __slots__ = ("track", "node_id", "area", "since_ns", "time_ns", "centre", "cell_m", "cells", "probability", "outside", "exists", "looks", "looked_ns", "region_m2")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    SINCE_NS_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    CENTRE_FIELD_NUMBER: _ClassVar[int]
    CELL_M_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    OUTSIDE_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    LOOKS_FIELD_NUMBER: _ClassVar[int]
    LOOKED_NS_FIELD_NUMBER: _ClassVar[int]
    REGION_M2_FIELD_NUMBER: _ClassVar[int]
    track: int
    node_id: str
    area: int
    since_ns: int
    time_ns: int
    centre: _containers.RepeatedScalarFieldContainer[float]
    cell_m: float
    cells: int
    probability: _containers.RepeatedScalarFieldContainer[float]
    outside: float
    exists: float
    looks: int
    looked_ns: int
    region_m2: float
    def __init__(self, track: _Optional[int] = ..., node_id: _Optional[str] = ..., area: _Optional[int] = ..., since_ns: _Optional[int] = ..., time_ns: _Optional[int] = ..., centre: _Optional[_Iterable[float]] = ..., cell_m: _Optional[float] = ..., cells: _Optional[int] = ..., probability: _Optional[_Iterable[float]] = ..., outside: _Optional[float] = ..., exists: _Optional[float] = ..., looks: _Optional[int] = ..., looked_ns: _Optional[int] = ..., region_m2: _Optional[float] = ...) -> None: ...

class SensorBias(_message.Message):
    __slots__ = ("node_id", "sensor", "kind", "bias", "sigma", "used", "shared", "misfits", "jump_time_ns", "beyond", "declared_kind", "declared_bias", "declared_sigma")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    BIAS_FIELD_NUMBER: _ClassVar[int]
    SIGMA_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    MISFITS_FIELD_NUMBER: _ClassVar[int]
    JUMP_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    BEYOND_FIELD_NUMBER: _ClassVar[int]
    DECLARED_KIND_FIELD_NUMBER: _ClassVar[int]
    DECLARED_BIAS_FIELD_NUMBER: _ClassVar[int]
    DECLARED_SIGMA_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    sensor: int
    kind: _track_pb2.SensorKind
    bias: _containers.RepeatedScalarFieldContainer[float]
    sigma: _containers.RepeatedScalarFieldContainer[float]
    used: bool
    shared: int
    misfits: int
    jump_time_ns: int
    beyond: bool
    declared_kind: _containers.RepeatedScalarFieldContainer[_track_pb2.BiasKind]
    declared_bias: _containers.RepeatedScalarFieldContainer[float]
    declared_sigma: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, node_id: _Optional[str] = ..., sensor: _Optional[int] = ..., kind: _Optional[_Union[_track_pb2.SensorKind, str]] = ..., bias: _Optional[_Iterable[float]] = ..., sigma: _Optional[_Iterable[float]] = ..., used: _Optional[bool] = ..., shared: _Optional[int] = ..., misfits: _Optional[int] = ..., jump_time_ns: _Optional[int] = ..., beyond: _Optional[bool] = ..., declared_kind: _Optional[_Iterable[_Union[_track_pb2.BiasKind, str]]] = ..., declared_bias: _Optional[_Iterable[float]] = ..., declared_sigma: _Optional[_Iterable[float]] = ...) -> None: ...

class Flight(_message.Message):
    __slots__ = ("track", "phase", "launch", "impact", "apogee_m", "lofted", "class_probability", "depressed", "manoeuvring", "reach", "lat_deg", "lon_deg", "alt_m", "heading_deg", "speed_mps")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    LAUNCH_FIELD_NUMBER: _ClassVar[int]
    IMPACT_FIELD_NUMBER: _ClassVar[int]
    APOGEE_M_FIELD_NUMBER: _ClassVar[int]
    LOFTED_FIELD_NUMBER: _ClassVar[int]
    CLASS_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    DEPRESSED_FIELD_NUMBER: _ClassVar[int]
    MANOEUVRING_FIELD_NUMBER: _ClassVar[int]
    REACH_FIELD_NUMBER: _ClassVar[int]
    LAT_DEG_FIELD_NUMBER: _ClassVar[int]
    LON_DEG_FIELD_NUMBER: _ClassVar[int]
    ALT_M_FIELD_NUMBER: _ClassVar[int]
    HEADING_DEG_FIELD_NUMBER: _ClassVar[int]
    SPEED_MPS_FIELD_NUMBER: _ClassVar[int]
    track: int
    phase: FlightPhase
    launch: GroundPoint
    impact: GroundPoint
    apogee_m: float
    lofted: bool
    class_probability: _containers.RepeatedScalarFieldContainer[float]
    depressed: bool
    manoeuvring: bool
    reach: GroundPoint
    lat_deg: float
    lon_deg: float
    alt_m: float
    heading_deg: float
    speed_mps: float
    def __init__(self, track: _Optional[int] = ..., phase: _Optional[_Union[FlightPhase, str]] = ..., launch: _Optional[_Union[GroundPoint, _Mapping]] = ..., impact: _Optional[_Union[GroundPoint, _Mapping]] = ..., apogee_m: _Optional[float] = ..., lofted: _Optional[bool] = ..., class_probability: _Optional[_Iterable[float]] = ..., depressed: _Optional[bool] = ..., manoeuvring: _Optional[bool] = ..., reach: _Optional[_Union[GroundPoint, _Mapping]] = ..., lat_deg: _Optional[float] = ..., lon_deg: _Optional[float] = ..., alt_m: _Optional[float] = ..., heading_deg: _Optional[float] = ..., speed_mps: _Optional[float] = ...) -> None: ...

class NodeConsistency(_message.Message):
    __slots__ = ("node_id", "environment", "factor", "normalised_error", "samples", "expected", "unconfirmed", "alone")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    NORMALISED_ERROR_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    UNCONFIRMED_FIELD_NUMBER: _ClassVar[int]
    ALONE_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    environment: _track_pb2.Environment
    factor: float
    normalised_error: float
    samples: int
    expected: int
    unconfirmed: int
    alone: bool
    def __init__(self, node_id: _Optional[str] = ..., environment: _Optional[_Union[_track_pb2.Environment, str]] = ..., factor: _Optional[float] = ..., normalised_error: _Optional[float] = ..., samples: _Optional[int] = ..., expected: _Optional[int] = ..., unconfirmed: _Optional[int] = ..., alone: _Optional[bool] = ...) -> None: ...
