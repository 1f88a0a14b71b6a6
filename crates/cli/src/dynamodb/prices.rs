//! Prices of capacity units from a file.

use std::path::Path;

use flashcrowd_modules::{LARGEST_SOURCE, read_text};
use flashcrowd_prime_day::capacity::Prices;

use crate::exit::Failure;

/// The prices of the file, if there is one.
pub fn of_file(path: Option<&Path>) -> Result<Option<Prices>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let wrong = |why: String| Failure::Config(vec![format!("--prices {}: {why}", path.display())]);
    let text = read_text(path, LARGEST_SOURCE).map_err(|error| wrong(error.to_string()))?;
    Prices::from_json(&text).map(Some).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_prices_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prices.json");
        assert!(of_file(Some(&path)).unwrap_err().to_string().starts_with("--prices "));
        std::fs::write(&path, "{}").unwrap();
        assert!(of_file(Some(&path)).unwrap_err().to_string().contains("prices.json: prices are written as"));
        assert_eq!(of_file(None).unwrap(), None);
    }
}
