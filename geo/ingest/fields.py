"""The fields of every kind of table: one source of truth for mapping, parsing, templates and export.

A `Field` names its Chinese header (表头) as it goes out and the other headers that are understood; `Kind` names the
table that its rows live in, its fields in order, and the shape it carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Type = Literal["text", "code", "integer", "number", "share", "flag", "date", "choice", "list"]
Shape = Literal["polygon", "any", "none"]


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical field (字段).

    `choices` maps the words of a choice to stored values. `lacks` marks a flag that is true when the thing named
    by the header is missing (主管单位 无 → no_managing_unit). `column` is the stored column where it differs from
    the name; `key` the member of a JSON column. `last_day` is the word of a header whose date is the last day
    included (合同到期日), where the field itself holds the first day after.
    """

    name: str
    header: str
    type: Type = "text"
    required: bool = False
    also: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    column: str = ""
    key: str = ""
    lacks: bool = False
    last_day: str = ""
    help: str = ""

    @property
    def stored(self) -> str:
        """The column of the table that holds this field."""
        return self.column or self.name

    def means_last_day(self, header: str) -> bool:
        """Whether a column of this header holds last days, each a day before the field's own."""
        return bool(self.last_day) and self.last_day in header


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of table (数据类型): `name` in the interfaces, `table` in the store, `title` in Chinese."""

    name: str
    table: str
    title: str
    fields: tuple[Field, ...]
    shape: Shape = "polygon"
    optional_shape: bool = False

    def field(self, name: str) -> Field:
        """Return a field by its canonical name; KeyError when there is none."""
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)


LEVELS = {
    "市": "city", "地级市": "city", "区": "district", "县": "district", "区县": "district", "区/县": "district",
    "县级市": "district", "街道": "subdistrict", "镇": "subdistrict", "乡": "subdistrict", "乡镇": "subdistrict",
    "街道(乡镇)": "subdistrict", "社区": "neighbourhood", "村": "neighbourhood", "社区(村)": "neighbourhood",
}  # fmt: skip
GRID_KINDS = {"基础网格": "basic", "基础": "basic", "专属网格": "dedicated", "专属": "dedicated"}
COMMUNITY_KINDS = {
    "商品房": "commercial", "商品房小区": "commercial", "安置房": "resettlement", "安置小区": "resettlement",
    "回迁小区": "resettlement", "老旧小区": "old", "老旧": "old", "老旧生活小区": "old",
}  # fmt: skip
UNIT_KINDS = {"小区": "community", "单体楼": "building_group", "零星楼栋": "building_group"}
MODES = {
    "市场化": "market", "国企兜底": "backstop", "社区领办": "neighbourhood", "公益实体": "benefit", "村办": "village",
    "流动物业": "mobile", "共享物业社": "shared", "自管": "self", "自我管理": "self", "社区代管": "custody",
    "片区托管": "trustee", "无物业": "none", "无": "none",
}  # fmt: skip
BRANCH_KINDS = {"网格支部": "grid", "小区支部": "community"}
BASE_KINDS = {"主干道": "arterial", "街道": "street", "支路": "street", "铁路": "railway", "河流": "river"}
VOTES = {"已通过": "passed", "通过": "passed", "未通过": "failed", "否决": "failed"}
GRADES = {grade: grade for grade in "ABCD"}

TEAM = {
    "leader": "网格长",
    "enforcement": "执法队员",
    "police": "社区民警",
    "property": "物业人员",
    "informant": "信息员",
}
"""The team of a grid (1+4): the end of the field's name, and its header, which is also the member of the stored object:
a duty (职务) is data, districts add their own (the N of 1+4+N)."""

_NEIGHBOURHOOD = Field(
    "neighbourhood",
    "所属社区编码",
    "code",
    also=("社区编码", "所属社区", "社区代码"),
    help="12 位社区(村)编码",
)
_ADDRESS = Field("address", "地址", also=("详细地址", "坐落", "小区地址", "位置"))
_SIZES = (
    Field("households", "户数", "integer", also=("总户数", "户", "居民户数", "住户数")),
    Field("residents", "常住人口", "integer", also=("人口", "居民数", "人口数", "常住人口数")),
    Field("floor_area", "建筑面积(㎡)", "number", also=("建筑面积", "总建筑面积", "面积"), help="平方米"),
)
_BUILDING_COUNT = Field("building_count", "楼栋数", "integer", also=("栋数", "楼数", "幢数"))
_STANCE = (
    Field(
        "willing", "参与意愿", "flag", also=("参与招标意愿", "打包意愿", "意愿"), help="有/无，愿意/不愿意"
    ),
    Field("anchor", "带动能力", "flag", also=("可带动", "带动小区"), help="有/无；留空按打包规则判断"),
    Field(
        "vote", "业主表决", "choice", also=("业主大会表决", "表决结果"), choices=VOTES, help="已通过/未通过"
    ),
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "regions",
            "region",
            "行政区划",
            (
                Field(
                    "code",
                    "编码",
                    "code",
                    True,
                    ("区划代码", "区划编码", "行政区划代码", "adcode", "admincode"),
                    help="12 位，不足补 0",
                ),
                Field("name", "名称", "text", True, ("区划名称", "行政区划名称")),
                Field(
                    "level",
                    "级别",
                    "choice",
                    also=("层级", "行政级别"),
                    choices=LEVELS,
                    help="市/区/街道/社区；留空按编码判断",
                ),
                Field(
                    "parent",
                    "上级编码",
                    "code",
                    also=("上级代码", "上级区划代码", "父级编码"),
                    help="市级留空",
                ),
            ),
            optional_shape=True,
        ),
        Kind(
            "grids",
            "grid",
            "网格",
            (
                Field("code", "网格编码", "code", True, ("网格代码", "网格编号"), help="社区 12 位 + 3 位"),
                Field("name", "网格名称", "text", True, ("网格名",)),
                Field(
                    "kind", "网格类型", "choice", True, ("网格类别",), GRID_KINDS, help="基础网格/专属网格"
                ),
                _NEIGHBOURHOOD,
                Field("responsible", "责任单位", also=("责任主体", "责任部门")),
                *(Field(f"team_{key}", header, column="team", key=header) for key, header in TEAM.items()),
            ),
        ),
        Kind(
            "communities",
            "community",
            "小区",
            (
                Field(
                    "code", "小区编码", "code", True, ("小区代码", "小区编号"), help="社区 12 位 + C + 3 位"
                ),
                Field("name", "小区名称", "text", True, ("小区名", "小区", "项目名称")),
                Field("aliases", "别名", "list", also=("曾用名", "俗称", "小区别名"), help="多个以、分隔"),
                _NEIGHBOURHOOD,
                _ADDRESS,
                Field(
                    "kind",
                    "小区类型",
                    "choice",
                    False,
                    ("小区类别", "房屋类型"),
                    COMMUNITY_KINDS,
                    help="商品房/安置房/老旧小区",
                ),
                Field(
                    "built_year", "建成年份", "integer", also=("建成年代", "竣工年份", "建设年份", "建成时间")
                ),
                _BUILDING_COUNT,
                *_SIZES,
                Field(
                    "no_managing_unit", "主管单位", "flag", also=("有无主管单位",), lacks=True, help="有/无"
                ),
                Field(
                    "no_property_service",
                    "物业服务",
                    "flag",
                    also=("有无物业服务", "有无物业"),
                    lacks=True,
                    help="有/无",
                ),
                Field(
                    "no_security",
                    "人防物防技防",
                    "flag",
                    also=("有无人防物防技防", "人防物防"),
                    lacks=True,
                    help="有/无",
                ),
                Field(
                    "fee",
                    "物业费(元/㎡·月)",
                    "number",
                    also=("物业费", "物业费标准", "收费标准"),
                    help="元/平方米·月",
                ),
                Field(
                    "collection_rate", "收缴率", "share", also=("物业费收缴率", "收费率"), help="0–1 或百分数"
                ),
                *_STANCE,
            ),
        ),
        Kind(
            "building-groups",
            "building_group",
            "楼栋群与单体楼",
            (
                Field(
                    "code",
                    "楼栋群编码",
                    "code",
                    True,
                    ("楼栋群代码", "组团编码"),
                    help="小区编码 + 2 位；单体楼为社区 12 位 + S + 3 位",
                ),
                Field("name", "楼栋群名称", "text", True, ("楼栋群名", "组团名称")),
                Field("community", "所属小区编码", "code", also=("小区编码",), help="单体楼留空"),
                _NEIGHBOURHOOD,
                _ADDRESS,
                _BUILDING_COUNT,
                *_SIZES,
                *_STANCE,
            ),
        ),
        Kind(
            "buildings",
            "building",
            "楼栋",
            (
                Field("code", "楼栋编码", "code", True, ("楼栋代码", "楼幢编码"), help="楼栋群编码 + 3 位"),
                Field("name", "楼栋名称", "text", True, ("楼栋名", "楼栋号", "幢号", "楼号")),
                Field(
                    "group",
                    "所属楼栋群编码",
                    "code",
                    also=("楼栋群编码",),
                    column="building_group",
                    help="不分群的小区留空",
                ),
                Field("community", "所属小区编码", "code", also=("小区编码",), help="单体楼留空"),
                Field("floors", "层数", "integer", also=("楼层数", "总层数", "地上层数")),
                Field("units", "单元数", "integer", also=("单元",)),
                *_SIZES,
            ),
        ),
        Kind(
            "firms",
            "firm",
            "物业企业",
            (
                Field("code", "统一社会信用代码", "code", True, ("信用代码", "社会信用代码"), help="18 位"),
                Field("name", "企业名称", "text", True, ("物业企业名称", "公司名称", "企业")),
                Field("grade", "信用等级", "choice", False, ("等级", "评级"), GRADES, help="A–D"),
                Field(
                    "region", "登记区编码", "code", True, ("登记区划代码", "注册地区编码"), help="12 位区编码"
                ),
                Field("contact", "联系人", also=("负责人",)),
                Field("phone", "联系电话", "code", also=("电话", "手机")),
            ),
            "none",
        ),
        Kind(
            "service-periods",
            "service_period",
            "服务期",
            (
                Field("unit", "服务对象编码", "code", True, ("对象编码",), help="小区编码或单体楼编码"),
                Field(
                    "unit_kind", "对象类型", "choice", True, ("服务对象类型",), UNIT_KINDS, help="小区/单体楼"
                ),
                Field("mode", "服务方式", "choice", True, ("服务模式", "管理方式"), MODES),
                Field("firm", "企业信用代码", "code", also=("物业企业信用代码", "统一社会信用代码")),
                Field("start", "开始日期", "date", True, ("起始日期", "合同开始日期", "进驻日期")),
                Field(
                    "end",
                    "结束日期",
                    "date",
                    also=("终止日期", "合同到期日", "到期日期", "到期日"),
                    last_day="到期",
                    help="自该日起不再服务（不含当日）；若填合同到期日（含当日），表头请改为“合同到期日”，"
                    "导入时自动加一天；长期有效留空",
                ),
                Field("note", "备注", also=("说明",)),
            ),
            "none",
        ),
        Kind(
            "branches",
            "branch",
            "党支部",
            (
                Field("code", "支部编码", "code", True, ("支部代码",), help="社区 12 位 + 至多 8 位"),
                Field("name", "支部名称", "text", True, ("党支部名称",)),
                Field(
                    "kind", "支部类型", "choice", True, ("支部类别",), BRANCH_KINDS, help="网格支部/小区支部"
                ),
                Field("grid", "所属网格编码", "code", also=("网格编码",), help="网格支部必填"),
                Field("community", "所属小区编码", "code", also=("小区编码",), help="小区支部必填"),
            ),
            "none",
        ),
        Kind(
            "base-features",
            "base_feature",
            "底图要素",
            (
                Field("code", "要素编码", "code", True, ("要素代码",), help="区 6 位 + 至多 20 位"),
                Field("name", "名称", also=("要素名称", "道路名称")),
                Field(
                    "kind",
                    "类型",
                    "choice",
                    True,
                    ("要素类型", "道路等级"),
                    BASE_KINDS,
                    help="主干道/街道/铁路/河流",
                ),
            ),
            "any",
        ),
    )
}
"""Kinds by name, parents before children: the order in which files are loaded."""


def words_of(choices: Mapping[str, str]) -> dict[str, str]:
    """Return the first Chinese word of each stored value of a choice: the word that exports write."""
    first: dict[str, str] = {}
    for word, value in choices.items():
        first.setdefault(value, word)
    return first
