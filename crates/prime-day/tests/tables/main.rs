//! The tables and their capacity, against the practice endpoint: evidence that shares no code with what is tested.

mod capacity;
mod control;
mod practice;
