//! Who signs requests, and when: credentials, signatures, and the wall clock that both carry.

mod credentials;
mod sign;
mod wall;

pub use self::credentials::{Credentials, CredentialsError};
pub(crate) use self::sign::{Signer, TARGET, host};
pub use self::wall::wall_now;
