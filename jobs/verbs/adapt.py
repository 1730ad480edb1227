"""daf adapt: head + labels of an archive → a head that fits the archive."""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pyarrow as pa

from daf_core.adaptation.adapt import Outcome, adapt
from daf_core.adaptation.candidates import METHODS
from daf_core.adaptation.card import adapted_card, doubts, figures, tried
from daf_core.adaptation.label_table import Label, Labels, read_labels
from daf_core.adaptation.labelled_rows import labelled_rows
from daf_core.decimals import number_of
from daf_core.default_heads import FOLDER, RECORD
from daf_core.errors import BadInput, NotDone, SettingsError
from daf_core.one_thread import one_thread
from daf_core.report.head_of_run import head_of_run
from daf_core.stages import trained_head
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import files, places, run_record
from daf_core.storage.differences import differences
from daf_core.storage.output import Output, embeddings_output, scores_output
from daf_core.storage.run_record import Json
from jobs.command.told import tell
from jobs.older_embeddings import warn_of_older
from jobs.parts.encode_chosen import encode_chosen
from jobs.progress import counted, working_on
from jobs.reading.readers import readers
from jobs.settings import AdaptSettings
from jobs.verbs.score import check_fit
from jobs.verbs.scored_manifest import manifest_named_by

log = logging.getLogger(__name__)
NOT_USED_SHOWN = 20


def run(settings: AdaptSettings) -> str:
    """Adapt a head; returns what was tried and the summary line.

    Raises:
        SettingsError: a setting or an input is wrong, or there are too few labels.
        NotDone: the head got worse, and `force` is not given; or rows cannot be read.
    """
    started = time.monotonic()
    run_record.check_vacant(settings.out, "head")
    folder = settings.head or _head_of(settings.scores)
    head = trained_head.load(folder)
    read = read_labels(settings.labels, readers())
    identity = _identity(settings, head, read)
    if _is_done(settings, identity):
        return f"{settings.out}: holds this head, was done before"
    labels = {label.utterance_id: label for label in read.labels}
    source = _embeddings(settings, folder, head, labels)
    try:
        found, matched = labelled_rows(_parts(source, labels), labels, head.shapes)
    except SettingsError as err:
        left_out = _unmatched(source, labels, set())
        reasons = Counter(one.reason for one in left_out)
        first = "".join(f", such as {one.message}" for one in left_out[:1])
        raise SettingsError(f"{err}: {counted(reasons)}{first}") from err
    not_used = [*read.not_used, *_unmatched(source, labels, matched)]
    for one in not_used[:NOT_USED_SHOWN]:
        log.info("adapt: label not used, %s: %s", one.reason, one.message)
    methods = METHODS if settings.method == "auto" else (settings.method,)
    with working_on(f"adapting to {number_of(len(found), 'labelled row')}"), one_thread():
        adapted, outcome = adapt(head, found, methods, settings.seed)
    if settings.embeddings is None:
        files.delete_folder(source.root)
    reasons = Counter(one.reason for one in not_used)
    tell(
        "adapted",
        out=settings.out,
        labelled_rows=outcome.rows,
        recordings=outcome.recordings,
        left_empty=read.empty,
        not_used=reasons,
        method=outcome.name,
        difference=outcome.difference.value,
        seconds=time.monotonic() - started,
    )
    line = _summary(outcome, read.empty, reasons, time.monotonic() - started)
    if outcome.is_worse and not settings.force:
        raise NotDone(
            f"{settings.out}: not written, as the head is worse on held-out recordings, by "
            f"{outcome.difference.value:.3f}; let `method` auto choose, label more, or write it "
            f"with `force`",
            summary=f"{tried(outcome)}\n\n{line}",
        )
    card = adapted_card(head, folder, outcome)
    files.publish(files.join(settings.out, "README.md"), card.encode())
    trained_head.publish(settings.out, _with_facts(adapted, identity, reasons))
    warned = "".join(f"\nwarning: {doubt}" for doubt in doubts(outcome))
    return f"{tried(outcome)}{warned}\n\n{line}; the head is in {settings.out}"


def _identity(settings: AdaptSettings, head: TrainedHead, read: Labels) -> Json:
    """What decides the adapted head."""
    labels = [[one.utterance_id, one.sentiment, one.stands_for] for one in read.labels]
    place = settings.embeddings or settings.scores or ""
    return {
        "head": head.identity,
        "labels": run_record.fingerprint(labels),
        "rows of": files.absolute(place),
        "method": settings.method,
        "seed": settings.seed,
    }


