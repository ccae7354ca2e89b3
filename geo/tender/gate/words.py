"""What the gate finds, in Chinese and in English: a rule, its figures, one sentence each."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # ---- the round ----
    "no_packages": ("批次中没有标包", "the round holds no package"),
    "empty_package": ("{package} 中没有小区", "{package} holds no unit"),
    "nothing_to_let": (
        "{package} 的服务对象都已有后续合同，没有可招标的内容",
        "every unit of {package} has a contract that follows already; there is nothing to let",
    ),
    "unassigned": (
        "还有 {count} 个业主同意的服务对象未编入任何标包",
        "{count} willing units of the pool are in no package",
    ),
    "few_firms": (
        "名录中目前可以投标的企业只有 {firms} 家，少于 {least} 家，很可能流标",
        "only {firms} firms on record may bid, fewer than {least}: the round will likely fail",
    ),
    "start_missing": (
        "尚未确定合同起始日，资金按 {start} 起测算",
        "nobody decided when the contracts begin; money is reckoned from {start}",
    ),
    "years_over": (
        "合同期 {years} 年，超过本区上限 {most} 年",
        "contracts of {years} years, over the district's {most}",
    ),
    "budget_over": (
        "{year} 年需补贴 {needed} 元，超出预算 {budget} 元，差 {by} 元",
        "{year} needs {needed} yuan of subsidy, {by} over its budget of {budget}",
    ),
    "budget_missing": (
        "{year} 年需补贴 {needed} 元，尚未填写预算",
        "{year} needs {needed} yuan of subsidy and has no budget",
    ),
    "days_short": (
        "投标截止 {until} 距发布日 {day} 只有 {days} 天，少于 {least} 天",
        "bids until {until} leaves {days} days from {day}, fewer than {least}",
    ),
    # ---- a package ----
    "contiguity": ("{package} 不连片，分成 {pieces} 块", "{package} lies in {pieces} pieces"),
    "bound_low": (
        "{package} 的{what_zh}为 {value}，低于下限 {limit}",
        "{package} holds {value} {what_en}, below {limit}",
    ),
    "bound_high": (
        "{package} 的{what_zh}为 {value}，高于上限 {limit}",
        "{package} holds {value} {what_en}, above {limit}",
    ),
    "rule": ("{package} 违反打包规则：{text_zh}", "{package} breaks a rule: {text_en}"),
    "below_cost": (
        "{package} 第 {year} 年收不抵支，差 {by} 元；{remedies_zh}",
        "{package} is {by} yuan below cost in year {year}; {remedies_en}",
    ),
    # ---- a unit ----
    "unknown_figure": ("{unit} 的{what_zh}不明", "the {what_en} of {unit} is unknown"),
    "refused": ("{unit} 的业主不同意", "the owners of {unit} refused"),
    "willing_unknown": (
        "{unit} 尚未征求业主意见，规则要求同意",
        "the owners of {unit} were not asked, and the rules want a yes",
    ),
    "taken": (
        "{unit} 已在进行中的批次“{round}”（{number}）中",
        "{unit} is in the live round {round} ({number}) already",
    ),
    "mid_contract": (
        "{unit} 合同期内（至 {end}），距今 {days} 天，超过 {ending} 天",
        "{unit} is in a contract until {end}, {days} days from now, more than {ending}",
    ),
    "mid_contract_open": (
        "{unit} 正在服务中，合同没有结束日期",
        "{unit} is served under a contract without an end",
    ),
    "vote_missing": ("{unit} 没有业主表决记录", "no owners' vote is recorded for {unit}"),
    "vote_failed": ("{unit} 的业主表决未通过", "the owners' vote of {unit} failed"),
    "served_later": (
        "{unit} 自 {start} 起另有服务，合同只服务到那一天",
        "{unit} has another service from {start} on; the contract serves it until then",
    ),
    "succeeded": (
        "{unit} 的合同到期后自 {start} 起已有后续服务，本合同不再服务它",
        "{unit} has a contract that follows on {start} already; this one will not serve it",
    ),
    "gone": ("{unit} 在 {day} 已不存在", "{unit} is not there on {day}"),
    # ---- what would balance ----
    "fee_more": ("物业费每月每平方米提高 {fee_more} 元", "fees higher by {fee_more} yuan per m² and month"),
    "rate": ("收缴率达到 {rate}", "a collection rate of {rate}"),
    "subsidy": ("补贴提高到每平方米每年 {subsidy} 元", "a subsidy of {subsidy} yuan per m² and year"),
    "cost": ("成本降到每月 {cost} 元", "a cost of {cost} yuan a month"),
    "no_remedy": ("单靠任何一项都无法平衡", "no single step would balance it"),
}
WHAT: Final = {
    "households": ("户数", "households"),
    "floor_area": ("建筑面积（㎡）", "m² of floor area"),
    "money": ("年收支（元）", "yuan a year of income against cost"),
    "max_members": ("服务对象数", "units"),
    "fee": ("物业费", "fee"),
    "collection_rate": ("收缴率", "collection rate"),
    "capacity": ("驻点承接量", "load of its centre"),
    "packages": ("标包数", "packages"),
}
RULES: Final = {
    "within": "跨街道",
    "anchors": "没有能带动的强小区",
    "together": "必须同包的服务对象被分开",
    "apart": "不得同包的服务对象在一起",
    "locks": "锁定的服务对象不在指定标包",
    "lock": "锁定的服务对象不在指定标包",
    "centres": "驻点数不符",
    "packages": "标包数不符",
}
