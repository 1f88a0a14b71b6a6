//! Redis behind the shop: its store, its lock, and the two strategies that use them.

mod lock;
mod redis_lock;
mod redis_lua;
mod store;
mod waiters;

pub(super) use redis_lock::RedisLock;
pub(super) use redis_lua::RedisLua;
pub(super) use store::Store;
