from triwatch.v1 import status_pb2 as _status_pb2
from triwatch.v1 import track_pb2 as _track_pb2
from triwatch.v1 import warning_pb2 as _warning_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Envelope(_message.Message):
    __slots__ = ("key_id", "signature", "payload")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    signature: bytes
    payload: bytes
    def __init__(self, key_id: _Optional[str] = ..., signature: _Optional[bytes] = ..., payload: _Optional[bytes] = ...) -> None: ...

class TrackBatchEnvelope(_message.Message):
    __slots__ = ("key_id", "signature", "payload")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    signature: bytes
    payload: _track_pb2.TrackBatch
    def __init__(self, key_id: _Optional[str] = ..., signature: _Optional[bytes] = ..., payload: _Optional[_Union[_track_pb2.TrackBatch, _Mapping]] = ...) -> None: ...

class NodeStatusEnvelope(_message.Message):
    __slots__ = ("key_id", "signature", "payload")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    signature: bytes
    payload: _status_pb2.NodeStatus
    def __init__(self, key_id: _Optional[str] = ..., signature: _Optional[bytes] = ..., payload: _Optional[_Union[_status_pb2.NodeStatus, _Mapping]] = ...) -> None: ...

class MissileWarningEnvelope(_message.Message):
    __slots__ = ("key_id", "signature", "payload")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    signature: bytes
    payload: _warning_pb2.MissileWarning
    def __init__(self, key_id: _Optional[str] = ..., signature: _Optional[bytes] = ..., payload: _Optional[_Union[_warning_pb2.MissileWarning, _Mapping]] = ...) -> None: ...
