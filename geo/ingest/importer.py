"""One file in (导入): recognised, read in a child, mapped, parsed, checked, and loaded in one transaction."""

from __future__ import annotations

import gc
import hashlib
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from sqlalchemy import text

from geo.crs import (
    BD09,
    CGCS2000,
    FITTED,
    GCJ02,
    WGS84,
    Identified,
    declared_epsg,
    identify,
    label,
    parse_crs,
)
from geo.crs_control import fit_control
from geo.errors import BadInput, Conflict, DiskFull, WanggeError
from geo.ingest.checks import check_table
from geo.ingest.columns import ColumnMap, kind_of, map_columns
from geo.ingest.evidence import Rates, agreement, verdict
from geo.ingest.fields import KINDS, Kind
from geo.ingest.formats import inspect
from geo.ingest.load import Loading, Origin, city_of
from geo.ingest.matching.applying import Applying, outlines_near, read_known, readmit
from geo.ingest.matching.learning import remember
from geo.ingest.matching.outcome import Decision
from geo.ingest.matching.rows import FILLED, TARGETS, find_columns, kind_without_code
from geo.ingest.matching.settings import limits_for
from geo.ingest.matching.values import Limits
from geo.ingest.parents import check_against_store
from geo.ingest.preview import first_rows
from geo.ingest.provisional import BY_PLACE, provide
from geo.ingest.reading import ChildFailed, Layers, RawTable, read_file
from geo.ingest.repairs import Fitting, ground_of, parse_repairs
from geo.ingest.report import ImportReport, Question
from geo.ingest.shapes import bounds_of, check_overlaps, prepare_shapes
from geo.ingest.tables import ParsedTable, parse_table
from geo.settings import Settings
from geo.store.engine import Scope, Store

log = logging.getLogger(__name__)

_REFRESH: Final = text("SELECT refresh_statistics(:table)")

_OBJECTS: Final = 200_000
"""Objects made until the process looks for cycles: by default it does at every 700, through all shapes of a file."""

Progress = Callable[[float, str], None]
Cancel = Callable[[], bool]


@dataclass(frozen=True)
class ImportOptions:
    """What the person who hands in a file says about it; what is left out is detected, or asked.

    `mapping` is column → field ("" leaves a column out). `valid_from` is the date from which new rows are valid
    (None = since ever) and from which differences hold (None = the business date). `strict` loads nothing when a row
    is refused. `name` is the file's own name where `path` is an upload's. `control` are control points: x, y of the
    file with longitude, latitude in CGCS2000 of the same marks, at least three; they take the place of `crs`.
    `provisional` gives rows without a code one: below the region of that code, or in the neighbourhood where each lies
    (`place`). `encoding` is that of the texts of a Shapefile, DXF, CSV. `match` finds the communities of rows without a
    code by name, address and place, from the scores of `limits` on (None: the district's); `decisions` are what people
    decided about such
    rows, by number. `repair` names what else is mended than is safe (`geo.ingest.repairs.parse_repairs`).
    """

    kind: str | None = None
    crs: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    valid_from: date | None = None
    layer: str | None = None
    dry_run: bool = False
    strict: bool = False
    name: str | None = None
    control: Sequence[Sequence[float]] = ()
    provisional: str | None = None
    encoding: str | None = None
    match: bool = False
    limits: Limits | None = None
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    repair: Sequence[str] = ()


class Cancelled(Conflict):
    """The import was stopped by the person who asked for it; nothing was written."""


