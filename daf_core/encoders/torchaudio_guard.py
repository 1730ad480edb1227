"""Make `import torchaudio` work beside a CPU-only torch.

torchaudio's Linux wheel links CUDA libraries. Beside a torch without CUDA its compiled extension
cannot be loaded, so importing torchaudio fails, and with it transformers' speech models, which
import torchaudio if it is installed. Filter banks, MFCC and resampling are plain torch and need no
extension; functions that do need it (forced alignment, RNN-T loss) raise when called.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

EXTENSION = "torchaudio._extension"


def ensure_torchaudio() -> None:
    """Import torchaudio, without its extension if that cannot be loaded."""
    try:
        import torchaudio
    except OSError:
        sys.modules[EXTENSION] = _no_extension()
        import torchaudio  # noqa: F401


def _no_extension() -> ModuleType:
    """The module that torchaudio itself sets up when it is built without its extension."""
    module = ModuleType(EXTENSION)
    vars(module).update(_IS_TORCHAUDIO_EXT_AVAILABLE=False, fail_if_no_align=_fail_when_called)
    return module


def _fail_when_called(function: Callable[..., Any]) -> Callable[..., NoReturn]:
    def fail(*args: object, **kwargs: object) -> NoReturn:
        raise RuntimeError(f"{function.__name__} needs torchaudio's extension, which needs CUDA")

    return fail
