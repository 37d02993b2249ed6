//! By which ways a person is asked: what the option, the environment and the system allow (ASK-1, ASK-4).

use std::sync::Arc;
use std::time::Duration;

use strum::{EnumString, IntoStaticStr};

use crate::core::ask::dialog::Dialog;
use crate::core::ask::person::{Asking, Channel, Person};
use crate::core::ask::terminal;
use crate::core::environment::Environment;

/// How long a question lasts, from its first showing to the end of its last try.
pub const QUESTION_TIME: Duration = Duration::from_mins(3);

const NO_PAGE: &str = "the MCP client opens no pages (it does not declare elicitation in URL mode)";

/// The values of `--ask` and of `UPDSTS_ASK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Ask {
    /// The first way that is available.
    Auto,
    Terminal,
    Dialog,
    Page,
    Never,
}

/// The person whom a client of the server works for: asked by a dialog, else by the page, if the client opens one
/// (ASK-4).
pub fn person_at_client(
    option: Option<Ask>,
    page: Option<Arc<dyn Channel>>,
    asker: Option<String>,
    environment: &Environment,
) -> Person {
    choose(option, &[Ask::Dialog, Ask::Page], page, asker, environment)
}

/// The person for a command, by the ways that it has, in order. `option` is the value of `--ask`, and `asker` the
/// program that wants the code, if it has given its name.
pub fn person(option: Option<Ask>, ways: &[Ask], asker: Option<String>, environment: &Environment) -> Person {
    choose(option, ways, None, asker, environment)
}

fn choose(
    option: Option<Ask>,
    ways: &[Ask],
    mut page: Option<Arc<dyn Channel>>,
    asker: Option<String>,
    environment: &Environment,
) -> Person {
    let set = environment.var("UPDSTS_ASK").map(|value| value.parse().unwrap_or(Ask::Auto));
    // A way that the command does not have counts as `auto`.
    let set = set.map(|ask| if ask == Ask::Never || ways.contains(&ask) { ask } else { Ask::Auto });
    let is_ci = environment.var("CI").is_some_and(|value| value != "false" && value != "0");
    let ways = match option.or(set) {
        Some(Ask::Never) if option.is_some() => return absent("`--ask never` or `--no-input` forbids a question"),
        Some(Ask::Never) => return absent("`UPDSTS_ASK` is `never`"),
        None if is_ci => return absent("`CI` is set, so nobody is asked"),
        Some(Ask::Auto) | None => ways.to_vec(),
        Some(way) => vec![way],
    };
    let found = ways.into_iter().map(|way| match way {
        Ask::Terminal => terminal::open().map_err(str::to_owned),
        Ask::Page => page.take().ok_or_else(|| NO_PAGE.to_owned()),
        _ => Dialog::find(environment).map(|dialog| Arc::new(dialog) as Arc<dyn Channel>),
    });
    let (channels, reasons): (Vec<_>, Vec<_>) = found.partition(Result::is_ok);
    let channels: Vec<_> = channels.into_iter().flatten().collect();
    if channels.is_empty() {
        let reasons: Vec<_> = reasons.into_iter().filter_map(Result::err).collect();
        return Person::Absent(reasons.join(", "));
    }
    Person::Present(Asking { channels, time: QUESTION_TIME, asker })
}

fn absent(reason: &str) -> Person {
    Person::Absent(reason.to_owned())
}
