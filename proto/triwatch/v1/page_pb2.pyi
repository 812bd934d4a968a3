from triwatch.v1 import picture_pb2 as _picture_pb2
from triwatch.v1 import status_pb2 as _status_pb2
from triwatch.v1 import warning_pb2 as _warning_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Liveness(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIVENESS_UNSPECIFIED: _ClassVar[Liveness]
    LIVENESS_ALIVE: _ClassVar[Liveness]
    LIVENESS_STALE: _ClassVar[Liveness]
    LIVENESS_GONE: _ClassVar[Liveness]
    LIVENESS_LEFT: _ClassVar[Liveness]

class Agreement(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AGREEMENT_UNSPECIFIED: _ClassVar[Agreement]
    AGREEMENT_SAME: _ClassVar[Agreement]
    AGREEMENT_DIFFERENT: _ClassVar[Agreement]

class EventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_KIND_UNSPECIFIED: _ClassVar[EventKind]
    EVENT_KIND_LAUNCH: _ClassVar[EventKind]
    EVENT_KIND_SEPARATION: _ClassVar[EventKind]
    EVENT_KIND_WARNING: _ClassVar[EventKind]
    EVENT_KIND_IMPACT: _ClassVar[EventKind]
    EVENT_KIND_NODE_LOST: _ClassVar[EventKind]
    EVENT_KIND_NODE_BACK: _ClassVar[EventKind]
LIVENESS_UNSPECIFIED: Liveness
LIVENESS_ALIVE: Liveness
LIVENESS_STALE: Liveness
LIVENESS_GONE: Liveness
LIVENESS_LEFT: Liveness
AGREEMENT_UNSPECIFIED: Agreement
AGREEMENT_SAME: Agreement
AGREEMENT_DIFFERENT: Agreement
EVENT_KIND_UNSPECIFIED: EventKind
EVENT_KIND_LAUNCH: EventKind
EVENT_KIND_SEPARATION: EventKind
EVENT_KIND_WARNING: EventKind
EVENT_KIND_IMPACT: EventKind
EVENT_KIND_NODE_LOST: EventKind
EVENT_KIND_NODE_BACK: EventKind

class PageFrame(_message.Message):
    __slots__ = ("clock", "source", "picture", "trail", "compared", "counted", "coalition", "warnings", "events", "sequence", "search_history", "bias_history", "region")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    TRAIL_FIELD_NUMBER: _ClassVar[int]
    COMPARED_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    COALITION_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SEARCH_HISTORY_FIELD_NUMBER: _ClassVar[int]
    BIAS_HISTORY_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    clock: PageClock
    source: PageSource
    picture: _picture_pb2.PictureUpdate
    trail: _containers.RepeatedCompositeFieldContainer[Trail]
    compared: _picture_pb2.PictureUpdate
    counted: _containers.RepeatedScalarFieldContainer[str]
    coalition: Coalition
    warnings: Warnings
    events: Events
    sequence: int
    search_history: _containers.RepeatedCompositeFieldContainer[SearchHistory]
    bias_history: _containers.RepeatedCompositeFieldContainer[BiasHistory]
    region: _containers.RepeatedCompositeFieldContainer[Region]
    def __init__(self, clock: _Optional[_Union[PageClock, _Mapping]] = ..., source: _Optional[_Union[PageSource, _Mapping]] = ..., picture: _Optional[_Union[_picture_pb2.PictureUpdate, _Mapping]] = ..., trail: _Optional[_Iterable[_Union[Trail, _Mapping]]] = ..., compared: _Optional[_Union[_picture_pb2.PictureUpdate, _Mapping]] = ..., counted: _Optional[_Iterable[str]] = ..., coalition: _Optional[_Union[Coalition, _Mapping]] = ..., warnings: _Optional[_Union[Warnings, _Mapping]] = ..., events: _Optional[_Union[Events, _Mapping]] = ..., sequence: _Optional[int] = ..., search_history: _Optional[_Iterable[_Union[SearchHistory, _Mapping]]] = ..., bias_history: _Optional[_Iterable[_Union[BiasHistory, _Mapping]]] = ..., region: _Optional[_Iterable[_Union[Region, _Mapping]]] = ...) -> None: ...

class Region(_message.Message):
    __slots__ = ("track", "fix", "area_m2", "most", "half")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FIX_FIELD_NUMBER: _ClassVar[int]
    AREA_M2_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    HALF_FIELD_NUMBER: _ClassVar[int]
    track: int
    fix: bool
    area_m2: float
    most: _containers.RepeatedCompositeFieldContainer[Polygon]
    half: _containers.RepeatedCompositeFieldContainer[Polygon]
    def __init__(self, track: _Optional[int] = ..., fix: _Optional[bool] = ..., area_m2: _Optional[float] = ..., most: _Optional[_Iterable[_Union[Polygon, _Mapping]]] = ..., half: _Optional[_Iterable[_Union[Polygon, _Mapping]]] = ...) -> None: ...

class Polygon(_message.Message):
    __slots__ = ("lat_lon_deg", "offset")
    LAT_LON_DEG_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    lat_lon_deg: _containers.RepeatedScalarFieldContainer[float]
    offset: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, lat_lon_deg: _Optional[_Iterable[float]] = ..., offset: _Optional[_Iterable[int]] = ...) -> None: ...

class PageClock(_message.Message):
    __slots__ = ("time_ns", "playing", "speed", "data_age_s", "lost", "stopped", "ended")
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    PLAYING_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    DATA_AGE_S_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    time_ns: int
    playing: bool
    speed: float
    data_age_s: float
    lost: bool
    stopped: bool
    ended: bool
    def __init__(self, time_ns: _Optional[int] = ..., playing: _Optional[bool] = ..., speed: _Optional[float] = ..., data_age_s: _Optional[float] = ..., lost: _Optional[bool] = ..., stopped: _Optional[bool] = ..., ended: _Optional[bool] = ...) -> None: ...

class PageSource(_message.Message):
    __slots__ = ("title", "live", "nation", "start_ns", "end_ns", "can_compare", "country", "true_bias")
    class CountryEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TITLE_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    NATION_FIELD_NUMBER: _ClassVar[int]
    START_NS_FIELD_NUMBER: _ClassVar[int]
    END_NS_FIELD_NUMBER: _ClassVar[int]
    CAN_COMPARE_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    TRUE_BIAS_FIELD_NUMBER: _ClassVar[int]
    title: str
    live: bool
    nation: _containers.RepeatedScalarFieldContainer[str]
    start_ns: int
    end_ns: int
    can_compare: bool
    country: _containers.ScalarMap[str, str]
    true_bias: _containers.RepeatedCompositeFieldContainer[TrueBias]
    def __init__(self, title: _Optional[str] = ..., live: _Optional[bool] = ..., nation: _Optional[_Iterable[str]] = ..., start_ns: _Optional[int] = ..., end_ns: _Optional[int] = ..., can_compare: _Optional[bool] = ..., country: _Optional[_Mapping[str, str]] = ..., true_bias: _Optional[_Iterable[_Union[TrueBias, _Mapping]]] = ...) -> None: ...

class BiasHistory(_message.Message):
    __slots__ = ("node_id", "sensor", "time_ns", "bias", "sigma")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    BIAS_FIELD_NUMBER: _ClassVar[int]
    SIGMA_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    sensor: int
    time_ns: _containers.RepeatedScalarFieldContainer[int]
    bias: _containers.RepeatedScalarFieldContainer[float]
    sigma: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, node_id: _Optional[str] = ..., sensor: _Optional[int] = ..., time_ns: _Optional[_Iterable[int]] = ..., bias: _Optional[_Iterable[float]] = ..., sigma: _Optional[_Iterable[float]] = ...) -> None: ...

