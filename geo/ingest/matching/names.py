"""Names of communities in one form (小区名称归一): what they are called, and what tells them from their neighbours.

A name falls into a *base* (金色家园), which may be misspelt and whose generic ending may vary, and *marks* (二期, 东区,
3号院), which may not: two names whose marks differ never mean the same ground, however alike they look.

    >>> a, b = parse("金色家园（二期）"), parse("金色家園2期")
    >>> a == b, a.base, sorted(a.marks)
    (True, '金色家园', [('期', '2')])
    >>> relation(parse("国瑞城东区"), parse("国瑞城西区"))
    'apart'
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

Mark = tuple[str, str]
Relation = Literal["same", "partly", "apart"]

_TRADITIONAL: Final = (
    "臺號區棟樓戶層單數築積編碼稱網類別屬務業開結備註無萬齡時間門東車廠場聯電長員歲園華慶陽龍麗雲橋廣綠興豐銀鳳馬莊"
    "濱灣灘蘭蓮鄉鎮縣國際貿學醫寶寧寬實崗嶺島嶽巖帥師帶幹幾廳張強彙後復愛憶懷戰撥擁擇據擴攝斬曉曠曬書會東條來楊極樂"
    "樣機檔櫻歐歡歸殘殼氣決況沖淨淺渦湯溝滅滬滿漁漢潔潤澤濟灃熱爾牆牽犧獻獨現瓊璽畫當療盤眾碩祿禪禮種穀窩競筆節籃糧"
    "紅級紀約紫純紗統綜維綱線緣縱總績繁織繡羅義習聖聲職聽腦膠臨舊藝藍藥蘇處虛衛裝複見規覺觀訊設診試詩話該詳語誠調談諾"
    "謝證譚護譽讓豎貝財貨貫責貴買費資賓賢質賴贊趙躍軌軍軒輝輪輕農邊郵郊鄰鄭醬釀釋針鋼錦鐵鐘鑫鑽閒閣關闊陳陸陰際隊隨險"
    "隱雜雙離難靜韓頂項順預領頭題顏願顧風飛飯館駐駿騰驛骨魚魯鮮鳥鴻鵬鷹麥黃點齊齋龐"
)
_SIMPLE: Final = (
    "台号区栋楼户层单数筑积编码称网类别属务业开结备注无万龄时间门东车厂场联电长员岁园华庆阳龙丽云桥广绿兴丰银凤马庄"
    "滨湾滩兰莲乡镇县国际贸学医宝宁宽实岗岭岛岳岩帅师带干几厅张强汇后复爱忆怀战拨拥择据扩摄斩晓旷晒书会东条来杨极乐"
    "样机档樱欧欢归残壳气决况冲净浅涡汤沟灭沪满渔汉洁润泽济沣热尔墙牵牺献独现琼玺画当疗盘众硕禄禅礼种谷窝竞笔节篮粮"
    "红级纪约紫纯纱统综维纲线缘纵总绩繁织绣罗义习圣声职听脑胶临旧艺蓝药苏处虚卫装复见规觉观讯设诊试诗话该详语诚调谈诺"
    "谢证谭护誉让竖贝财货贯责贵买费资宾贤质赖赞赵跃轨军轩辉轮轻农边邮郊邻郑酱酿释针钢锦铁钟鑫钻闲阁关阔陈陆阴际队随险"
    "隐杂双离难静韩顶项顺预领头题颜愿顾风飞饭馆驻骏腾驿骨鱼鲁鲜鸟鸿鹏鹰麦黄点齐斋庞"
)
_VARIANTS: Final = str.maketrans(_TRADITIONAL, _SIMPLE)
_DIGITS: Final = {
    **{sign: value for value, sign in enumerate("零一二三四五六七八九")},
    **{sign: value for value, sign in enumerate("壹贰叁肆伍陆柒捌玖", 1)},
    "〇": 0, "两": 2, "貳": 2, "參": 3,
}  # fmt: skip
_ROMAN: Final = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}
_NUMERAL: Final = r"(?:\d+|[零〇一二两三四五六七八九十百壹贰叁肆伍陆柒捌玖拾]+)"
_SIDE: Final = r"(?:东南|东北|西南|西北|[东西南北中上下前后左右内外新老旧])"
_ONE: Final = rf"(?:{_NUMERAL}|(?<![a-z])(?:i{{1,3}}|iv|vi{{0,3}}|[a-z])(?![a-z]))"
_LIST: Final = rf"{_ONE}(?:[、,和及与-]{_ONE})*"

_BRACKETS: Final = re.compile(r"[(\[{【〔<《「『](.*?)[)\]}】〕>》」』]")
_FORMER: Final = re.compile(r"^(?:原名?|曾用名|曾名|又名|又称|俗称|亦称|别名|旧称|现名|现)[:：]?(.+)$")
_NOISE: Final = re.compile(r"[\s·•﹒.。,，;；:：'\"“”‘’`~!！?？*#&|/\\_—–()\[\]{}【】〔〕<>《》「」『』]")
_MARKS: Final = (
    # 期: a phase, or several of them
    (re.compile(rf"第?({_LIST})期(?:工程|项目)?"), "期"),
    (re.compile(rf"({_SIDE}|{_LIST})片?区"), "区"),
    (re.compile(rf"({_NUMERAL})小区"), "区"),
    (re.compile(rf"第?({_LIST})组团"), "组团"),
    (re.compile(rf"([甲乙丙丁]?{_NUMERAL})(?:号(?:大?院)?|#院?|院)(?!楼)"), "号"),
    (re.compile(rf"((?:{_LIST}))(?:号楼|[栋幢座]楼?|#楼?)"), "栋"),
    (re.compile(rf"第?({_NUMERAL})街坊"), "街坊"),
    (re.compile(rf"({_NUMERAL})弄"), "弄"),
)
_ENDINGS: Final = (
    (re.compile(rf"(?<=.)({_SIDE}|{_NUMERAL})里$"), "里"),
    (re.compile(rf"(?<=.)第?({_NUMERAL}|[东西南北中])村$"), "村"),
    (re.compile(rf"(?<=.)({_NUMERAL}|[东西南北中])[苑园]$"), "园"),
    (re.compile(rf"(?<=.)({_NUMERAL}|[东西南北中])院$"), "院"),
    (re.compile(r"(?<=[^a-z\d])(\d+|[a-z])$"), "号"),
)
"""Marks that count only where a name ends: 三里河 and 二里庄 are names."""
_PLAIN: Final = re.compile(
    r"(?<=..)(?:住宅小区|居民小区|生活小区|商住小区|安置小区|小区|住宅区|居民区|生活区|住宅楼|居民楼|宿舍区|家属区|住宅|项目|楼盘)$"
)
"""Endings that say no more than that people live there."""
_SOFT: Final = re.compile(
    r"(?<=.)(?:家属大院|家属楼|家属院|宿舍楼|宿舍院|职工宿舍|宿舍|花园|花苑|华苑|嘉园|家园|佳园|嘉苑|佳苑|家苑|名苑|名园|名邸|雅苑"
    r"|雅园|新苑|新园|新村|新城|公寓|公馆|大院|花城|山庄|小镇|苑|园|院|邸|城|府|庭|居|轩|阁)$"
)
"""Generic endings (通名) that offices use one for the other: 花园 for 花苑, 家属院 for 宿舍."""
_FAMILIES: Final = (
    ("园", "花园花苑华苑嘉园家园佳园嘉苑佳苑家苑名苑名园雅苑雅园新苑新园苑园"),
    ("院", "家属大院家属楼家属院宿舍楼宿舍院职工宿舍宿舍大院院"),
    ("村", "新村"),
    ("公寓", "公寓"),
    ("公馆", "公馆"),
    ("城", "新城花城城"),
)
"""Endings that offices use one for the other; a factory's 宿舍 and the 花园 on its old ground are two communities."""
_LEFT_OUT: Final = frozenset({"园", "院", "村"})
"""Families that a name may go without and be the same: 翠湖 is 翠湖花园, 广场公寓 may be a house of its own."""
_ASIDE: Final = frozenset(
    {
        "安置", "安置房", "安置小区", "安置点", "回迁", "回迁房", "商品房", "经济适用房",
        "公租房", "廉租房", "保障房", "房改房", "单位房", "老旧", "老旧小区", "三无",
        "三无小区", "无物业", "住宅", "小区", "已改造", "已拆迁", "在建", "原址", "新建",
    }
)  # fmt: skip
"""What stands in brackets and says what a community is, not which."""
_TELLING: Final = frozenset("东南西北中上下前后左右内外一二三四五六七八九十甲乙丙丁0123456789")
"""Characters inside a base that tell two grounds apart: 八角北路 is not 八角南路."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart. `base` has no marks and no plain ending, `core` no generic ending either."""

    base: str
    core: str
    marks: frozenset[Mark]

    @property
    def key(self) -> str:
        """One text that is equal for equal names."""
        return self.base + "".join(f"|{kind}{value}" for kind, value in sorted(self.marks))


