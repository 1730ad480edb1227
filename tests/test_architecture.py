"""The house: layers without circles, small files, few untyped records, light imports."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.cli import VERBS
from jobs.command.option_names import field_names

ROOT = Path(__file__).parents[1]
CORE = sorted(ROOT.glob("daf_core/**/*.py"))
PACKAGES = sorted([*CORE, *ROOT.glob("jobs/**/*.py")])
FILES = sorted([*PACKAGES, *ROOT.glob("benchmarks/**/*.py")])

# What each may import: itself and what is named before it. CONTRIBUTING.md shows the same list.
LAYERS = [
    *(
        "decimals",
        "errors",
        "schemas",
        "arrays",
        "distributed",
        "one_thread",
        "redaction",
        "spreadsheet",
        "storage",
        "default_heads",
        "weights",
    ),
    *("embeddings", "recordings", "encoders", "speakers", "heads", "measures", "training"),
    *("stages", "damage", "calls", "query"),
    *("evaluation", "stress", "sources", "asr", "manifest", "privacy", "precomputed"),
    "adaptation",
    *("report", "export", "browse", "api"),
]
OPTIONS = {name.replace("_", "-") for settings in VERBS.values() for name in field_names(settings)}
MODULES_AT_MOST = 10  # in the root of a package
LINES_AT_MOST = 250
UNTYPED_AT_MOST = 24  # parameters and results that are dict[str, Any]

WITHOUT_RAY = """
import importlib, pkgutil, sys
sys.modules["ray"] = None
import daf_core
for module in pkgutil.walk_packages(daf_core.__path__, "daf_core."):
    importlib.import_module(module.name)
print(len([name for name in sys.modules if name.startswith("daf_core.")]))
"""


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in PACKAGES}


def imports(path: Path) -> Iterator[str]:
    """Modules of ours that a file imports when it is loaded: not in functions, not for types."""
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        waiting += ast.iter_child_nodes(node)
        yield from imported_by(node)


def imported_by(node: ast.AST) -> Iterator[str]:
    """Modules of ours that one statement imports."""
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names if name.name in MODULES)
    if isinstance(node, ast.ImportFrom) and node.module in MODULES:
        for name in node.names:
            inner = f"{node.module}.{name.name}"
            yield inner if inner in MODULES else node.module


def test_daf_core_imports_without_ray() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_RAY], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) == len(CORE) - 1  # but for daf_core itself


@pytest.mark.parametrize("path", CORE, ids=names(CORE))
def test_daf_core_imports_only_from_layers_below(path: Path) -> None:
    own = module_of(path).split(".")[1:2]
    for node in ast.walk(ast.parse(path.read_text())):  # also in functions and for types
        for module in imported_by(node):
            assert module.startswith("daf_core"), f"{path}: imports {module}"
            layer = module.split(".")[1:2]
            if own and layer:
                assert LAYERS.index(layer[0]) <= LAYERS.index(own[0]), f"{path}: imports {module}"


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {module: set(imports(path)) - {module} for module, path in MODULES.items()}
    while leaves := {module for module, found in graph.items() if not found & graph.keys()}:
        graph = {module: found for module, found in graph.items() if module not in leaves}
    assert not graph, f"circle among {sorted(graph)}"


@pytest.mark.parametrize("package", ["daf_core", "jobs"])
def test_the_root_of_a_package_holds_few_modules(package: str) -> None:
    assert len([*(ROOT / package).glob("*.py")]) <= MODULES_AT_MOST


@pytest.mark.parametrize("path", FILES, ids=names(FILES))
def test_no_file_is_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES_AT_MOST


def test_few_signatures_hold_untyped_dictionaries() -> None:
    found = []
    for path in PACKAGES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                annotations = [one.annotation for one in every] + [node.returns]
                text = " ".join(ast.unparse(one) for one in annotations if one is not None)
                found += [f"{path}:{node.lineno}"] * len(re.findall(r"dict\[str, Any\]", text))
    assert len(found) <= UNTYPED_AT_MOST, found


@pytest.mark.parametrize("path", CORE, ids=names(CORE))
def test_daf_core_reads_no_environment_prints_nothing_and_names_no_option(path: Path) -> None:
    tree = ast.parse(path.read_text())
    used = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name)
    }
    assert not used & {"environ", "getenv", "print"}
    # Options are the command line's: messages name settings in backticks (jobs/cli.py, as_options).
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    documentation = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    }
    messages = [text for text in texts if text not in documentation]
    options = "|".join(sorted(OPTIONS))
    assert not [
        text for text in messages if re.search(rf"(?<![\w-])--(?:{options})(?![\w-])", text)
    ]


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("jobs.cli", ["pyarrow", "ray", "torch", "fsspec", "botocore"]),  # --help answers at once
        ("jobs.parts.read_and_publish", ["torch"]),  # a third of the time and memory to start
        (
            "jobs.parts.preload",
            ["scipy", "sklearn", "pandas", "ray", "transformers"],
        ),  # encoding starts 2 s earlier
        ("jobs.verbs.train", ["sklearn", "scipy.stats", "ray", "transformers"]),
    ],
)
def test_modules_load_no_more_than_they_need(module: str, unwanted: list[str]) -> None:
    program = f"import sys, {module}; print([n for n in {unwanted} if n in sys.modules])"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "[]\n"
