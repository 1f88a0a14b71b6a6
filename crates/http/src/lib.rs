//! The HTTP client whose every request tells k6's timing phases, error codes and wire bytes.
