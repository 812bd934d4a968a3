from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Environment(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENVIRONMENT_UNSPECIFIED: _ClassVar[Environment]
    ENVIRONMENT_AIR: _ClassVar[Environment]
    ENVIRONMENT_SPACE: _ClassVar[Environment]
    ENVIRONMENT_SURFACE: _ClassVar[Environment]
    ENVIRONMENT_SUBSURFACE: _ClassVar[Environment]
    ENVIRONMENT_LAND: _ClassVar[Environment]

class TrackStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRACK_STATUS_UNSPECIFIED: _ClassVar[TrackStatus]
    TRACK_STATUS_INITIATING: _ClassVar[TrackStatus]
    TRACK_STATUS_MAINTAINING: _ClassVar[TrackStatus]
    TRACK_STATUS_DROPPING: _ClassVar[TrackStatus]
    TRACK_STATUS_TERMINATED: _ClassVar[TrackStatus]

class Identity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IDENTITY_PENDING: _ClassVar[Identity]
    IDENTITY_UNKNOWN: _ClassVar[Identity]
    IDENTITY_ASSUMED_FRIEND: _ClassVar[Identity]
    IDENTITY_FRIEND: _ClassVar[Identity]
    IDENTITY_NEUTRAL: _ClassVar[Identity]
    IDENTITY_SUSPECT: _ClassVar[Identity]
    IDENTITY_HOSTILE: _ClassVar[Identity]

class MotionModel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MOTION_MODEL_UNSPECIFIED: _ClassVar[MotionModel]
    MOTION_MODEL_CONSTANT_VELOCITY: _ClassVar[MotionModel]
    MOTION_MODEL_FREE_FLIGHT: _ClassVar[MotionModel]

class SensorKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SENSOR_KIND_UNSPECIFIED: _ClassVar[SensorKind]
    SENSOR_KIND_RADAR: _ClassVar[SensorKind]
    SENSOR_KIND_INFRARED: _ClassVar[SensorKind]
    SENSOR_KIND_SONAR: _ClassVar[SensorKind]
    SENSOR_KIND_MULTISTATIC: _ClassVar[SensorKind]

class BiasKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BIAS_KIND_UNSPECIFIED: _ClassVar[BiasKind]
    BIAS_KIND_RANGE: _ClassVar[BiasKind]
    BIAS_KIND_AZIMUTH: _ClassVar[BiasKind]
    BIAS_KIND_ELEVATION: _ClassVar[BiasKind]
    BIAS_KIND_CLOCK: _ClassVar[BiasKind]
    BIAS_KIND_HEADING: _ClassVar[BiasKind]
    BIAS_KIND_EAST: _ClassVar[BiasKind]
    BIAS_KIND_NORTH: _ClassVar[BiasKind]
    BIAS_KIND_ROLL: _ClassVar[BiasKind]
    BIAS_KIND_PITCH: _ClassVar[BiasKind]
ENVIRONMENT_UNSPECIFIED: Environment
ENVIRONMENT_AIR: Environment
ENVIRONMENT_SPACE: Environment
ENVIRONMENT_SURFACE: Environment
ENVIRONMENT_SUBSURFACE: Environment
ENVIRONMENT_LAND: Environment
TRACK_STATUS_UNSPECIFIED: TrackStatus
TRACK_STATUS_INITIATING: TrackStatus
TRACK_STATUS_MAINTAINING: TrackStatus
TRACK_STATUS_DROPPING: TrackStatus
TRACK_STATUS_TERMINATED: TrackStatus
IDENTITY_PENDING: Identity
IDENTITY_UNKNOWN: Identity
IDENTITY_ASSUMED_FRIEND: Identity
IDENTITY_FRIEND: Identity
IDENTITY_NEUTRAL: Identity
IDENTITY_SUSPECT: Identity
IDENTITY_HOSTILE: Identity
MOTION_MODEL_UNSPECIFIED: MotionModel
MOTION_MODEL_CONSTANT_VELOCITY: MotionModel
MOTION_MODEL_FREE_FLIGHT: MotionModel
SENSOR_KIND_UNSPECIFIED: SensorKind
SENSOR_KIND_RADAR: SensorKind
SENSOR_KIND_INFRARED: SensorKind
SENSOR_KIND_SONAR: SensorKind
SENSOR_KIND_MULTISTATIC: SensorKind
BIAS_KIND_UNSPECIFIED: BiasKind
BIAS_KIND_RANGE: BiasKind
BIAS_KIND_AZIMUTH: BiasKind
BIAS_KIND_ELEVATION: BiasKind
BIAS_KIND_CLOCK: BiasKind
BIAS_KIND_HEADING: BiasKind
BIAS_KIND_EAST: BiasKind
BIAS_KIND_NORTH: BiasKind
BIAS_KIND_ROLL: BiasKind
BIAS_KIND_PITCH: BiasKind

class Label(_message.Message):
    __slots__ = ("policy", "classification", "releasable_to")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    CLASSIFICATION_FIELD_NUMBER: _ClassVar[int]
    RELEASABLE_TO_FIELD_NUMBER: _ClassVar[int]
    policy: str
    classification: str
    releasable_to: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, policy: _Optional[str] = ..., classification: _Optional[str] = ..., releasable_to: _Optional[_Iterable[str]] = ...) -> None: ...

