//! What the virtual users of a test share: the metrics, and for each kind of client where its requests go and who signs.

use std::sync::{Arc, Mutex, OnceLock};

use flashcrowd_dynamodb::{Credentials, CredentialsError, EndpointError, Measures, Service};
use flashcrowd_metrics::{DefineError, Registry};
use tokio::sync::OnceCell;

use super::config::{Keys, REGION, Settings, Signer};

/// Who signs where nobody is found and it is not AWS that is asked: other endpoints take anybody.
const ANYBODY: &str = "practice";

/// What the virtual users of a test share.
#[derive(Default)]
pub struct Shared {
    measures: OnceLock<Measures>,
    places: Mutex<Vec<Arc<Place>>>,
}

/// Where the clients with the same settings send their requests.
pub struct Place {
    settings: Settings,
    service: OnceCell<Result<Arc<Service>, CredentialsError>>,
}

impl Shared {
    /// Defines the metrics, which every virtual user that imports the module does.
    pub fn define(&self, registry: &Registry) -> Result<(), DefineError> {
        if self.measures.get().is_none() {
            // Another thread may have been faster; the ids are the same.
            let _ = self.measures.set(Measures::define(registry)?);
        }
        Ok(())
    }

    /// The metrics, if a script imports the module.
    pub fn measures(&self) -> Option<Measures> {
        self.measures.get().copied()
    }

    /// The place for these settings: one for all clients that have the same.
    pub fn place(&self, settings: Settings) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(|error| error.into_inner());
        if let Some(place) = places.iter().find(|place| place.settings == settings) {
            return place.clone();
        }
        let place = Arc::new(Place { settings, service: OnceCell::new() });
        places.push(place.clone());
        place
    }
}

impl Place {
    /// The service; credentials are found when the first virtual user asks, and others wait for that.
    pub async fn service(&self) -> Result<Arc<Service>, CredentialsError> {
        self.service.get_or_init(|| self.find()).await.clone()
    }

    async fn find(&self) -> Result<Arc<Service>, CredentialsError> {
        let Settings { region, url, signer, retry, timeout } = &self.settings;
        let profile = if let Signer::Found(profile) = signer { profile.as_deref() } else { None };
        let region = match region {
            Some(region) => region.clone(),
            None => Credentials::region(profile).await.unwrap_or_else(|| REGION.to_owned()),
        };
        let broken = |error: EndpointError| CredentialsError::Broken(error.to_string());
        let endpoint = self.settings.endpoint(&region).map_err(broken)?;
        let credentials = match signer {
            Signer::Given(Keys { access_key, secret, token: None }) => Credentials::fixed(access_key, secret),
            Signer::Given(Keys { access_key, secret, token: Some(token) }) => {
                Credentials::temporary(access_key, secret, token)
            }
            Signer::Found(profile) => match Credentials::find(profile.as_deref(), &region).await {
                Err(CredentialsError::Missing(_)) if url.is_some() => Credentials::fixed(ANYBODY, ANYBODY),
                found => found?,
            },
        };
        Ok(Arc::new(Service { endpoint, credentials, retry: *retry, timeout: *timeout }))
    }
}
