from triwatch.v1 import track_pb2 as _track_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TruthStates(_message.Message):
    __slots__ = ("time_ns", "object_id", "state", "environment", "identity", "boosting")
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    BOOSTING_FIELD_NUMBER: _ClassVar[int]
    time_ns: int
    object_id: _containers.RepeatedScalarFieldContainer[str]
    state: _containers.RepeatedScalarFieldContainer[float]
    environment: _containers.RepeatedScalarFieldContainer[_track_pb2.Environment]
    identity: _containers.RepeatedScalarFieldContainer[_track_pb2.Identity]
    boosting: _containers.RepeatedScalarFieldContainer[bool]
    def __init__(self, time_ns: _Optional[int] = ..., object_id: _Optional[_Iterable[str]] = ..., state: _Optional[_Iterable[float]] = ..., environment: _Optional[_Iterable[_Union[_track_pb2.Environment, str]]] = ..., identity: _Optional[_Iterable[_Union[_track_pb2.Identity, str]]] = ..., boosting: _Optional[_Iterable[bool]] = ...) -> None: ...

class TruthFlight(_message.Message):
    __slots__ = ("object_id", "launch_time_ns", "launch_lat_deg", "launch_lon_deg", "impact_time_ns", "impact_lat_deg", "impact_lon_deg", "burnout_time_ns", "parent_object_id")
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    LAUNCH_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    LAUNCH_LAT_DEG_FIELD_NUMBER: _ClassVar[int]
    LAUNCH_LON_DEG_FIELD_NUMBER: _ClassVar[int]
    IMPACT_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    IMPACT_LAT_DEG_FIELD_NUMBER: _ClassVar[int]
    IMPACT_LON_DEG_FIELD_NUMBER: _ClassVar[int]
    BURNOUT_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    PARENT_OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    object_id: str
    launch_time_ns: int
    launch_lat_deg: float
    launch_lon_deg: float
    impact_time_ns: int
    impact_lat_deg: float
    impact_lon_deg: float
    burnout_time_ns: int
    parent_object_id: str
    def __init__(self, object_id: _Optional[str] = ..., launch_time_ns: _Optional[int] = ..., launch_lat_deg: _Optional[float] = ..., launch_lon_deg: _Optional[float] = ..., impact_time_ns: _Optional[int] = ..., impact_lat_deg: _Optional[float] = ..., impact_lon_deg: _Optional[float] = ..., burnout_time_ns: _Optional[int] = ..., parent_object_id: _Optional[str] = ...) -> None: ...

class TruthFlights(_message.Message):
    __slots__ = ("flight",)
    FLIGHT_FIELD_NUMBER: _ClassVar[int]
    flight: _containers.RepeatedCompositeFieldContainer[TruthFlight]
    def __init__(self, flight: _Optional[_Iterable[_Union[TruthFlight, _Mapping]]] = ...) -> None: ...

class ScanOrigins(_message.Message):
    __slots__ = ("node_id", "sensor", "time_ns", "object_id", "incarnation", "sequence")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    sensor: int
    time_ns: int
    object_id: _containers.RepeatedScalarFieldContainer[str]
    incarnation: int
    sequence: int
    def __init__(self, node_id: _Optional[str] = ..., sensor: _Optional[int] = ..., time_ns: _Optional[int] = ..., object_id: _Optional[_Iterable[str]] = ..., incarnation: _Optional[int] = ..., sequence: _Optional[int] = ...) -> None: ...