def unified(text: str) -> str:
    """Return a text in half width, simplified characters and lower case. Idempotent."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).translate(_VARIANTS).lower())


def number(text: str) -> str:
    """Return a numeral as digits; letters and sides stay as they are.

    >>> number("十二"), number("贰"), number("廿"), number("12"), number("东"), number("iii"), number("一百零五")
    ('12', '2', '廿', '12', '东', '3', '105')
    """
    if text.isdecimal():
        return str(int(text))
    if text in _ROMAN:
        return _ROMAN[text]
    total, digit, plain = 0, -1, ""
    for sign in text:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
            plain += str(digit)
        elif sign in "十拾百":
            total += (1 if digit < 0 else digit) * (100 if sign == "百" else 10)
            digit, plain = -1, ""
        else:
            return text
    if total == 0 and len(plain) > 1:
        return str(int(plain))
    return str(total + max(digit, 0))


def variants(text: str) -> list[str]:
    """Return the name and the former names that it carries: 红星里(原棉纺厂宿舍) → both, 原棉纺厂宿舍 → 棉纺厂宿舍 too.

    What stands in brackets and says only what a community is goes: 翠湖花园（安置房）.
    """
    whole = unified(text)
    former: list[str] = []
    for inside in _BRACKETS.findall(whole):
        found = _FORMER.match(inside.strip())
        if found:
            former.append(found.group(1))
        if found or inside.strip() in _ASIDE:
            whole = whole.replace(inside, "")
    if whole.startswith("原") and len(whole) > 3:
        former.append(whole.removeprefix("原名").removeprefix("原"))
    return [whole, *former]


def bare(text: str) -> tuple[str, list[str]]:
    """Return a name without its brackets, and what stood in them; the name as it is where that tells grounds apart.

    >>> bare("翠湖花园（和平路街道）"), bare("翠湖花园（二期）"), bare("翠湖花园（南）")
    (('翠湖花园', ['和平路街道']), ('翠湖花园(二期)', []), ('翠湖花园(南)', []))
    """
    whole = unified(text)
    inside = [one.strip() for one in _BRACKETS.findall(whole)]
    telling_ones = any(
        len(one) < 2 or parse(one + "某某").marks or parse("某某" + one).marks or telling(parse(one))
        for one in inside
    )
    rest = _BRACKETS.sub("", whole).strip()
    return (whole, []) if telling_ones or len(rest) < 2 else (rest, inside)


def family(name: Name) -> str:
    """Return to which family the generic ending of a name belongs; empty where it has none."""
    ending = name.base[len(name.core) :]
    return next((kind for kind, endings in _FAMILIES if ending and ending in endings), ending)


def of_one_kind(one: Name, other: Name) -> bool:
    """Whether the endings of two names may stand for each other; names of other cores have nothing to be held against.

    >>> of_one_kind(parse("翠湖花园"), parse("翠湖苑")), of_one_kind(parse("机床厂宿舍"), parse("机床厂花园"))
    (True, False)
    """
    if one.core != other.core or one.base == other.base:
        return True
    kinds = {family(one), family(other)}
    return len(kinds) == 1 or ("" in kinds and kinds - {""} <= _LEFT_OUT)


@lru_cache(maxsize=200_000)
def parse(text: str) -> Name:
    """Take a name apart.

    >>> parse("翠湖花园小区").base, parse("翠湖花苑").core, sorted(parse("三里河一区3号院").marks)
    ('翠湖花园', '翠湖', [('区', '1'), ('号', '3')])
    >>> parse("西山枫林一二期").marks == parse("西山枫林1、2期").marks
    True
    """
    rest = re.sub(r"[()\[\]{}【】〔〕]", "", unified(text).replace("—", "-").replace("–", "-"))
    rest = re.sub(r"[\s·•﹒.。]", "", rest)
    marks: set[Mark] = set()
    for pattern, kind in _MARKS:
        rest = _taken(rest, pattern, kind, marks)
    rest = _NOISE.sub("", rest).strip("-")
    rest = _PLAIN.sub("", rest)
    for pattern, kind in _ENDINGS:
        rest = _taken(rest, pattern, kind, marks)
    base = _PLAIN.sub("", rest)
    return Name(base, _SOFT.sub("", base), frozenset(marks))


def _taken(text: str, pattern: re.Pattern[str], kind: str, marks: set[Mark]) -> str:
    """Take what the pattern finds out of a text, unless nothing of a name would be left."""
    for found in list(pattern.finditer(text))[::-1]:
        rest = text[: found.start()] + text[found.end() :]
        if len(_NOISE.sub("", rest)) < 2 and kind != "号":
            continue
        if not rest:
            continue
        marks.update((kind, value) for value in _values(found.group(1), kind))
        text = rest
    return text


def _values(text: str, kind: str) -> Iterable[str]:
    """Return the numbers of a list: 一二 → 1, 2 (phases alone); 1、2 → 1, 2; 3-5 → 3, 4, 5."""
    parts = [one for one in re.split(r"[、,和及与]", text) if one]
    for part in parts:
        ends = [number(one) for one in part.split("-") if one]
        if (
            len(ends) == 2
            and all(one.isdecimal() for one in ends)
            and int(ends[0]) < int(ends[1]) <= int(ends[0]) + 20
        ):
            yield from (str(n) for n in range(int(ends[0]), int(ends[1]) + 1))
        elif kind == "期" and len(part) > 1 and all(sign in "一二三四五六七八九" for sign in part):
            yield from (str(_DIGITS[sign]) for sign in part)
        else:
            yield from ends


def telling(name: Name) -> Counter[str]:
    """Return the characters of a base that tell grounds apart."""
    return Counter(number(sign) for sign in name.base if sign in _TELLING)


@lru_cache(maxsize=400_000)
def relation(one: Name, other: Name) -> Relation:
    """Say whether the marks of two names agree: `apart` when they contradict each other, `partly` when one says more.

    >>> relation(parse("金色家园"), parse("金色家园二期")), relation(parse("八角北里"), parse("八角南里"))
    ('partly', 'apart')
    """
    if one.base != other.base:
        mine, theirs = telling(one), telling(other)
        if mine - theirs and theirs - mine:
            return "apart"
    if one.marks == other.marks:
        return "same" if one.base == other.base or telling(one) == telling(other) else "partly"
    for kind in {kind for kind, _ in one.marks | other.marks}:
        here = {value for key, value in one.marks if key == kind}
        there = {value for key, value in other.marks if key == kind}
        counted_alike = kind != "区" or {_scheme(one) for one in here} & {_scheme(one) for one in there}
        if here and there and not here & there and counted_alike:
            return "apart"
    return "partly"


def _scheme(value: str) -> str:
    """How a zone counts: by numbers, letters or sides. 东区 may be what another office calls A区, never its 西区."""
    return "number" if value.isdecimal() else "letter" if value.isascii() else "side"
