//! The SDK's own events on stderr at `-v 2` (CLI-9).

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Shows events of the SDK at level 2. The most is DEBUG, because TRACE shows the request's body; the HTTP stack below
/// stays silent, because it shows proxies with their passwords. Of an event only its message is shown: other fields hold
/// parts of the exchange, such as a header in which an endpoint can repeat the request.
pub fn start(verbose: u8) {
    if verbose < 2 {
        return;
    }
    let shown = ["aws_config", "aws_runtime", "aws_sdk_sts", "aws_smithy_runtime", "aws_smithy_runtime_api", "updsts"];
    let targets = Targets::new().with_targets(shown.map(|target| (target, LevelFilter::DEBUG)));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).without_time();
    #[expect(clippy::use_debug, reason = "the value of a message has no other format")]
    let lines = lines.fmt_fields(debug_fn(|writer, field, value| match field.name() {
        "message" => write!(writer, "{value:?}"),
        _ => Ok(()),
    }));
    // If a library has already set a logger, that one is kept.
    let _ = tracing_subscriber::registry().with(targets).with(lines).try_init();
}
