"""Why a bid may not win or did not (理由): a code, its figures, and the same sentence in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

Figure = int | str | Decimal | Sequence[str] | None

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # ---- the firm ----
    "grade_barred": (
        "信用等级为 {grade}，自评定之日 {since} 起 {years} 年内（至 {until}）不得投标",
        "credit grade {grade} since {since}: may not bid for {years} years, until {until}",
    ),
    "grade_barred_undated": (
        "信用等级为 {grade} 且评定日期不明，不得投标",
        "credit grade {grade} of an unknown date: may not bid",
    ),
    "grade_unknown": (
        "没有信用等级，本区要求有等级方可投标",
        "no credit grade, and the district asks for one",
    ),
    "barred": ("被禁止投标至 {until}", "barred from bidding until {until}"),
    "not_registered": (
        "登记地 {region} 不在本次招标要求的范围 {within} 内",
        "registered in {region}, outside {within} as the round asks",
    ),
    "region_unknown": (
        "登记地不明，无法证明在要求的范围 {within} 内",
        "registered nobody knows where; the round asks for {within}",
    ),
    # ---- the firm and the package ----
    "conflict": ("与本标包存在利害关系（{with_}）", "has an interest in this package ({with_})"),
    "related": (
        "与同一标包的投标人 {firms} 存在控股或管理关系，相关投标均无效",
        "related to {firms}, who bid for the same package: none of these bids counts",
    ),
    "over_ceiling": (
        "报价 {price} 元，高于最高限价 {ceiling} 元，超出 {by} 元",
        "bids {price} yuan, {by} above the ceiling of {ceiling}",
    ),
    "capacity_alone": (
        "本标包 {households} 户，企业剩余承接能力 {free} 户（上限 {capacity} 户，已服务 {serving} 户，"
        "已中标未服务 {won} 户）",
        "the package has {households} households, the firm can take {free} more (of {capacity}, it serves {serving}"
        " and has won {won})",
    ),
    "size_unknown": (
        "本标包户数不明，无法核对企业承接能力（剩余 {free} 户）",
        "households of the package are unknown, so the firm's capacity ({free} left) cannot be held against them",
    ),
    # ---- the package ----
    "no_bids": ("无人投标", "nobody bid"),
    "too_few": (
        "合格投标人 {eligible} 家（收到投标 {received} 家），不足 {least} 家，本标包流标",
        "{eligible} eligible of {received} bidders, fewer than {least}: the package fails",
    ),
    "nobody_can": (
        "没有任何合法的授标方案能把本标包授出",
        "no lawful award gives this package to anybody",
    ),
    "others_gain": (
        "投标人的名额、承接能力或预算用于其他标包更优：若授出本标包，{loss_zh}",
        "the bidders' caps and capacities, or the budget, do more elsewhere: letting this one, {loss_en}",
    ),
    # ---- the bid that lost ----
    "outscored": (
        "得分 {own}，低于中标人 {name} 的 {theirs}，相差 {by} 分",
        "{own} points, {by} fewer than the {theirs} of the winner {name}",
    ),
    "dearer": (
        "得分与中标人 {name} 相同（{own}），报价高 {by} 元",
        "as many points ({own}) as the winner {name}, but dearer by {by} yuan",
    ),
    "later": (
        "得分、报价均与中标人 {name} 相同，投标次序在后（第 {order} 份，中标人第 {first} 份）",
        "as many points and the same price as the winner {name}, but received later (number {order}, not {first})",
    ),
    "blocked_forced": (
        "{limits_zh}；若改由其中标本标包，{loss_zh}",
        "{limits_en}; were this package its, {loss_en}",
    ),
    "blocked_never": (
        "{limits_zh}；任何合法的授标方案都不能由其中标本标包",
        "{limits_en}; no lawful award gives it this package",
    ),
    "failed_package": ("所投标包流标：{why_zh}", "the package failed: {why_en}"),
    # ---- parts of sentences ----
    "cap": (
        "企业已中标 {lots}，达到每家 {most} 个标包的上限",
        "it won {lots}, which is the cap of {most} packages a firm",
    ),
    "capacity": (
        "企业已中标 {lots} 共 {taken} 户，再加本标包 {households} 户超过剩余承接能力 {free} 户",
        "it won {lots} with {taken} households; these {households} more are over the {free} that it can take",
    ),
    "budget": (
        "中标价合计将为 {total} 元，超出预算 {budget} 元",
        "the prices would come to {total} yuan, over the budget of {budget}",
    ),
    "loses_points": ("总分减少 {by} 分", "the total would fall by {by} points"),
    "loses_lots": ("总分不变，但少授出 {by} 个标包", "the points stay, but {by} fewer packages are let"),
    "loses_money": ("总分不变，但总价增加 {by} 元", "the points stay, but the prices rise by {by} yuan"),
    "loses_order": (
        "总分、总价不变，按投标次序不优先",
        "points and prices stay, but it comes later in the order of receipt",
    ),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A code, the figures it rests on, and both sentences. `parts`: the reasons it is made of."""

    code: str
    figures: Mapping[str, Figure]
    zh: str
    en: str
    parts: tuple[Reason, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """Return plain values; decimals as text, so that no digit is lost."""
        plain = {
            key: str(value) if isinstance(value, Decimal) else value for key, value in self.figures.items()
        }
        told: dict[str, object] = {"code": self.code, "figures": plain, "zh": self.zh, "en": self.en}
        return {**told, "parts": [part.as_json() for part in self.parts]} if self.parts else told


def reason(code: str, parts: tuple[Reason, ...] = (), /, **figures: Figure) -> Reason:
    """Put a reason into words.

    Figures named `…_fen` are money: the sentence shows them in yuan, and names them without the ending. Those named
    `…_zh` and `…_en` are words for the sentences and no figures.

    >>> reason("over_ceiling", price_fen=123_456, ceiling_fen=120_000, by_fen=3_456).zh
    '报价 1,234.56 元，高于最高限价 1,200.00 元，超出 34.56 元'
    """
    return worded(TEXTS, code, parts, figures)


def worded(
    texts: Mapping[str, tuple[str, str]], code: str, parts: tuple[Reason, ...], figures: Mapping[str, Figure]
) -> Reason:
    """The same with sentences of another list."""
    zh, en = texts[code]
    kept = {key: value for key, value in figures.items() if not key.endswith(("_zh", "_en"))}
    return Reason(code, kept, _said(zh, figures, "、"), _said(en, figures, ", "), parts)


def joined(parts: Sequence[Reason]) -> tuple[str, str]:
    """Return the sentences of several reasons as one in each language."""
    return "；".join(part.zh for part in parts), "; ".join(part.en for part in parts)


def yuan(fen: int) -> str:
    """Write an amount in fen as yuan.

    >>> yuan(161_339_800)
    '1,613,398.00'
    >>> yuan(-5)
    '-0.05'
    """
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02d}"


def _said(text: str, figures: Mapping[str, Figure], comma: str) -> str:
    words: dict[str, str] = {}
    for key, value in figures.items():
        if key.endswith("_fen") and isinstance(value, int):
            words[key.removesuffix("_fen")] = yuan(value)
        elif isinstance(value, Decimal):
            words[key] = format(value.normalize(), "f")
        elif isinstance(value, int):
            words[key] = f"{value:,}"
        elif value is None:
            words[key] = "—"
        else:
            words[key] = value if isinstance(value, str) else comma.join(value)
    return text.format_map(words)
