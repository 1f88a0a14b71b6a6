//! A tap is told of a response while it comes, instead of its body being kept.

use std::{fmt, rc::Rc};

use http::HeaderMap;

/// What comes of a response.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// The status and the headers.
    Head(u16, &'a HeaderMap),
    /// A piece of the body.
    Data(&'a [u8]),
}

/// Takes the parts of a response as they come; answers whether it wants more.
#[derive(Clone)]
pub struct Tap(Rc<dyn Fn(Part<'_>) -> bool>);

impl Tap {
    /// A tap that calls this function.
    pub fn new(take: impl Fn(Part<'_>) -> bool + 'static) -> Self {
        Self(Rc::new(take))
    }

    pub(crate) fn take(&self, part: Part<'_>) -> bool {
        (self.0)(part)
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}
