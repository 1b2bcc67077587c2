"""The only module that names the compiler.

`compiled` turns a function of numbers and arrays into machine code. A function cached on disk does not notice that a
function it calls, in *another file*, has changed (numba/numba#1833); so the cache folder is named after a hash of all
sources that compiled code is made of, and a change to any of them starts a new folder. `ESCALATION_SIM_COMPILE=0`
leaves the functions as plain Python: slow, the same numbers, and a debugger can step through them.
"""

from __future__ import annotations

import contextlib
import hashlib
import operator
import os
import stat
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


def _users_folder() -> Path:
    base = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "escalation-sim"


def _private_folder() -> Path:
    """A folder where all may write holds one that is ours alone, or another's code might be run in our name."""
    if os.name != "posix":
        raise PermissionError("whose a folder is cannot be told here")
    folder = Path(tempfile.gettempdir()) / f"escalation-sim-{os.geteuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError(f"{folder}: this is no folder, or others may write into it")
    return folder


def _cache_folder() -> str | None:
    for root in (_users_folder, _private_folder):
        try:
            target = root() / source_hash()
            target.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=target):
                return str(target)
        except (OSError, RuntimeError):  # RuntimeError: a user without a home, as in some containers
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
        lower_builtin,
        lower_getattr_generic,
        models,
        register_model,
        unbox,
    )
    from numba.np import arrayobj

    _FOLDER = _cache_folder()

    def _compiled(function: Function, forced: bool) -> Function:
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = _FOLDER or before
        try:
            cached = _FOLDER is not None
            options = {"nogil": True, "cache": cached, "error_model": "numpy", "no_cfunc_wrapper": True}
            made = numba.njit(**options, forceinline=forced)(function)
        finally:
            numba.config.CACHE_DIR = before
        usual = made.get_call_template
        made.get_call_template = lambda kinds, named: usual([_plain(kind) for kind in kinds], named)
        return made

    def _plain(kind: Any) -> Any:
        """One kind of whole number for calls within compiled code, or each constant would make another function."""
        kind = types.unliteral(kind)
        return types.int64 if isinstance(kind, types.Integer) and kind is not types.uint64 else kind

    def compiled(function: Function) -> Function:
        """Compile `function` at its first call (without the global lock, cached on disk where possible)."""
        return _compiled(function, forced=False)

    def inlined(function: Function) -> Function:
        """Compile `function` into each of its callers: for what decisions are made of, called from few places."""
        return _compiled(function, forced=True)

    @intrinsic
    def _wide(typing_context, a, b):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            wide, word = ir.IntType(128), ir.IntType(64)
            product = builder.mul(*(builder.zext(factor, wide) for factor in arguments))
            halves = builder.trunc(builder.lshr(product, wide(64)), word), builder.trunc(product, word)
            return context.make_tuple(builder, signature.return_type, halves)

        return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), generate

    @compiled
    def wide_product(a: Any, b: Any) -> tuple[Any, Any]:
        """High and low 64 bits of the product of two 64-bit words, by one instruction of the processor."""
        return _wide(a, b)

    class FieldType(types.Array):
        """An array that is a field of a group: whole-number indices into it are never negative.

        Compiled code spends a tenth of its time on turning negative indices into those from the end, which nothing in
        the theory asks for. And since fields do not overlap, writing to one leaves what was read of another valid.
        """

        def __init__(self, field: str, array: Any) -> None:
            self.field = field
            name = f"field({field}, {array.name})"
            super().__init__(array.dtype, array.ndim, array.layout, not array.mutable, name, array.aligned)

        @property
        def key(self) -> Any:
            return (self.field, *super().key)

    register_model(FieldType)(models.ArrayModel)

    def _axes(index_type: Any) -> list[Any]:
        return list(index_type) if isinstance(index_type, types.BaseTuple) else [index_type]

    def _element(context, builder, kind, field, index_type, index):  # type: ignore[no-untyped-def]
        """Address of one element."""
        model = context.data_model_manager[kind]
        indices = cgutils.unpack_tuple(builder, index) if isinstance(index_type, types.BaseTuple) else [index]
        places = [context.cast(builder, *one, types.intp) for one in zip(indices, _axes(index_type), strict=True)]
        data, shape, strides = (model.get(builder, field, part) for part in ("data", "shape", "strides"))
        sizes = (cgutils.unpack_tuple(builder, size, kind.ndim) for size in (shape, strides))
        return cgutils.get_item_pointer2(context, builder, data, *sizes, kind.layout, places)

    def _tag(builder, kind, access):  # type: ignore[no-untyped-def]
        """Tell the optimizer to which field an element belongs."""
        add = builder.module.add_metadata
        own = add([kind.field, add(["fields of groups"]), ir.Constant(ir.IntType(64), 0)])
        access.set_metadata("tbaa", add([own, own, ir.Constant(ir.IntType(64), 0)]))
        return access

    @lower_builtin(operator.getitem, FieldType, types.Integer)
    @lower_builtin(operator.getitem, FieldType, types.BaseTuple)
    def _get(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        kind, index_type = signature.args
        if isinstance(signature.return_type, types.Array):  # a row, or a slice
            row = isinstance(index_type, types.Integer)
            usual = arrayobj.getitem_arraynd_intp if row else arrayobj.getitem_array_tuple
            return usual(context, builder, signature, arguments)
        place = _element(context, builder, kind, arguments[0], index_type, arguments[1])
        return _tag(builder, kind, builder.load(place))

    @lower_builtin(operator.setitem, FieldType, types.Integer, types.Any)
    @lower_builtin(operator.setitem, FieldType, types.BaseTuple, types.Any)
    def _set(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        kind, index_type, value_type = signature.args
        axes = _axes(index_type)
        if len(axes) != kind.ndim or not all(isinstance(axis, types.Integer) for axis in axes):  # a row, or a slice
            return arrayobj.setitem_array(context, builder, signature, arguments)
        place = _element(context, builder, kind, arguments[0], index_type, arguments[1])
        value = context.cast(builder, arguments[2], value_type, kind.dtype)
        _tag(builder, kind, builder.store(value, place))
        return context.get_dummy_value()

    class GroupType(types.Type):
        """A named tuple of arrays and numbers, known to compiled code by the address of its words.

        An array takes the words (data, size, shape, strides); a number takes one.
        """

        def __init__(self, fields: tuple[tuple[str, Any], ...]) -> None:
            self.fields = {
                name: FieldType(name, field) if isinstance(field, types.Array) else field for name, field in fields
            }
            self.first_word, words = {}, 0
            for name, field in fields:
                self.first_word[name] = words
                words += 2 + 2 * field.ndim if isinstance(field, types.Array) else 1
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
            words = builder.bitcast(group, ir.IntType(64).as_pointer())
            address = builder.gep(words, [context.get_constant(types.intp, place + number)])
            word = builder.load(builder.bitcast(address, kind.as_pointer()))
            word.set_metadata("invariant.load", builder.module.add_metadata([]))  # written before the first call
            return word

        if not isinstance(field, types.Array):
            return read(0, context.get_value_type(field))
        integer = context.get_value_type(types.intp)
        shape = [read(2 + axis, integer) for axis in range(field.ndim)]
        itemsize = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(field.dtype)))
        if field.layout == "C":  # says all but the first of the strides, at less cost
            strides = [itemsize]
            for size in reversed(shape[1:]):
                strides.insert(0, builder.mul(strides[0], size))
        else:
            strides = [read(2 + field.ndim + axis, integer) for axis in range(field.ndim)]
        parts = {
            "data": read(0, context.get_data_type(field.dtype).as_pointer()),
            "nitems": shape[0] if field.ndim == 1 else read(1, integer),
            "itemsize": itemsize,
            "shape": cgutils.pack_array(builder, shape),
            "strides": cgutils.pack_array(builder, strides),
        }  # no owner: reading a field counts no references
        model = context.data_model_manager[field]
        array = cgutils.get_null_value(context.get_value_type(field))
        for part, value in parts.items():
            array = model.set(builder, array, value, model.get_field_position(part))
        return array

    @unbox(GroupType)
    def _address(group_type, group, context):  # type: ignore[no-untyped-def]
        number = context.pyapi.object_getattr_string(group, "address")
        address = context.pyapi.long_as_ulonglong(number)
        context.pyapi.decref(number)
        return NativeValue(context.builder.inttoptr(address, context.context.get_value_type(group_type)))

    _group_types: dict[Any, GroupType] = {}

    def _group_type(arrays: Any) -> GroupType:
        """Every draw of the parameters has a group of the same type: numba is asked once, which takes a millisecond."""
        key = (arrays._fields, tuple(map(_kind, arrays)))
        if key not in _group_types:
            _group_types[key] = GroupType(tuple(zip(arrays._fields, map(numba.typeof, arrays), strict=True)))
        return _group_types[key]

    def _kind(value: Any) -> Any:
        """What the type of a field depends on."""
        return (value.dtype, value.ndim, value.flags.num) if isinstance(value, np.ndarray) else type(value)

    class Group:
        """Handle of a named tuple for compiled code. It borrows the arrays, so it keeps the tuple alive."""

        __slots__ = ("_numba_type_", "address", "arrays", "words")

        def __init__(self, arrays: Any) -> None:
            self.arrays = arrays
            self.words = np.array([word for value in arrays for word in _words(value)], dtype=np.uint64)
            self.address = self.words.ctypes.data
            self._numba_type_ = _group_type(arrays)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.arrays, name)

    def _words(value: Any) -> list[int]:
        if isinstance(value, np.ndarray):
            return [value.ctypes.data, value.size, *value.shape, *value.strides]
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

    inlined = compiled

    def grouped(values: Tuple) -> Tuple:
        """Leave the named tuple as it is: compilation is switched off."""
        return values
