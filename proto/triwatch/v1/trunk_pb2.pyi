from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class EndpointRecord(_message.Message):
    __slots__ = ("id", "nation", "incarnation", "address")
    ID_FIELD_NUMBER: _ClassVar[int]
    NATION_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    id: str
    nation: str
    incarnation: int
    address: str
    def __init__(self, id: _Optional[str] = ..., nation: _Optional[str] = ..., incarnation: _Optional[int] = ..., address: _Optional[str] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("prefix", "policy_version", "endpoint")
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    prefix: _containers.RepeatedScalarFieldContainer[str]
    policy_version: int
    endpoint: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, prefix: _Optional[_Iterable[str]] = ..., policy_version: _Optional[int] = ..., endpoint: _Optional[_Iterable[bytes]] = ...) -> None: ...
