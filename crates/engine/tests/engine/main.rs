//! The engine over fake virtual users: on a paused clock with one worker, and on real threads.

mod abort;
mod arrival;
mod fake;
mod looping;
mod pausing;
mod ramping;
mod random;
mod segments;
mod threads;
mod watchers;
