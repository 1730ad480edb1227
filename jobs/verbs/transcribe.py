"""`daf transcribe`: manifest → manifest, in which rows without words have them."""

from collections.abc import Iterator
from dataclasses import replace

from daf_core.asr.models import check_installed, resolve
from daf_core.errors import SettingsError
from daf_core.sources.transcripts.reading.language import language_tag
from daf_core.storage import files, parquet, run_record
from daf_core.storage.origins import checked_roots, of_manifest
from daf_core.storage.output import Output, manifest_output
from daf_core.storage.part_index import PartFacts
from jobs.command.terminal import say
from jobs.parts.encode_manifest import hides_names, parts_to_make
from jobs.parts.executor import open_executor
from jobs.parts.resume import run_missing_parts
from jobs.parts.run import Run
from jobs.parts.transcribe import PublishTranscribed, ReadRows, Recognize, RecognizePlan
from jobs.settings import TranscribeSettings

ENGLISH_ALONE = ".en"  # ends the names of such models


def run(settings: TranscribeSettings) -> str:
    """Make the parts of the transcribed manifest that are missing; returns the summary line.

    Raises:
        SettingsError: the extra `asr` is not installed, or a setting or an input is wrong.
        NotDone: not all parts are made.
    """
    check_installed()
    source, output = manifest_output(settings.manifest), manifest_output(settings.out)
    if source.root == output.root:
        raise SettingsError(
            f"`out` {settings.out}: expected another folder than `manifest`, found the same"
        )
    record = run_record.read_complete(source)
    origins = of_manifest(record, checked_roots(settings.allow_root))
    plan = RecognizePlan(
        resolve(settings.model, settings.offline),
        settings.offline,
        settings.again,
        _language(settings.language),
        redact=settings.redact,
        origins=origins,
        precision=settings.precision,
    )
    if plan.recognizer.name.endswith(ENGLISH_ALONE):
        say(
            f"{plan.recognizer.name} knows English alone: of speech in another language it makes "
            f"up English words; models such as small know more languages"
        )
    parts = parts_to_make(source, record)
    with open_executor(settings, parts) as executor:
        plan = replace(plan, device=executor.device)
        identity = {"manifest": record.fingerprint, **plan.identity}
        hidden = hides_names(record)
        carried = {
            "manifest": source.root,
            "roots": [*(origins.roots or ())],
            **({"hash_ids": True} if hidden else {}),
        }
        job = Run("transcribed", parts, output, identity, carried, source)
        read = ReadRows(source, settings.again)
        publish = PublishTranscribed(output, job.fingerprint, hidden)

        def make(missing: list[PartFacts]) -> Iterator[PartFacts]:
            yield from executor.encode(missing, read, plan, publish, actor=Recognize)

        line = run_missing_parts(job, settings, make)
        _carry_quarantine(source, output)
        return line


def _language(name: str | None) -> str | None:
    tag = language_tag(name)
    if name is not None and tag is None:
        raise SettingsError(f"`language` {name}: expected a language such as en or de")
    return tag and tag.partition("-")[0]


def _carry_quarantine(source: Output, output: Output) -> None:
    """Copy the quarantine of parts that have no rows: what ingest refused stays known."""
    for name in sorted({*parquet.list_parts(source.quarantine_uri)} - {*source.part_names()}):
        data = files.read_bytes(files.join(source.quarantine_uri, name))
        uri = files.join(output.quarantine_uri, name)
        if not files.create(uri, data):
            files.publish(uri, data)
