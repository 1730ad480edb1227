"""What the processes of `--local` load, once for all of them, before they part."""

from jobs.lasting import lasting

with lasting():
    import daf_core.embedding
    import daf_core.scoring  # noqa: F401 (each is imported again where it is used)
    import jobs.encoding
    import jobs.stages  # noqa: F401
