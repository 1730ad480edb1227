"""Does a device score as the CPU does, in each precision, and with less memory than it needs?"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import torch

from daf_core.stages import trained_head
from daf_core.stages.decode import decode_part
from daf_core.stages.embed import Embed
from daf_core.stages.score import score
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage.output import Output
from daf_core.weights.precision import Precision

PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")
MEMORY_LEFT = 0.4  # of what a run takes beside the weights


def check_device(manifest: Output, head_folder: str, device: str) -> Iterator[str]:
    """A line for each check: scores against those of the CPU in float32."""
    head = trained_head.load(head_folder)
    decoded = pa.concat_tables([decode_part(part) for part in manifest.read_all()])
    expected, _ = score(head, Embed(head.encoders)(decoded)[0])
    for precision in PRECISIONS:
        if (device, precision) == ("cpu", "float32"):
            continue
        embed = Embed(head.encoders, device, precision=precision)
        yield f"{device}, {precision}: {difference(expected, scores(head, embed, decoded))}"
        if device != "cpu":
            found, refused = with_less_memory(head, embed, decoded)
            yield (
                f"{device}, {precision}, {MEMORY_LEFT:.0%} of the memory: {refused} batches did "
                f"not fit and were halved; {difference(expected, found)}"
            )


def scores(head: TrainedHead, embed: Embed, decoded: pa.Table) -> pa.Table:
    """Scores of all rows."""
    return score(head, embed(decoded)[0])[0]


def difference(expected: pa.Table, found: pa.Table) -> str:
    """Correlation and largest difference of sentiment and audio_weight."""
    if expected["utterance_id"] != found["utterance_id"]:
        return f"expected {len(expected)} rows, found {len(found)}, or others"
    said = []
    for name in ("sentiment", "audio_weight"):
        one, other = (table[name].to_numpy() for table in (expected, found))
        r, most = np.corrcoef(one, other)[0, 1], np.abs(one - other).max()
        said.append(f"{name} r {r:.6f}, largest difference {most:.5f}")
    return "; ".join(said)


def with_less_memory(head: TrainedHead, embed: Embed, decoded: pa.Table) -> tuple[pa.Table, int]:
    """Scores made with MEMORY_LEFT of the GPU memory that the batches take; and how many batches
    did not fit.
    """
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    weights = torch.cuda.memory_allocated()
    scores(head, embed, decoded)
    most = weights + MEMORY_LEFT * (torch.cuda.max_memory_allocated() - weights)
    torch.cuda.empty_cache()
    refused = torch.cuda.memory_stats()["num_ooms"]
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(most / total)
    try:
        return scores(head, embed, decoded), torch.cuda.memory_stats()["num_ooms"] - refused
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
