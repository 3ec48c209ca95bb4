"""Models and data in and out of files: tried first, then all or nothing, and taken back while nothing rests on it."""

import base64
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

import resimate_engine as engine
from apps import audit
from apps.accounts import authz, reach
from apps.accounts.models import User
from apps.core import events, turns
from apps.core.errors import Invalid, Problem, Refused
from apps.core.models import Job
from apps.core.sizes import LARGEST_EXCHANGE, megabytes
from apps.models.documents import DocumentTooLarge, problems_of
from apps.models.models import Assessment, Import, ModelVersion, Subject
from apps.models.services import budgets
from apps.models.services.documents import parsed
from apps.models.services.imports import BATCH, SCORED_TOGETHER, decimal_of, store_responses
from apps.models.services.seen import unseen
from apps.models.services.subjects import create_subjects, subjects_by_code
from apps.models.services.undoing import fingerprint_of
from apps.models.services.versions import code_of, import_document, locked_by_code, publish_version
from resimate_engine.document import doubts
from resimate_engine.exchange import coinr, sheets_of, write_workbook
from resimate_engine.exchange.cells import CellTooLong
from resimate_engine.exchange.incoming import File, Incoming, IncomingUnit, Options, received, units_of, within
from resimate_engine.exchange.names import spelt_otherwise
from resimate_engine.exchange.places import Places
from resimate_engine.problems import Invalid as EngineInvalid
from resimate_text.sentences import Sentence

LONG = 5000
LONG_FILE = 1024 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)


class NotExportable(Refused):
    code = "not_exportable"
    title = "The format cannot hold this version"


def export_xlsx(version: ModelVersion) -> bytes:
    """Return the version as a workbook of which an import makes the same document."""
    try:
        return write_workbook(sheets_of(version.document))
    except CellTooLong as error:
        raise NotExportable(
            Sentence("A spreadsheet cell cannot hold {error}… Export the version as JSON instead.", error=str(error))
        ) from None


def export_coinr(version: ModelVersion, *, acting_user: User | None) -> bytes:
    """Return a ZIP archive of iMeta.csv, and iData.csv with the latest assessment of each subject and period.

    It holds values of everybody's assessments, so it takes the right to read them all.
    """
    authz.require_everywhere(acting_user, "assessments:read")
    model = parsed(version)
    try:
        meta = coinr.write_meta(model)
    except coinr.NotForCoinr as reason:
        raise NotExportable(str(reason)) from None
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("iMeta.csv", meta), ("iData.csv", coinr.write_data(model, _measured(version)))):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), text, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _measured(version: ModelVersion) -> list[coinr.DataRow]:
    rows = Assessment.objects.filter(version=version).order_by("subject__code", "period", "-pk")
    latest = rows.distinct("subject__code", "period").select_related("subject")
    return [
        coinr.DataRow(0, one.subject.code, one.subject.name, one.subject.group, one.period, _numbers(one.values))
        for one in latest.iterator(BATCH)
    ]


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in values.items() if isinstance(value, int | float)}


def file_of(given: dict[str, str]) -> File:
    """Return a file that came in JSON: ``text``, or ``content`` in base64. Raises ``ValueError``."""
    if "text" in given:
        return File(given["name"], given["text"].encode())
    return File(given["name"], base64.b64decode(given["content"], validate=True))


def options_of(asked: dict[str, Any]) -> Options:
    named = {name: asked[name] for name in ("code", "name", "normalisation", "group", "period")}
    return Options(**named, decimal=decimal_of(asked.get("decimal", "")))


def enqueue_import(asked: Mapping[str, Any], *, version: ModelVersion | None, acting_user: User, now: datetime) -> Job:
    """Leave an import to a job, with everything that was asked; refused at once for rights that it would lack then."""
    with _Located():
        incoming = received([file_of(one) for one in asked["files"]], Options(), only_look=True)
    _refuse_unmeant(acting_user, incoming, version, publish=asked["publish"])
    parameters = {**asked, "version": str(version.pk) if version else None}
    return reach.enqueue("models.import", parameters, acting_user=acting_user, now=now)


def _refuse_unmeant(
    acting_user: User | None, incoming: Incoming, version: ModelVersion | None, *, publish: bool
) -> None:
    """What files bring takes the rights that it takes one by one; which model it is, is asked when that is known."""
    for permission in ("models:create", *(("models:publish",) if publish else ())):
        authz.require(acting_user, permission)
    if incoming.data_file is None:
        return
    for permission in ("assessments:create", "subjects:create"):
        authz.require(acting_user, permission)
    refused = list(unseen(acting_user, version=version))
    if refused:
        raise Invalid("There is no such version.", errors=refused)


def is_long(files: Sequence[File]) -> bool:
    """Whether there is so much to import that a job should do it."""
    texts = [file.content for file in files if not file.content.startswith(b"PK")]
    return any(len(text) > LONG_FILE or text.count(b"\n") > LONG for text in texts)


