//! The trusted root certificates (GET-10).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_smithy_http_client::tls::TrustStore;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::core::environment::expand_home;
use crate::core::ini::lines::line_at;
use crate::core::sts::settings::error::{Place, SettingsError, shown_path};
use crate::core::sts::settings::request::SettingsRequest;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

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
    pub(super) fn resolve(request: &SettingsRequest<'_>, tls: bool) -> Result<Self, SettingsError> {
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
    let (place, path) = if let Some(path) = request.environment.var_os("AWS_CA_BUNDLE") {
        (Place::Variable("AWS_CA_BUNDLE"), PathBuf::from(path))
    } else {
        let path = request.config_ca_bundle.filter(|path| !path.is_empty())?;
        let place = Place::profile("ca_bundle", &request.source_profile.to_string(), request.config.path());
        (place, PathBuf::from(path))
    };
    Some((place, expand_home(&path, request.environment)))
}

fn read_bundle(place: &Place, path: &Path) -> Result<Vec<u8>, SettingsError> {
    let file = shown_path(path);
    let bytes = read_regular(path).map_err(|error| SettingsError::BundleUnreadable {
        place: place.clone(),
        file: file.clone(),
        reason: error.kind().to_string(),
    })?;
    let pem = usable_certificates(&bytes).map_err(|line| SettingsError::BundleDamaged {
        place: place.clone(),
        file: file.clone(),
        line,
    })?;
    if pem.is_empty() {
        return Err(SettingsError::BundleEmpty { place: place.clone(), file });
    }
    Ok(pem)
}

/// Reads a regular file, which has an end: a pipe or a device would keep the program waiting.
fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    fs::read(path)
}

/// The system's certificates: `SSL_CERT_FILE` and `SSL_CERT_DIR`, else the system's own location.
fn system_roots(request: &SettingsRequest<'_>) -> Result<Roots, SettingsError> {
    let file = request.environment.var_os("SSL_CERT_FILE");
    let folders = request.environment.var_os("SSL_CERT_DIR");
    let (pem, place) = if file.is_some() || folders.is_some() {
        let folders = folders.unwrap_or_default();
        let pem = read_all(file.map(PathBuf::from), std::env::split_paths(&folders));
        (pem, "by `SSL_CERT_FILE` and `SSL_CERT_DIR`")
    } else if cfg!(any(windows, target_vendor = "apple")) {
        return Ok(Roots::Native);
    } else {
        let probed = openssl_probe::probe();
        // The directory holds the same certificates one by one; reading it as well takes three times as long as
        // everything else.
        let from_file = read_all(probed.cert_file, []);
        let pem = if from_file.is_empty() { read_all(None, probed.cert_dir) } else { from_file };
        (pem, "on this machine")
    };
    if pem.is_empty() {
        return Err(SettingsError::NoRoots(place));
    }
    Ok(Roots::Pem(pem.into()))
}

/// The usable certificates in the files. The user cannot fix the system's own files, so what cannot be read is skipped,
/// as every TLS library does.
fn read_all(file: Option<PathBuf>, folders: impl IntoIterator<Item = PathBuf>) -> Vec<u8> {
    let entries = folders
        .into_iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())));
    let mut seen = std::collections::HashSet::new();
    let mut pem = Vec::new();
    for path in file.into_iter().chain(entries) {
        // A directory has each certificate under several names.
        let Ok(target) = path.canonicalize() else {
            continue;
        };
        if target.is_file()
            && seen.insert(target)
            && let Ok(bytes) = fs::read(&path)
        {
            for block in blocks(&bytes).filter_map(Result::ok) {
                push_usable(&mut pem, block);
            }
        }
    }
    pem
}

/// The certificates of a bundle that can be roots, without the text between them. A complete certificate that cannot be
/// a root is skipped, as OpenSSL does.
///
/// Errors: the line of a block that is cut off or is not base64.
fn usable_certificates(bytes: &[u8]) -> Result<Vec<u8>, usize> {
    let mut pem = Vec::with_capacity(bytes.len());
    for block in blocks(bytes) {
        let block = block.map_err(|start| line_at(bytes, start))?;
        push_usable(&mut pem, block);
    }
    Ok(pem)
}

/// A certificate of a PEM file, as text and decoded.
type Block<'a> = (&'a [u8], CertificateDer<'static>);

/// The certificates of a PEM file; for a damaged one, the offset where it starts.
fn blocks(bytes: &[u8]) -> impl Iterator<Item = Result<Block<'_>, usize>> {
    let begin = memchr::memmem::Finder::new(BEGIN);
    let end = memchr::memmem::Finder::new(END);
    let mut position = 0;
    std::iter::from_fn(move || {
        let start = position + begin.find(&bytes[position..])?;
        let body = start + BEGIN.len();
        let Some(length) = end.find(&bytes[body..]) else {
            position = bytes.len();
            return Some(Err(start));
        };
        position = body + length + END.len();
        let block = &bytes[start..position];
        Some(CertificateDer::from_pem_slice(block).map(|der| (block, der)).map_err(|_| start))
    })
}

fn push_usable(pem: &mut Vec<u8>, (block, der): Block<'_>) {
    if RootCertStore::empty().add(der).is_ok() {
        pem.extend_from_slice(block);
        pem.push(b'\n');
    }
}
