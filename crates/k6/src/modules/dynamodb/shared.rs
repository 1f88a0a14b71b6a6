//! What the virtual users of a test share: the metrics, and for each kind of client where its requests go and who signs.

use std::sync::{Arc, Mutex, OnceLock};

use flashcrowd_dynamodb::{
    Configured, Credentials, CredentialsError, EndpointError, KeyRates, Measures, Service,
};
use flashcrowd_dynamodb_capacity::{Prices, TableState, hot_keys, measured};
use flashcrowd_metrics::{DefineError, Registry};
use flashcrowd_record::{Capacity, Results, TimelineLine};
use tokio::sync::OnceCell;

use super::config::{Keys, REGION, Settings, Signer};
use super::tables::Tables;

/// Who signs where nobody is found and it is not AWS that is asked: other endpoints take anybody.
const ANYBODY: &str = "practice";

/// What the virtual users of a test share.
#[derive(Default)]
pub struct Shared {
    measures: OnceLock<Measures>,
    services: Mutex<Vec<Arc<SharedService>>>,
    keys: Arc<KeyRates>,
}

/// The service that all clients with the same settings use.
pub struct SharedService {
    settings: Settings,
    service: OnceCell<Result<Arc<Service>, CredentialsError>>,
    pub(super) tables: Tables,
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

    /// How fast single keys are used.
    pub fn keys(&self) -> &Arc<KeyRates> {
        &self.keys
    }

    /// The service for these settings: one for all clients with the same settings.
    pub fn shared(&self, settings: Settings) -> Arc<SharedService> {
        let mut services = self.services.lock().unwrap_or_else(|error| error.into_inner());
        if let Some(shared) = services.iter().find(|shared| shared.settings == settings) {
            return shared.clone();
        }
        let shared =
            Arc::new(SharedService { settings, service: OnceCell::new(), tables: Tables::default() });
        services.push(shared.clone());
        shared
    }
}

impl Shared {
    /// What a run consumed of the tables that were described; none where there are none.
    pub fn capacity(&self, results: &Results, timeline: &[TimelineLine]) -> Option<Capacity> {
        let services = self.services.lock().unwrap_or_else(|error| error.into_inner());
        let tables: Vec<TableState> = services.iter().flat_map(|shared| shared.tables.known()).collect();
        let region = services.iter().find_map(|shared| shared.region()).unwrap_or_default();
        (!tables.is_empty()).then(|| {
            let capacity = measured(&tables, timeline, results, &Prices::of(&region), None);
            Capacity { keys: hot_keys(&self.keys), ..capacity }
        })
    }
}

impl SharedService {
    /// The region, once the service is known.
    fn region(&self) -> Option<String> {
        Some(self.service.get()?.as_ref().ok()?.endpoint.region.clone())
    }

    /// The service; the first virtual user to call this looks up the credentials while the others wait.
    pub async fn find(&self) -> Result<Arc<Service>, CredentialsError> {
        self.service.get_or_init(|| self.find_now()).await.clone()
    }

    async fn find_now(&self) -> Result<Arc<Service>, CredentialsError> {
        let Settings { region, url, signer, retry, timeout } = &self.settings;
        let profile = if let Signer::Found(profile) = signer { profile.as_deref() } else { None };
        let region = match region {
            Some(region) => region.clone(),
            None => Credentials::region(profile).await.unwrap_or_else(|| REGION.to_owned()),
        };
        let mut is_named = url.is_some();
        let broken = |error: EndpointError| CredentialsError::Broken(error.to_string());
        let endpoint = match url {
            Some(_) => self.settings.endpoint(&region),
            None => {
                let configured = Configured::find(profile, &region).await;
                is_named |= configured.url.is_some();
                configured.endpoint(&region)
            }
        };
        let endpoint = endpoint.map_err(broken)?;
        let credentials = match signer {
            Signer::Given(Keys { access_key, secret, token: None }) => Credentials::fixed(access_key, secret),
            Signer::Given(Keys { access_key, secret, token: Some(token) }) => {
                Credentials::temporary(access_key, secret, token)
            }
            Signer::Found(profile) => match Credentials::find(profile.as_deref(), &region).await {
                Err(CredentialsError::Missing(_)) if is_named => Credentials::fixed(ANYBODY, ANYBODY),
                found => found?,
            },
        };
        Ok(Arc::new(Service { endpoint, credentials, retry: *retry, sdk: None, timeout: *timeout }))
    }
}
