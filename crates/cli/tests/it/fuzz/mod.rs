//! Fuzzing: what reads the words of others takes whatever bytes there are.

mod fuzzer;
mod mutation;

mod documents;
mod network;
mod scripts;
mod words;
