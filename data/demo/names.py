"""Made-up names: neighbourhoods, streets, communities, firms, people. None is meant for a real place or person."""

from __future__ import annotations

from numpy.random import Generator

FIRST = list(
    "安宁和兴新永广福春秋明景锦华金玉青翠红紫云凌天瑞祥嘉丰泰康裕德仁文崇尚学东西南北双平长临望清碧桂柏松梅荷菊杏桃柳枫槐榆"
)
SECOND = list(
    "安宁乐兴民康平和泰昌盛源泉溪河湖塘湾桥渡岸洲岗山岭坡林园圃苑庭里坊巷门楼台亭景春晖霞光明月星华秀丰祥瑞庆"
)
SURNAMES = list(
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIVEN = list(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红鹏飞辉燕玲斌宇浩凯健俊帆雪梅琳晨阳欣悦佳怡宁博文志国建新立春兰凤云峰海波"
)
WORKS = [
    "纺织厂",
    "机床厂",
    "造纸厂",
    "印刷厂",
    "轴承厂",
    "面粉厂",
    "仪表厂",
    "化肥厂",
    "电机厂",
    "粮食局",
    "供销社",
    "邮电局",
    "水利局",
    "百货公司",
    "运输公司",
    "第二建筑公司",
    "铁路工务段",
    "无线电厂",
    "钢铁厂",
    "毛巾厂",
    "肉联厂",
    "汽车修理厂",
    "自来水公司",
    "第五中学",
]
HOUSES = [
    "花园",
    "家园",
    "华庭",
    "雅苑",
    "名邸",
    "公馆",
    "城",
    "府",
    "国际城",
    "新城",
    "豪庭",
    "春天",
    "世家",
    "印象",
    "公园里",
    "名城",
    "学府",
    "御园",
]
SCHOOLS = ["第三中学", "第七中学", "职业学院", "实验小学", "师范附小", "理工学院", "医科学校", "艺术学校"]
MARKETS = ["商业中心", "建材市场", "步行街", "农贸市场", "购物广场", "会展中心"]
PARKS = ["科技园", "工业园", "物流园", "文化创意园", "孵化园", "电子产业园"]


def words(rng: Generator, avoid: set[str]) -> list[str]:
    """All two-character words of the banks in random order, without those to avoid and doubled characters."""
    every = [a + b for a in FIRST for b in SECOND if a != b and a + b not in avoid]
    return [every[i] for i in rng.permutation(len(every))]


def person(rng: Generator) -> str:
    """A person's name of two or three characters."""
    given = "".join(rng.choice(GIVEN, int(rng.choice([1, 2, 2, 2])), replace=False))
    return str(rng.choice(SURNAMES)) + given


def community_name(kind: str, word: str, street: str, number: int, rng: Generator) -> str:
    """A name as such communities bear: old ones after their works unit or their street number."""
    if kind == "commercial":
        return word + str(rng.choice(HOUSES))
    if kind == "resettlement":
        return word + str(rng.choice(["新村", "安居苑", "回迁小区", "佳苑", "安置小区"]))
    style = int(rng.choice(4, p=[0.3, 0.3, 0.25, 0.15]))
    works = str(rng.choice(WORKS))
    names = [
        works + "宿舍",
        f"{street}{number}号院",
        word + "小区",
        word + str(rng.choice(["新村", "里", "大院"])),
    ]
    return names[style]


def aliases(kind: str, name: str, street: str, number: int, rng: Generator) -> list[str]:
    """Other names in use; most communities have none."""
    if rng.random() > (0.35 if kind == "old" else 0.18):
        return []
    if kind == "old":
        return [f"{street}{number}号院"] if "号院" not in name else [str(rng.choice(WORKS)) + "家属院"]
    return [name + str(rng.choice(["一期", "小区", "北区"]))]


def street_name(word: str, length: float, rng: Generator) -> str:
    """Long streets are roads (路), short ones lanes (街, 巷)."""
    if length > 700:
        return word + "路"
    return word + str(rng.choice(["街", "巷", "路"], p=[0.45, 0.2, 0.35]))


def fresh(base: str, taken: set[str], suffixes: list[str]) -> str:
    """`base`, or `base` with the first suffix that makes it new; the result is added to `taken`."""
    for suffix in ("", *map(str, suffixes)):
        if base + suffix not in taken:
            taken.add(base + suffix)
            return base + suffix
    raise ValueError(f"no fresh name for {base}")
