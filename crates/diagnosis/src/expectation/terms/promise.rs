//! A promise is an expectation, understood: what it is about, and its bound.

use super::error::ExpectationError;
use super::target::Target;

/// An expectation, understood.
#[derive(Clone, Debug)]
pub(crate) struct Promise {
    /// Which percentile, from 0 to 100, where it is one.
    pub(crate) percentile: Option<f64>,
    pub(crate) scope: Scope,
    pub(crate) target: Target,
    /// Whether a share is judged by what it lacks of 100%: more of it is better.
    pub(crate) counts_what_lacks: bool,
}

/// The part of a run that a promise is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The name of a request; all if none.
    pub(crate) request: Option<String>,
    /// The number of a step, counted from 1; all if none.
    pub(crate) step: Option<usize>,
}

/// The name alone, and what it is about.
pub(crate) fn scoped(name: &str) -> Result<(&str, Scope), ExpectationError> {
    let mut scope = Scope::default();
    let mut rest = name;
    if let Some((before, inside)) = rest.strip_suffix(']').and_then(|open| open.rsplit_once('[')) {
        let number = inside.trim().strip_prefix("step").map(|number| number.trim().parse());
        let Some(Ok(step @ 1..)) = number else {
            let text = format!("'[{inside}]' does not name a step: write '{before}[step 1]'");
            return Err(ExpectationError::Name(text));
        };
        (scope.step, rest) = (Some(step), before.trim());
    }
    if let Some((before, inside)) = rest.split_once('{') {
        let Some(request) = inside.strip_suffix('}').map(str::trim).filter(|request| !request.is_empty())
        else {
            let text = format!("'{name}' does not name a request: write '{before}{{GET /path}}'");
            return Err(ExpectationError::Name(text));
        };
        (scope.request, rest) = (Some(request.to_owned()), before.trim());
    }
    Ok((rest, scope))
}