def import_file(
    store: Store,
    scope: Scope,
    path: Path,
    *,
    options: ImportOptions | None = None,
    settings: Settings,
    progress: Progress = lambda _share, _note: None,
    cancel: Cancel = lambda: False,
) -> ImportReport:
    """Import one file into the store under the scope of who asks.

    Returns a report; with questions in it nothing was loaded. Raises BadInput or TooLarge for a file that cannot be
    taken at all, DiskFull where the disk has no room for it, Cancelled when told to stop, Conflict where somebody else
    changed the same rows meanwhile.
    """
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
    options = options or ImportOptions()
    fitting = Fitting(
        parse_repairs(options.repair),
        progress=lambda share: progress(0.36 + 0.2 * share, "fitting"),
        cancel=cancel,
    )
    run = _Run(store, scope, settings, options, progress, cancel, fitting)
    _check_disk(settings)
    report = ImportReport(run.options.name or path.name, dry_run=run.options.dry_run)
    progress(0.02, "reading")
    raw = _read(path, run)
    if isinstance(raw, Layers):
        report.layers = raw.names
        report.questions.append(_which_layer(raw))
        return report
    progress(0.25, "mapping")
    table, epsg = _understand(raw, run, report)
    if table is not None:
        progress(0.35, "checking")
        table.source_crs = report.crs.named() if report.crs else None
        _check(raw, table, epsg, run, report)
        if not run.options.match:
            raw.columns.clear()  # parsed by now: a large file's cells are as much again as its values
        report.findings = table.findings
        _load(run, table, Origin(report.file, label(epsg) if epsg else None, _sha256(path)), report)
        progress(1.0, "done")
    return report


def _read(path: Path, run: _Run) -> RawTable | Layers:
    options = run.options
    try:
        return read_file(
            path, inspect(path, options.name), options.layer, options.encoding,
            progress=lambda share: run.progress(0.02 + 0.2 * share, "reading"), cancel=run.cancel,
        )  # fmt: skip
    except ChildFailed:
        run.stop_if_told()
        raise


@dataclass(frozen=True)
class _Run:
    """What one import works with."""

    store: Store
    scope: Scope
    settings: Settings
    options: ImportOptions
    progress: Progress
    cancel: Cancel
    fitting: Fitting

    def tell_writing(self, share: float) -> None:
        """Tell how much of the history is written; raise Cancelled where the person no longer wants it."""
        self.stop_if_told()
        self.progress(0.7 + 0.28 * share, "writing")

    def stop_if_told(self) -> None:
        """Raise Cancelled where the person no longer wants it."""
        if self.cancel():
            raise Cancelled("the import was stopped; nothing was written")


def _check(raw: RawTable, table: ParsedTable, epsg: int | None, run: _Run, report: ImportReport) -> None:
    """Everything about the table by itself: shapes, then codes and numbers."""
    run.stop_if_told()
    if epsg is not None:
        fit = fit_control(run.options.control) if run.options.control else None
        prepare_shapes(table, epsg, run.settings.extent, run.cancel, fit, run.fitting)
    new = run.options.match and _match(raw, table, run, report)
    if run.options.provisional or new:
        with run.store.begin(run.scope) as session:
            provide(session, table, run.options.provisional or BY_PLACE, report)
    check_table(table, run.scope.areas, run.settings.business_date())
    check_overlaps(table)
    run.stop_if_told()


def _match(raw: RawTable, table: ParsedTable, run: _Run, report: ImportReport) -> bool:
    """Find the communities of rows without a code; returns whether some of them are new ones."""
    columns = find_columns(list(raw.columns), table.kind, report.mapping)
    if table.kind.name not in TARGETS or not columns:
        return False
    readmit(table)
    run.progress(0.45, "matching")
    today, decisions = run.settings.business_date(), run.options.decisions
    with run.store.begin(run.scope) as session:
        known = read_known(session, today, alone=table.kind.name == "service-periods")
        limits = run.options.limits or limits_for(session, run.scope.areas)
        applying = Applying(raw, table, columns, known, limits, run.scope.areas)
        report.matching = applying.run(decisions, keep_new=bool(run.options.provisional))
        applying.doubles(lambda shapes: outlines_near(session, today, shapes), decisions)
    report.notes.extend(applying.notes)
    return any(one.choice == "new" for one in run.options.decisions.values())


