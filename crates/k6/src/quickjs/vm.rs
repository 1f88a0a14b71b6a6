//! A VM is one virtual user's QuickJS runtime and context, with what rquickjs leaves to unsafe calls.
#![expect(unsafe_code, reason = "bytecode, uncatchable errors, array buffers and the heap need raw calls")]

use libmimalloc_sys::{mi_calloc, mi_collect, mi_free, mi_malloc, mi_realloc, mi_usable_size};
use rquickjs::allocator::Allocator;
use rquickjs::context::{Intrinsic, intrinsic};
use rquickjs::{
    ArrayBuffer, Context, Ctx, Error, Module, Runtime, Value, WriteOptions, module::Declared, qjs,
};

use crate::quickjs::builtins::Builtins;
use crate::quickjs::{memory, stack};

/// Bytes of its fiber's stack that a script may use; what is left is for host functions.
const SCRIPT_STACK: usize = stack::SIZE - 512 * 1024;
/// How much a heap may grow until garbage in cycles is looked for.
const GC_THRESHOLD: usize = 1024 * 1024;

/// A module compiled once for all virtual users. Functions point into it, so it lives as long as the process.
#[derive(Clone, Copy, Debug)]
pub struct Bytecode(&'static [u8]);

/// Makes a runtime and a context whose stack limit fits the running fiber.
pub fn new(builtins: Builtins, interrupt: impl FnMut() -> bool + 'static) -> rquickjs::Result<Context> {
    let runtime = Runtime::new_with_alloc(Heap)?;
    runtime.set_max_stack_size(SCRIPT_STACK);
    runtime.set_gc_threshold(GC_THRESHOLD);
    runtime.set_memory_limit(memory::of_a_vu());
    runtime.set_interrupt_handler(Some(Box::new(interrupt)));
    let context = Context::custom::<Always>(&runtime)?;
    add(&context, builtins);
    Ok(context)
}

/// What every VM has, beside the base of the language.
type Always = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Promise,
    intrinsic::DOMException,
);

fn add(context: &Context, builtins: Builtins) {
    let raw = context.as_raw();
    // SAFETY: the context is alive and nothing runs in it yet; each is added once.
    unsafe {
        if builtins.proxy {
            intrinsic::Proxy::add_intrinsic(raw);
        }
        if builtins.maps {
            intrinsic::MapSet::add_intrinsic(raw);
        }
        if builtins.typed_arrays {
            intrinsic::TypedArrays::add_intrinsic(raw);
        }
        if builtins.weak_refs {
            intrinsic::WeakRef::add_intrinsic(raw);
        }
        if builtins.performance {
            intrinsic::Performance::add_intrinsic(raw);
        }
        if builtins.base64 {
            qjs::JS_AddIntrinsicAToB(raw.as_ptr());
        }
    }
}

/// Where a VM's memory comes from: pages that all VMs of a thread share, so that a small heap wastes little.
struct Heap;

// SAFETY: mimalloc's functions have the contracts of C's, which are those that QuickJS asks for; memory is aligned to
// 8 bytes at least, and only memory of mimalloc is given back to it.
unsafe impl Allocator for Heap {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        if !memory::may_take(size) {
            return std::ptr::null_mut();
        }
        // SAFETY: any size may be asked for.
        unsafe { mi_malloc(size) }.cast()
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        if !memory::may_take(count.saturating_mul(size)) {
            return std::ptr::null_mut();
        }
        // SAFETY: any size may be asked for; an overflow of the product answers null.
        unsafe { mi_calloc(count, size) }.cast()
    }

    unsafe fn dealloc(&mut self, ptr: *mut u8) {
        // SAFETY: the caller's contract: this allocator made it.
        unsafe { mi_free(ptr.cast()) }
    }

    unsafe fn realloc(&mut self, ptr: *mut u8, new_size: usize) -> *mut u8 {
        if !memory::may_take(new_size) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's contract: this allocator made it.
        unsafe { mi_realloc(ptr.cast(), new_size) }.cast()
    }

    unsafe fn usable_size(ptr: *mut u8) -> usize {
        // SAFETY: the caller's contract: this allocator made it.
        unsafe { mi_usable_size(ptr.cast()) }
    }
}

/// Gives the memory of heaps that are gone back to the system, which otherwise it would keep for others.
pub fn give_back() {
    // SAFETY: it frees nothing that is in use, and may be called at any time.
    unsafe { mi_collect(true) }
}

/// Compiles a declared module, and keeps the result for ever.
pub fn compile(module: &Module<'_, Declared>) -> rquickjs::Result<Bytecode> {
    let options = WriteOptions { strip_source: true, ..WriteOptions::default() };
    Ok(Bytecode(Box::leak(module.write(options)?.into_boxed_slice())))
}

/// Declares a module from what [`compile`] made.
pub fn load<'js>(ctx: &Ctx<'js>, code: Bytecode) -> rquickjs::Result<Module<'js, Declared>> {
    // SAFETY: only `compile` makes bytecode, with this very QuickJS, and its bytes are never freed.
    unsafe { Module::load(ctx.clone(), code.0) }
}

/// The error that no `catch` or `finally` of the script sees; it ends the iteration.
pub fn uncatchable(ctx: &Ctx<'_>, message: &str) -> Error {
    match rquickjs::Exception::from_message(ctx.clone(), message) {
        Ok(exception) => {
            let value: Value<'_> = exception.into_object().into_value();
            // SAFETY: the context and the value are alive, and the value is an Error object.
            unsafe { qjs::JS_SetUncatchableError(ctx.as_raw().as_ptr(), value.as_raw()) };
            ctx.throw(value)
        }
        Err(error) => error,
    }
}

/// A copy of an array buffer's bytes; `None` when it is detached.
pub fn bytes(buffer: &ArrayBuffer<'_>) -> Option<Vec<u8>> {
    // SAFETY: no script runs between taking the slice and copying it.
    unsafe { buffer.as_bytes() }.map(<[u8]>::to_vec)
}

/// The bytes of an array buffer or of a view on one; `None` for any other value.
pub fn binary(value: &Value<'_>) -> Option<Vec<u8>> {
    let object = value.as_object()?;
    if let Some(buffer) = object.as_array_buffer() {
        return bytes(buffer);
    }
    let buffer: Value<'_> = object.get("buffer").ok()?;
    let buffer = buffer.as_object()?.as_array_buffer()?;
    let offset: usize = object.get("byteOffset").ok()?;
    let length: usize = object.get("byteLength").ok()?;
    bytes(buffer)?.get(offset..offset + length).map(<[u8]>::to_vec)
}