class TrackBatch(_message.Message):
    __slots__ = ("node_id", "nation", "incarnation", "sequence", "stream", "sent_time_ns", "label", "exercise", "local_number", "valid_time_ns", "state", "covariance", "environment", "status", "process_noise", "identity", "identity_confidence", "motion_model", "call_sign", "quality", "parent_local_number", "tracklet_information", "tracklet_vector", "tracklet_told", "sensor_kind", "sensor_position", "tracklet_sensor", "line_contact", "line_time_ns", "line_position", "line_bearing", "line_sigma", "line_environment", "line_sound_speed", "line_reach", "sensor_platform", "bias_sensor", "bias_kind", "bias_sigma", "look_time_ns", "look_position", "look_source", "look_probability", "look_range", "look_steepness", "look_blind", "look_sector", "area_number", "area_time_ns", "area_until_ns", "area_centre", "area_half", "area_prior")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NATION_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    SENT_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EXERCISE_FIELD_NUMBER: _ClassVar[int]
    LOCAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    VALID_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    COVARIANCE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PROCESS_NOISE_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    MOTION_MODEL_FIELD_NUMBER: _ClassVar[int]
    CALL_SIGN_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    PARENT_LOCAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    TRACKLET_INFORMATION_FIELD_NUMBER: _ClassVar[int]
    TRACKLET_VECTOR_FIELD_NUMBER: _ClassVar[int]
    TRACKLET_TOLD_FIELD_NUMBER: _ClassVar[int]
    SENSOR_KIND_FIELD_NUMBER: _ClassVar[int]
    SENSOR_POSITION_FIELD_NUMBER: _ClassVar[int]
    TRACKLET_SENSOR_FIELD_NUMBER: _ClassVar[int]
    LINE_CONTACT_FIELD_NUMBER: _ClassVar[int]
    LINE_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    LINE_POSITION_FIELD_NUMBER: _ClassVar[int]
    LINE_BEARING_FIELD_NUMBER: _ClassVar[int]
    LINE_SIGMA_FIELD_NUMBER: _ClassVar[int]
    LINE_ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    LINE_SOUND_SPEED_FIELD_NUMBER: _ClassVar[int]
    LINE_REACH_FIELD_NUMBER: _ClassVar[int]
    SENSOR_PLATFORM_FIELD_NUMBER: _ClassVar[int]
    BIAS_SENSOR_FIELD_NUMBER: _ClassVar[int]
    BIAS_KIND_FIELD_NUMBER: _ClassVar[int]
    BIAS_SIGMA_FIELD_NUMBER: _ClassVar[int]
    LOOK_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    LOOK_POSITION_FIELD_NUMBER: _ClassVar[int]
    LOOK_SOURCE_FIELD_NUMBER: _ClassVar[int]
    LOOK_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    LOOK_RANGE_FIELD_NUMBER: _ClassVar[int]
    LOOK_STEEPNESS_FIELD_NUMBER: _ClassVar[int]
    LOOK_BLIND_FIELD_NUMBER: _ClassVar[int]
    LOOK_SECTOR_FIELD_NUMBER: _ClassVar[int]
    AREA_NUMBER_FIELD_NUMBER: _ClassVar[int]
    AREA_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    AREA_UNTIL_NS_FIELD_NUMBER: _ClassVar[int]
    AREA_CENTRE_FIELD_NUMBER: _ClassVar[int]
    AREA_HALF_FIELD_NUMBER: _ClassVar[int]
    AREA_PRIOR_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    nation: str
    incarnation: int
    sequence: int
    stream: str
    sent_time_ns: int
    label: Label
    exercise: bool
    local_number: _containers.RepeatedScalarFieldContainer[int]
    valid_time_ns: _containers.RepeatedScalarFieldContainer[int]
    state: _containers.RepeatedScalarFieldContainer[float]
    covariance: _containers.RepeatedScalarFieldContainer[float]
    environment: _containers.RepeatedScalarFieldContainer[Environment]
    status: _containers.RepeatedScalarFieldContainer[TrackStatus]
    process_noise: _containers.RepeatedScalarFieldContainer[float]
    identity: _containers.RepeatedScalarFieldContainer[Identity]
    identity_confidence: _containers.RepeatedScalarFieldContainer[float]
    motion_model: _containers.RepeatedScalarFieldContainer[MotionModel]
    call_sign: _containers.RepeatedScalarFieldContainer[str]
    quality: _containers.RepeatedScalarFieldContainer[int]
    parent_local_number: _containers.RepeatedScalarFieldContainer[int]
    tracklet_information: _containers.RepeatedScalarFieldContainer[float]
    tracklet_vector: _containers.RepeatedScalarFieldContainer[float]
    tracklet_told: _containers.RepeatedScalarFieldContainer[bool]
    sensor_kind: _containers.RepeatedScalarFieldContainer[SensorKind]
    sensor_position: _containers.RepeatedScalarFieldContainer[float]
    tracklet_sensor: _containers.RepeatedScalarFieldContainer[int]
    line_contact: _containers.RepeatedScalarFieldContainer[int]
    line_time_ns: _containers.RepeatedScalarFieldContainer[int]
    line_position: _containers.RepeatedScalarFieldContainer[float]
    line_bearing: _containers.RepeatedScalarFieldContainer[float]
    line_sigma: _containers.RepeatedScalarFieldContainer[float]
    line_environment: _containers.RepeatedScalarFieldContainer[Environment]
    line_sound_speed: _containers.RepeatedScalarFieldContainer[float]
    line_reach: _containers.RepeatedScalarFieldContainer[float]
    sensor_platform: _containers.RepeatedScalarFieldContainer[int]
    bias_sensor: _containers.RepeatedScalarFieldContainer[int]
    bias_kind: _containers.RepeatedScalarFieldContainer[BiasKind]
    bias_sigma: _containers.RepeatedScalarFieldContainer[float]
    look_time_ns: _containers.RepeatedScalarFieldContainer[int]
    look_position: _containers.RepeatedScalarFieldContainer[float]
    look_source: _containers.RepeatedScalarFieldContainer[float]
    look_probability: _containers.RepeatedScalarFieldContainer[float]
    look_range: _containers.RepeatedScalarFieldContainer[float]
    look_steepness: _containers.RepeatedScalarFieldContainer[int]
    look_blind: _containers.RepeatedScalarFieldContainer[float]
    look_sector: _containers.RepeatedScalarFieldContainer[float]
    area_number: _containers.RepeatedScalarFieldContainer[int]
    area_time_ns: _containers.RepeatedScalarFieldContainer[int]
    area_until_ns: _containers.RepeatedScalarFieldContainer[int]
    area_centre: _containers.RepeatedScalarFieldContainer[float]
    area_half: _containers.RepeatedScalarFieldContainer[float]
    area_prior: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, node_id: _Optional[str] = ..., nation: _Optional[str] = ..., incarnation: _Optional[int] = ..., sequence: _Optional[int] = ..., stream: _Optional[str] = ..., sent_time_ns: _Optional[int] = ..., label: _Optional[_Union[Label, _Mapping]] = ..., exercise: _Optional[bool] = ..., local_number: _Optional[_Iterable[int]] = ..., valid_time_ns: _Optional[_Iterable[int]] = ..., state: _Optional[_Iterable[float]] = ..., covariance: _Optional[_Iterable[float]] = ..., environment: _Optional[_Iterable[_Union[Environment, str]]] = ..., status: _Optional[_Iterable[_Union[TrackStatus, str]]] = ..., process_noise: _Optional[_Iterable[float]] = ..., identity: _Optional[_Iterable[_Union[Identity, str]]] = ..., identity_confidence: _Optional[_Iterable[float]] = ..., motion_model: _Optional[_Iterable[_Union[MotionModel, str]]] = ..., call_sign: _Optional[_Iterable[str]] = ..., quality: _Optional[_Iterable[int]] = ..., parent_local_number: _Optional[_Iterable[int]] = ..., tracklet_information: _Optional[_Iterable[float]] = ..., tracklet_vector: _Optional[_Iterable[float]] = ..., tracklet_told: _Optional[_Iterable[bool]] = ..., sensor_kind: _Optional[_Iterable[_Union[SensorKind, str]]] = ..., sensor_position: _Optional[_Iterable[float]] = ..., tracklet_sensor: _Optional[_Iterable[int]] = ..., line_contact: _Optional[_Iterable[int]] = ..., line_time_ns: _Optional[_Iterable[int]] = ..., line_position: _Optional[_Iterable[float]] = ..., line_bearing: _Optional[_Iterable[float]] = ..., line_sigma: _Optional[_Iterable[float]] = ..., line_environment: _Optional[_Iterable[_Union[Environment, str]]] = ..., line_sound_speed: _Optional[_Iterable[float]] = ..., line_reach: _Optional[_Iterable[float]] = ..., sensor_platform: _Optional[_Iterable[int]] = ..., bias_sensor: _Optional[_Iterable[int]] = ..., bias_kind: _Optional[_Iterable[_Union[BiasKind, str]]] = ..., bias_sigma: _Optional[_Iterable[float]] = ..., look_time_ns: _Optional[_Iterable[int]] = ..., look_position: _Optional[_Iterable[float]] = ..., look_source: _Optional[_Iterable[float]] = ..., look_probability: _Optional[_Iterable[float]] = ..., look_range: _Optional[_Iterable[float]] = ..., look_steepness: _Optional[_Iterable[int]] = ..., look_blind: _Optional[_Iterable[float]] = ..., look_sector: _Optional[_Iterable[float]] = ..., area_number: _Optional[_Iterable[int]] = ..., area_time_ns: _Optional[_Iterable[int]] = ..., area_until_ns: _Optional[_Iterable[int]] = ..., area_centre: _Optional[_Iterable[float]] = ..., area_half: _Optional[_Iterable[float]] = ..., area_prior: _Optional[_Iterable[float]] = ...) -> None: ...
