from triwatch.v1 import picture_pb2 as _picture_pb2
from triwatch.v1 import track_pb2 as _track_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WarningStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WARNING_STATUS_UNSPECIFIED: _ClassVar[WarningStatus]
    WARNING_STATUS_ALERT: _ClassVar[WarningStatus]
    WARNING_STATUS_UPDATE: _ClassVar[WarningStatus]
    WARNING_STATUS_CANCEL: _ClassVar[WarningStatus]
    WARNING_STATUS_ALL_CLEAR: _ClassVar[WarningStatus]
WARNING_STATUS_UNSPECIFIED: WarningStatus
WARNING_STATUS_ALERT: WarningStatus
WARNING_STATUS_UPDATE: WarningStatus
WARNING_STATUS_CANCEL: WarningStatus
WARNING_STATUS_ALL_CLEAR: WarningStatus

class MissileWarning(_message.Message):
    __slots__ = ("warning_id", "nation", "status", "revision", "time_ns", "flight", "released_to", "threatened", "reason", "label", "exercise", "node_id", "incarnation", "sequence", "picture_digest", "finality", "restricted")
    WARNING_ID_FIELD_NUMBER: _ClassVar[int]
    NATION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    FLIGHT_FIELD_NUMBER: _ClassVar[int]
    RELEASED_TO_FIELD_NUMBER: _ClassVar[int]
    THREATENED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EXERCISE_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PICTURE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    FINALITY_FIELD_NUMBER: _ClassVar[int]
    RESTRICTED_FIELD_NUMBER: _ClassVar[int]
    warning_id: str
    nation: str
    status: WarningStatus
    revision: int
    time_ns: int
    flight: _picture_pb2.Flight
    released_to: _containers.RepeatedScalarFieldContainer[str]
    threatened: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    label: _track_pb2.Label
    exercise: bool
    node_id: _containers.RepeatedScalarFieldContainer[str]
    incarnation: int
    sequence: int
    picture_digest: str
    finality: _picture_pb2.Finality
    restricted: bool
    def __init__(self, warning_id: _Optional[str] = ..., nation: _Optional[str] = ..., status: _Optional[_Union[WarningStatus, str]] = ..., revision: _Optional[int] = ..., time_ns: _Optional[int] = ..., flight: _Optional[_Union[_picture_pb2.Flight, _Mapping]] = ..., released_to: _Optional[_Iterable[str]] = ..., threatened: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ..., label: _Optional[_Union[_track_pb2.Label, _Mapping]] = ..., exercise: _Optional[bool] = ..., node_id: _Optional[_Iterable[str]] = ..., incarnation: _Optional[int] = ..., sequence: _Optional[int] = ..., picture_digest: _Optional[str] = ..., finality: _Optional[_Union[_picture_pb2.Finality, str]] = ..., restricted: _Optional[bool] = ...) -> None: ...
