//! QuickJS and what it runs on: the VM, its fiber, its built-in library and the conversion of values.

pub(crate) mod builtins;
pub(crate) mod convert;
pub(crate) mod fiber;
pub(crate) mod lazy;
pub(crate) mod memory;
pub(crate) mod stack;
pub(crate) mod throws;
pub(crate) mod vm;
