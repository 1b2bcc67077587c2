"""No file is taken for code: the sources name nothing that runs what it reads, and no shell."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

MODULES = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "dbm"}
CALLS = {"eval", "exec", "__import__"}
NAMES = {  # whatever they are taken from
    *("read_parquet", "read_pickle", "to_pickle", "read_hdf", "literal_eval"),
    *("unsafe_load", "unsafe_load_all", "full_load", "full_load_all", "UnsafeLoader", "CUnsafeLoader", "FullLoader"),
    *("CFullLoader", "Loader", "CLoader", "popen", "system", "getoutput", "getstatusoutput"),
}
OF_YAML = {"load", "load_all"}  # the text is read event by event
KEYWORDS = {"shell", "allow_pickle"}


def dangers(source: str) -> Iterator[str]:
    """What a module names that could run what it is given, each as "line: name"."""
    for node in ast.walk(ast.parse(source)):
        for name in _named(node):
            yield f"{node.lineno}: {name}"  # type: ignore[attr-defined]


def _named(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (one.name for one in names if one.name.partition(".")[0] in MODULES)
        case ast.ImportFrom(module=module, names=names):
            taken = NAMES | (OF_YAML if module == "yaml" else set())
            yield from (module for _ in names[:1] if module and module.partition(".")[0] in MODULES)
            yield from (one.name for one in names if one.name in taken)
        case ast.Name(id=name) if name in CALLS:
            yield name
        case ast.Attribute(value=ast.Name(id="yaml" | "builtins"), attr=name) if name in OF_YAML | CALLS:
            yield name
        case ast.Attribute(attr=name) if name in NAMES:
            yield name
        case ast.keyword(arg=name, value=value) if name in KEYWORDS:
            if not (isinstance(value, ast.Constant) and value.value is False):
                yield f"{name}="


def test_the_sources_run_nothing_that_they_read(package: Path) -> None:
    modules = sorted(package.rglob("*.py"))
    assert modules, f"no modules under {package}"
    found = {str(module.relative_to(package)): list(dangers(module.read_text(encoding="utf-8"))) for module in modules}
    assert not {module: names for module, names in found.items() if names}


@pytest.mark.parametrize(
    "planted",
    [
        "import pickle",
        "import joblib.externals as fast",
        "from pickle import loads",
        "from pandas import read_pickle as table",
        "from yaml import load",
        "x = eval(text)",
        "run = exec",
        "import builtins; builtins.eval(text)",
        "yaml.load(text, Loader=yaml.SafeLoader)",
        "yaml.load_all(text)",
        "yaml.parse(text, Loader=yaml.FullLoader)",
        "pd.read_parquet(path)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(words, shell=True)",
        "subprocess.run(words, shell=chosen)",
        "os.system(words)",
    ],
)
def test_a_planted_one_is_found(planted: str) -> None:
    assert [found.partition(":")[0] for found in dangers(f"x = 1\n{planted}\n")] == ["2"]


def test_what_only_looks_like_one_is_left_alone() -> None:
    harmless = (
        "import re\nre.compile(text)\nload(path)\nsubprocess.run(words, shell=False)\nevaluate = json.load(file)\n"
    )
    assert not list(dangers(harmless))
