"""What the workers of `--local` load, once for all of them, before they are forked."""

from jobs.parts.lean_imports import lean_imports

with lean_imports():
    import daf_core.stages.embed
    import daf_core.stages.score  # noqa: F401 (each is imported again where it is used)
    import jobs.parts.encode
    import jobs.parts.read_and_publish  # noqa: F401
