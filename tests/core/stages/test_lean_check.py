"""Checking the tensors of a head costs no more than torch does: it loads no compiler.

Some functions of torch, called on the meta device, import sympy and torch._dynamo, which takes as
long as torch itself.
"""

import subprocess
import sys

CHECK = """
import sys, tempfile
from daf_core.heads import HEADS, build
from daf_core.stages import trained_head
from daf_core.weights.specs import resolve

SHAPES = {"text": (3, 16), "audio": (3, 16)}
FRAMES = {"text_frames": (4, 16), "audio_frames": (4, 16)}
encoders = {name: resolve("descriptors") for name in (*SHAPES, *FRAMES)}
for kind in HEADS:
    for shapes in (SHAPES, FRAMES, SHAPES | FRAMES):
        try:
            head = build(kind, shapes, 8)
        except Exception:  # the head reads other columns
            continue
        folder = tempfile.mkdtemp()
        own = {name: encoders[name] for name in shapes}
        trained_head.save(
            folder, head, kind=kind, width=8, shapes=shapes, encoders=own, calibrations={}, facts={}
        )
        print(kind)
        trained_head.load(folder)
        loaded = {"sympy", "torch._dynamo"} & sys.modules.keys()
        if loaded:
            sys.exit(f"{kind} loaded {loaded}")
"""


def test_no_kind_of_head_loads_a_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {"daf", "stacked", "static", "pool", "mult"} <= {*done.stdout.split()}
