//! The trusted root certificates (GET-10).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_smithy_http_client::tls::TrustStore;
use aws_smithy_types::base64;
use bstr::ByteSlice;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::core::environment::expand_home;
use crate::core::error::Result;
use crate::core::ini::lines::line_at;
use crate::core::sts::settings::place::{Place, unusable};
use crate::core::sts::settings::request::SettingsRequest;
use crate::core::text;

/// Root certificates in PEM form, each one checked, because the HTTP client panics on invalid ones.
#[derive(Clone)]
pub(crate) struct Trust {
    roots: Roots,
    custom: Option<Place>,
}

#[derive(Clone)]
enum Roots {
    /// Nothing on the way uses TLS.
    None,
    Pem(Arc<[u8]>),
    /// The operating system's own store, which is not a file.
    Native,
}

impl Trust {
    /// Reads the certificates. A bundle that was named is checked even if nothing uses TLS, so a mistake in it is found
    /// now. The system's certificates are read only for TLS.
    pub(super) fn resolve(request: &SettingsRequest<'_>, tls: bool) -> Result<Self> {
        let bundle = named_bundle(request);
        let roots = match &bundle {
            Some((place, path)) => Roots::Pem(read_bundle(place, path)?.into()),
            None if tls => system_roots(request)?,
            None => Roots::None,
        };
        let custom = bundle.map(|(place, _)| place);
        Ok(Self { roots: if tls { roots } else { Roots::None }, custom })
    }

    /// What the HTTP client is given.
    pub(crate) fn store(&self) -> TrustStore {
        match &self.roots {
            Roots::None => TrustStore::empty(),
            Roots::Pem(pem) => TrustStore::empty().with_pem_certificate(pem.to_vec()),
            Roots::Native => TrustStore::default(),
        }
    }

    /// The setting that replaced the system's certificates.
    pub(crate) fn custom(&self) -> Option<&Place> {
        self.custom.as_ref()
    }
}

fn named_bundle(request: &SettingsRequest<'_>) -> Option<(Place, PathBuf)> {
    let variable = |name| Some((Place::Variable(name), PathBuf::from(request.environment.var_os(name)?)));
    let of_profile = || {
        let path = request.config_ca_bundle.filter(|path| !path.is_empty())?;
        Some((Place::profile("ca_bundle", request), PathBuf::from(path)))
    };
    let (place, path) = variable("AWS_CA_BUNDLE").or_else(of_profile).or_else(|| variable("REQUESTS_CA_BUNDLE"))?;
    Some((place, expand_home(&path, request.environment)))
}

fn read_bundle(place: &Place, path: &Path) -> Result<Vec<u8>> {
    let file = text::path(path);
    let bytes = read_regular(path).map_err(|error| {
        let what = format!("names a file that cannot be read: {} ({file})", text::os_error(&error));
        place.unusable(&what, format!("correct {place}, or unset it to trust the system's certificates"))
    })?;
    let not_pem = |what: String| {
        place.unusable(&what, "the file must contain root certificates in PEM format, each between `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`")
    };
    let mut pem = String::new();
    for certificate in certificates(&bytes) {
        let damaged = |start| {
            let line = line_at(&bytes, start);
            not_pem(format!("names a file that contains a damaged certificate ({file}:{line})"))
        };
        push_usable(&mut pem, certificate.map_err(damaged)?);
    }
    if pem.is_empty() {
        return Err(not_pem(format!("names a file without a valid certificate ({file})")));
    }
    Ok(pem.into())
}

/// Reads a regular file, which has an end: a pipe or a device would keep the program waiting.
fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    fs::read(path)
}

/// The system's certificates: `SSL_CERT_FILE` and `SSL_CERT_DIR`, else the system's own location.
fn system_roots(request: &SettingsRequest<'_>) -> Result<Roots> {
    let [file, folders] = ["SSL_CERT_FILE", "SSL_CERT_DIR"].map(|name| request.environment.var_os(name));
    let (pem, place) = if file.is_some() || folders.is_some() {
        let shown = [&file, &folders].into_iter().flatten().map(|value| text::path(Path::new(value)));
        let place = format!("by `SSL_CERT_FILE` and `SSL_CERT_DIR`: `{}`", shown.collect::<Vec<_>>().join("`, `"));
        (read_all(file.map(PathBuf::from), std::env::split_paths(&folders.unwrap_or_default())), place)
    } else if cfg!(any(windows, target_vendor = "apple")) {
        return Ok(Roots::Native);
    } else {
        let probed = openssl_probe::probe();
        // The directory holds the same certificates one by one; reading it as well takes three times as long as
        // everything else.
        let from_file = read_all(probed.cert_file, []);
        let pem = if from_file.is_empty() { read_all(None, probed.cert_dir) } else { from_file };
        (pem, "on this machine".to_owned())
    };
    if pem.is_empty() {
        let hint = "install the system's certificates (often the package `ca-certificates`), or name a PEM file in `SSL_CERT_FILE` or `AWS_CA_BUNDLE`";
        return Err(unusable(format!("no valid root certificate was found {place}"), hint));
    }
    Ok(Roots::Pem(pem.into_bytes().into()))
}

/// The usable certificates in the files. The user cannot fix the system's own files, so what cannot be read is skipped,
/// as every TLS library does.
fn read_all(file: Option<PathBuf>, folders: impl IntoIterator<Item = PathBuf>) -> String {
    let entries = folders
        .into_iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())));
    let mut seen = std::collections::HashSet::new();
    let mut pem = String::new();
    for path in file.into_iter().chain(entries) {
        // A directory has each certificate under several names.
        let Ok(target) = path.canonicalize() else {
            continue;
        };
        if target.is_file()
            && seen.insert(target)
            && let Ok(bytes) = fs::read(&path)
        {
            certificates(&bytes).flatten().for_each(|certificate| push_usable(&mut pem, certificate));
        }
    }
    pem
}

/// The certificates of a PEM file; for one that is cut off or is not base64, the offset where it starts.
fn certificates(bytes: &[u8]) -> impl Iterator<Item = Result<CertificateDer<'static>, usize>> {
    let starts = bytes.find_iter("-----BEGIN CERTIFICATE-----");
    starts.map(|start| CertificateDer::from_pem_slice(&bytes[start..]).map_err(|_| start))
}

/// Adds a certificate that can be a root. A complete one that cannot is skipped, as OpenSSL does.
fn push_usable(pem: &mut String, certificate: CertificateDer<'static>) {
    let text = base64::encode(&certificate);
    if RootCertStore::empty().add(certificate).is_ok() {
        pem.extend(["-----BEGIN CERTIFICATE-----\n", &text, "\n-----END CERTIFICATE-----\n"]);
    }
}
