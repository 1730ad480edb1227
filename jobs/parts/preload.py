"""What the workers of `--local` load, once for all of them, before they are forked."""

from jobs.parts.fast_imports import imports_without_gc

with imports_without_gc():
    import daf_core.stages.embed
    import daf_core.stages.score  # noqa: F401 (each is imported again where it is used)
    import jobs.parts.encode
    import jobs.parts.read_and_publish  # noqa: F401