def _understand(raw: RawTable, run: _Run, report: ImportReport) -> tuple[ParsedTable | None, int | None]:
    """Settle kind, columns and coordinate system; (None, None) with questions in the report where that fails."""
    options = run.options
    report.driver, report.layer, report.encoding, report.preview = (
        raw.driver,
        raw.name,
        raw.encoding,
        raw.preview,
    )
    report.layers, report.encodings = raw.layers, raw.encodings
    report.counts["read"] = len(raw)
    report.notes.extend(raw.notes)
    kind = _kind(raw, options, report)
    if kind is None:
        report.first_rows = first_rows(raw, None)
        return None, None
    report.kind = kind.name
    report.mapping = map_columns(list(raw.columns), kind, options.mapping, raw.cut)
    report.first_rows = first_rows(raw, report.mapping)
    _ask_columns(report.mapping, raw, report, _given_later(raw, report.mapping, options))
    _note_last_days(report.mapping, report)
    epsg = _system(raw, kind, run, report)
    if report.questions:
        return None, None
    return parse_table(raw, report.mapping), epsg


def _kind(raw: RawTable, options: ImportOptions, report: ImportReport) -> Kind | None:
    if options.kind is not None:
        if options.kind not in KINDS:
            raise BadInput(f"unknown kind {options.kind!r}: {', '.join(KINDS)}", field="kind")
        return KINDS[options.kind]
    headers = [options.mapping.get(column) or column for column in raw.columns]
    kind, candidates = kind_of(headers, raw.shapes is not None, raw.cut)
    if kind is None and options.match:
        kind = kind_without_code(headers)
    if kind is None:
        text = ("这是哪一类数据？", "What kind of table is this?")
        report.questions.append(Question("kind", text, tuple(candidates)))
    return kind


def _given_later(raw: RawTable, mapping: ColumnMap, options: ImportOptions) -> frozenset[str]:
    """Return the required fields that no column has to carry: codes that are given, or found by name."""
    later = frozenset({"code", "level"}) if options.provisional else frozenset()
    named = options.match and find_columns(list(raw.columns), mapping.kind, mapping)
    return later | (FILLED.get(mapping.kind.name, frozenset()) if named else frozenset())


def _ask_columns(mapping: ColumnMap, raw: RawTable, report: ImportReport, later: frozenset[str]) -> None:
    for one in mapping.missing():
        if one.name in later:
            continue
        text = (f"哪一列是“{one.header}”？", f"Which column is {one.name} ({one.header})?")
        report.questions.append(Question(f"column:{one.name}", text, tuple(raw.columns)))
    for column, names in mapping.doubtful.items():
        text = (f"被截断的列名“{column}”是哪一项？", f"Which field is the cut column name {column!r}?")
        report.questions.append(Question(f"cut:{column}", text, names))
    for name, columns in mapping.clashes.items():
        text = (f"“{mapping.kind.field(name).header}”对应哪一列？", f"Which of these columns is {name}?")
        report.questions.append(Question(f"column:{name}", text, columns))


def _note_last_days(mapping: ColumnMap, report: ImportReport) -> None:
    for name, column in mapping.columns().items():
        one = mapping.kind.field(name)
        if one.means_last_day(column):
            chinese = f"“{column}”按含当日理解，加一天作为“{one.header}”（自该日起不再服务）"
            english = f"{column!r} is taken as the last day included: {name} is the day after it"
            report.notes.append((chinese, english))


def _system(raw: RawTable, kind: Kind, run: _Run, report: ImportReport) -> int | None:
    options, bounds = run.options, bounds_of(raw)
    if kind.shape == "none" or bounds is None:
        return None
    if options.control:
        report.crs = _fitted(options)
        report.fit = fit_control(options.control).as_json()
        return report.crs.epsg
    chosen = parse_crs(options.crs) if options.crs else None
    report.crs = identify(None if chosen else declared_epsg(raw.crs), bounds, chosen)
    rates = _rates(raw, report, run)
    if rates is not None:
        report.rates = rates.as_json()
        report.crs = replace(report.crs, evidence=(*report.crs.evidence, rates.sentence()))
        report.crs = report.crs if chosen else _judged(report.crs, rates)
    if report.crs.epsg is None:
        choices = tuple(label(epsg) for epsg in report.crs.candidates)
        text = ("文件的坐标系是哪一个？", "Which coordinate system is the file in?")
        report.questions.append(Question("crs", text, choices, report.crs.evidence))
    return report.crs.epsg