class SearchHistory(_message.Message):
    __slots__ = ("track", "node_id", "area", "time_ns", "exists", "region_m2", "looks")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    REGION_M2_FIELD_NUMBER: _ClassVar[int]
    LOOKS_FIELD_NUMBER: _ClassVar[int]
    track: int
    node_id: str
    area: int
    time_ns: _containers.RepeatedScalarFieldContainer[int]
    exists: _containers.RepeatedScalarFieldContainer[float]
    region_m2: _containers.RepeatedScalarFieldContainer[float]
    looks: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, track: _Optional[int] = ..., node_id: _Optional[str] = ..., area: _Optional[int] = ..., time_ns: _Optional[_Iterable[int]] = ..., exists: _Optional[_Iterable[float]] = ..., region_m2: _Optional[_Iterable[float]] = ..., looks: _Optional[_Iterable[int]] = ...) -> None: ...

class TrueBias(_message.Message):
    __slots__ = ("node_id", "sensor", "bias")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_FIELD_NUMBER: _ClassVar[int]
    BIAS_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    sensor: int
    bias: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, node_id: _Optional[str] = ..., sensor: _Optional[int] = ..., bias: _Optional[_Iterable[float]] = ...) -> None: ...

class Trail(_message.Message):
    __slots__ = ("number", "position", "time_ns")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    number: int
    position: _containers.RepeatedScalarFieldContainer[float]
    time_ns: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, number: _Optional[int] = ..., position: _Optional[_Iterable[float]] = ..., time_ns: _Optional[_Iterable[int]] = ...) -> None: ...