def import_files(
    files: Sequence[File],
    options: Options,
    *,
    version: ModelVersion | None = None,
    publish: bool = False,
    score: bool = False,
    acting_user: User | None,
    now: datetime,
    dry_run: bool,
) -> dict[str, Any]:
    """Make what the files hold: a draft, or published at once; subjects that are new; an assessment for each unit.

    A dry run does all of it, says what it made, and takes it back. Scores follow with ``score`` once this commits.
    """
    size = sum(len(file.content) for file in files)
    if size > LARGEST_EXCHANGE:
        raise DocumentTooLarge(
            Sentence("Together, the files can be at most {most} MB.", most=megabytes(LARGEST_EXCHANGE))
        )
    with budgets.at_work(size, turns.LARGE), transaction.atomic():
        return _import(
            files, options, version, publish=publish, score=score, acting_user=acting_user, now=now, dry_run=dry_run
        )


def _import(
    files: Sequence[File],
    options: Options,
    version: ModelVersion | None,
    *,
    publish: bool,
    score: bool,
    acting_user: User | None,
    now: datetime,
    dry_run: bool,
) -> dict[str, Any]:
    with _Located():
        incoming = received(files, options)
    _refuse_unmeant(acting_user, incoming, version, publish=publish)
    work = _Work(files, options, incoming, acting_user, now)
    if incoming.document is not None:
        version = work.make_version(publish=publish)
    if incoming.data_file is not None:
        work.make_assessments(version, score=score)
    record = work.record(version, score=score and not dry_run)
    transaction.set_rollback(dry_run)
    return work.outcome(record, version, dry_run=dry_run)


@transaction.atomic
def import_noted(document: Any, *, name: str, acting_user: User | None, now: datetime) -> ModelVersion:
    """Make a document the draft of its model, as an import that can be undone; ``name`` is what the list calls it."""
    work = _Work([File(name, b"")], Options(), Incoming("document", document), acting_user, now)
    version = work.make_version(publish=False)
    work.record(version, score=False)
    return version


class _Located:
    """Turns what readers refuse into a refusal with pointers."""

    def __init__(self, places: Places | None = None, file: int | None = None) -> None:
        self.places, self.file = places or Places(), file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, EngineInvalid):
            problems = list(self.places.located(error.problems))
            found = problems_of(problems if self.file is None else within(self.file, problems))
            raise Invalid(
                "Some of the content of the files cannot be imported.", errors=found, more=error.more
            ) from None


