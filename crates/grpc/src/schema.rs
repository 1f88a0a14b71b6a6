//! A schema is what is known of services and their messages.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use prost_reflect::{DescriptorPool, FileDescriptor, MessageDescriptor, MethodDescriptor};
use protox::Compiler;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use thiserror::Error;

/// Why a schema cannot be had.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SchemaError {
    /// A `.proto` file that is missing or wrong.
    #[error("{0}")]
    Proto(String),
    /// A descriptor set that cannot be read.
    #[error(
        "no set of file descriptors: {0} (write one with protoc --include_imports --descriptor_set_out=FILE)"
    )]
    Set(String),
}

/// What is known of services and messages: everything that was loaded, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Schema(Vec<DescriptorPool>);

/// A method of a service.
#[derive(Clone, Debug)]
pub struct Method {
    descriptor: MethodDescriptor,
    path: Arc<str>,
}

/// Reads a file by the path of an import; none where there is no such file.
pub type ReadFile = Box<dyn Fn(&Path) -> Option<std::io::Result<Arc<[u8]>>> + Send + Sync>;

struct Files(ReadFile);

impl FileResolver for Files {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let bytes = match (self.0)(Path::new(name)) {
            None => return Err(protox::Error::file_not_found(name)),
            Some(bytes) => bytes.map_err(protox::Error::new)?,
        };
        File::from_source(name, &String::from_utf8_lossy(&bytes))
    }
}

impl Schema {
    /// The schema of `.proto` files by their names. Google's own files need not be there.
    pub fn parse(names: &[String], read: ReadFile) -> Result<Self, SchemaError> {
        let mut resolver = ChainFileResolver::new();
        resolver.add(Files(read));
        resolver.add(GoogleFileResolver::new());
        let mut compiler = Compiler::with_file_resolver(resolver);
        compiler.include_imports(true);
        for name in names {
            compiler.open_file(name).map_err(|error| SchemaError::Proto(explain(name, &error)))?;
        }
        Ok(Self(vec![compiler.descriptor_pool()]))
    }

    /// The schema of a set of file descriptors, as `protoc --descriptor_set_out` writes it.
    pub fn decode(set: &[u8]) -> Result<Self, SchemaError> {
        let pool = DescriptorPool::decode(Bytes::copy_from_slice(set));
        pool.map(|pool| Self(vec![pool])).map_err(|error| SchemaError::Set(error.to_string()))
    }

    /// The schema of file descriptors.
    pub(crate) fn of_files(files: &[Vec<u8>]) -> Result<Self, SchemaError> {
        use prost::Message as _;
        let wrong = |error: String| SchemaError::Set(error);
        let decode = |bytes: &Vec<u8>| prost_types::FileDescriptorProto::decode(bytes.as_slice());
        let files: Result<Vec<_>, _> = files.iter().map(decode).collect();
        let mut pool = DescriptorPool::new();
        pool.add_file_descriptor_protos(files.map_err(|error| wrong(error.to_string()))?)
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self(vec![pool]))
    }

    /// Adds what another schema knows; it counts first.
    pub fn add(&mut self, other: &Self) {
        self.0.splice(0..0, other.0.iter().cloned());
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The method of a path such as `/package.Service/Method`.
    pub fn method(&self, path: &str) -> Option<Method> {
        let (service, name) = path.strip_prefix('/')?.split_once('/')?;
        let service = self.0.iter().find_map(|pool| pool.get_service_by_name(service))?;
        let descriptor = service.methods().find(|method| method.name() == name)?;
        Some(Method { descriptor, path: path.into() })
    }

    /// All methods that are known, by file and service.
    pub fn methods(&self) -> Vec<Method> {
        let services = self.0.iter().flat_map(DescriptorPool::files).collect::<Vec<FileDescriptor>>();
        let services = services.into_iter().flat_map(|file| file.services().collect::<Vec<_>>());
        let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
        methods.map(Method::of).collect()
    }

    pub(crate) fn message(&self, name: &str) -> Option<MessageDescriptor> {
        self.0.iter().find_map(|pool| pool.get_message_by_name(name))
    }
}

impl Method {
    fn of(descriptor: MethodDescriptor) -> Self {
        let path = format!("/{}/{}", descriptor.parent_service().full_name(), descriptor.name()).into();
        Self { descriptor, path }
    }

    /// `/package.Service/Method`
    pub fn path(&self) -> &str {
        &self.path
    }

    /// `package`
    pub fn package(&self) -> String {
        self.descriptor.parent_file().package_name().to_owned()
    }

    /// `Service`
    pub fn service(&self) -> String {
        self.descriptor.parent_service().name().to_owned()
    }

    /// Whether it takes or answers more than one message.
    pub fn is_streaming(&self) -> bool {
        self.descriptor.is_client_streaming() || self.descriptor.is_server_streaming()
    }

    /// What it takes.
    pub fn input(&self) -> MessageDescriptor {
        self.descriptor.input()
    }

    /// What it answers.
    pub fn output(&self) -> MessageDescriptor {
        self.descriptor.output()
    }
}

fn explain(name: &str, error: &protox::Error) -> String {
    let place = match error.file() {
        Some(file) if file != name => format!("{name}, in {file}"),
        _ => name.to_owned(),
    };
    format!("{place}: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(files: &'static [(&str, &str)], name: &str) -> Result<Schema, String> {
        let read: ReadFile = Box::new(move |path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == path)?;
            Some(Ok(found.1.as_bytes().into()))
        });
        Schema::parse(&[name.to_owned()], read).map_err(|error| error.to_string())
    }

    #[test]
    fn methods_are_found_by_their_path() {
        let files = &[
            ("a.proto", "syntax = \"proto3\"; package shop; import \"b.proto\"; import \"google/protobuf/empty.proto\";
              service Shop { rpc Buy(Item) returns (google.protobuf.Empty); rpc Watch(Item) returns (stream Item); }"),
            ("b.proto", "syntax = \"proto3\"; package shop; message Item { int32 id = 1; }"),
        ];
        let schema = parse(files, "a.proto").unwrap();
        let found: Vec<_> =
            schema.methods().iter().map(|method| (method.path().to_owned(), method.is_streaming())).collect();
        assert_eq!(found, [("/shop.Shop/Buy".to_owned(), false), ("/shop.Shop/Watch".to_owned(), true)]);
        assert!(schema.method("/shop.Shop/Buy").is_some());
        for path in ["shop.Shop/Buy", "/shop.Shop/Sell", "/Shop/Buy", "", "/"] {
            assert!(schema.method(path).is_none(), "{path}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let files = &[
            ("a.proto", "syntax = \"proto3\"; import \"missing.proto\";"),
            ("b.proto", "syntax = \"proto3\"; message {"),
            ("c.proto", "import \"b.proto\";"),
        ];
        for (name, words) in [
            ("a.proto", "missing.proto"),
            ("b.proto", "b.proto"),
            ("c.proto", "b.proto"),
            ("d.proto", "d.proto"),
        ] {
            let error = parse(files, name).unwrap_err();
            assert!(error.contains(words), "{name}: {error}");
        }
        assert!(Schema::decode(b"\xff\xff").is_err());
    }
}
