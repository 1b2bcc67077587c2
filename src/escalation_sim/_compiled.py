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

import numpy as np

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
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.core.typing.templates import AttributeTemplate
    from numba.extending import (
        NativeValue,
        infer_getattr,
        intrinsic,
        lower_getattr_generic,
        models,
        register_model,
        unbox,
    )

    _FOLDER = _cache_folder()

    def compiled(function: Function) -> Function:
        """Compile `function` at its first call (without the global lock, cached on disk where possible)."""
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = _FOLDER or before
        try:
            cached = _FOLDER is not None
            return numba.njit(nogil=True, cache=cached, error_model="numpy", no_cfunc_wrapper=True)(function)
        finally:
            numba.config.CACHE_DIR = before

    @intrinsic
    def _wide(typing_context, a, b):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            wide, word = ir.IntType(128), ir.IntType(64)
            product = builder.mul(*(builder.zext(factor, wide) for factor in arguments))
            halves = builder.trunc(builder.lshr(product, wide(64)), word), builder.trunc(product, word)
            return context.make_tuple(builder, signature.return_type, halves)

        return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), generate

    @compiled
    def wide_product(a: Any, b: Any) -> Any:
        """High and low 64 bits of the product of two 64-bit words, by one instruction of the processor."""
        return _wide(a, b)

    class GroupType(types.Type):
        """A named tuple of arrays and numbers, known to compiled code by the address of its words.

        An array takes the words (data, size, itemsize, shape, strides); a number takes one.
        """

        def __init__(self, fields: tuple[tuple[str, Any], ...]) -> None:
            self.fields = dict(fields)
            self.first_word, words = {}, 0
            for name, field in fields:
                self.first_word[name] = words
                words += 3 + 2 * field.ndim if isinstance(field, types.Array) else 1
            digest = hashlib.sha256(repr(fields).encode()).hexdigest()  # long names cost seconds of compilation
            super().__init__(name=f"Group{digest[:16]}")

    register_model(GroupType)(models.OpaqueModel)

    @infer_getattr
    class _GroupAttributes(AttributeTemplate):
        key = GroupType

        def generic_resolve(self, group_type: Any, name: str) -> Any:
            return group_type.fields.get(name)

    @lower_getattr_generic(GroupType)
    def _field(context, builder, group_type, group, name):  # type: ignore[no-untyped-def]
        field, place = group_type.fields[name], group_type.first_word[name]

        def read(number: int, kind: Any) -> Any:
            words = builder.bitcast(group, kind.as_pointer().as_pointer() if kind.is_pointer else kind.as_pointer())
            word = builder.load(builder.gep(words, [context.get_constant(types.intp, place + number)]))
            word.set_metadata("invariant.load", builder.module.add_metadata([]))  # written before the first call
            return word

        if not isinstance(field, types.Array):
            return read(0, context.get_value_type(field))
        array, integer = context.make_array(field)(context, builder), context.get_value_type(types.intp)
        array.data = builder.inttoptr(read(0, integer), context.get_data_type(field.dtype).as_pointer())
        array.nitems, array.itemsize = read(1, integer), read(2, integer)
        axes = range(field.ndim)
        array.shape = cgutils.pack_array(builder, [read(3 + axis, integer) for axis in axes])
        array.strides = cgutils.pack_array(builder, [read(3 + field.ndim + axis, integer) for axis in axes])
        array.meminfo = cgutils.get_null_value(array.meminfo.type)  # no owner: reading a field counts no references
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()

    @unbox(GroupType)
    def _address(group_type, group, context):  # type: ignore[no-untyped-def]
        number = context.pyapi.object_getattr_string(group, "address")
        address = context.pyapi.long_as_ulonglong(number)
        context.pyapi.decref(number)
        return NativeValue(context.builder.inttoptr(address, context.context.get_value_type(group_type)))

    class Group:
        """Handle of a named tuple for compiled code. It borrows the arrays, so it keeps the tuple alive."""

        __slots__ = ("_numba_type_", "address", "arrays", "words")

        def __init__(self, arrays: Any) -> None:
            self.arrays = arrays
            self.words = np.array([word for value in arrays for word in _words(value)], dtype=np.uint64)
            self.address = self.words.ctypes.data
            fields = zip(arrays._fields, map(numba.typeof, arrays), strict=True)
            self._numba_type_ = GroupType(tuple(fields))

        def __getattr__(self, name: str) -> Any:
            return getattr(self.arrays, name)

    def _words(value: Any) -> list[int]:
        if isinstance(value, np.ndarray):
            return [value.ctypes.data, value.size, value.itemsize, *value.shape, *value.strides]
        return [int((np.int64 if isinstance(value, int) else np.float64)(value).view(np.uint64))]

    def grouped(values: Tuple) -> Tuple:
        """Hand a named tuple of arrays to compiled code behind one pointer.

        A tuple of a hundred arrays passed by value costs minutes of compilation and most of the running time; a pointer
        costs nothing. The fields keep their names and share their memory with `values`.
        """
        return Group(values)  # type: ignore[return-value]

else:
    _FOLDER = None

    def wide_product(a: Any, b: Any) -> Any:
        """High and low 64 bits of the product of two 64-bit words (`numpy.uint64`)."""
        product = int(a) * int(b)
        return type(a)(product >> 64), type(a)(product & (2**64 - 1))

    def compiled(function: Function) -> Function:
        """Leave `function` as it is: compilation is switched off."""
        return function

    def grouped(values: Tuple) -> Tuple:
        """Leave the named tuple as it is: compilation is switched off."""
        return values
