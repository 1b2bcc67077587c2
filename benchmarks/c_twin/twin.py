"""The kernel's hand-written twin in C, built by gcc and run on the very arrays that the Python kernel runs on.

The structs that C reads are generated from the type hints of `Setup`, `World`, `Records` and `Tally`, and its codes
from the constants of the Python modules, so a field or a code that changes there changes here.
"""

from __future__ import annotations

import ctypes
import functools
import subprocess
import tempfile
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from escalation_sim import draws
from escalation_sim import world as w
from escalation_sim.drivers import ensemble
from escalation_sim.theory import ladder, rules

FOLDER = Path(__file__).parent
# Nothing that changes a bit: no -ffast-math, and no fused multiply-add where the sentence multiplies and then adds.
FLAGS = ["-std=gnu11", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno"]
WARNINGS = ["-Wall", "-Wextra", "-Wno-unused-function"]
GROUPS = (w.Setup, w.World, w.Records, ensemble.Tally)
NUMBERS = {np.float64: "double", np.float32: "float", np.int32: "int32_t", np.int64: "int64_t"}
NUMBERS |= {np.uint8: "uint8_t", np.uint64: "uint64_t", int: "int64_t", float: "double"}
RESERVED = {"static"}  # words that C keeps for itself get an underscore


def _number_type(kind: Any) -> tuple[type, bool]:
    """Number type of a field, and whether the field is an array of them, from a hint such as `Floats` or `int`."""
    if kind in (int, float):
        return kind, False
    return get_args(get_args(kind)[1])[0], True


def _struct(group: type) -> str:
    """A group of arrays as a C struct: a pointer and a length for each array, in the order of the fields."""
    constant = "const " if group is w.Setup else ""
    lines = [f"typedef struct {group.__name__} {{"]
    for name, kind in get_type_hints(group).items():
        number, is_array = _number_type(kind)
        lines.append(f"    {constant}{NUMBERS[number]} {'*restrict ' * is_array}{name}{'_' * (name in RESERVED)};")
        if is_array:
            lines.append(f"    int64_t {name}_length;")
    return "\n".join([*lines, f"}} {group.__name__};"])


def _codes() -> str:
    """The public whole-number constants of the modules as a C enumeration, and the others as macros."""
    lines = []
    for module in (w, draws, rules, ladder, ensemble):
        own = {name: value for name, value in vars(module).items() if name.isupper() and not name.startswith("_")}
        whole = {name: value for name, value in own.items() if type(value) is int}
        lines += [f"enum {{ {name} = {value} }};" for name, value in whole.items()]
        lines += [f"#define {name} ({value!r})" for name, value in own.items() if type(value) is float]
    return "\n".join(dict.fromkeys(lines))


def header() -> str:
    """The text of `arrays.h`."""
    body = "\n\n".join((_codes(), *(_struct(group) for group in GROUPS)))
    return f"#ifndef ARRAYS_H\n#define ARRAYS_H\n\n#include <stdint.h>\n\n{body}\n\n#endif\n"


@functools.cache
def _layout(group: type) -> type[ctypes.Structure]:
    """The ctypes twin of `_struct`."""
    scalars = {int: ctypes.c_int64, float: ctypes.c_double}
    fields: list[tuple[str, Any]] = []
    for name, kind in get_type_hints(group).items():
        number, is_array = _number_type(kind)
        fields.append((name, ctypes.c_void_p if is_array else scalars[number]))
        if is_array:
            fields.append((name + "_length", ctypes.c_int64))
    return type(group.__name__, (ctypes.Structure,), {"_fields_": fields})


def _as_struct(values: Any) -> ctypes.Structure:
    """A group of arrays as C sees it; it borrows their memory, so `values` must outlive it."""
    group = next(group for group in GROUPS if isinstance(values, group))
    struct = _layout(group)()
    for name, kind in get_type_hints(group).items():
        number, is_array = _number_type(kind)
        value = getattr(values, name)
        if not is_array:
            setattr(struct, name, value)
            continue
        if value.dtype != number or not value.flags.c_contiguous:
            raise TypeError(f"{group.__name__}.{name}: {value.dtype}, not {number.__name__} in one piece")
        setattr(struct, name, value.ctypes.data)
        setattr(struct, name + "_length", value.size)
    return struct


@functools.cache
def library() -> ctypes.CDLL:
    """The shared library, built in a folder that is gone once it is loaded."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "arrays.h").write_text(header())
        built = str(Path(folder, "twin.so"))
        command = [
            "gcc",
            *FLAGS,
            *WARNINGS,
            "-fPIC",
            "-shared",
            f"-I{folder}",
            str(FOLDER / "twin.c"),
            "-o",
            built,
            "-lm",
        ]
        subprocess.run(command, check=True)
        loaded = ctypes.CDLL(built)
    loaded.run_block.restype = None
    return loaded


def run_tally(setup: w.Setup, keys: draws.Words, lineages: draws.Words) -> ensemble.Tally:
    """Run the replicates named by `lineages` (R,) and count them; chains of acts and early acts stay blank."""
    tally = ensemble.blank_tally(setup, len(lineages))
    groups = (setup, w.blank_world(setup), w.blank_records(setup), tally)
    pointers = [ctypes.byref(_as_struct(group)) for group in groups]
    lineages = np.ascontiguousarray(lineages, dtype=np.uint64)
    words = [ctypes.c_void_p(array.ctypes.data) for array in (keys, lineages)]
    library().run_block(*pointers, *words, ctypes.c_int64(len(lineages)))
    return tally


def run(setup: w.Setup, keys: draws.Words, lineages: draws.Words) -> npt.NDArray[np.float32]:
    """Days on which the outcomes came true, (R, O), -1 where they did not.

    Parameters
    ----------
    setup : world.Setup
        One draw of the parameters, hoisted (as `Compiler.setup` returns it).
    keys : uint64 array (10, 2)
        From `draws.key_schedule`.
    lineages : uint64 array (R,)
        Numbers of the replicates.
    """
    return run_tally(setup, keys, lineages).outcome_day
