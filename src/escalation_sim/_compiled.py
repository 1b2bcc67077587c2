"""The only module that names the compiler.

`compiled` turns a function of numbers and arrays into machine code. A function cached on disk does not notice that a
function it calls, in *another file*, has changed (numba/numba#1833); so the cache folder is named after a hash of all
sources that compiled code is made of, and a change to any of them starts a new folder. `ESCALATION_SIM_COMPILE=0`
leaves the functions as plain Python: slow, the same numbers, and a debugger can step through them.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])

COMPILING = os.environ.get("ESCALATION_SIM_COMPILE", "1") != "0"


_SOURCES = ("_compiled.py", "draws.py", "world.py", "theory/*.py", "drivers/*.py")


def source_hash() -> str:
    """Hash of the sources that compiled code is made of, as a hexadecimal string.

    >>> len(source_hash())
    16
    """
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(path for pattern in _SOURCES for path in root.glob(pattern)):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> str | None:
    base = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    folder = Path(base) if base else Path.home() / ".cache"
    for root in (folder, Path(tempfile.gettempdir())):
        target = root / "escalation-sim" / source_hash()
        try:
            target.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=target):
                return str(target)
        except OSError:
            continue
    return None  # nowhere to write: compile anew in each process


def is_warm() -> bool:
    """Whether compiled code for these very sources lies on disk, so that a run starts at once."""
    return bool(_FOLDER) and any(Path(str(_FOLDER)).rglob("*.nbi"))


if COMPILING:
    import numba
    from numba import types
    from numba.core import cgutils
    from numba.experimental import structref
    from numba.experimental.jitclass.base import imp_dtor
    from numba.extending import intrinsic

    _FOLDER = _cache_folder()

    def compiled(function: Function) -> Function:
        """Compile `function` at its first call (without the global lock, cached on disk where possible)."""
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = _FOLDER or before
        try:
            cached = _FOLDER is not None
            return numba.njit(nogil=True, cache=cached, error_model="numpy")(function)
        finally:
            numba.config.CACHE_DIR = before

    @structref.register
    class _GroupType(types.StructRef):
        """A named tuple of arrays behind one pointer."""

    class Group(structref.StructRefProxy):
        """Handle of a named tuple inside compiled code. It borrows the arrays, so it keeps the tuple alive."""

        __slots__ = ("arrays",)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.arrays, name)

    structref.define_boxing(_GroupType, Group)

    def _store(context: Any, builder: Any, group_type: Any, data: Any, tuple_type: Any, values: Any) -> None:
        for place, (name, field_type) in enumerate(zip(tuple_type.fields, tuple_type.types, strict=True)):
            value = builder.extract_value(values, place)
            if isinstance(field_type, types.Array):  # without an owner, reading a field counts no references
                array = context.make_array(field_type)(context, builder, value=value)
                array.meminfo = cgutils.get_null_value(array.meminfo.type)
                array.parent = cgutils.get_null_value(array.parent.type)
                value = array._getvalue()
            setattr(data, name, value)

    @intrinsic
    def _group(typing_context, values):  # type: ignore[no-untyped-def]
        fields = list(zip(values.fields, values.types, strict=True))
        group_type = _GroupType(fields)

        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            layout = context.data_model_manager[group_type.get_data_type()].get_value_type()
            size = context.get_constant(types.uintp, context.get_abi_sizeof(layout))
            owner = context.nrt.meminfo_alloc_dtor(builder, size, imp_dtor(context, builder.module, group_type))
            pointer = builder.bitcast(context.nrt.meminfo_data(builder, owner), layout.as_pointer())
            builder.store(cgutils.get_null_value(layout), pointer)
            data = cgutils.create_struct_proxy(group_type.get_data_type())(context, builder, ref=pointer)
            _store(context, builder, group_type, data, values, arguments[0])
            handle = cgutils.create_struct_proxy(group_type)(context, builder)
            handle.meminfo = owner
            return handle._getvalue()

        return group_type(values), generate

    @compiled
    def _as_group(values):  # type: ignore[no-untyped-def]
        return _group(values)

    def grouped(values: Tuple) -> Tuple:
        """Hand a named tuple of arrays to compiled code behind one pointer.

        A tuple of a hundred arrays passed by value costs minutes of compilation and most of the running time; a pointer
        costs nothing. The fields keep their names and share their memory with `values`.
        """
        handle = _as_group(values)
        handle.arrays = values
        return handle

else:
    _FOLDER = None

    def compiled(function: Function) -> Function:
        """Leave `function` as it is: compilation is switched off."""
        return function

    def grouped(values: Tuple) -> Tuple:
        """Leave the named tuple as it is: compilation is switched off."""
        return values
