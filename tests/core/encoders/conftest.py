"""Makes transformers importable beside a CPU-only torch, before the tests import it."""

import daf_core.encoders  # noqa: F401
