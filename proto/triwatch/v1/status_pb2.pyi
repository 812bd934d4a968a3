from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NodeState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NODE_STATE_UNSPECIFIED: _ClassVar[NodeState]
    NODE_STATE_ALIVE: _ClassVar[NodeState]
    NODE_STATE_LEAVING: _ClassVar[NodeState]
NODE_STATE_UNSPECIFIED: NodeState
NODE_STATE_ALIVE: NodeState
NODE_STATE_LEAVING: NodeState

class Punctuation(_message.Message):
    __slots__ = ("stream", "last_sequence", "low_watermark_ns")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LOW_WATERMARK_NS_FIELD_NUMBER: _ClassVar[int]
    stream: str
    last_sequence: int
    low_watermark_ns: int
    def __init__(self, stream: _Optional[str] = ..., last_sequence: _Optional[int] = ..., low_watermark_ns: _Optional[int] = ...) -> None: ...

class SensorReach(_message.Message):
    __slots__ = ("kind", "position", "range_m", "azimuth_from_deg", "azimuth_to_deg")
    KIND_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    RANGE_M_FIELD_NUMBER: _ClassVar[int]
    AZIMUTH_FROM_DEG_FIELD_NUMBER: _ClassVar[int]
    AZIMUTH_TO_DEG_FIELD_NUMBER: _ClassVar[int]
    kind: str
    position: _containers.RepeatedScalarFieldContainer[float]
    range_m: float
    azimuth_from_deg: float
    azimuth_to_deg: float
    def __init__(self, kind: _Optional[str] = ..., position: _Optional[_Iterable[float]] = ..., range_m: _Optional[float] = ..., azimuth_from_deg: _Optional[float] = ..., azimuth_to_deg: _Optional[float] = ...) -> None: ...

class NodeStatus(_message.Message):
    __slots__ = ("node_id", "nation", "incarnation", "state", "time_ns", "punctuation", "position", "tracks", "sensor", "previous_incarnation", "previous_last_sequence", "previous_low_watermark_ns", "earlier")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NATION_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    PUNCTUATION_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    SENSOR_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_INCARNATION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_LOW_WATERMARK_NS_FIELD_NUMBER: _ClassVar[int]
    EARLIER_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    nation: str
    incarnation: int
    state: NodeState
    time_ns: int
    punctuation: _containers.RepeatedCompositeFieldContainer[Punctuation]
    position: _containers.RepeatedScalarFieldContainer[float]
    tracks: int
    sensor: _containers.RepeatedCompositeFieldContainer[SensorReach]
    previous_incarnation: int
    previous_last_sequence: int
    previous_low_watermark_ns: int
    earlier: _containers.RepeatedCompositeFieldContainer[EarlierStart]
    def __init__(self, node_id: _Optional[str] = ..., nation: _Optional[str] = ..., incarnation: _Optional[int] = ..., state: _Optional[_Union[NodeState, str]] = ..., time_ns: _Optional[int] = ..., punctuation: _Optional[_Iterable[_Union[Punctuation, _Mapping]]] = ..., position: _Optional[_Iterable[float]] = ..., tracks: _Optional[int] = ..., sensor: _Optional[_Iterable[_Union[SensorReach, _Mapping]]] = ..., previous_incarnation: _Optional[int] = ..., previous_last_sequence: _Optional[int] = ..., previous_low_watermark_ns: _Optional[int] = ..., earlier: _Optional[_Iterable[_Union[EarlierStart, _Mapping]]] = ...) -> None: ...

class EarlierStart(_message.Message):
    __slots__ = ("incarnation", "last_sequence")
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    incarnation: int
    last_sequence: int
    def __init__(self, incarnation: _Optional[int] = ..., last_sequence: _Optional[int] = ...) -> None: ...

class CoreStatus(_message.Message):
    __slots__ = ("nation", "time_ns", "final_time_ns", "input_digest", "picture_digest", "tracks", "reports_folded", "reports_late", "reports_duplicate", "reports_rejected", "reports_missing", "incarnation", "picture_sequence", "warning_sequence", "holding", "hub")
    NATION_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    FINAL_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    INPUT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PICTURE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FOLDED_FIELD_NUMBER: _ClassVar[int]
    REPORTS_LATE_FIELD_NUMBER: _ClassVar[int]
    REPORTS_DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    REPORTS_REJECTED_FIELD_NUMBER: _ClassVar[int]
    REPORTS_MISSING_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    PICTURE_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    WARNING_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HOLDING_FIELD_NUMBER: _ClassVar[int]
    HUB_FIELD_NUMBER: _ClassVar[int]
    nation: str
    time_ns: int
    final_time_ns: int
    input_digest: str
    picture_digest: str
    tracks: int
    reports_folded: int
    reports_late: int
    reports_duplicate: int
    reports_rejected: int
    reports_missing: int
    incarnation: int
    picture_sequence: int
    warning_sequence: int
    holding: _containers.RepeatedCompositeFieldContainer[Holding]
    hub: str
    def __init__(self, nation: _Optional[str] = ..., time_ns: _Optional[int] = ..., final_time_ns: _Optional[int] = ..., input_digest: _Optional[str] = ..., picture_digest: _Optional[str] = ..., tracks: _Optional[int] = ..., reports_folded: _Optional[int] = ..., reports_late: _Optional[int] = ..., reports_duplicate: _Optional[int] = ..., reports_rejected: _Optional[int] = ..., reports_missing: _Optional[int] = ..., incarnation: _Optional[int] = ..., picture_sequence: _Optional[int] = ..., warning_sequence: _Optional[int] = ..., holding: _Optional[_Iterable[_Union[Holding, _Mapping]]] = ..., hub: _Optional[str] = ...) -> None: ...

class Holding(_message.Message):
    __slots__ = ("node_id", "incarnation", "stream", "last_sequence")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    incarnation: int
    stream: str
    last_sequence: int
    def __init__(self, node_id: _Optional[str] = ..., incarnation: _Optional[int] = ..., stream: _Optional[str] = ..., last_sequence: _Optional[int] = ...) -> None: ...
