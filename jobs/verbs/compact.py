"""daf compact: finished scores → a copy in few large files."""

from collections.abc import Iterator

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.schemas import QUARANTINE
from daf_core.storage import files, part_index, places, run_record
from daf_core.storage.larger_parts import larger_parts, read_together, sizes_of
from daf_core.storage.output import Output, compacted_output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from jobs.parts.resume import run_missing_parts
from jobs.parts.run import Run
from jobs.settings import CompactSettings, PartsRun


def run(settings: CompactSettings) -> str:
    """Make the large parts that are missing; returns the summary line.

    Raises:
        SettingsError: the scores are not finished, or `out` is their folder or holds another run.
        NotDone: a part cannot be read or written.
    """
    source, output = scores_output(settings.scores), compacted_output(settings.out)
    if source.root == output.root:
        raise SettingsError(f"`out` {settings.out}: expected another folder than the scores")
    record = run_record.read_complete(source)
    parts = part_index.of_finished(source, record).values()
    made = larger_parts(parts, sizes_of(source), settings.mb * 1_000_000)
    by_name = {one.facts.name: one for one in made}
    identity = {"scores": record.fingerprint, "mb": settings.mb}
    manifest = places.manifest_named(source, record)
    facts = {"of": source.root, "manifest": None if manifest is None else manifest.root}
    job = Run("compacted", [one.facts for one in made], output, identity, facts)

    def make(missing: list[PartFacts]) -> Iterator[PartFacts]:
        for part in missing:
            rows = read_together(source, by_name[part.name])
            publish_part(output, part, rows, QUARANTINE.empty_table(), job.fingerprint)
            yield part

    # The rows are those of the scores whatever the versions of torch and others are.
    line = run_missing_parts(job, PartsRun(fresh=settings.fresh, other_versions=True), make)
    return f"{line}; {number_of(len(made), 'file')} of {len(parts):,} in {_folder(output)}"


def _folder(output: Output) -> str:
    return files.join(output.root, output.kind)
