//! The table of front ends: what `run` and `inspect` can read.

use std::path::Path;

use flashcrowd_k6::K6;
use flashcrowd_locust::LocustFiles;
use flashcrowd_plan::Plans;
use flashcrowd_test::{FrontEnd, front_end_of};

/// All front ends; the first one reads files whose extension no other claims.
pub const FRONT_ENDS: &[&dyn FrontEnd] = &[&K6, &Plans, &LocustFiles];

/// The front end for a file.
pub fn front_end(file: &Path) -> &'static dyn FrontEnd {
    front_end_of(FRONT_ENDS, file).expect("the table has rows")
}

/// Problems with flags that this file's front end does not support, but another one does.
pub fn misplaced(given: &[&str], file: &Path) -> Vec<String> {
    let here = front_end(file);
    let strange = given.iter().filter(|flag| !here.flags().contains(flag));
    let problems = strange.filter_map(|flag| {
        let heeds = FRONT_ENDS.iter().find(|one| one.flags().contains(flag))?;
        let ending = heeds.extensions().first()?;
        Some(format!("{flag} is for {}s (.{ending}), and this is a {}", heeds.name(), here.name()))
    });
    problems.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_extension_has_one_front_end_and_names_are_unique() {
        let (mut endings, mut names) = (HashSet::new(), HashSet::new());
        for one in FRONT_ENDS {
            assert!(names.insert(one.name()), "{}", one.name());
            assert!(one.extensions().iter().all(|ending| endings.insert(*ending)), "{:?}", one.extensions());
        }
        assert_eq!(front_end(Path::new("a.yml")).name(), "plan");
        assert_eq!(front_end(Path::new("-")).name(), FRONT_ENDS[0].name());
    }
}
