//! A session takes front ends, sources, outputs and controllers that no crate of ours knows.

mod front_end;
mod seams;
