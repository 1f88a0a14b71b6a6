//! To listen is to have the address of the page that Locust's options ask for.

use flashcrowd_web::{Page, PageError, Place};

use crate::child::Settings;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address is none.
    #[error("--web-host {0}")]
    Host(PageError),
    /// It cannot be listened on.
    #[error("the page {0}; give another --web-port, or --headless")]
    Port(PageError),
    /// There is no token.
    #[error("{0}: give --web-token")]
    Token(PageError),
}

/// Listens where the options say.
pub fn bind_page(options: &Settings) -> Result<Page, WebError> {
    let place = Place {
        host: options.web_host.clone(),
        port: options.web_port,
        token: options.web_token.clone(),
        is_public: false,
        base: options.web_base_path.clone(),
    };
    Page::bind(&place).map_err(|error| match error {
        PageError::Address(_) => WebError::Host(error),
        PageError::Listen { .. } => WebError::Port(error),
        PageError::Random => WebError::Token(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_port_is_told_with_the_way_out() {
        let first = bind_page(&Settings::default()).unwrap();
        let web_port = first.listener.local_addr().unwrap().port();
        let error = bind_page(&Settings { web_port, ..Settings::default() }).unwrap_err().to_string();
        assert!(error.contains("--web-port"), "{error}");
        let nowhere = Settings { web_host: "no such host".to_owned(), ..Settings::default() };
        let error = bind_page(&nowhere).unwrap_err().to_string();
        assert_eq!(error, "--web-host no such host: this is no address to listen on");
    }
}
