//! Credentials are who signs requests: found the way every AWS tool finds them, and renewed before they expire.

use std::error::Error as StdError;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::Region;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials as Found;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError as ChainError;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::identity::Identity as Signing;
use thiserror::Error;
use tokio::time::timeout;

use super::wall::wall_now;

/// How long a search may take where nobody said that there are credentials.
const SEARCH: Duration = Duration::from_secs(5);

/// How long it may take where a profile is named: its process may ask somebody, its role takes several requests.
const NAMED_SEARCH: Duration = Duration::from_secs(30);

/// How long the address may take that only machines of AWS answer at.
const INSTANCE: Duration = Duration::from_secs(1);

/// Credentials are renewed this long before they expire.
const EARLY: Duration = Duration::from_secs(5 * 60);

/// After a renewal that failed, the next is tried this much later.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who signs requests; clones share what was found.
#[derive(Clone)]
pub struct Credentials {
    shared: Arc<Shared>,
}

/// Why there are no credentials.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CredentialsError {
    /// None of the usual places has any.
    #[error("{0}")]
    Missing(String),
    /// A place has some that cannot be used.
    #[error("{0}")]
    Broken(String),
}

struct Shared {
    place: Place,
    held: Mutex<Held>,
    /// That of what is held, to be read without the lock.
    generation: AtomicU64,
    /// Whether somebody renews them.
    renewing: AtomicBool,
    /// Who waits for a renewal waits here. When the last one failed, and why.
    renewal: tokio::sync::Mutex<Option<(SystemTime, CredentialsError)>>,
}

/// Where credentials are looked for.
enum Place {
    /// They are what they are.
    Fixed,
    /// The named profile, or all of the usual places.
    Usual { profile: Option<String>, region: String },
    #[cfg(test)]
    Test(Box<dyn Fn() -> Result<Found, CredentialsError> + Send + Sync>),
}

/// Credentials as they are held until they are renewed.
#[derive(Clone)]
pub(crate) struct Held {
    /// Counts renewals.
    pub(crate) generation: u64,
    /// As the signing crate wants them.
    pub(crate) signing: Signing,
    found: Found,
    renew_at: Option<SystemTime>,
}

impl Credentials {
    /// Those of a profile, or else of AWS's default chain: environment, profiles, SSO, container, instance. The region
    /// is where SSO and roles are asked, unless the profile says otherwise.
    pub async fn find(profile: Option<&str>, region: &str) -> Result<Self, CredentialsError> {
        let profile = profile.map(str::to_owned);
        let place = Place::Usual { profile, region: region.to_owned() };
        let found = place.look().await?;
        Ok(Self::new(place, found))
    }

    /// Always the same, such as for the practice endpoint.
    pub fn fixed(access_key: &str, secret: &str) -> Self {
        Self::new(Place::Fixed, Found::new(access_key, secret, None, None, "fixed"))
    }

    /// Always the same, with a session token.
    pub fn temporary(access_key: &str, secret: &str, token: &str) -> Self {
        Self::new(Place::Fixed, Found::new(access_key, secret, Some(token.to_owned()), None, "fixed"))
    }

