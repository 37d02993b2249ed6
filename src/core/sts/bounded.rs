//! Responses of bounded length: AWS's are a few KiB, and whatever else responds may never stop (GET-11).

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// The most bytes of a response's body that are read: 64 KiB.
const MOST_BYTES: usize = 64 * 1024;

/// A connector whose responses fail once they are longer than that.
#[derive(Debug)]
pub(super) struct Bounded(pub(super) Connector);

impl HttpConnector for Bounded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let response = self.0.call(request);
        HttpConnectorFuture::new(async move {
            Ok(response.await?.map(|body| SdkBody::from_body_1_x(Limited::new(body, MOST_BYTES))))
        })
    }
}
