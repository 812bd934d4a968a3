"""What a missile warning says to people, in English, Korean and Japanese."""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("en-US", "ko-KR", "ja-JP")
_HOME = {"KOR": "ko-KR", "JPN": "ja-JP"}

_NATIONS = {
    "USA": ("United States", "미국", "米国"),
    "JPN": ("Japan", "일본", "日本"),
    "KOR": ("Republic of Korea", "대한민국", "韓国"),
    "AUS": ("Australia", "호주", "オーストラリア"),
    "PHL": ("Philippines", "필리핀", "フィリピン"),
    "TWN": ("Taiwan", "대만", "台湾"),
}
_CLASSES = (
    ("short-range", "단거리", "短距離"),
    ("medium-range", "준중거리", "準中距離"),
    ("intermediate-range", "중거리", "中距離"),
    ("intercontinental", "대륙간", "大陸間"),
)


def languages(nation: str) -> tuple[str, ...]:
    """All languages, a nation's own first."""
    home = _HOME.get(nation, LANGUAGES[0])
    return (home, *(code for code in LANGUAGES if code != home))


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of one warning."""

    nation: str
    """Of the readers."""
    threatened: tuple[str, ...]
    ended: str
    """"" while the danger lasts, "cancel" or "clear" after."""
    known: bool
    """Whether the impact is known: before that nobody is told that none is expected."""
    heading_deg: float
    launched: str
    """Time of day, UTC."""
    impact: str
    impact_sigma_s: float
    place: str
    """The impact point in degrees."""
    missile_class: int
    """0 to 3, or -1 where it is not clear yet."""


@dataclass(frozen=True, slots=True)
class Text:
    """The texts of one language."""

    event: str
    headline: str
    description: str
    instruction: str
    area: str
    sender: str


def text(language: str, facts: Facts) -> Text:
    """Everything said in one of ``LANGUAGES``."""
    return {"en-US": _english, "ko-KR": _korean, "ja-JP": _japanese}[language](facts)


def _names(codes: tuple[str, ...], column: int, join: str) -> str:
    return join.join(_NATIONS[c][column] if c in _NATIONS else c for c in codes)


def _english(f: Facts) -> Text:
    kind = (
        f"{_CLASSES[f.missile_class][0]} ballistic missile" if f.missile_class >= 0 else "ballistic missile"
    )
    if f.ended == "cancel":
        headline, instruction = "EXERCISE. Missile warning cancelled", "No action is needed."
    elif f.ended == "clear":
        headline, instruction = "EXERCISE. All clear: the missile has come down", "The danger has passed."
    elif not f.known:
        headline = "EXERCISE. Missile launch detected; impact not yet known"
        instruction = "Go near a shelter and follow announcements: more will be told within minutes."
        if f.nation in f.threatened:
            instruction = "Take shelter at once in a sturdy building or underground. Stay away from windows."
    elif f.nation in f.threatened:
        headline = f"EXERCISE. Missile warning: impact expected about {f.impact} UTC"
        instruction = "Take shelter at once in a sturdy building or underground. Stay away from windows."
    else:
        headline = f"EXERCISE. Missile launch detected; no impact expected in {_names((f.nation,), 0, '')}"
        instruction = "No action is needed. Follow further announcements."
    lines = [f"A {kind} was launched about {f.launched} UTC."]
    if not f.ended:
        lines.append(
            f"Impact is predicted at {f.place} about {f.impact} UTC, give or take {f.impact_sigma_s:.0f} s."
            if f.known
            else f"It flies towards {f.heading_deg:.0f}°; where it will come down is not yet known."
        )
        if f.threatened:
            within = "Under the area at risk" if f.known else "Within its reach"
            lines.append(f"{within}: {_names(f.threatened, 0, ', ')}.")
    return Text(
        "Ballistic missile",
        headline,
        " ".join(lines),
        instruction,
        "Area of predicted impact (95 %)" if f.known else "Area within reach",
        f"Triwatch exercise, {_names((f.nation,), 0, '')}",
    )


def _korean(f: Facts) -> Text:
    kind = f"{_CLASSES[f.missile_class][1]} 탄도미사일" if f.missile_class >= 0 else "탄도미사일"
    if f.ended == "cancel":
        headline, instruction = "[훈련] 미사일 경보 취소", "별도의 조치는 필요 없습니다."
    elif f.ended == "clear":
        headline, instruction = "[훈련] 경보 해제: 미사일이 낙하하였습니다", "위험이 지나갔습니다."
    elif not f.known:
        headline = "[훈련] 미사일 발사 탐지, 탄착 지점은 아직 알 수 없음"
        instruction = "대피소 가까이에서 추가 발표를 기다리십시오."
        if f.nation in f.threatened:
            instruction = "즉시 튼튼한 건물 안이나 지하로 대피하고 창문에서 떨어지십시오."
    elif f.nation in f.threatened:
        headline = f"[훈련] 미사일 경보: {f.impact}(UTC)경 탄착 예상"
        instruction = "즉시 튼튼한 건물 안이나 지하로 대피하고 창문에서 떨어지십시오."
    else:
        headline = f"[훈련] 미사일 발사 탐지, {_names((f.nation,), 1, '')} 내 탄착 예상 없음"
        instruction = "별도의 조치는 필요 없습니다. 추가 발표에 유의하십시오."
    lines = [f"{f.launched}(UTC)경 {kind}이 발사되었습니다."]
    if not f.ended:
        lines.append(
            f"예상 탄착 지점은 {f.place}, 시각은 {f.impact}(UTC), 오차는 약 {f.impact_sigma_s:.0f}초입니다."
            if f.known
            else f"방위 {f.heading_deg:.0f}° 방향으로 비행 중이며, 탄착 지점은 아직 알 수 없습니다."
        )
        if f.threatened:
            within = "위험 지역에 포함된 국가" if f.known else "도달 가능 범위 내 국가"
            lines.append(f"{within}: {_names(f.threatened, 1, ', ')}.")
    return Text(
        "탄도미사일",
        headline,
        " ".join(lines),
        instruction,
        "예상 탄착 구역(95%)" if f.known else "도달 가능 범위",
        f"Triwatch 훈련, {_names((f.nation,), 1, '')}",
    )


def _japanese(f: Facts) -> Text:
    kind = f"{_CLASSES[f.missile_class][2]}弾道ミサイル" if f.missile_class >= 0 else "弾道ミサイル"
    if f.ended == "cancel":
        headline, instruction = "【訓練】ミサイル警報の取消し", "避難の必要はありません。"
    elif f.ended == "clear":
        headline, instruction = "【訓練】警報解除：ミサイルは落下しました", "危険は去りました。"
    elif not f.known:
        headline = "【訓練】ミサイル発射を探知。落下地点はまだ分かりません"
        instruction = "避難できる場所の近くで今後の情報に注意してください。"
        if f.nation in f.threatened:
            instruction = "直ちに頑丈な建物の中又は地下に避難し、窓から離れてください。"
    elif f.nation in f.threatened:
        headline = f"【訓練】ミサイル警報：{f.impact}(UTC)頃に落下の見込み"
        instruction = "直ちに頑丈な建物の中又は地下に避難し、窓から離れてください。"
    else:
        headline = f"【訓練】ミサイル発射を探知。{_names((f.nation,), 2, '')}への落下は見込まれません"
        instruction = "避難の必要はありません。今後の情報に注意してください。"
    lines = [f"{f.launched}(UTC)頃、{kind}が発射されました。"]
    if not f.ended:
        lines.append(
            f"落下予測地点は{f.place}、予測時刻は{f.impact}(UTC)頃で、誤差は約{f.impact_sigma_s:.0f}秒です。"
            if f.known
            else f"方位{f.heading_deg:.0f}°へ飛行中です。落下地点はまだ分かりません。"
        )
        if f.threatened:
            within = "危険区域に含まれる国" if f.known else "到達し得る範囲の国"
            lines.append(f"{within}：{_names(f.threatened, 2, '、')}。")
    return Text(
        "弾道ミサイル",
        headline,
        "".join(lines),
        instruction,
        "落下予測区域（95%）",
        f"Triwatch訓練、{_names((f.nation,), 2, '')}",
    )