    /// The region that the environment, the named profile or the default one says.
    pub async fn region(profile: Option<&str>) -> Option<String> {
        let mut files = ProfileFileRegionProvider::builder();
        if let Some(profile) = profile {
            files = files.profile_name(profile);
        }
        let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new());
        Some(chain.or_else(files.build()).region().await?.to_string())
    }

    /// The account that they are of, where they say so.
    pub fn account(&self) -> Option<String> {
        self.shared.lock().found.account_id().map(|account| account.as_str().to_owned())
    }

    /// What is held now. If it is to be renewed soon, that is begun aside: nobody waits while the old ones are good.
    pub(crate) fn held(&self, now: SystemTime) -> Held {
        let held = self.shared.lock().clone();
        if held.renew_at.is_some_and(|at| at <= now) && !self.shared.renewing.swap(true, Ordering::AcqRel) {
            let (credentials, generation) = (self.clone(), held.generation);
            let guard = Renewing(self.shared.clone());
            tokio::spawn(async move {
                // Who is told that they have expired finds out why.
                let _ = credentials.renew(generation).await;
                drop(guard);
            });
        }
        held
    }

    /// Whether what was held is still what is held, and needs no renewal.
    pub(crate) fn is_current(&self, held: &Held, now: SystemTime) -> bool {
        held.generation == self.shared.generation.load(Ordering::Acquire)
            && held.renew_at.is_none_or(|at| now < at)
    }

    /// Looks for newer ones than those of a generation, unless somebody has done so already or has just failed to.
    pub(crate) async fn renew(&self, generation: u64) -> Result<(), CredentialsError> {
        let mut failed = self.shared.renewal.lock().await;
        if self.shared.generation.load(Ordering::Acquire) != generation {
            return Ok(());
        }
        if let Some((at, error)) = &*failed
            && wall_now().duration_since(*at).is_ok_and(|ago| ago < PATIENCE)
        {
            return Err(error.clone());
        }
        let looked = self.shared.place.look().await;
        let mut held = self.shared.lock();
        match looked {
            Ok(found) => {
                *held = Held::new(found, generation + 1, wall_now());
                self.shared.generation.store(generation + 1, Ordering::Release);
                *failed = None;
                Ok(())
            }
            Err(error) => {
                held.renew_at = held.renew_at.map(|_| wall_now() + PATIENCE);
                *failed = Some((wall_now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Those of one access key after the other, and then none; the first of them is held.
    #[cfg(test)]
    pub(crate) fn test(access_keys: impl IntoIterator<Item = &'static str>) -> Self {
        let mut keys: std::collections::VecDeque<_> = access_keys.into_iter().collect();
        let found = |key| Found::new(key, "SECRET", None, None, "test");
        let first = found(keys.pop_front().unwrap());
        let keys = Mutex::new(keys);
        let look = move || {
            let none = || CredentialsError::Broken("there are no more keys".to_owned());
            keys.lock().unwrap().pop_front().map(found).ok_or_else(none)
        };
        Self::new(Place::Test(Box::new(look)), first)
    }

    fn new(place: Place, found: Found) -> Self {
        let shared = Shared {
            place,
            held: Mutex::new(Held::new(found, 0, wall_now())),
            generation: AtomicU64::new(0),
            renewing: AtomicBool::new(false),
            renewal: tokio::sync::Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that nobody renews them any more, also when the renewal is dropped half-way.
struct Renewing(Arc<Shared>);

impl Drop for Renewing {
    fn drop(&mut self) {
        self.0.renewing.store(false, Ordering::Release);
    }
}

impl Held {
    fn new(found: Found, generation: u64, now: SystemTime) -> Self {
        let renew_at = found.expiry().map(|expiry| {
            let left = expiry.duration_since(now).unwrap_or_default();
            expiry - EARLY.min(left / 2)
        });
        Self { generation, signing: found.clone().into(), found, renew_at }
    }
}

impl Place {
    /// Looks anew each time: files may have changed, as after a login.
    async fn look(&self) -> Result<Found, CredentialsError> {
        let (profile, region) = match self {
            Self::Usual { profile, region } => (profile.as_deref(), region.clone()),
            Self::Fixed => {
                return Err(CredentialsError::Broken(
                    "these credentials are fixed: give newer ones".to_owned(),
                ));
            }
            #[cfg(test)]
            Self::Test(look) => return look(),
        };
        let tls = Provider::Rustls(CryptoMode::Ring);
        let http = aws_smithy_http_client::Builder::new().tls_provider(tls).build_https();
        let config =
            ProviderConfig::without_region().with_http_client(http).with_region(Some(Region::new(region)));
        let from_environment = std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
        let named = profile.map(str::to_owned).or(from_environment);
        let limit = if named.is_some() { NAMED_SEARCH } else { SEARCH };
        let looked = match profile {
            // As with AWS's own tools, what is named goes before the environment, and nothing comes after it.
            Some(profile) => {
                let files =
                    ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile);
                timeout(limit, async { files.build().provide_credentials().await }).await
            }
            None => {
                let instance = imds::Client::builder()
                    .configure(&config)
                    .connect_timeout(INSTANCE)
                    .read_timeout(INSTANCE)
                    .max_attempts(1);
                let chain =
                    DefaultCredentialsChain::builder().imds_client(instance.build()).configure(config);
                timeout(limit, async { chain.build().await.provide_credentials().await }).await
            }
        };
        match looked {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(explain(&error, named.as_deref())),
            Err(_) => Err(overdue(limit, named.as_deref())),
        }
    }
}

fn overdue(limit: Duration, profile: Option<&str>) -> CredentialsError {
    let seconds = limit.as_secs();
    match profile {
        Some(profile) => CredentialsError::Broken(format!(
            "profile `{profile}` gave no credentials within {seconds} s: see that `aws sts get-caller-identity --profile {profile}` answers"
        )),
        None => CredentialsError::Missing(format!(
            "no AWS credentials were found within {seconds} s: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`"
        )),
    }
}

fn explain(error: &ChainError, profile: Option<&str>) -> CredentialsError {
    let why = causes(error);
    match (profile, error) {
        (None, ChainError::CredentialsNotLoaded(_)) => CredentialsError::Missing(
            "no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`"
                .to_owned(),
        ),
        // Another profile than the one that was asked for: that of a role's `source_profile`.
        (Some(profile), ChainError::CredentialsNotLoaded(_))
            if why.contains("was not defined") && !why.contains(&format!("`{profile}` was not defined")) =>
        {
            CredentialsError::Broken(format!("the credentials of profile `{profile}` cannot be used: {why}"))
        }
        (Some(profile), ChainError::CredentialsNotLoaded(_)) => CredentialsError::Broken(format!(
            "profile `{profile}` is not there or has no credentials: `aws configure list-profiles` lists those that are"
        )),
        (profile, _) if why.to_lowercase().contains("sso") => {
            let option = profile.map(|profile| format!(" --profile {profile}")).unwrap_or_default();
            CredentialsError::Broken(format!("the login has expired: run `aws sso login{option}` ({why})"))
        }
        (Some(profile), _) => {
            CredentialsError::Broken(format!("the credentials of profile `{profile}` cannot be used: {why}"))
        }
        // The last place of the chain: whatever answers there, it has none to give, as on many virtual machines.
        (None, _) if why.contains("IMDS") => CredentialsError::Missing(format!(
            "no AWS credentials were found, and the instance metadata gave none: {why}"
        )),
        (None, _) => CredentialsError::Broken(format!("the AWS credentials cannot be used: {why}")),
    }
}

/// An error and what caused it, in one line of a bearable length.
fn causes(error: &dyn StdError) -> String {
    const LONGEST: usize = 300;
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        // Those of the chain itself say no more than that loading failed.
        if !cause.is::<ChainError>() {
            causes.push(cause.to_string());
        }
        next = cause.source();
    }
    let text = if causes.is_empty() { error.to_string() } else { causes.join(": ") };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access_key = self.shared.lock().found.access_key_id().to_owned();
        f.debug_struct("Credentials").field("access_key", &access_key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use tempfile::TempDir;
    use tokio::time::{Instant, sleep};

    use super::*;

    /// The profile that the child of a test is to ask for; it says what it finds and no more.
    const ASKED: &str = "FLASHCROWD_TEST_PROFILE";

    const AWS: [&str; 12] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];

    /// What a process finds whose environment is this one and whose home is that folder.
    fn found_with(home: &Path, profile: &str, environment: &[(&str, &str)]) -> String {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "auth::credentials::tests::a_child_says_what_it_finds", "--nocapture"]);
        AWS.iter().for_each(|name| {
            child.env_remove(name);
        });
        child.env("HOME", home).env(ASKED, profile).envs(environment.iter().copied());
        let output = String::from_utf8(child.output().unwrap().stdout).unwrap();
        let line = output.lines().find_map(|line| line.split_once("found: "));
        line.unwrap_or_else(|| panic!("{output}")).1.to_owned()
    }

    /// A home with these profiles.
    fn home(config: &str) -> TempDir {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        home
    }

    const NO_INSTANCE: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");

    #[tokio::test]
    async fn a_child_says_what_it_finds() {
        let Ok(profile) = std::env::var(ASKED) else { return };
        let profile = Some(profile.as_str()).filter(|profile| !profile.is_empty());
        let region = Credentials::region(profile).await.unwrap_or_default();
        match Credentials::find(profile, "us-east-1").await {
            Ok(credentials) => {
                let shown = format!("{credentials:?}");
                let found = credentials.held(wall_now()).found;
                assert!(!shown.contains(found.secret_access_key()));
                println!(
                    "found: {} {} {:?} {region}",
                    found.access_key_id(),
                    found.secret_access_key(),
                    found.session_token()
                );
            }
            Err(CredentialsError::Missing(why)) => println!("found: missing: {why}"),
            Err(CredentialsError::Broken(why)) => println!("found: broken: {why}"),
        }
    }

    #[test]
    fn the_environment_has_credentials_unless_a_profile_is_named() {
        let home =
            home("[profile a]\naws_access_key_id = FILED\naws_secret_access_key = 2\nregion = eu-west-1\n");
        let environment = [
            ("AWS_ACCESS_KEY_ID", "GIVEN"),
            ("AWS_SECRET_ACCESS_KEY", "1"),
            ("AWS_SESSION_TOKEN", "T"),
            NO_INSTANCE,
        ];
        assert_eq!(found_with(home.path(), "", &environment), r#"GIVEN 1 Some("T") "#);
        assert_eq!(found_with(home.path(), "a", &environment), "FILED 2 None eu-west-1");
        let region = [("AWS_REGION", "ap-northeast-2"), environment[0], environment[1], NO_INSTANCE];
        assert_eq!(found_with(home.path(), "", &region), "GIVEN 1 None ap-northeast-2");
    }

    #[test]
    fn a_machine_without_any_says_so_in_time() {
        let empty = tempfile::tempdir().unwrap();
        let started = Instant::now();
        insta::assert_snapshot!(
            found_with(empty.path(), "", &[NO_INSTANCE]),
            @"missing: no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`"
        );
        // A machine of AWS would answer; here something listens that never says a word.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let nobody = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str());
        let found = found_with(empty.path(), "", &[nobody]);
        assert!(found.starts_with("missing: no AWS credentials were found"), "{found}");
        assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    }

    #[test]
    fn a_machine_whose_metadata_are_forbidden_has_none() {
        use std::io::{Read as _, Write as _};

        let empty = tempfile::tempdir().unwrap();
        let guard = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", guard.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut stream in guard.incoming().flatten() {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            }
        });
        let found = found_with(empty.path(), "", &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str())]);
        assert!(found.starts_with("missing: no AWS credentials were found"), "{found}");
    }

    #[test]
    fn what_is_named_and_not_there_is_broken() {
        let home = home("[default]\nregion = eu-west-1\n");
        insta::assert_snapshot!(
            found_with(home.path(), "shop", &[NO_INSTANCE]),
            @"broken: profile `shop` is not there or has no credentials: `aws configure list-profiles` lists those that are"
        );
        let by_environment = [("AWS_PROFILE", "shop"), NO_INSTANCE];
        assert_eq!(
            found_with(home.path(), "", &by_environment),
            found_with(home.path(), "shop", &[NO_INSTANCE])
        );
    }

    #[test]
    fn a_broken_source_profile_is_named_and_not_the_one_that_refers_to_it() {
        let home = home(concat!(
            "[profile shop]\nrole_arn = arn:aws:iam::123456789012:role/shop\nsource_profile = gone\n",
            "[profile one]\nrole_arn = arn:aws:iam::123456789012:role/one\nsource_profile = two\n",
            "[profile two]\nrole_arn = arn:aws:iam::123456789012:role/two\nsource_profile = one\n",
        ));
        let found = found_with(home.path(), "shop", &[NO_INSTANCE]);
        assert!(found.starts_with("broken: the credentials of profile `shop` cannot be used: "), "{found}");
        assert!(found.contains("`gone` was not defined"), "{found}");
        let found = found_with(home.path(), "one", &[NO_INSTANCE]);
        assert!(found.contains("profile `one` cannot be used") && found.contains("infinite loop"), "{found}");
    }

    #[test]
    fn what_a_process_says_is_told_in_one_line() {
        let home = home(concat!(
            "[profile good]\n",
            "credential_process = echo '{\"Version\":1,\"AccessKeyId\":\"PROCESS\",\"SecretAccessKey\":\"3\"}'\n",
            "[profile bad]\n",
            "credential_process = echo the vault is closed >&2; exit 3\n",
        ));
        assert_eq!(found_with(home.path(), "good", &[NO_INSTANCE]), "PROCESS 3 None ");
        insta::assert_snapshot!(
            found_with(home.path(), "bad", &[NO_INSTANCE]),
            @"broken: the credentials of profile `bad` cannot be used: Error retrieving credentials: external process exited with code exit status: 3. Stderr: the vault is closed"
        );
    }

    #[test]
    fn a_login_that_has_expired_is_said_with_the_command_that_renews_it() {
        let home = home(concat!(
            "[profile work]\nsso_session = mine\nsso_account_id = 123456789012\nsso_role_name = Dev\n",
            "[sso-session mine]\nsso_start_url = https://example.test/start\nsso_region = us-east-1\n",
        ));
        let found = found_with(home.path(), "work", &[NO_INSTANCE]);
        assert!(
            found.starts_with("broken: the login has expired: run `aws sso login --profile work` ("),
            "{found}"
        );
    }

    fn expiring(key: &'static str, seconds: u64) -> Found {
        let expiry = wall_now() + Duration::from_secs(seconds);
        Found::new(key, "SECRET", None, Some(expiry), "test")
    }

    #[tokio::test]
    async fn credentials_are_renewed_before_they_expire_while_nobody_waits() {
        let look = || Ok(expiring("NEW", 3600));
        let credentials = Credentials::new(Place::Test(Box::new(look)), expiring("OLD", 3600));
        let before = wall_now();
        let held = credentials.held(before);
        assert!(credentials.is_current(&held, before));
        let soon = before + Duration::from_secs(3600) - EARLY;
        assert!(!credentials.is_current(&held, soon));
        assert_eq!(credentials.held(soon).generation, 0);
        let limit = Instant::now() + Duration::from_secs(20);
        while credentials.held(before).generation == 0 && Instant::now() < limit {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(!credentials.is_current(&held, before));
        assert_eq!(credentials.held(before).found.access_key_id(), "NEW");
    }

    #[tokio::test]
    async fn many_who_find_them_expired_look_once() {
        let looks = Arc::new(AtomicU64::new(0));
        let counted = looks.clone();
        let look = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Err(CredentialsError::Broken("the vault is closed".to_owned()))
        };
        let credentials = Credentials::new(Place::Test(Box::new(look)), expiring("OLD", 0));
        let all = futures_util::future::join_all((0..50).map(|_| credentials.renew(0))).await;
        assert!(all.iter().all(Result::is_err));
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        assert_eq!(all[49].as_ref().unwrap_err().to_string(), "the vault is closed");
    }

    #[tokio::test]
    async fn credentials_that_last_shortly_are_renewed_half_way() {
        let held = Held::new(expiring("OLD", 60), 0, wall_now());
        let left = held.renew_at.unwrap().duration_since(wall_now()).unwrap();
        assert!((Duration::from_secs(20)..=Duration::from_secs(31)).contains(&left), "{left:?}");
    }
}
