"""quarantine of finished scores → those rows again: for when the cause is mended."""

import time
from collections import Counter
from typing import Any

from daf_core.errors import SettingsError
from daf_core.stages import trained_head
from daf_core.storage import part_index, run_record
from daf_core.storage.output import Output, manifest_output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.weights.specs import locate
from jobs.parts.encode import Encoding
from jobs.parts.executor import workplace
from jobs.parts.read_and_publish import PublishRetried, ReadPart, Retry
from jobs.progress import Counts, PartProgress, quarantined
from jobs.settings import RetryQuarantineSettings


def run(settings: RetryQuarantineSettings) -> str:
    """Try quarantined rows again and put what works now into the scores; returns the summary line.

    Raises:
        SettingsError: these are no finished scores, or their head is another by now.
    """
    started = time.monotonic()
    output = scores_output(settings.scores)
    record = run_record.begin_retry(output)
    head = trained_head.load(record["head"])
    if head.identity != record["identity"]["head"]:
        raise SettingsError(
            f"{record['head']}: holds another head by now than {settings.scores} was scored with; "
            f"score again into another folder"
        )
    reasons = frozenset(settings.reason)
    known = part_index.of_finished(output, record)
    asked = [part for part in known.values() if _retried(part.reasons, reasons)]
    before = Counts.of(known.values()).reasons
    if asked:
        for spec in head.encoders.values():
            locate(spec, settings.offline)  # before the scores are marked as being retried
        manifest = manifest_output(record["manifest"])
        precision = record["identity"]["precision"]
        with workplace(settings, len(asked)) as place:
            run_record.mark_retrying(output, record)
            encoding = Encoding(
                head.encoders, settings.offline, head, device=place.device, precision=precision
            )
            # What others are read beside changes with each utterance that can be read again.
            again = None if head.reads_others else Retry(output, reasons)
            read = ReadPart(manifest, encoding.audio, only=again, context=encoding.context)
            publish = PublishRetried(output, manifest, record["fingerprint"])
            with PartProgress("retried", len(asked)) as progress:
                for part in place.encode(asked, read, encoding, publish):
                    known[part.part] = part
                    progress.add(part)
        _finish(output, record, known)
    elif record.get("retrying"):
        _finish(output, record, known)
    after = Counts.of(known.values()).reasons
    tried = sum(_retried(before, reasons).values())
    return (
        f"{tried} rows tried again, {before.total() - after.total()} scored now, "
        f"{quarantined(after, output.quarantine_uri)}, {time.monotonic() - started:.1f} s"
    )


def _retried(found: dict[str, int], reasons: frozenset[str]) -> dict[str, int]:
    return {reason: rows for reason, rows in found.items() if not reasons or reason in reasons}


def _finish(output: Output, record: dict[str, Any], known: dict[str, PartFacts]) -> None:
    part_index.write(output.index_uri, known.values(), record["fingerprint"])
    total = Counts.of(known.values())
    run_record.finish_retry(
        output,
        record,
        {
            "scored": total.rows_out,
            "quarantined": total.quarantined,
            "reasons": dict(sorted(Counter(total.reasons).items())),
        },
    )
