from triwatch.v1 import track_pb2 as _track_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DetectionScan(_message.Message):
    __slots__ = ("node_id", "sensor", "kind", "time_ns", "position", "axes", "sigma", "measurement", "incarnation", "sequence", "replies", "detection_sigma", "axis_bearing", "ping_time_ns", "ping_position")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    AXES_FIELD_NUMBER: _ClassVar[int]
    SIGMA_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENT_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REPLIES_FIELD_NUMBER: _ClassVar[int]
    DETECTION_SIGMA_FIELD_NUMBER: _ClassVar[int]
    AXIS_BEARING_FIELD_NUMBER: _ClassVar[int]
    PING_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    PING_POSITION_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    sensor: int
    kind: _track_pb2.SensorKind
    time_ns: int
    position: _containers.RepeatedScalarFieldContainer[float]
    axes: _containers.RepeatedScalarFieldContainer[float]
    sigma: _containers.RepeatedScalarFieldContainer[float]
    measurement: _containers.RepeatedScalarFieldContainer[float]
    incarnation: int
    sequence: int
    replies: TransponderReplies
    detection_sigma: _containers.RepeatedScalarFieldContainer[float]
    axis_bearing: float
    ping_time_ns: int
    ping_position: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, node_id: _Optional[str] = ..., sensor: _Optional[int] = ..., kind: _Optional[_Union[_track_pb2.SensorKind, str]] = ..., time_ns: _Optional[int] = ..., position: _Optional[_Iterable[float]] = ..., axes: _Optional[_Iterable[float]] = ..., sigma: _Optional[_Iterable[float]] = ..., measurement: _Optional[_Iterable[float]] = ..., incarnation: _Optional[int] = ..., sequence: _Optional[int] = ..., replies: _Optional[_Union[TransponderReplies, _Mapping]] = ..., detection_sigma: _Optional[_Iterable[float]] = ..., axis_bearing: _Optional[float] = ..., ping_time_ns: _Optional[int] = ..., ping_position: _Optional[_Iterable[float]] = ...) -> None: ...

class TransponderReplies(_message.Message):
    __slots__ = ("call_sign", "identity", "position")
    CALL_SIGN_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    call_sign: _containers.RepeatedScalarFieldContainer[str]
    identity: _containers.RepeatedScalarFieldContainer[_track_pb2.Identity]
    position: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, call_sign: _Optional[_Iterable[str]] = ..., identity: _Optional[_Iterable[_Union[_track_pb2.Identity, str]]] = ..., position: _Optional[_Iterable[float]] = ...) -> None: ...