class Coalition(_message.Message):
    __slots__ = ("node", "core", "commonality", "agreement", "agreement_time_ns")
    NODE_FIELD_NUMBER: _ClassVar[int]
    CORE_FIELD_NUMBER: _ClassVar[int]
    COMMONALITY_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    node: _containers.RepeatedCompositeFieldContainer[NodeView]
    core: _containers.RepeatedCompositeFieldContainer[CoreView]
    commonality: float
    agreement: Agreement
    agreement_time_ns: int
    def __init__(self, node: _Optional[_Iterable[_Union[NodeView, _Mapping]]] = ..., core: _Optional[_Iterable[_Union[CoreView, _Mapping]]] = ..., commonality: _Optional[float] = ..., agreement: _Optional[_Union[Agreement, str]] = ..., agreement_time_ns: _Optional[int] = ...) -> None: ...

class NodeView(_message.Message):
    __slots__ = ("node_id", "nation", "liveness", "heard_time_ns", "tracks", "sensor", "looks", "looked_time_ns")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NATION_FIELD_NUMBER: _ClassVar[int]
    LIVENESS_FIELD_NUMBER: _ClassVar[int]
    HEARD_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    SENSOR_FIELD_NUMBER: _ClassVar[int]
    LOOKS_FIELD_NUMBER: _ClassVar[int]
    LOOKED_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    nation: str
    liveness: Liveness
    heard_time_ns: int
    tracks: int
    sensor: _containers.RepeatedCompositeFieldContainer[_status_pb2.SensorReach]
    looks: int
    looked_time_ns: int
    def __init__(self, node_id: _Optional[str] = ..., nation: _Optional[str] = ..., liveness: _Optional[_Union[Liveness, str]] = ..., heard_time_ns: _Optional[int] = ..., tracks: _Optional[int] = ..., sensor: _Optional[_Iterable[_Union[_status_pb2.SensorReach, _Mapping]]] = ..., looks: _Optional[int] = ..., looked_time_ns: _Optional[int] = ...) -> None: ...

class CoreView(_message.Message):
    __slots__ = ("nation", "time_ns", "final_time_ns", "input_digest", "picture_digest", "tracks", "liveness", "status")
    NATION_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    FINAL_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    INPUT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PICTURE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    LIVENESS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    nation: str
    time_ns: int
    final_time_ns: int
    input_digest: str
    picture_digest: str
    tracks: int
    liveness: Liveness
    status: _status_pb2.CoreStatus
    def __init__(self, nation: _Optional[str] = ..., time_ns: _Optional[int] = ..., final_time_ns: _Optional[int] = ..., input_digest: _Optional[str] = ..., picture_digest: _Optional[str] = ..., tracks: _Optional[int] = ..., liveness: _Optional[_Union[Liveness, str]] = ..., status: _Optional[_Union[_status_pb2.CoreStatus, _Mapping]] = ...) -> None: ...

class Warnings(_message.Message):
    __slots__ = ("warning",)
    WARNING_FIELD_NUMBER: _ClassVar[int]
    warning: _containers.RepeatedCompositeFieldContainer[_warning_pb2.MissileWarning]
    def __init__(self, warning: _Optional[_Iterable[_Union[_warning_pb2.MissileWarning, _Mapping]]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("kind", "time_ns", "text", "track", "node_id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    kind: EventKind
    time_ns: int
    text: str
    track: int
    node_id: str
    def __init__(self, kind: _Optional[_Union[EventKind, str]] = ..., time_ns: _Optional[int] = ..., text: _Optional[str] = ..., track: _Optional[int] = ..., node_id: _Optional[str] = ...) -> None: ...

class Events(_message.Message):
    __slots__ = ("event",)
    EVENT_FIELD_NUMBER: _ClassVar[int]
    event: _containers.RepeatedCompositeFieldContainer[Event]
    def __init__(self, event: _Optional[_Iterable[_Union[Event, _Mapping]]] = ...) -> None: ...

class PageRequest(_message.Message):
    __slots__ = ("nation", "counted", "playing", "speed", "seek_ns", "seen")
    NATION_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    PLAYING_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    SEEK_NS_FIELD_NUMBER: _ClassVar[int]
    SEEN_FIELD_NUMBER: _ClassVar[int]
    nation: str
    counted: _containers.RepeatedScalarFieldContainer[str]
    playing: bool
    speed: float
    seek_ns: int
    seen: int
    def __init__(self, nation: _Optional[str] = ..., counted: _Optional[_Iterable[str]] = ..., playing: _Optional[bool] = ..., speed: _Optional[float] = ..., seek_ns: _Optional[int] = ..., seen: _Optional[int] = ...) -> None: ...