def _fitted(options: ImportOptions) -> Identified:
    fit = fit_control(options.control)
    residuals = ", ".join(f"{one:.3f}" for one in fit.residuals)
    chinese = f"由 {len(fit.residuals)} 个控制点拟合，中误差 {fit.rms:.3f} m，各点残差 {residuals} m"
    english = f"fitted by {len(fit.residuals)} control points: rms {fit.rms:.3f} m, residuals {residuals} m"
    return Identified(FITTED, ((chinese, english),), how="fitted")


def _rates(raw: RawTable, report: ImportReport, run: _Run) -> Rates | None:
    """Degrees may be shifted: how well they agree with the regions as they are, from GCJ-02 and from BD-09."""
    found = report.crs
    assert found is not None
    degrees = found.epsg in (CGCS2000, WGS84, GCJ02, BD09) or CGCS2000 in found.candidates
    if not degrees or raw.shapes is None or report.mapping is None:
        return None
    column = report.mapping.columns().get("code")
    codes = raw.columns[column] if column else [None] * len(raw)
    with run.store.begin(run.scope) as session:
        return agreement(session, raw.shapes, codes)


def _judged(found: Identified, rates: Rates) -> Identified:
    """Return the system by the rates: what clearly agrees better is taken, a small lead is asked."""
    if found.epsg is None:
        return Identified(None, found.evidence, (*found.candidates, GCJ02, BD09))
    told = verdict(rates)
    if told == WGS84:
        return found
    if told is None:
        return Identified(None, found.evidence, (found.epsg, GCJ02, BD09))
    chinese = f"声明为 {label(found.epsg)}，实为 {label(told)}：已按此转换"
    english = f"declared {label(found.epsg)}, really {label(told)}: converted"
    return Identified(told, (*found.evidence, (chinese, english)), how="identified")


def _which_layer(raw: Layers) -> Question:
    return Question(
        "layer", ("导入哪一个图层（工作表）？", "Which layer (sheet) shall be loaded?"), tuple(raw.names)
    )


def _load(run: _Run, table: ParsedTable, origin: Origin, report: ImportReport) -> None:
    """Hold the table against the store, and write what is new or different, in one transaction."""
    options, today = run.options, run.settings.business_date()
    with run.store.begin(run.scope) as session:
        ground = ground_of(session, table, options.valid_from or today)
    run.fitting.nest(table, ground)
    run.stop_if_told()
    with run.store.begin(run.scope) as session:
        check_against_store(session, table, run.scope.areas, options.valid_from or today)
        report.checks = run.fitting.as_json(table)
        for severity in ("refused", "repaired", "suspicious"):
            report.counts[severity] = table.count(severity)
        if not table.keep.any() or (options.strict and report.counts["refused"]):
            return
        run.progress(0.6, "staging")
        loading = Loading(session, table)
        loading.lock(city_of(table))
        loading.stage()
        report.counts.update(loading.decide(options.valid_from, today))
        run.stop_if_told()
        if not options.dry_run and report.counts["new"] + report.counts["changed"] > 0:
            report.change_set = loading.write(run.scope, origin, run.tell_writing)
            if report.matching and table.kind.name != "communities":
                remember(session, report.matching.learned, report.change_set)
    if report.change_set is not None:
        _refresh(run, table.kind.table)


def _refresh(run: _Run, table: str) -> None:
    """Let the planner know what the table holds now. Apart from the load, which is safe whatever becomes of this."""
    try:
        with run.store.begin(run.scope) as session:
            session.execute(_REFRESH, {"table": table})
    except WanggeError as error:
        log.warning("the statistics of %s were not refreshed: %s", table, error.message)


def _check_disk(settings: Settings) -> None:
    folder = settings.data
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    if usage.free < settings.min_free_share * usage.total:
        raise DiskFull(
            f"only {usage.free / usage.total:.0%} of the disk is free; imports need {settings.min_free_share:.0%}"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