class _Work:
    """One import under way, and what it has made so far."""

    def __init__(
        self, files: Sequence[File], options: Options, incoming: Incoming, acting_user: User | None, now: datetime
    ) -> None:
        self.files, self.options, self.incoming = files, options, incoming
        self.acting_user, self.now = acting_user, now
        self.made: dict[str, Any] = {"model": None, "version": None, "digest": "", "subjects": [], "assessments": []}
        self.replaced: dict[str, Any] | None = None
        self.responses = 0

    def make_version(self, *, publish: bool) -> ModelVersion:
        """Make the document the draft of its model, and note what was there before."""
        document = self.incoming.document
        before = locked_by_code(code_of(document))
        draft = before.versions.filter(state=ModelVersion.State.DRAFT).first() if before else None
        version = self._imported(document)
        self.incoming.warnings += self._doubts(version)
        self.made["model"] = None if before else str(version.model_id)
        self.made["version"] = str(version.pk)
        self.made["digest"] = version.digest
        if draft is not None and before is not None:
            self.replaced = {"document": draft.document, "digest": draft.digest, "name": before.name}
        elif before is not None:
            self.made["name"] = before.name
        return publish_version(version, acting_user=self.acting_user, now=self.now) if publish else version

    def _imported(self, document: Any) -> ModelVersion:
        at = f"/files/{self.incoming.model_file}"
        try:
            return import_document(document, acting_user=self.acting_user, now=self.now)
        except Invalid as refused:
            problems = [engine.Problem(one.pointer, one.code, one.detail) for one in refused.errors]
            located = problems_of(self.incoming.places.located(problems), at)
            raise Invalid(refused.detail, errors=located, more=refused.more) from None

    def _doubts(self, version: ModelVersion) -> list[dict[str, str]]:
        """What to look at in the document, by its places in the file that brought it."""
        at = f"/files/{self.incoming.model_file}"
        located = self.incoming.places.located(doubts(parsed(version)))
        return [{"code": one.code, "detail": one.detail, "pointer": at + one.pointer} for one in located]

    def make_assessments(self, version: ModelVersion | None, *, score: bool) -> None:
        """Begin an assessment for each unit; subjects that are not there yet are made."""
        if version is None or version.state != ModelVersion.State.PUBLISHED:
            detail = Sentence("data need a published version: name one, or publish the model that you send with them")
            problem = Problem("/version" if version is None else "/publish", detail, "version_not_published")
            raise Invalid("There is no published version to assess with.", errors=[problem])
        with _Located():
            units, places = units_of(self.incoming, self.files, parsed(version), self.options)
        with _Located(places, self.incoming.data_file):
            self._check(version, units)
        subjects = self._subjects(units)
        made = [
            Assessment(
                version=version,
                subject=subjects[unit.code],
                period=unit.period,
                values=unit.values,
                created_at=self.now,
                created_by=self.acting_user,
            )
            for unit in units
        ]
        Assessment.objects.bulk_create(made, batch_size=BATCH)
        store_responses(made, [{"responses": unit.responses} for unit in units], self.now)
        self.responses = sum(len(unit.responses) for unit in units)
        self.made["assessments"] = [str(assessment.pk) for assessment in made]
        self.made["values"] = fingerprint_of(made)
        if score and made:  # of one version and one maker: what holds of one holds of all
            authz.require(self.acting_user, "assessments:score", made[0])

    def _check(self, version: ModelVersion, units: Sequence[IncomingUnit]) -> None:
        """Refuse what a calculation would refuse, and what the columns cannot hold."""
        problems = list(_too_long(units))
        if problems:
            raise EngineInvalid(problems)
        codes = [unit.code for unit in units]
        several = len(set(codes)) < len(codes)
        asked = [
            {
                "id": f"{unit.code} {number}" if several else unit.code,
                "group": unit.group or None,
                "values": unit.values,
                "responses": unit.responses,
            }
            for number, unit in enumerate(units)
        ]
        results = budgets.score(parsed(version), asked, {"include": []})
        unknown = [one for one in results.warnings if one["code"] == "unknown_input"]
        if unknown:
            raise EngineInvalid([engine.Problem("", "unknown_input", one["detail"]) for one in unknown])

    def _subjects(self, units: Sequence[IncomingUnit]) -> dict[str, Subject]:
        wanted = {unit.code: unit for unit in reversed(units)}
        known = subjects_by_code(wanted, acting_user=self.acting_user)
        spelt = {code: one.code for code, one in known.items() if code != one.code}
        if spelt:
            self.incoming.warnings.append({"code": "codes_spelt", "detail": spelt_otherwise(spelt)})
        rows = [
            {"code": unit.code, "name": unit.name, "group": unit.group}
            for unit in reversed(wanted.values())
            if unit.code not in known
        ]
        made = create_subjects(rows, acting_user=self.acting_user, now=self.now) if rows else []
        self.made["subjects"] = [str(one.pk) for one in made]
        return known | {one.code: one for one in made}

    def record(self, version: ModelVersion | None, *, score: bool) -> Import:
        record = Import.objects.create(
            kind=self.incoming.kind,
            files=[file.name for file in self.files],
            version=version,
            made=self.made,
            replaced=self.replaced,
            created_at=self.now,
            created_by=self.acting_user,
        )
        details = {"files": record.files, **self.counts()}
        audit.record("import.applied", now=self.now, actor=self.acting_user, target=record, details=details)
        events.publish("import.applied", {"import_id": str(record.pk)}, now=self.now)
        ids = self.made["assessments"] if score else []
        for start in range(0, len(ids), SCORED_TOGETHER):
            some = ids[start : start + SCORED_TOGETHER]
            events.publish("assessment.imported", {"assessment_ids": some}, now=self.now)
        return record

    def counts(self) -> dict[str, int]:
        return {
            "models": int(self.made["model"] is not None),
            "versions": int(self.made["version"] is not None and self.replaced is None),
            "subjects": len(self.made["subjects"]),
            "assessments": len(self.made["assessments"]),
            "responses": self.responses,
        }

    def outcome(self, record: Import, version: ModelVersion | None, *, dry_run: bool) -> dict[str, Any]:
        shown = None
        if version is not None:
            known = not dry_run or self.made["version"] is None
            shown = {
                "id": str(version.pk) if known else None,
                "model": str(version.model_id) if known else None,
                "number": version.number,
                "state": version.state,
                "digest": version.digest,
            }
        return {
            "dry_run": dry_run,
            "id": None if dry_run else str(record.pk),
            "kind": record.kind,
            "version": shown,
            "created": self.counts(),
            "changed": {"versions": int(self.replaced is not None)},
            "warnings": self.incoming.warnings,
        }


def _too_long(units: Sequence[IncomingUnit]) -> Iterator[engine.Problem]:
    limits = {"code": 100, "name": 200, "group": 100, "period": 60}
    for number, unit in enumerate(units):
        for name, limit in limits.items():
            text = getattr(unit, name)
            if len(text) > limit or "\0" in text:
                detail = Sentence("its {name} has more than {most} characters", name=name, most=limit)
                yield engine.Problem(f"/units/{number}", "too_long", detail)
        for response in unit.responses:
            if len(response.get("rater") or "") > 60 or len(response.get("group") or "") > 100:
                detail = Sentence("a rater can have at most 60 characters, a group 100")
                yield engine.Problem(f"/units/{number}", "too_long", detail)