def _is_done(settings: AdaptSettings, identity: Json) -> bool:
    """Whether `out` holds this head already.

    Raises:
        SettingsError: it holds another one.
    """
    existing = files.read_json(files.join(settings.out, trained_head.RECORD))
    if existing is None or settings.fresh:
        return False
    made_by = existing.get("adaptation", {}).get("identity", {})
    if made_by == identity:
        return True
    found = differences(made_by, identity) if made_by else "it was not adapted"
    raise SettingsError(
        f"{settings.out}: holds a head that differs: {found}; choose another folder or start over "
        f"with `fresh`"
    )


def _head_of(scores: str | None) -> str:
    """The folder of the head that made finished scores."""
    if scores is None:
        raise SettingsError("expected `head`, as `embeddings` are of none, found none")
    output = scores_output(scores)
    run = places.as_found(output, run_record.read_complete(output).as_dict())
    head = run.get("head")
    if not isinstance(head, str):
        raise SettingsError(f"{scores}: does not say where its head is; give `head`")
    packaged = head_of_run(run)
    if packaged.packaged and packaged.name and not files.exists(files.join(head, RECORD)):
        return str(FOLDER / packaged.name)  # of another installation
    return head


def _embeddings(
    settings: AdaptSettings, folder: str, head: TrainedHead, labels: Mapping[str, Label]
) -> Output:
    """Embeddings that hold the labelled rows: those that are given, or made of the scored manifest
    in a folder under `out`.
    """
    if settings.embeddings is not None:
        given = embeddings_output(settings.embeddings)
        record = run_record.read_complete(given)
        check_fit(head, record.identity, folder, settings.embeddings)
        warn_of_older(given, record, then="this command")
        return given
    assert settings.scores is not None
    scores = scores_output(settings.scores)
    scored = run_record.read_complete(scores)
    manifest = manifest_named_by(scores, scored)
    record = run_record.read_complete(manifest)
    if record.fingerprint != scored.identity.get("manifest"):
        raise SettingsError(
            f"{settings.scores}: expected scores of {manifest.root} as it is, found scores of "
            f"another manifest; score it again"
        )
    out = files.join(settings.out, "_embeddings")
    precision = scored.identity.get("precision")
    return encode_chosen(settings, manifest, record, labels, head, precision, out)


def _parts(source: Output, labels: Mapping[str, Label]) -> Iterator[pa.Table]:
    """The parts that hold a labelled row, whole: heads may read rows beside each other."""
    for name in source.part_names():
        ids = source.read(name, ["utterance_id"])["utterance_id"].to_pylist()
        if not labels.keys().isdisjoint(ids):
            yield source.read(name)


def _unmatched(source: Output, labels: Mapping[str, Label], matched: set[str]) -> list[BadInput]:
    """Labels without a row, with the reason why the row was quarantined if it was."""
    missing = labels.keys() - matched
    reasons: dict[str, tuple[str, str]] = {}
    if missing:
        for name in source.part_names():
            columns = ("utterance_id", "reason", "message")
            rows = source.read_quarantine(name, columns).to_pylist()
            reasons |= {
                row["utterance_id"]: (row["reason"], row["message"])
                for row in rows
                if row["utterance_id"] in missing
            }
    unknown = ("unmatched_label", "expected an utterance_id of the archive, found another one")
    found = []
    for one in sorted(missing):
        reason, message = reasons.get(one, unknown)
        found.append(BadInput(reason, f"{labels[one].place}: {message}"))
    return found


def _with_facts(head: TrainedHead, identity: Json, not_used: Mapping[str, int]) -> TrainedHead:
    facts = dict(head.record.facts)
    facts["adaptation"] |= {"identity": identity, "not used": dict(sorted(not_used.items()))}
    return TrainedHead(replace(head.record, facts=facts), head.weights)


def _summary(outcome: Outcome, empty: int, not_used: Counter[str], seconds: float) -> str:
    left = f", {empty} left empty" if empty else ""
    if not_used:
        left += f", {not_used.total()} not used ({counted(not_used)})"
    return (
        f"{number_of(outcome.rows, 'labelled row')} of "
        f"{number_of(outcome.recordings, 'recording')}{left}; {outcome.name}: "
        f"{figures(outcome)}, {seconds:.1f} s"
    )
