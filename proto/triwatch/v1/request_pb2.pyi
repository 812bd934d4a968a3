from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Request(_message.Message):
    __slots__ = ("id", "repair", "snapshot")
    ID_FIELD_NUMBER: _ClassVar[int]
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    id: int
    repair: RepairRequest
    snapshot: SnapshotRequest
    def __init__(self, id: _Optional[int] = ..., repair: _Optional[_Union[RepairRequest, _Mapping]] = ..., snapshot: _Optional[_Union[SnapshotRequest, _Mapping]] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("id", "refusal", "repair", "snapshot")
    ID_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    id: int
    refusal: str
    repair: RepairReply
    snapshot: SnapshotReply
    def __init__(self, id: _Optional[int] = ..., refusal: _Optional[str] = ..., repair: _Optional[_Union[RepairReply, _Mapping]] = ..., snapshot: _Optional[_Union[SnapshotReply, _Mapping]] = ...) -> None: ...

class SequenceRange(_message.Message):
    __slots__ = ("first", "last")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    first: int
    last: int
    def __init__(self, first: _Optional[int] = ..., last: _Optional[int] = ...) -> None: ...

class RepairRequest(_message.Message):
    __slots__ = ("topic", "incarnation", "missing")
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    topic: str
    incarnation: int
    missing: _containers.RepeatedCompositeFieldContainer[SequenceRange]
    def __init__(self, topic: _Optional[str] = ..., incarnation: _Optional[int] = ..., missing: _Optional[_Iterable[_Union[SequenceRange, _Mapping]]] = ...) -> None: ...

class RepairReply(_message.Message):
    __slots__ = ("topic", "incarnation", "message", "first_retained")
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FIRST_RETAINED_FIELD_NUMBER: _ClassVar[int]
    topic: str
    incarnation: int
    message: _containers.RepeatedCompositeFieldContainer[RetainedMessage]
    first_retained: int
    def __init__(self, topic: _Optional[str] = ..., incarnation: _Optional[int] = ..., message: _Optional[_Iterable[_Union[RetainedMessage, _Mapping]]] = ..., first_retained: _Optional[int] = ...) -> None: ...

class RetainedMessage(_message.Message):
    __slots__ = ("sequence", "body", "sent_clock_ns")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    SENT_CLOCK_NS_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    body: bytes
    sent_clock_ns: int
    def __init__(self, sequence: _Optional[int] = ..., body: _Optional[bytes] = ..., sent_clock_ns: _Optional[int] = ...) -> None: ...

class SnapshotRequest(_message.Message):
    __slots__ = ("nation", "national")
    NATION_FIELD_NUMBER: _ClassVar[int]
    NATIONAL_FIELD_NUMBER: _ClassVar[int]
    nation: str
    national: bool
    def __init__(self, nation: _Optional[str] = ..., national: _Optional[bool] = ...) -> None: ...

class SnapshotReply(_message.Message):
    __slots__ = ("picture",)
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    picture: bytes
    def __init__(self, picture: _Optional[bytes] = ...) -> None: ...
