//! Ways to a service: files, descriptor sets, reflection, TLS, health checks.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::{Shop, said};

#[test]
fn a_service_is_known_from_files_sets_and_reflection() {
    let Some(shop) = Shop::plain() else { return };
    for (name, load, params) in [
        ("files", "show(client.load(['.', 'elsewhere'], 'shop.proto')[1])", ""),
        ("a path", "client.load(null, './shop.proto')", ""),
        ("a set", "show(client.loadProtoset('shop.set').length)", ""),
        ("reflection", "", ", reflect: true, reflectMetadata: { 'x-a': 'b' }"),
        ("the old name", "client.load([], 'shop.proto')", ""),
    ] {
        let script = format!(
            "{load};
             export default function () {{
               show(client.connect(__ENV.SHOP, {{ plaintext: true{params} }}), client.invoke('shop.Shop/Buy', {{ count: 1 }}).message.total);
               client.close();
             }}"
        );
        let mut run = shop.run(&script);
        if name == "the old name" {
            let text = std::fs::read_to_string(run.path("script.js")).unwrap();
            run = run.script(&text.replace("k6/net/grpc", "k6/experimental/grpc"));
        }
        let found = said(run);
        assert_eq!(found.lines().last(), Some("true 9007199254740993"), "{name}: {found}");
        match name {
            "files" => assert!(
                found.starts_with(r#"{"package":"shop","service":"Shop","full_method":"/shop.Shop/Watch"}"#),
                "{found}"
            ),
            "a set" => assert!(found.starts_with('4'), "{found}"),
            _ => {}
        }
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_where_it_is_loaded() {
    let Some(shop) = Shop::plain() else { return };
    for (load, words) in [
        ("client.load([], 'missing.proto')", "missing.proto"),
        ("client.load([], 'script.js')", "script.js"),
        ("client.loadProtoset('missing.set')", "missing.set"),
        ("client.loadProtoset('shop.proto')", "no set of file descriptors"),
        ("client.connect('127.0.0.1:1')", "in the init context is not supported"),
        ("client.invoke('a/b', {})", "in the init context is not supported"),
    ] {
        let outcome = shop.run(&format!("{load}; export default function () {{}}")).go();
        assert_eq!(outcome.code, Some(107), "{load}: {outcome:?}");
        assert!(
            outcome.stderr.contains(words) && outcome.stderr.contains("script.js:"),
            "{load}: {outcome:?}"
        );
    }
}

#[test]
fn services_say_whether_they_serve() {
    let Some(shop) = Shop::plain() else { return };
    let found = shop.said(
        "for (const name of [undefined, '', 'shop.Shop', 'nobody']) {
           const res = client.healthCheck(name);
           show(res.status, res.message.status, res.message.status === grpc.HealthCheckServing);
         }",
    );
    insta::assert_snapshot!(found, @r#"
    0 SERVING true
    0 SERVING true
    0 NOT_SERVING false
    5 UNKNOWN false
    "#);
}

/// An authority, and a certificate of it for this machine, in the folder of a shop.
fn certificates(folder: &Path) -> Vec<PathBuf> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "an authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned(), "shop.test".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a shop");
    let certificate = params.signed_by(&key, &authority).unwrap();
    let files =
        [("cert.pem", certificate.pem()), ("key.pem", key.serialize_pem()), ("ca.pem", authority.pem())];
    files
        .map(|(name, text)| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        })
        .to_vec()
}

#[test]
fn tls_has_its_own_authorities_names_and_client_certificates() {
    let Some(shop) = Shop::start(certificates) else { return };
    let read = |name: &str| std::fs::read(shop.folder.path().join(name)).unwrap();
    let script = "
        client.load([], 'shop.proto');
        const [cacerts, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => open(name));
        const tries = {
          all: { tls: { cacerts, cert, key } }, list: { tls: { cacerts: [cacerts], cert, key }, authority: 'shop.test' },
          name: { tls: { cacerts, cert, key }, authority: 'other.test' }, nobody: { tls: { cacerts }, timeout: '5s' },
          half: { tls: { cert } }, plain: { plaintext: true, timeout: '5s' },
        };
        export default function () {
          for (const [name, params] of Object.entries(tries)) {
            try { client.connect(__ENV.SHOP, params); const { status, error } = client.invoke('shop.Shop/Buy', {}); show(name, status, error?.message.split(':')[0] ?? ''); }
            catch (e) { show(name, e.message); }
          }
        }";
    let mut run = shop.run(script);
    for name in ["ca.pem", "cert.pem", "key.pem"] {
        run = run.file(name, read(name));
    }
    insta::assert_snapshot!(said(run).replace("read: broken pipe", "unexpected EOF"), @"
    all 0 
    list 0 
    name connection error: x509: certificate doesn't match hostname
    nobody connection error: unexpected EOF
    half invalid tls value: cert and key belong together
    plain connection error: EOF
    ");
}
