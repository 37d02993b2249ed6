//! Who a key belongs to: `GetCallerIdentity`.

use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::session::Partition;
use crate::core::sts::client::StsClient;
use crate::core::sts::clock;
use crate::core::sts::exchange::Exchange;
use crate::core::sts::without_code;

/// The user, or the root user, of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// The name without its path; `root` for the root user.
    pub user: String,
    pub partition: Partition,
    /// How far the local clock is off, in words, if that is worth a word.
    pub clock: Option<String>,
}

impl StsClient {
    /// Asks who the key belongs to.
    ///
    /// Errors: those of the exit statuses 4 and 5, without a word about a code.
    pub async fn get_caller_identity(&self) -> Result<Caller> {
        let exchange = Exchange::default();
        let sent = self.client.get_caller_identity().customize().interceptor(exchange.clone()).send().await;
        match sent {
            Ok(output) => Caller::of(&output, &exchange).ok_or_else(|| {
                let hint = "check the endpoint and the proxy, then try again";
                Error::new(ErrorCode::AnswerLost, "AWS's response does not say who the key belongs to", hint)
            }),
            Err(error) => Err(without_code::error(&error, &exchange, &self.route, "sts:GetCallerIdentity").await),
        }
    }
}

impl Caller {
    fn of(output: &GetCallerIdentityOutput, exchange: &Exchange) -> Option<Self> {
        let (partition, account, resource) = parts_of(output.arn()?)?;
        Some(Self {
            account: account.to_owned(),
            user: resource.rsplit('/').next().filter(|user| !user.is_empty())?.to_owned(),
            partition: Partition::from(partition),
            clock: exchange.clock_ahead().and_then(clock::in_words),
        })
    }
}

/// Partition, account and resource of an ARN of IAM or STS.
fn parts_of(arn: &str) -> Option<(&str, &str, &str)> {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam" | "sts", _, account, resource] = fields[..] else { return None };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let is_plain = resource.bytes().all(|b| b.is_ascii_graphic());
    (is_account && is_plain).then_some((partition, account, resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_1_the_user_is_the_last_part_of_its_arn() {
        for (arn, user) in [
            ("arn:aws:iam::123456789012:user/alice", Some("alice")),
            ("arn:aws-cn:iam::123456789012:user/team/a/alice", Some("alice")),
            ("arn:aws:iam::123456789012:root", Some("root")),
            ("arn:aws:iam::123456789012:user/", None),
            ("arn:aws:iam::12345678901x:user/alice", None),
            ("arn:aws:iam::123456789012:user/a\u{1b}b", None),
            ("alice", None),
        ] {
            let output = GetCallerIdentityOutput::builder().arn(arn).build();
            let caller = Caller::of(&output, &Exchange::default());
            assert_eq!(caller.map(|caller| caller.user).as_deref(), user, "{arn}");
        }
    }
}
