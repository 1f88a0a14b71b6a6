//! Built-ins are the parts of JavaScript's library that a VM has only if its script can reach them.
//!
//! Thousands of VMs would carry typed arrays, proxies and the like for nothing, some 20 KiB each. Whether a script
//! can reach one is read off its words: a script without the word `Proxy` cannot make one, unless it puts names
//! together at run time, and scripts with the means to do that have everything.

/// Which of the built-ins that can be left out a VM has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtins {
    /// `Proxy`.
    pub proxy: bool,
    /// `ArrayBuffer`, typed arrays, `DataView`, `Atomics`.
    pub typed_arrays: bool,
    /// `WeakRef` and `FinalizationRegistry`.
    pub weak_refs: bool,
    /// `Map`, `Set` and their weak kin.
    pub maps: bool,
    /// `atob` and `btoa`.
    pub base64: bool,
    /// `performance`.
    pub performance: bool,
    /// `URL` and `URLSearchParams`.
    pub urls: bool,
    /// `structuredClone`.
    pub clones: bool,
}

/// With these a script can reach anything.
const REFLECTION: [&str; 5] = ["globalThis", "global", "eval", "Function", "constructor"];
const PROXY: [&str; 4] = ["Proxy", "k6/experimental/csv", "k6/data", "k6/execution"];
const TYPED_ARRAYS: [&str; 19] = [
    "ArrayBuffer",
    "DataView",
    "Atomics",
    "TextEncoder",
    "TextDecoder",
    "crypto",
    "responseType",
    "structuredClone",
    "open",
    "buffer",
    "flashcrowd/dynamodb",
    "k6/crypto",
    "k6/encoding",
    "k6/experimental/fs",
    "k6/experimental/redis",
    "k6/experimental/websockets",
    "k6/websockets",
    "k6/ws",
    "k6/x/redis",
];
const WEAK_REFS: [&str; 2] = ["WeakRef", "FinalizationRegistry"];
const MAPS: [&str; 7] =
    ["structuredClone", "Map", "Set", "WeakMap", "WeakSet", "groupBy", "flashcrowd/dynamodb"];
const BASE64: [&str; 2] = ["atob", "btoa"];
const URLS: [&str; 2] = ["URL", "URLSearchParams"];

impl Builtins {
    /// Everything.
    pub const ALL: Self = Self {
        proxy: true,
        typed_arrays: true,
        weak_refs: true,
        maps: true,
        base64: true,
        performance: true,
        urls: true,
        clones: true,
    };

    /// Nothing that can be left out.
    const NONE: Self = Self {
        proxy: false,
        typed_arrays: false,
        weak_refs: false,
        maps: false,
        base64: false,
        performance: false,
        urls: false,
        clones: false,
    };

    /// What these source texts can reach.
    pub fn reached_by<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut reached = Self::NONE;
        for text in texts {
            for word in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '/'))) {
                if REFLECTION.contains(&word) {
                    return Self::ALL;
                }
                reached.proxy |= PROXY.contains(&word);
                reached.typed_arrays |= TYPED_ARRAYS.contains(&word) || is_typed_array(word);
                reached.weak_refs |= WEAK_REFS.contains(&word);
                reached.maps |= MAPS.contains(&word);
                reached.base64 |= BASE64.contains(&word);
                reached.performance |= word == "performance";
                reached.urls |= URLS.contains(&word);
                reached.clones |= word == "structuredClone";
            }
        }
        reached
    }
}

/// `Uint8Array` and the like; `SharedArray` is no such thing, but costs nothing to take for one.
fn is_typed_array(word: &str) -> bool {
    word.ends_with("Array") && word != "Array" && word != "isArray"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decide() {
        let none = Builtins::reached_by(["import http from 'k6/http'; const a = Array.isArray([]) / 2"]);
        assert_eq!(none, Builtins::NONE);
        assert!(Builtins::reached_by(["new URL(a).host"]).urls);
        assert!(Builtins::reached_by(["structuredClone(a)"]).clones);
        assert!(Builtins::reached_by(["", "import { SharedArray } from 'k6/data'"]).proxy);
        assert!(Builtins::reached_by(["new Uint8Array(3)"]).typed_arrays);
        assert!(Builtins::reached_by(["open('x', 'b')"]).typed_arrays);
        assert!(Builtins::reached_by(["new Map()"]).maps);
        let items = Builtins::reached_by(["import { Client } from 'flashcrowd/dynamodb'"]);
        assert!(items.maps && items.typed_arrays && !items.proxy);
        assert_eq!(Builtins::reached_by(["globalThis['Pro' + 'xy']"]), Builtins::ALL);
        assert_eq!(Builtins::reached_by(["[].constructor"]), Builtins::ALL);
    }
}
